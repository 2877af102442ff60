/* Accuracies are standardised; the loss is their squared error; Adam with decoupled weight decay
 * (Kingma and Ba, ICLR 2015; Loshchilov and Hutter, ICLR 2019), its rate falling to zero along
 * half a cosine. The number of steps is fixed, so that a fit costs the same however many samples
 * there are.
 *
 * Weights of a layer are [from, to], biases [to], one after the other in one block:
 *
 *   w0 b0 w1 b1 w2 b2 w3 b3
 *
 * Matrix products are OpenBLAS's on one thread, whose order of additions is fixed. */
#include "nas/predictor.h"

#include <assert.h>
#include <cblas.h>
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "common/rank.h"

enum { LAYERS = 4, HIDDEN = 100, BATCH = 32, STEPS = 300, HELD_OUT_OF = 5 };

static const double learning_rate = 3e-3, weight_decay = 1e-2;
static const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

struct tnas_predictor {
    const tnas_gene_table *genes;
    int widths[LAYERS + 1];        /* inputs, hidden ..., 1 */
    size_t weights_at[LAYERS];     /* where a layer's weights start, its biases behind them */
    size_t value_count;            /* of the block */
    float *values;                 /* [value_count] */
    float *grads, *first, *second; /* Adam's, [value_count] each */
    float *outs[LAYERS + 1];       /* [BATCH, width]; outs[0] is the input */
    float *douts[LAYERS + 1];
    double mean, deviation; /* of the accuracies learned from */
};

static int input_count(const tnas_gene_table *genes)
{
    int count = 0;
    for (int gene = 0; gene < genes->gene_count; gene++)
        count += genes->genes[gene].choice_count;
    return count > 0 ? count : 1;
}

static void lay_out(tnas_predictor *p)
{
    p->widths[0] = input_count(p->genes);
    for (int layer = 1; layer < LAYERS; layer++)
        p->widths[layer] = HIDDEN;
    p->widths[LAYERS] = 1;
    for (int layer = 0; layer < LAYERS; layer++) {
        p->weights_at[layer] = p->value_count;
        p->value_count += (size_t)(p->widths[layer] + 1) * (size_t)p->widths[layer + 1];
    }
}

static bool allocate(tnas_predictor *p)
{
    p->values = tnas_alloc_zero(p->value_count, sizeof(float));
    p->grads = tnas_alloc_zero(p->value_count, sizeof(float));
    p->first = tnas_alloc_zero(p->value_count, sizeof(float));
    p->second = tnas_alloc_zero(p->value_count, sizeof(float));
    bool complete = p->values != NULL && p->grads != NULL && p->first != NULL && p->second != NULL;
    for (int layer = 0; layer <= LAYERS; layer++) {
        const size_t count = (size_t)BATCH * (size_t)p->widths[layer];
        p->outs[layer] = tnas_alloc_zero(count, sizeof(float));
        p->douts[layer] = tnas_alloc_zero(count, sizeof(float));
        complete = complete && p->outs[layer] != NULL && p->douts[layer] != NULL;
    }
    return complete;
}

tnas_status tnas_predictor_create(const tnas_gene_table *genes, tnas_predictor **out)
{
    *out = NULL;
    tnas_predictor *const p = tnas_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "predictor");
    p->genes = genes;
    lay_out(p);
    if (!allocate(p)) {
        const size_t value_count = p->value_count;
        tnas_predictor_destroy(p);
        return tnas_fail(TNAS_ERR_NOMEM, "predictor of %zu weights", value_count);
    }
    openblas_set_num_threads(1);
    *out = p;
    return TNAS_OK;
}

void tnas_predictor_destroy(tnas_predictor *p)
{
    if (p == NULL)
        return;
    for (int layer = 0; layer <= LAYERS; layer++) {
        tnas_free(p->outs[layer]);
        tnas_free(p->douts[layer]);
    }
    tnas_free(p->values);
    tnas_free(p->grads);
    tnas_free(p->first);
    tnas_free(p->second);
    tnas_free(p);
}

/* one_hot [inputs] */
static void encode(const tnas_gene_table *genes, const tnas_arch *arch, float *one_hot)
{
    for (int gene = 0; gene < genes->gene_count; gene++) {
        const int choices = genes->genes[gene].choice_count;
        for (int choice = 0; choice < choices; choice++)
            one_hot[choice] =
                arch->choice[gene] == choice && tnas_gene_active(genes, arch, gene) ? 1 : 0;
        one_hot += choices;
    }
}

