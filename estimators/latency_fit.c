/* The fit of the latency model: maximum a posteriori in logarithms by damped Newton steps.
 *
 *   minimise  sum_i ((log y_i - log P_i - u_i) / sigma_i)^2  +  z' D z
 *   P_i = sum_f x_if c0_f exp(mu_f + s),   z = (mu, s, u),   D = inverse prior covariance
 * The logarithm keeps coefficients positive and makes errors relative; the prior keeps few
 * rows sane: a handful of networks cannot tell ten terms apart, and least squares would let
 * a minor term take the blame and grow tenfold. The covariance is the inverse of the Gauss-
 * Newton matrix at the optimum. docs/latency-model.md has the errors reached. */
#include "estimators/measurements.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

/* LAPACK (openblas), Fortran calling convention. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void dpotrs_(const char *uplo, const int *n, const int *columns, const double *a, const int *lda,
             double *b, const int *ldb, int *info);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);

enum { N = TNAS_LATENCY_PARAMETERS, SOLVES_MAX = 200 };

static const double prior_shift_tau = 2.0;     /* nothing is known of a library's speed */
static const double prior_sigma = 0.03;        /* what such a form leaves unexplained */
static const double prior_family_sigma = 0.05; /* how far families lie apart */
/* A kin's coefficients: the same library on another part, or another version of it. What
 * memory costs belongs to the board and is held less tightly. */
static const double kin_tau = 0.15, kin_memory_tau = 0.4, kin_shift_tau = 0.7;

/* Far below the six digits that a profile keeps, so that its bytes do not depend on the path
 * or on the processor's rounding. */
static const double converged_step = 1e-11;
/* The objective is flat at its optimum: there the steps are still good when its value, rounded,
 * no longer falls. */
static const double rounding_slack = 1e-12;

typedef struct fit_row {
    const double *x;
    double log_cycles;
    double weight; /* 1 / sigma_i^2 */
    int family;
    int net; /* rows of one network share it */
} fit_row;

/* Which rows a refit does without: those of a network or of a family, or none. */
typedef struct left_out {
    int net, family; /* TNAS_NONE: any */
} left_out;

static const left_out nothing = {TNAS_NONE, TNAS_NONE};

static bool is_out(const fit_row *row, left_out out)
{
    return row->net == out.net || row->family == out.family;
}

/* What stays the same over the refits. */
typedef struct fit_problem {
    const tnas_latency_model *prior;
    fit_row *rows;
    int row_count, net_count;
    double precision[N][N]; /* D */
    bool has_optimum;
    double optimum[N]; /* z of the fit to all rows: where the refits start */
} fit_problem;

void tnas_latency_prior(tnas_latency_model *out)
{
    static const struct {
        double coefficient, tau;
    } terms[] = {
#define TERM(name, c0, tau, per) {c0, tau},
        TNAS_FEATURES(TERM)
#undef TERM
    };
    *out = (tnas_latency_model){
        .sigma = prior_sigma,
        .family_sigma = prior_family_sigma,
        .kappa = 1,
        .kappa_new = 1,
        .error_net_out = NAN,
        .error_family_out = NAN,
        .worst_net_out = NAN,
    };
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++) {
        out->coefficient[f] = terms[f].coefficient;
        out->covariance[f][f] = terms[f].tau * terms[f].tau;
    }
    out->covariance[TNAS_LATENCY_SHIFT][TNAS_LATENCY_SHIFT] = prior_shift_tau * prior_shift_tau;
    for (int p = TNAS_LATENCY_OFFSET; p < N; p++)
        out->covariance[p][p] = prior_family_sigma * prior_family_sigma;
}

static bool is_memory_term(int feature)
{
    return feature == TNAS_FEATURE_weight_byte || feature == TNAS_FEATURE_ram_excess ||
           feature == TNAS_FEATURE_flash_ext || feature == TNAS_FEATURE_weight_stall;
}

