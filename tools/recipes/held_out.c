#include "tools/recipes/held_out.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

int tnas_group_by_network(const tnas_measurements *rows, int row)
{
    int first = 0;
    while (!tnas_same_network(rows->rows[first].x, rows->rows[row].x))
        first++;
    return first;
}

int tnas_group_by_architecture(const tnas_measurements *rows, int row)
{
    /* The first that the name contains. */
    static const char *const names[] = {
        "ssd_mobilenet_v2",
        "ssd_mobilenet_v1",
        "fdmobilenet",
        "mobilenet_v1",
        "mobilenet_v2",
        "quantized_v2",
        "v3-large",
        "efficientnet",
        "miniresnet",
        "resnet",
        "squeezenet",
        "yolo",
        "mnist",
        "yamnet",
    };
    const int count = (int)(sizeof names / sizeof names[0]);
    for (int i = 0; i < count; i++)
        if (strstr(rows->rows[row].model, names[i]) != NULL)
            return i;
    return count;
}

/* Errors of the rows seen so far. */
typedef struct tally {
    int count;
    double *errors;
    double macs_sum;
    int macs_count;
} tally;

static void judge(const tnas_latency_model *model, const tnas_measurement *row, tally *t,
                  tnas_held_out *out)
{
    tnas_latency predicted;
    tnas_latency_predict(model, row->x, &predicted);
    const double error = fabs(predicted.cycles / row->cycles - 1);
    t->errors[t->count++] = error;
    out->count++;
    out->covered += row->cycles >= predicted.low_cycles && row->cycles <= predicted.high_cycles;
    out->half_width += predicted.high_cycles / predicted.cycles - 1;
    out->mean += error;
    out->within_10 += error <= 0.10;
    if (error > out->worst || out->worst_model[0] == '\0') {
        out->worst = error;
        snprintf(out->worst_model, sizeof out->worst_model, "%s", row->model);
    }
}

/* Relative least squares of cycles = a * MACs. */
static void judge_macs(const tnas_measurements *train, const tnas_measurements *test, tally *t)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < train->count; i++) {
        const double ratio = tnas_features_macs(train->rows[i].x) / train->rows[i].cycles;
        sum += ratio;
        squares += ratio * ratio;
    }
    for (int i = 0; i < test->count && squares > 0; i++) {
        const double macs = tnas_features_macs(test->rows[i].x);
        if (macs == 0)
            continue;
        t->macs_sum += fabs(macs * sum / squares / test->rows[i].cycles - 1);
        t->macs_count++;
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void finish(tally *t, tnas_held_out *out)
{
    if (t->count == 0)
        return;
    qsort(t->errors, (size_t)t->count, sizeof *t->errors, ascending);
    out->median = 0.5 * (t->errors[(t->count - 1) / 2] + t->errors[t->count / 2]);
    out->mean /= t->count;
    out->within_10 /= t->count;
    out->half_width /= t->count;
    out->macs_only = t->macs_count > 0 ? t->macs_sum / t->macs_count : NAN;
}

static tnas_status hold_out_one(const tnas_measurements *train, const tnas_measurements *test,
                                const tnas_latency_model *prior, tally *t, tnas_held_out *out)
{
    tnas_latency_model model;
    TNAS_TRY(tnas_latency_fit(train, prior, &model));
    for (int i = 0; i < test->count; i++)
        judge(&model, &test->rows[i], t, out);
    judge_macs(train, test, t);
    return TNAS_OK;
}

tnas_status tnas_hold_out_pair(const tnas_measurements *train, const tnas_measurements *test,
                               const tnas_latency_model *prior, tnas_held_out *out)
{
    *out = (tnas_held_out){0};
    tally t = {.errors = tnas_alloc_zero((size_t)test->count + 1, sizeof(double))};
    if (t.errors == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d rows held out", test->count);
    const tnas_status status = hold_out_one(train, test, prior, &t, out);
    finish(&t, out);
    tnas_free(t.errors);
    return status;
}

tnas_status tnas_hold_out(const tnas_measurements *rows, const tnas_latency_model *prior,
                          tnas_grouping grouping, tnas_held_out *out)
{
    *out = (tnas_held_out){0};
    const size_t capacity = (size_t)rows->count + 1;
    tnas_measurement *copies = tnas_alloc_zero(2 * capacity, sizeof *copies);
    tally t = {.errors = tnas_alloc_zero(capacity, sizeof(double))};
    tnas_status status = TNAS_OK;
    if (copies == NULL || t.errors == NULL)
        status = tnas_fail(TNAS_ERR_NOMEM, "%d rows held out", rows->count);
    for (int i = 0; i < rows->count && status == TNAS_OK; i++) {
        const int group = grouping(rows, i);
        bool first = true;
        for (int k = 0; k < i; k++)
            first = first && grouping(rows, k) != group;
        if (!first)
            continue;
        tnas_measurements train = {.memory = rows->memory, .rows = copies};
        tnas_measurements test = {.memory = rows->memory, .rows = copies + capacity};
        for (int k = 0; k < rows->count; k++) {
            tnas_measurements *const side = grouping(rows, k) == group ? &test : &train;
            side->rows[side->count++] = rows->rows[k];
        }
        if (train.count > 0)
            status = hold_out_one(&train, &test, prior, &t, out);
    }
    finish(&t, out);
    tnas_free(t.errors);
    tnas_free(copies);
    return status;
}

double tnas_binomial_p(int covered, int count)
{
    const double log_hit = log(0.9), log_miss = log(0.1);
    double log_observed = 0, p = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k <= count; k++) {
            const double log_k = lgamma(count + 1.0) - lgamma(k + 1.0) - lgamma(count - k + 1.0) +
                                 k * log_hit + (count - k) * log_miss;
            if (pass == 0 && k == covered)
                log_observed = log_k;
            else if (pass == 1 && log_k <= log_observed + 1e-9)
                p += exp(log_k);
        }
    return p;
}