/* outs[1..] of `rows` rows of outs[0]. */
static void forward(const tnas_predictor *p, int rows)
{
    for (int layer = 0; layer < LAYERS; layer++) {
        const int from = p->widths[layer], to = p->widths[layer + 1];
        const float *const weights = p->values + p->weights_at[layer];
        const float *const biases = weights + (size_t)from * (size_t)to;
        float *const out = p->outs[layer + 1];
        for (int row = 0; row < rows; row++)
            memcpy(out + (size_t)row * (size_t)to, biases, (size_t)to * sizeof *out);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, to, from, 1, p->outs[layer],
                    from, weights, to, 1, out, to);
        for (int i = 0; layer < LAYERS - 1 && i < rows * to; i++)
            out[i] = out[i] > 0 ? out[i] : 0;
    }
}

/* grads from douts[LAYERS] */
static void backward(tnas_predictor *p, int rows)
{
    for (int layer = LAYERS - 1; layer >= 0; layer--) {
        const int from = p->widths[layer], to = p->widths[layer + 1];
        const float *const dout = p->douts[layer + 1];
        float *const dweights = p->grads + p->weights_at[layer];
        float *const dbiases = dweights + (size_t)from * (size_t)to;
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, from, to, rows, 1, p->outs[layer],
                    from, dout, to, 0, dweights, to);
        memset(dbiases, 0, (size_t)to * sizeof *dbiases);
        for (int i = 0; i < rows * to; i++)
            dbiases[i % to] += dout[i];
        if (layer == 0)
            return;
        float *const din = p->douts[layer];
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, from, to, 1, dout, to,
                    p->values + p->weights_at[layer], to, 0, din, from);
        for (int i = 0; i < rows * from; i++)
            din[i] = p->outs[layer][i] > 0 ? din[i] : 0;
    }
}

static void step_adam(tnas_predictor *p, int step)
{
    const double pi = 3.14159265358979323846;
    const double rate = learning_rate * 0.5 * (1 + cos(pi * step / STEPS));
    const double correction1 = 1 - pow(beta1, step + 1), correction2 = 1 - pow(beta2, step + 1);
    const float scale = (float)(rate / correction1), decay = (float)(rate * weight_decay);
    const float root = (float)(1 / sqrt(correction2));
    for (size_t i = 0; i < p->value_count; i++) {
        const float grad = p->grads[i];
        p->first[i] += (float)(1 - beta1) * (grad - p->first[i]);
        p->second[i] += (float)(1 - beta2) * (grad * grad - p->second[i]);
        const float length = sqrtf(p->second[i]) * root + (float)epsilon;
        p->values[i] -= scale * p->first[i] / length + decay * p->values[i];
    }
}

/* He's normal initialisation; the last layer starts at the mean. */
static void initialise(tnas_predictor *p, tnas_rng *rng)
{
    memset(p->values, 0, p->value_count * sizeof *p->values);
    memset(p->first, 0, p->value_count * sizeof *p->first);
    memset(p->second, 0, p->value_count * sizeof *p->second);
    for (int layer = 0; layer < LAYERS - 1; layer++) {
        /* Of the inputs one a gene is 1, so a first layer adds as many terms as there are genes. */
        const int terms = layer > 0 ? p->widths[layer] : p->genes->gene_count + 1;
        const double deviation = sqrt(2.0 / terms);
        const size_t count = (size_t)p->widths[layer] * (size_t)p->widths[layer + 1];
        for (size_t i = 0; i < count; i++)
            p->values[p->weights_at[layer] + i] = (float)(deviation * tnas_rng_normal(rng));
    }
}

static void standardise(tnas_predictor *p, const tnas_scored_arch *samples, const uint32_t *chosen,
                        int count)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++)
        sum += samples[chosen[i]].accuracy;
    p->mean = sum / count;
    for (int i = 0; i < count; i++)
        squares += pow(samples[chosen[i]].accuracy - p->mean, 2);
    p->deviation = squares > 0 ? sqrt(squares / count) : 1;
}