void tnas_latency_hand_on(const tnas_latency_model *kin, tnas_latency_model *out)
{
    const tnas_latency_model from = *kin; /* out may be kin */
    tnas_latency_prior(out);
    memcpy(out->runtime, from.runtime, sizeof out->runtime);
    out->clock_mhz = from.clock_mhz;
    out->family_sigma = from.family_sigma;
    out->memory = from.memory;
    out->drops_dead = from.drops_dead;
    const int s = TNAS_LATENCY_SHIFT;
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++) {
        const double tau = is_memory_term(f) ? kin_memory_tau : kin_tau;
        out->coefficient[f] = from.coefficient[f];
        for (int other = 0; other < TNAS_FEATURE_COUNT; other++) /* of log c = mu + s */
            out->covariance[f][other] = from.covariance[f][other] + from.covariance[f][s] +
                                        from.covariance[other][s] + from.covariance[s][s];
        out->covariance[f][f] += tau * tau;
    }
    out->covariance[s][s] = kin_shift_tau * kin_shift_tau;
}

/* In place; the matrix is symmetric and positive definite, or it fails. */
static tnas_status invert(double matrix[N][N])
{
    const int n = N;
    int info;
    dpotrf_("L", &n, matrix[0], &n, &info);
    if (info == 0)
        dpotri_("L", &n, matrix[0], &n, &info);
    if (info != 0)
        return tnas_fail(TNAS_ERR_INPUT, "latency fit: a covariance is not positive definite");
    for (int a = 0; a < N; a++) /* LAPACK's lower triangle is our upper one */
        for (int b = 0; b < a; b++)
            matrix[a][b] = matrix[b][a];
    return TNAS_OK;
}

/* log P_i + u_i at z, and its gradient j. */
static double predict_log(const fit_problem *problem, const fit_row *row, const double *z,
                          double *j)
{
    double cycles = 0;
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++) {
        j[f] = row->x[f] * problem->prior->coefficient[f] * exp(z[f]);
        cycles += j[f];
    }
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        j[f] /= cycles;
    for (int p = TNAS_LATENCY_SHIFT; p < N; p++)
        j[p] = 0;
    j[TNAS_LATENCY_SHIFT] = 1;
    j[TNAS_LATENCY_OFFSET + row->family] = 1;
    return log(cycles) + z[TNAS_LATENCY_SHIFT] + z[TNAS_LATENCY_OFFSET + row->family];
}

/* The value to minimise. Without the rows of `skip`. */
static double objective(const fit_problem *problem, left_out skip, const double *z)
{
    double sum = 0, j[N];
    for (int i = 0; i < problem->row_count; i++) {
        const fit_row *const row = &problem->rows[i];
        if (is_out(row, skip))
            continue;
        const double residual = row->log_cycles - predict_log(problem, row, z, j);
        sum += row->weight * residual * residual;
    }
    for (int a = 0; a < N; a++)
        for (int b = 0; b < N; b++)
            sum += z[a] * problem->precision[a][b] * z[b];
    return sum;
}

typedef enum hessian {
    GAUSS_NEWTON, /* J' W J + D: of the posterior's covariance */
    NEWTON        /* with the curvature of log P, without which rows far from the model's form make
                   * the steps converge slowly: - sum w r (diag j - j j'), of the terms */
} hessian;

/* h and g = J' W r - D z, half the gradient downhill. */
static void normal_equations(const fit_problem *problem, left_out skip, const double *z,
                             hessian kind, double h[N][N], double *g)
{
    memcpy(h, problem->precision, sizeof problem->precision);
    for (int a = 0; a < N; a++) {
        g[a] = 0;
        for (int b = 0; b < N; b++)
            g[a] -= h[a][b] * z[b];
    }
    double j[N];
    for (int i = 0; i < problem->row_count; i++) {
        const fit_row *const row = &problem->rows[i];
        if (is_out(row, skip))
            continue;
        const double residual = row->log_cycles - predict_log(problem, row, z, j);
        int active[N], count = 0; /* a row has few of the terms */
        for (int p = 0; p < N; p++)
            if (j[p] != 0)
                active[count++] = p;
        for (int a = 0; a < count; a++) {
            const double weighted = row->weight * j[active[a]];
            g[active[a]] += weighted * residual;
            for (int b = 0; b < count; b++)
                h[active[a]][active[b]] += weighted * j[active[b]];
            if (kind == GAUSS_NEWTON || active[a] >= TNAS_FEATURE_COUNT)
                continue;
            h[active[a]][active[a]] -= weighted * residual;
            for (int b = 0; b < count && active[b] < TNAS_FEATURE_COUNT; b++)
                h[active[a]][active[b]] += weighted * residual * j[active[b]];
        }
    }
}

