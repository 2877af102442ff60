#include "tools/recipes/few_shot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "tools/recipes/refit.h"

enum { NETS = 4, SUBMISSIONS_MAX = 64, ROWS_MAX = 16 };

static const char *const nets[NETS] = {"ad01_int8", "kws_ref_model", "pretrainedResnet_quant",
                                       "vww_96_int8"};

/* What one part reached with one runtime and version. */
typedef struct submission {
    const char *mcu, *version;
    tnas_measurement rows[ROWS_MAX];
    int count;
} submission;

static int net_of(const tnas_measurement *row)
{
    for (int i = 0; i < NETS; i++)
        if (strcmp(row->model, nets[i]) == 0)
            return i;
    return TNAS_NONE;
}

static int collect(const tnas_measurements *rows, submission *all)
{
    int count = 0;
    for (int i = 0; i < rows->count; i++) {
        const tnas_measurement *const row = &rows->rows[i];
        if (net_of(row) == TNAS_NONE || !row->has_graph || row->cycles == 0)
            continue;
        int s = 0;
        while (s < count &&
               (strcmp(all[s].mcu, row->mcu) != 0 || strcmp(all[s].version, row->version) != 0))
            s++;
        if (s == SUBMISSIONS_MAX)
            continue;
        if (s == count)
            all[count++] = (submission){.mcu = row->mcu, .version = row->version};
        if (all[s].count < ROWS_MAX)
            all[s].rows[all[s].count++] = *row;
    }
    return count;
}

static bool is_complete(const submission *s)
{
    unsigned seen = 0;
    for (int i = 0; i < s->count; i++)
        seen |= 1u << net_of(&s->rows[i]);
    return seen == (1u << NETS) - 1;
}

/* Sums over rows, which finish turns into means. */
typedef struct tally {
    tnas_held_out *out;
    double macs_sum;
} tally;

static void judge(const tnas_latency_model *model, const tnas_measurement *row, double macs_cycles,
                  tally *t)
{
    tnas_latency predicted;
    tnas_latency_predict(model, row->x, &predicted);
    const double error = fabs(predicted.cycles / row->cycles - 1);
    tnas_held_out *const out = t->out;
    out->count++;
    out->covered += row->cycles >= predicted.low_cycles && row->cycles <= predicted.high_cycles;
    out->half_width += predicted.high_cycles / predicted.cycles - 1;
    out->mean += error;
    out->within_10 += error <= 0.10;
    t->macs_sum += fabs(macs_cycles * tnas_features_macs(row->x) / row->cycles - 1);
    if (error > out->worst) {
        out->worst = error;
        snprintf(out->worst_model, sizeof out->worst_model, "%s", nets[net_of(row)]);
    }
}

/* Cycles per MAC by relative least squares. */
static double macs_only(const tnas_measurement *rows, int count)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        const double ratio = tnas_features_macs(rows[i].x) / rows[i].cycles;
        sum += ratio;
        squares += ratio * ratio;
    }
    return sum / squares;
}

static tnas_status try_subsets(const submission *target, const tnas_latency_model *prior,
                               int measured, tally *t)
{
    for (unsigned subset = 0; subset < 1u << NETS; subset++) {
        if (__builtin_popcount(subset) != measured)
            continue;
        tnas_measurement rows[ROWS_MAX];
        tnas_measurements train = {.rows = rows};
        for (int i = 0; i < target->count; i++)
            if ((subset & 1u << net_of(&target->rows[i])) != 0)
                rows[train.count++] = target->rows[i];
        tnas_latency_model model;
        TNAS_TRY(tnas_latency_fit(&train, prior, &model));
        const double per_mac = macs_only(rows, train.count);
        for (int i = 0; i < target->count; i++)
            if ((subset & 1u << net_of(&target->rows[i])) == 0)
                judge(&model, &target->rows[i], per_mac, t);
    }
    return TNAS_OK;
}

static tnas_status hand_on_from(submission *kin, tnas_latency_model *out)
{
    tnas_latency_model prior, model;
    tnas_prior_of(TNAS_PRIOR_X_CUBE_AI, &prior);
    const tnas_measurements rows = {.count = kin->count, .rows = kin->rows};
    TNAS_TRY(tnas_latency_fit(&rows, &prior, &model));
    tnas_latency_hand_on(&model, out);
    return TNAS_OK;
}

static tnas_status try_pairs(submission *all, int count, int measured, int *pairs, tally *t)
{
    for (int kin = 0; kin < count; kin++) {
        if (!is_complete(&all[kin]))
            continue;
        tnas_latency_model prior;
        TNAS_TRY(hand_on_from(&all[kin], &prior));
        for (int target = 0; target < count; target++) {
            if (target == kin || strcmp(all[target].version, all[kin].version) != 0 ||
                !is_complete(&all[target]))
                continue;
            ++*pairs;
            TNAS_TRY(try_subsets(&all[target], &prior, measured, t));
        }
    }
    return TNAS_OK;
}

tnas_status tnas_few_shot_mlperf(const char *runtime, int measured, int *pairs, tnas_held_out *out)
{
    *out = (tnas_held_out){0};
    *pairs = 0;
    tnas_measurements rows;
    TNAS_TRY(tnas_row_file_load(TNAS_ROWS_MLPERF, NULL, runtime, NULL, 0, NULL, &rows));
    tally t = {.out = out};
    submission *all = tnas_alloc_zero(SUBMISSIONS_MAX, sizeof *all);
    tnas_status status = all != NULL ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "submissions");
    if (status == TNAS_OK)
        status = try_pairs(all, collect(&rows, all), measured, pairs, &t);
    tnas_free(all);
    tnas_measurements_deinit(&rows);
    if (out->count > 0) {
        out->mean /= out->count;
        out->within_10 /= out->count;
        out->half_width /= out->count;
        out->macs_only = t.macs_sum / out->count;
        out->median = NAN;
    }
    return status;
}