/* Learns from samples[chosen[0..count)]; `chosen` is left in another order. */
static void learn(tnas_predictor *p, const tnas_scored_arch *samples, uint32_t *chosen, int count,
                  tnas_rng *rng)
{
    initialise(p, rng);
    standardise(p, samples, chosen, count);
    const int rows = count < BATCH ? count : BATCH;
    int next = count;
    for (int step = 0; step < STEPS; step++) {
        if (next + rows > count) {
            tnas_rng_shuffle(rng, chosen, (uint32_t)count);
            next = 0;
        }
        const uint32_t *const batch = chosen + next;
        next += rows;
        for (int row = 0; row < rows; row++)
            encode(p->genes, &samples[batch[row]].arch,
                   p->outs[0] + (size_t)row * (size_t)p->widths[0]);
        forward(p, rows);
        for (int row = 0; row < rows; row++) {
            const double wanted = (samples[batch[row]].accuracy - p->mean) / p->deviation;
            p->douts[LAYERS][row] = (float)(2 * (p->outs[LAYERS][row] - wanted) / rows);
        }
        backward(p, rows);
        step_adam(p, step);
    }
}

static double clamp(double value)
{
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

void tnas_predictor_predict(const tnas_predictor *p, const tnas_arch *archs, int count,
                            double *accuracies)
{
    for (int first = 0; first < count; first += BATCH) {
        const int rows = count - first < BATCH ? count - first : BATCH;
        for (int row = 0; row < rows; row++)
            encode(p->genes, &archs[first + row], p->outs[0] + (size_t)row * (size_t)p->widths[0]);
        forward(p, rows);
        for (int row = 0; row < rows; row++)
            accuracies[first + row] = clamp(p->mean + p->deviation * p->outs[LAYERS][row]);
    }
}

/* The error about samples[held[0..count)], which it has not learned from. */
static tnas_status measure_error(const tnas_predictor *p, const tnas_scored_arch *samples,
                                 const uint32_t *held, int count, tnas_predictor_report *report)
{
    double *const wanted = tnas_alloc_zero((size_t)count, 2 * sizeof *wanted);
    if (wanted == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "predictions of %d samples", count);
    double *const predicted = wanted + count;
    double squares = 0, baseline_squares = 0;
    for (int i = 0; i < count; i++) {
        wanted[i] = samples[held[i]].accuracy;
        tnas_predictor_predict(p, &samples[held[i]].arch, 1, &predicted[i]);
        squares += pow(predicted[i] - wanted[i], 2);
        baseline_squares += pow(p->mean - wanted[i], 2);
    }
    report->rmse = sqrt(squares / count);
    report->baseline_rmse = sqrt(baseline_squares / count);
    const double spearman = tnas_rank_spearman(wanted, predicted, count);
    const double kendall = tnas_rank_kendall(wanted, predicted, count);
    report->spearman = isnan(spearman) ? 0 : spearman;
    report->kendall = isnan(kendall) ? 0 : kendall;
    tnas_free(wanted);
    return TNAS_OK;
}

tnas_status tnas_predictor_fit(tnas_predictor *p, const tnas_scored_arch *samples, int count,
                               uint64_t seed, tnas_predictor_report *report)
{
    *report = (tnas_predictor_report){.samples = count,
                                      .held_out = count / HELD_OUT_OF,
                                      .inputs = p->widths[0],
                                      .weights = (int)p->value_count};
    if (count < TNAS_PREDICTOR_SAMPLES_MIN)
        return tnas_fail(TNAS_ERR_USAGE, "predictor: %d samples, fewer than %d", count,
                         TNAS_PREDICTOR_SAMPLES_MIN);
    uint32_t *const order = tnas_alloc_zero((size_t)count, sizeof *order);
    if (order == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "order of %d samples", count);
    for (int i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    tnas_rng rng = tnas_rng_stream(seed, TNAS_RNG_PREDICTOR, (uint64_t)count);
    tnas_rng_shuffle(&rng, order, (uint32_t)count);
    learn(p, samples, order + report->held_out, count - report->held_out, &rng);
    const tnas_status status = measure_error(p, samples, order, report->held_out, report);
    if (status == TNAS_OK)
        learn(p, samples, order, count, &rng);
    tnas_free(order);
    return status;
}