/* Solves (h + lambda diag D) step = g; false when that is not positive definite, as h itself may be
 * far from the optimum. */
static bool solve_damped(const fit_problem *problem, const double h[N][N], const double *g,
                         double lambda, double *step)
{
    double damped[N][N];
    memcpy(damped, h, sizeof damped);
    for (int p = 0; p < N; p++)
        damped[p][p] += lambda * problem->precision[p][p];
    memcpy(step, g, N * sizeof *step);
    const int n = N, one = 1;
    int info;
    dpotrf_("L", &n, damped[0], &n, &info);
    if (info != 0)
        return false;
    dpotrs_("L", &n, &one, damped[0], &n, step, &n, &info);
    return info == 0;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The common shift at which the prior's coefficients fit best: a median ignores outliers. */
static double starting_shift(const fit_problem *problem, left_out skip, double *scratch)
{
    const double zero[N] = {0};
    double j[N];
    int count = 0;
    for (int i = 0; i < problem->row_count; i++)
        if (!is_out(&problem->rows[i], skip))
            scratch[count++] =
                problem->rows[i].log_cycles - predict_log(problem, &problem->rows[i], zero, j);
    if (count == 0)
        return 0;
    qsort(scratch, (size_t)count, sizeof *scratch, ascending);
    return 0.5 * (scratch[(count - 1) / 2] + scratch[count / 2]);
}

static void minimise(const fit_problem *problem, left_out skip, double *scratch, double *z)
{
    for (int p = 0; p < N; p++)
        z[p] = problem->has_optimum ? problem->optimum[p] : 0;
    if (!problem->has_optimum)
        z[TNAS_LATENCY_SHIFT] = starting_shift(problem, skip, scratch);
    double best = objective(problem, skip, z), lambda = 1e-3;
    double h[N][N], g[N], step[N], trial[N];
    normal_equations(problem, skip, z, NEWTON, h, g);
    for (int solve = 0; solve < SOLVES_MAX; solve++) {
        if (!solve_damped(problem, (const double(*)[N])h, g, lambda, step)) {
            lambda *= 5;
            continue;
        }
        double longest = 0;
        for (int p = 0; p < N; p++) {
            trial[p] = z[p] + step[p];
            longest = fmax(longest, fabs(step[p]));
        }
        if (longest < converged_step)
            break;
        const double value = objective(problem, skip, trial);
        if (!(value <= best * (1 + rounding_slack))) {
            lambda *= 5;
            continue;
        }
        memcpy(z, trial, sizeof trial);
        best = value;
        lambda /= 5;
        normal_equations(problem, skip, z, NEWTON, h, g);
    }
}

/* z receives the optimum. */
static tnas_status fit_without(const fit_problem *problem, left_out skip, double *scratch,
                               double *z, tnas_latency_model *out)
{
    *out = *problem->prior;
    double g[N];
    minimise(problem, skip, scratch, z);
    normal_equations(problem, skip, z, GAUSS_NEWTON, out->covariance, g);
    TNAS_TRY(invert(out->covariance));
    out->row_count = 0;
    for (int i = 0; i < problem->row_count; i++) {
        const fit_row *const row = &problem->rows[i];
        if (is_out(row, skip))
            continue;
        out->row_count++;
        out->family_rows[row->family]++;
        for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
            out->term_rows[f] += row->x[f] != 0;
    }
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        out->coefficient[f] *= exp(z[f] + z[TNAS_LATENCY_SHIFT]);
    for (int family = 0; family < TNAS_FAMILY_COUNT; family++)
        out->family_offset[family] = z[TNAS_LATENCY_OFFSET + family];
    return TNAS_OK;
}

/* What refits without some rows say of those. */
typedef struct held_out {
    int count;
    double *deviations; /* |log error| over the half width of the interval, ascending later */
    double error_sum, worst;
} held_out;

static tnas_status predict_left_out(const fit_problem *problem, left_out skip, double *scratch,
                                    held_out *held)
{
    tnas_latency_model model;
    double z[N];
    TNAS_TRY(fit_without(problem, skip, scratch, z, &model));
    for (int i = 0; i < problem->row_count; i++) {
        const fit_row *const row = &problem->rows[i];
        if (!is_out(row, skip))
            continue;
        tnas_latency predicted;
        tnas_latency_predict(&model, row->x, &predicted);
        const double half = log(predicted.high_cycles / predicted.cycles);
        const double log_error = log(predicted.cycles) - row->log_cycles;
        held->deviations[held->count++] = fabs(log_error) / half;
        held->error_sum += fabs(expm1(log_error));
        held->worst = fmax(held->worst, fabs(expm1(log_error)));
    }
    return TNAS_OK;
}

/* The factor by which the interval would have held nine in ten of them. It is never narrowed:
 * a handful of lucky rows is no reason. */
static double conformal_factor(const held_out *held)
{
    const int rank = (9 * held->count + 9) / 10; /* ceil(0.9 count) */
    qsort(held->deviations, (size_t)held->count, sizeof *held->deviations, ascending);
    return fmax(1, held->deviations[rank - 1]);
}

/* Leaves each network out, then each family. */
static tnas_status cross_validate(const fit_problem *problem, double *scratch, double *deviations,
                                  tnas_latency_model *out)
{
    if (problem->net_count < 2)
        return TNAS_OK;
    held_out nets = {.deviations = deviations};
    for (int net = 0; net < problem->net_count; net++)
        TNAS_TRY(predict_left_out(problem, (left_out){net, TNAS_NONE}, scratch, &nets));
    out->kappa = out->kappa_new = conformal_factor(&nets);
    out->error_net_out = nets.error_sum / nets.count;
    out->worst_net_out = nets.worst;
    held_out families = {.deviations = deviations};
    for (int family = 0; family < TNAS_FAMILY_COUNT; family++)
        if (out->family_rows[family] > 0 && out->family_rows[family] < problem->row_count)
            TNAS_TRY(predict_left_out(problem, (left_out){TNAS_NONE, family}, scratch, &families));
    if (families.count == 0)
        return TNAS_OK;
    out->kappa_new = fmax(out->kappa, conformal_factor(&families));
    out->error_family_out = families.error_sum / families.count;
    return TNAS_OK;
}

static bool usable(const tnas_measurement *row)
{
    return row->has_graph && row->cycles > 0;
}

static void set_row(const tnas_measurement *measured, double sigma, fit_row *row)
{
    /* The rounding of a printed figure is uniform over the last digit: variance h^2 / 3. */
    const double rounding = measured->rounding_frac * measured->rounding_frac / 3;
    *row = (fit_row){
        .x = measured->x,
        .log_cycles = log(measured->cycles),
        .weight = 1 / (sigma * sigma + rounding),
        .family = tnas_family_of(measured->x),
    };
}

bool tnas_same_network(const double *a, const double *b)
{
    static const int body[] = {
        TNAS_FEATURE_stem_mac,  TNAS_FEATURE_stem_out,  TNAS_FEATURE_conv1_mac,
        TNAS_FEATURE_conv1_out, TNAS_FEATURE_convk_mac, TNAS_FEATURE_convk_out,
        TNAS_FEATURE_dw3s1_mac, TNAS_FEATURE_dw3s2_mac, TNAS_FEATURE_dw5_mac,
        TNAS_FEATURE_dw7_mac,
    };
    double macs = 0;
    for (size_t i = 0; i < sizeof body / sizeof body[0]; i++) {
        if (a[body[i]] != b[body[i]])
            return false;
        macs += a[body[i]];
    }
    return macs > 0 ? tnas_family_of(a) == tnas_family_of(b)
                    : memcmp(a, b, TNAS_FEATURE_COUNT * sizeof *a) == 0;
}

static void assign_nets(fit_problem *problem)
{
    for (int i = 0; i < problem->row_count; i++) {
        int same = 0;
        while (!tnas_same_network(problem->rows[same].x, problem->rows[i].x))
            same++;
        problem->rows[i].net = same < i ? problem->rows[same].net : problem->net_count++;
    }
}

static tnas_status check_rows(const tnas_measurements *rows, const tnas_latency_model *prior)
{
    if (memcmp(&rows->memory, &prior->memory, sizeof rows->memory) != 0)
        return tnas_fail(TNAS_ERR_INTERNAL,
                         "latency fit: the rows count memory terms otherwise than the prior");
    const tnas_measurement *first = NULL;
    for (int i = 0; i < rows->count; i++) {
        const tnas_measurement *const row = &rows->rows[i];
        if (!usable(row))
            continue;
        if (first == NULL)
            first = row;
        if (strcmp(first->runtime, row->runtime) != 0 || strcmp(first->version, row->version) != 0)
            return tnas_fail(TNAS_ERR_INPUT,
                             "lines %d and %d are of %s %s and %s %s: fit one runtime and version "
                             "at a time",
                             first->line, row->line, first->runtime, first->version, row->runtime,
                             row->version);
        double cycles = 0;
        for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
            cycles += row->x[f] * prior->coefficient[f];
        if (!(cycles > 0))
            return tnas_fail(TNAS_ERR_INPUT, "line %d: %s has no cost in the prior", row->line,
                             row->model);
    }
    return TNAS_OK;
}

/* Texts and the clock of the model come from its first row. */
static void label(const tnas_measurements *rows, tnas_latency_model *out)
{
    for (int i = 0; i < rows->count; i++) {
        const tnas_measurement *const row = &rows->rows[i];
        if (!usable(row))
            continue;
        strncpy(out->runtime, row->runtime, sizeof out->runtime - 1);
        strncpy(out->version, row->version, sizeof out->version - 1);
        strncpy(out->source, row->source, sizeof out->source - 1);
        out->clock_mhz = row->clock_mhz;
        return;
    }
}

static void remember(const tnas_measurements *rows, tnas_latency_model *out)
{
    out->fitted_count = 0;
    for (int i = 0; i < rows->count && out->fitted_count < TNAS_FITTED_ROWS_MAX; i++)
        if (usable(&rows->rows[i]))
            tnas_measurement_remember(&rows->rows[i], &out->fitted[out->fitted_count++]);
}

/* kappas_of NULL: from cross-validation. */
static tnas_status fit(const tnas_measurements *rows, const tnas_latency_model *start,
                       const tnas_latency_model *kappas_of, tnas_latency_model *out)
{
    tnas_latency_model prior;
    if (start == NULL)
        tnas_latency_prior(&prior);
    else if (start->row_count > 0)
        tnas_latency_hand_on(start, &prior);
    else
        prior = *start;
    *out = prior;
    TNAS_TRY(check_rows(rows, &prior));

    const size_t capacity = (size_t)rows->count + 1;
    fit_problem problem = {.prior = &prior};
    problem.rows = tnas_alloc_zero(capacity, sizeof *problem.rows);
    double *scratch = tnas_alloc_zero(capacity, 2 * sizeof *scratch);
    tnas_status status = TNAS_OK;
    if (problem.rows == NULL || scratch == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "latency fit of %d rows", rows->count);
        goto done;
    }
    memcpy(problem.precision, prior.covariance, sizeof problem.precision);
    status = invert(problem.precision);
    if (status != TNAS_OK)
        goto done;
    for (int i = 0; i < rows->count; i++)
        if (usable(&rows->rows[i]))
            set_row(&rows->rows[i], prior.sigma, &problem.rows[problem.row_count++]);
    if (problem.row_count == 0)
        goto done;
    assign_nets(&problem);
    status = fit_without(&problem, nothing, scratch, problem.optimum, out);
    problem.has_optimum = true;
    if (status == TNAS_OK && kappas_of != NULL) {
        out->kappa = kappas_of->kappa;
        out->kappa_new = kappas_of->kappa_new;
    } else if (status == TNAS_OK) {
        status = cross_validate(&problem, scratch, scratch + capacity, out);
    }
    if (status == TNAS_OK) {
        label(rows, out);
        remember(rows, out);
    }
done:
    tnas_free(problem.rows);
    tnas_free(scratch);
    return status;
}

tnas_status tnas_latency_fit(const tnas_measurements *rows, const tnas_latency_model *start,
                             tnas_latency_model *out)
{
    return fit(rows, start, NULL, out);
}

tnas_status tnas_latency_refit(const tnas_measurements *rows, const tnas_latency_model *start,
                               const tnas_latency_model *whole, tnas_latency_model *out)
{
    return fit(rows, start, whole, out);
}
