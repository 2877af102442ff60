/* The latency model: features, fit, intervals, and what the shipped models reach. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "estimators/compare.h"
#include "estimators/mcu.h"
#include "estimators/priors.h"
#include "tests/testing.h"

#define H743_ROWS "configs/measurements/tinyengine_h743_f746.csv"
#define F746_ROWS "configs/measurements/f746_networks.csv"
#define LAYERS    "configs/measurements/h743_mobilenet_layers.csv"

enum { ROWS_MAX = 512 };

static tnas_op window_op(tnas_op_kind kind, int in, int kernel, int stride, int pad)
{
    const uint8_t k = (uint8_t)kernel, s = (uint8_t)stride, p = (uint8_t)pad;
    return (tnas_op){
        .kind = (uint8_t)kind,
        .in = {(int16_t)in, TNAS_NONE},
        .kernel_h = k,
        .kernel_w = k,
        .stride_h = s,
        .stride_w = s,
        .pad_top = p,
        .pad_bottom = p,
        .pad_left = p,
        .pad_right = p,
    };
}

static int append(tnas_graph *graph, tnas_op op, int out_c)
{
    const int tensor = tnas_graph_append(graph, &op, out_c);
    ck_assert_int_ne(tensor, TNAS_NONE);
    return tensor;
}

START_TEST(features_are_those_counted_by_hand)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 8, 8, 3);
    append(&graph, window_op(TNAS_OP_CONV2D, 0, 3, 2, 1), 4);   /* 4x4x4 */
    append(&graph, window_op(TNAS_OP_DWCONV2D, 1, 5, 1, 2), 0); /* 4x4x4 */
    append(&graph, window_op(TNAS_OP_DWCONV2D, 2, 3, 1, 1), 0); /* 4x4x4 */
    append(&graph, window_op(TNAS_OP_CONV2D, 3, 1, 1, 0), 6);   /* 4x4x6 */
    append(&graph, window_op(TNAS_OP_CONV2D, 4, 3, 1, 1), 6);   /* 4x4x6 */
    tnas_op add = window_op(TNAS_OP_ADD, 4, 1, 1, 0);
    add.in[1] = 5;
    append(&graph, add, 0);
    append(&graph, window_op(TNAS_OP_AVGPOOL, 6, 4, 4, 0), 0); /* 1x1x6 */
    append(&graph, window_op(TNAS_OP_CONV2D, 7, 1, 1, 0), 5);  /* a 1x1 map: an fc */
    append(&graph, window_op(TNAS_OP_FC, 8, 1, 1, 0), 2);
    double expected[TNAS_FEATURE_COUNT] = {
        [TNAS_FEATURE_stem_mac] = 27 * 4 * 16, [TNAS_FEATURE_stem_out] = 64,
        [TNAS_FEATURE_dw5_mac] = 25 * 64,      [TNAS_FEATURE_dw3s1_mac] = 9 * 64,
        [TNAS_FEATURE_dw_out] = 128,           [TNAS_FEATURE_dw_in] = 128,
        [TNAS_FEATURE_dw_pixel] = 32,          [TNAS_FEATURE_conv1_mac] = 4 * 6 * 16,
        [TNAS_FEATURE_conv1_out] = 96,         [TNAS_FEATURE_conv1_pixel] = 16,
        [TNAS_FEATURE_conv1_weight] = 24,      [TNAS_FEATURE_convk_mac] = 54 * 6 * 16,
        [TNAS_FEATURE_convk_out] = 96,         [TNAS_FEATURE_convk_im2col] = 54 * 16,
        [TNAS_FEATURE_add_out] = 96,           [TNAS_FEATURE_add] = 1,
        [TNAS_FEATURE_pool_in] = 96,           [TNAS_FEATURE_fc_mac] = 6 * 5 + 5 * 2,
        [TNAS_FEATURE_fc_out] = 5 + 2,         [TNAS_FEATURE_layer] = 9,
    };
    expected[TNAS_FEATURE_weight_byte] =
        27 * 4 + 25 * 4 + 9 * 4 + 24 + 54 * 6 + 30 + 10 + 4 * (4 + 4 + 4 + 6 + 6 + 5 + 2);
    double x[TNAS_FEATURE_COUNT];
    tnas_features_of_graph(NULL, &graph, x);
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        ck_assert_msg(x[f] == expected[f], "%s: %g, expected %g", tnas_feature_name(f), x[f],
                      expected[f]);
    ck_assert_double_eq(tnas_features_macs(x), (double)tnas_graph_macs(&graph));
    ck_assert_int_eq(tnas_family_of(x), TNAS_FAMILY_INVERTED_RESIDUAL);
}
END_TEST

START_TEST(families_follow_from_the_operators)
{
    static const struct {
        double stem, dw, add, bcast, concat, layers;
        tnas_family family;
    } cases[] = {
        {1, 1, 1, 0, 0, 9, TNAS_FAMILY_INVERTED_RESIDUAL},
        {1, 1, 1, 1, 0, 9, TNAS_FAMILY_EXCITED},
        {1, 1, 0, 0, 0, 9, TNAS_FAMILY_SEPARABLE},
        {1, 1, 0, 0, 1, 9, TNAS_FAMILY_DETECTOR},
        {1, 1, 1, 0, 1, 9, TNAS_FAMILY_RESIDUAL_DETECTOR},
        {1, 0, 0, 0, 1, 9, TNAS_FAMILY_FIRE},
        {1, 0, 1, 1, 0, 9, TNAS_FAMILY_RESIDUAL},
        {1, 0, 0, 0, 0, 9, TNAS_FAMILY_PLAIN},
        {0, 0, 0, 0, 0, 9, TNAS_FAMILY_DENSE},
        {0, 1, 0, 0, 0, 1, TNAS_FAMILY_LAYER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double x[TNAS_FEATURE_COUNT] = {0};
        x[TNAS_FEATURE_stem_out] = cases[i].stem;
        x[TNAS_FEATURE_dw_out] = cases[i].dw;
        x[TNAS_FEATURE_add_out] = cases[i].add;
        x[TNAS_FEATURE_add] = cases[i].add;
        x[TNAS_FEATURE_bcast_out] = cases[i].bcast;
        x[TNAS_FEATURE_concat] = cases[i].concat;
        x[TNAS_FEATURE_layer] = cases[i].layers;
        ck_assert_int_eq(tnas_family_of(x), cases[i].family);
        ck_assert_int_eq(tnas_family_parse(tnas_family_text(cases[i].family)), cases[i].family);
    }
    ck_assert_int_eq(tnas_family_parse("transformer"), TNAS_NONE);
    ck_assert_int_eq(tnas_feature_parse("conv1_mac"), TNAS_FEATURE_conv1_mac);
    ck_assert_int_eq(tnas_feature_parse("conv9_mac"), TNAS_NONE);
}
END_TEST

/* Networks of all operators, each term weighing between little and much. */
static void random_features(tnas_rng *rng, const tnas_latency_model *truth, double *x)
{
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        x[f] = truth->coefficient[f] > 0
                   ? floor(1e6 * exp(3 * tnas_rng_unit(rng)) / truth->coefficient[f]) + 1
                   : 0;
    x[TNAS_FEATURE_layer] += 2; /* a network, not a single layer */
}

static double true_cycles(const tnas_latency_model *truth, const double *x)
{
    double cycles = 0;
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        cycles += x[f] * truth->coefficient[f];
    return cycles;
}

/* Coefficients drawn from the prior, its deviations times `width`. */
static void random_truth(tnas_rng *rng, double shift, double width, tnas_latency_model *truth)
{
    tnas_latency_prior(truth);
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        truth->coefficient[f] *=
            exp(shift + width * sqrt(truth->covariance[f][f]) * tnas_rng_normal(rng));
}

/* rows [count]; log cycles carry normal noise. */
static tnas_measurements random_rows(tnas_rng *rng, const tnas_latency_model *truth, double noise,
                                     int count, tnas_measurement *rows)
{
    for (int i = 0; i < count; i++) {
        rows[i] = (tnas_measurement){
            .mcu = "M7",
            .runtime = "synthetic",
            .version = "1",
            .model = "net",
            .layer = "network",
            .source = "drawn",
            .clock_mhz = 100,
            .line = i + 2,
            .has_graph = true,
        };
        random_features(rng, truth, rows[i].x);
        rows[i].cycles = true_cycles(truth, rows[i].x) * exp(noise * tnas_rng_normal(rng));
        rows[i].latency_ms = tnas_cycles_to_ms(rows[i].cycles, 100);
    }
    return (tnas_measurements){.count = count, .rows = rows};
}

START_TEST(a_fit_recovers_the_coefficients_behind_many_rows)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    static tnas_measurement storage[ROWS_MAX];
    tnas_latency_model truth, fitted;
    random_truth(&rng, 1.5, 1, &truth);
    const tnas_measurements rows = random_rows(&rng, &truth, 1e-4, 300, storage);
    /* The likelihood still assumes 3 % per row, so the prior pulls a little. */
    ck_ok(tnas_latency_fit(&rows, NULL, &fitted));
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        if (truth.coefficient[f] > 0)
            ck_assert_msg(fabs(fitted.coefficient[f] / truth.coefficient[f] - 1) < 0.08,
                          "%s: %g, true %g", tnas_feature_name(f), fitted.coefficient[f],
                          truth.coefficient[f]);
    ck_assert_int_eq(fitted.row_count, 300);
    ck_assert_double_lt(fitted.error_net_out, 0.005);
    ck_assert_str_eq(fitted.runtime, "synthetic");
    ck_assert_double_eq(fitted.clock_mhz, 100);
}
END_TEST

START_TEST(intervals_hold_nine_in_ten_unseen_rows)
{
    static tnas_measurement storage[ROWS_MAX];
    int covered = 0, below_upper = 0, total = 0;
    for (uint64_t draw = 0; draw < 100; draw++) {
        tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 100 + draw);
        tnas_latency_model truth, fitted;
        random_truth(&rng, tnas_rng_normal(&rng), 1, &truth);
        const tnas_measurements all = random_rows(&rng, &truth, 0.03, 48, storage);
        const tnas_measurements seen = {.count = 8, .rows = all.rows};
        ck_ok(tnas_latency_fit(&seen, NULL, &fitted));
        for (int i = seen.count; i < all.count; i++) {
            tnas_latency predicted;
            tnas_latency_predict(&fitted, all.rows[i].x, &predicted);
            covered += all.rows[i].cycles >= predicted.low_cycles &&
                       all.rows[i].cycles <= predicted.high_cycles;
            below_upper += all.rows[i].cycles <= predicted.upper_cycles;
            total++;
        }
    }
    const double coverage = (double)covered / total, upper = (double)below_upper / total;
    ck_assert_msg(coverage > 0.86 && coverage < 0.94, "two-sided %.3f", coverage);
    ck_assert_msg(upper > 0.86 && upper < 0.94, "one-sided %.3f", upper);
}
END_TEST

START_TEST(without_rows_the_fit_is_the_prior)
{
    const tnas_measurements none = {0};
    tnas_latency_model prior, fitted;
    tnas_latency_prior(&prior);
    ck_ok(tnas_latency_fit(&none, NULL, &fitted));
    ck_assert_int_eq(fitted.row_count, 0);
    ck_assert_mem_eq(fitted.coefficient, prior.coefficient, sizeof prior.coefficient);
    ck_assert_mem_eq(fitted.covariance, prior.covariance, sizeof prior.covariance);
    ck_assert(isnan(fitted.error_net_out) && isnan(fitted.worst_net_out));
}
END_TEST

START_TEST(one_row_sets_the_common_scale_and_keeps_the_ratios)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 7);
    static tnas_measurement storage[1];
    tnas_latency_model truth, prior, fitted;
    random_truth(&rng, 2, 0, &truth); /* everything e^2 times the prior */
    const tnas_measurements rows = random_rows(&rng, &truth, 0, 1, storage);
    tnas_latency_prior(&prior);
    ck_ok(tnas_latency_fit(&rows, NULL, &fitted));
    for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
        if (prior.coefficient[f] > 0)
            ck_assert_double_eq_tol(log(fitted.coefficient[f] / prior.coefficient[f]), 2, 0.05);
    ck_assert(isnan(fitted.error_net_out));
    ck_assert_double_eq(fitted.kappa, 1);
    tnas_latency at_row, before;
    tnas_latency_predict(&fitted, rows.rows[0].x, &at_row);
    tnas_latency_predict(&prior, rows.rows[0].x, &before);
    ck_assert_double_eq_tol(at_row.cycles / rows.rows[0].cycles, 1, 0.01);
    ck_assert_double_lt(at_row.high_cycles / at_row.cycles, 1.2);
    ck_assert_double_gt(before.high_cycles / before.cycles, 5);
}
END_TEST

START_TEST(twins_are_left_out_together)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 8);
    static tnas_measurement storage[12];
    tnas_latency_model truth, fitted;
    random_truth(&rng, 0, 0, &truth);
    tnas_measurements rows = random_rows(&rng, &truth, 0, 12, storage);
    /* One topology stands twice and is half again as slow as the form can say; a twin in the
     * fit would explain it away. */
    memcpy(storage[1].x, storage[0].x, sizeof storage[0].x);
    storage[0].cycles *= 1.5;
    storage[1].cycles = storage[0].cycles;
    ck_ok(tnas_latency_fit(&rows, NULL, &fitted));
    ck_assert_double_gt(fitted.worst_net_out, 0.30);
    ck_assert_double_gt(fitted.kappa, 1.5); /* rank 11 of 12: the twins decide it */
}
END_TEST

START_TEST(an_interval_holds_its_mean_and_grows_with_what_is_unknown)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 9);
    static tnas_measurement storage[40];
    tnas_latency_model truth, fitted;
    random_truth(&rng, 0, 0.5, &truth);
    tnas_measurements rows = random_rows(&rng, &truth, 0.02, 40, storage);
    for (int i = 0; i < rows.count; i++) { /* no k x k convolution was ever measured */
        double *const x = rows.rows[i].x;
        rows.rows[i].cycles -=
            x[TNAS_FEATURE_convk_mac] * truth.coefficient[TNAS_FEATURE_convk_mac] +
            x[TNAS_FEATURE_convk_out] * truth.coefficient[TNAS_FEATURE_convk_out];
        x[TNAS_FEATURE_convk_mac] = x[TNAS_FEATURE_convk_out] = 0;
    }
    ck_ok(tnas_latency_fit(&rows, NULL, &fitted));
    tnas_latency known, family, term, scaled;
    double x[TNAS_FEATURE_COUNT];
    memcpy(x, rows.rows[0].x, sizeof x);
    tnas_latency_predict(&fitted, x, &known);
    ck_assert(known.low_cycles < known.cycles && known.cycles < known.upper_cycles &&
              known.upper_cycles < known.high_cycles);
    ck_assert_double_eq_tol(log(known.upper_cycles / known.cycles) /
                                log(known.high_cycles / known.cycles),
                            1.2816 / 1.6449, 1e-9);
    char doubts[256];
    tnas_latency_doubts(&fitted, x, doubts, sizeof doubts);
    ck_assert_str_eq(doubts, "");

    x[TNAS_FEATURE_bcast_out] = 0; /* no longer "squeeze and excite" */
    tnas_latency_predict(&fitted, x, &family);
    ck_assert_double_gt(family.high_cycles / family.cycles,
                        1.03 * known.high_cycles / known.cycles);
    tnas_latency_doubts(&fitted, x, doubts, sizeof doubts);
    ck_assert_ptr_nonnull(strstr(doubts, "no inverted residual network was measured"));

    memcpy(x, rows.rows[0].x, sizeof x);
    x[TNAS_FEATURE_convk_mac] = known.cycles / fitted.coefficient[TNAS_FEATURE_convk_mac];
    tnas_latency_predict(&fitted, x, &term);
    ck_assert_double_gt(term.high_cycles / term.cycles, 1.3);
    tnas_latency_doubts(&fitted, x, doubts, sizeof doubts);
    ck_assert_ptr_nonnull(strstr(doubts, "convk_mac carries 50 % and was never measured"));

    fitted.kappa *= 2;
    tnas_latency_predict(&fitted, rows.rows[0].x, &scaled);
    ck_assert_double_eq_tol(log(scaled.high_cycles / scaled.cycles),
                            2 * log(known.high_cycles / known.cycles), 1e-9);
}
END_TEST

START_TEST(a_prior_says_so)
{
    tnas_latency_model prior;
    tnas_latency_prior(&prior);
    strcpy(prior.runtime, "tinynas");
    double x[TNAS_FEATURE_COUNT] = {[TNAS_FEATURE_layer] = 3};
    char doubts[256], tiny[20], line[320];
    strcpy(prior.source, "prior, 0 measurements; guessed");
    tnas_latency_describe(&prior, line, sizeof line);
    ck_assert_str_eq(line, "prior, 0 measurements; guessed");
    tnas_latency_model measured = prior;
    strcpy(measured.source, "a board");
    measured.row_count = 1;
    tnas_latency_describe(&measured, line, sizeof line);
    ck_assert_str_eq(line, "1 row; a board");
    measured.row_count = 8;
    measured.error_net_out = 0.0242;
    tnas_latency_describe(&measured, line, sizeof line);
    ck_assert_str_eq(line, "8 rows, net out 2.4 %; a board");
    tnas_latency_doubts(&prior, x, doubts, sizeof doubts);
    ck_assert_ptr_nonnull(strstr(doubts, "prior, 0 measurements of tinynas"));
    tnas_latency_doubts(&prior, x, tiny, sizeof tiny);
    ck_assert_uint_eq(strlen(tiny), sizeof tiny - 1);
}
END_TEST

START_TEST(a_kin_hands_on_what_it_knows_and_what_it_does_not)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 12);
    static tnas_measurement storage[40];
    tnas_latency_model truth, kin, handed;
    random_truth(&rng, 0.5, 0.5, &truth);
    tnas_measurements rows = random_rows(&rng, &truth, 0.02, 40, storage);
    for (int i = 0; i < rows.count; i++) { /* no 7x7 depthwise convolution was ever measured */
        double *const x = rows.rows[i].x;
        rows.rows[i].cycles -= x[TNAS_FEATURE_dw7_mac] * truth.coefficient[TNAS_FEATURE_dw7_mac];
        x[TNAS_FEATURE_dw7_mac] = 0;
    }
    ck_ok(tnas_latency_fit(&rows, NULL, &kin));
    tnas_latency_hand_on(&kin, &handed);
    ck_assert_int_eq(handed.row_count, 0);
    ck_assert_int_eq(handed.fitted_count, 0);
    ck_assert(isnan(handed.error_net_out));
    ck_assert_mem_eq(handed.coefficient, kin.coefficient, sizeof kin.coefficient);
    const int known = TNAS_FEATURE_conv1_mac, unknown = TNAS_FEATURE_dw7_mac;
    const int shift = TNAS_LATENCY_SHIFT;
    /* What the kin does not know of log c = mu + s, and 0.15. */
    ck_assert_double_eq_tol(handed.covariance[known][known],
                            kin.covariance[known][known] + 2 * kin.covariance[known][shift] +
                                kin.covariance[shift][shift] + 0.15 * 0.15,
                            1e-12);
    ck_assert_double_gt(handed.covariance[unknown][unknown], 0.49); /* the prior's, and more */
    ck_assert_double_lt(handed.covariance[known][known], 0.25 * 0.49);
    ck_assert_double_ge(handed.covariance[shift][shift], 0.7 * 0.7);
    /* Wider than the kin, and one row on the new part brings it back to the kin's ratios. */
    tnas_latency before, after;
    tnas_latency_predict(&kin, rows.rows[0].x, &before);
    tnas_latency_predict(&handed, rows.rows[0].x, &after);
    ck_assert_double_gt(log(after.high_cycles / after.cycles), 1.645 * 0.7);
    ck_assert_double_eq_tol(log(after.cycles / before.cycles), 0, 0.1); /* but for the offset */
    storage[0].cycles *= 2;
    const tnas_measurements one = {.count = 1, .rows = storage};
    tnas_latency_model adapted;
    ck_ok(tnas_latency_fit(&one, &kin, &adapted));
    for (int i = 1; i < rows.count; i++) {
        tnas_latency predicted;
        tnas_latency_predict(&adapted, rows.rows[i].x, &predicted);
        ck_assert_msg(fabs(predicted.cycles / (2 * rows.rows[i].cycles) - 1) < 0.15, "row %d: %g",
                      i, predicted.cycles / (2 * rows.rows[i].cycles));
    }
}
END_TEST

START_TEST(rows_of_two_versions_are_not_mixed)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 10);
    static tnas_measurement storage[4];
    tnas_latency_model truth, fitted;
    random_truth(&rng, 0, 0, &truth);
    const tnas_measurements rows = random_rows(&rng, &truth, 0, 4, storage);
    storage[2].version = "2";
    ck_fails(TNAS_ERR_INPUT, "lines 2 and 4", tnas_latency_fit(&rows, NULL, &fitted));
    storage[2].version = "1";
    memset(storage[3].x, 0, sizeof storage[3].x);
    ck_fails(TNAS_ERR_INPUT, "line 5: net has no cost", tnas_latency_fit(&rows, NULL, &fitted));
    storage[3].has_graph = false; /* rows without a graph do not count */
    ck_ok(tnas_latency_fit(&rows, NULL, &fitted));
    ck_assert_int_eq(fitted.row_count, 3);
}
END_TEST

START_TEST(a_fit_survives_failing_allocations)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 11);
    static tnas_measurement storage[4];
    tnas_latency_model truth, fitted;
    random_truth(&rng, 0, 0, &truth);
    const tnas_measurements rows = random_rows(&rng, &truth, 0, 4, storage);
    tnas_status status = TNAS_ERR_NOMEM;
    int n = 0;
    for (; n < 10 && status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_latency_fit(&rows, NULL, &fitted);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
    }
    ck_assert_int_gt(n, 2);
    ck_ok(status);
}
END_TEST

static void load_rows(const char *csv, tnas_measurement_query query, tnas_measurements *rows)
{
    query.graphs = "configs/graphs";
    ck_ok(tnas_measurements_load(csv, &query, rows));
}

/* Bounds half a point above what the fit reaches (docs/latency-model.md). */
static const struct {
    const char *mcu, *runtime, *csv, *version;
    int rows;
    double net_out, worst, clock_mhz;
} reached[] = {
    {"stm32h743", "tinyengine", H743_ROWS, "0363956", 8, 0.020, 0.052, 480},
    {"stm32h743", "tflm-cmsis-nn", H743_ROWS, "011bf32", 7, 0.017, 0.037, 480},
    {"stm32h743", "x-cube-ai", H743_ROWS, "7.3.0", 8, 0.021, 0.047, 480},
    {"stm32f746", "tinyengine", F746_ROWS, "2022-08", 7, 0.020, 0.044, 216},
    {"stm32f746", "x-cube-ai", F746_ROWS, "7.1.0", 5, 0.016, 0.034, 216},
};

START_TEST(shipped_models_reach_their_stated_errors)
{
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load(reached[_i].mcu, &mcu));
    const tnas_latency_model *const model = tnas_mcu_latency_model(mcu, reached[_i].runtime);
    ck_assert_ptr_nonnull(model);
    ck_assert_int_eq(model->row_count, reached[_i].rows);
    ck_assert_msg(model->error_net_out < reached[_i].net_out, "%s: %g", reached[_i].runtime,
                  model->error_net_out);
    ck_assert_double_lt(model->worst_net_out, reached[_i].worst);
    tnas_measurements rows;
    load_rows(reached[_i].csv,
              (tnas_measurement_query){.mcu = reached[_i].mcu,
                                       .runtime = reached[_i].runtime,
                                       .version = reached[_i].version,
                                       .assumed_clock_mhz = reached[_i].clock_mhz},
              &rows);
    tnas_comparison comparison;
    tnas_compared_row compared[ROWS_MAX];
    ck_assert_int_le(rows.count, ROWS_MAX);
    ck_ok(tnas_latency_compare(&model, 1, &rows, &comparison, compared));
    ck_assert_int_eq(comparison.all.n, reached[_i].rows);
    /* Unseen networks are predicted better than a multiple of the MACs predicts them. */
    ck_assert_double_lt(1.5 * model->error_net_out, comparison.all.macs_only_mape);
    ck_assert_double_ge(comparison.all.coverage_90, 0.8);
    ck_assert_double_ge(comparison.all.spearman, 0.97);
    tnas_measurements_deinit(&rows);
    tnas_mcu_destroy(mcu);
}
END_TEST

START_TEST(one_measurement_adapts_a_kin_profile)
{
    tnas_mcu *kin;
    ck_ok(tnas_mcu_load("stm32h743", &kin));
    tnas_measurements rows;
    load_rows(F746_ROWS, (tnas_measurement_query){.mcu = "stm32f746", .runtime = "tinyengine"},
              &rows);
    double sum = 0;
    int count = 0;
    for (int i = 0; i < rows.count; i++) {
        if (!rows.rows[i].has_graph)
            continue;
        const tnas_measurements one = {.count = 1, .rows = &rows.rows[i]};
        tnas_latency_model adapted;
        ck_ok(tnas_latency_fit(&one, tnas_mcu_latency_model(kin, "tinyengine"), &adapted));
        ck_assert_int_eq(adapted.row_count, 1);
        for (int k = 0; k < rows.count; k++) {
            if (k == i || !rows.rows[k].has_graph)
                continue;
            tnas_latency predicted;
            tnas_latency_predict(&adapted, rows.rows[k].x, &predicted);
            sum += fabs(predicted.cycles / rows.rows[k].cycles - 1);
            count++;
        }
    }
    ck_assert_int_eq(count, 42);
    ck_assert_msg(sum / count < 0.045, "%g", sum / count);
    tnas_measurements_deinit(&rows);
    tnas_mcu_destroy(kin);
}
END_TEST

START_TEST(single_layers_are_fitted_from_their_shape_columns)
{
    tnas_measurements rows;
    load_rows(LAYERS,
              (tnas_measurement_query){.mcu = "stm32h743", .runtime = "CMSIS-NN (uint8 INTQ fork)"},
              &rows);
    ck_assert_int_eq(rows.count, 31);
    for (int i = 0; i < rows.count; i++) /* the total is the sum of the layers, not a fact */
        if (strcmp(rows.rows[i].layer, "network") == 0)
            rows.rows[i].has_graph = false;
    tnas_latency_model prior, fitted;
    tnas_prior_of(TNAS_PRIOR_CMSIS_LAYERS, &prior);
    ck_ok(tnas_latency_fit(&rows, &prior, &fitted));
    ck_assert_int_eq(fitted.row_count, 30);
    ck_assert_int_eq(fitted.family_rows[TNAS_FAMILY_LAYER], 30);
    ck_assert_msg(fitted.error_net_out < 0.05, "%g", fitted.error_net_out);
    tnas_comparison comparison;
    tnas_compared_row compared[ROWS_MAX];
    const tnas_latency_model *const model = &fitted;
    ck_ok(tnas_latency_compare(&model, 1, &rows, &comparison, compared));
    ck_assert_double_lt(comparison.all.mape, 0.03);
    ck_assert_double_gt(comparison.all.macs_only_mape, 0.3);
    ck_assert_int_eq(comparison.without_graph, 1);
    double sum = 0;
    for (int i = 0; i < rows.count; i++) {
        tnas_latency predicted;
        if (!rows.rows[i].has_graph)
            continue;
        tnas_latency_predict(&fitted, rows.rows[i].x, &predicted);
        sum += predicted.cycles;
    }
    ck_assert_double_eq_tol(sum / 65818002, 1, 0.02);
    tnas_measurements_deinit(&rows);
}
END_TEST

START_TEST(our_own_runtime_is_a_prior)
{
    tnas_mcu *mcu;
    ck_ok(tnas_mcu_load(_i == 0 ? "stm32h743" : "stm32f746", &mcu));
    const tnas_latency_model *const own = tnas_mcu_latency_model(mcu, "tinynas");
    ck_assert_ptr_nonnull(own);
    ck_assert_int_eq(own->row_count, 0);
    ck_assert(strncmp(own->source, "prior, 0 measurements", 21) == 0);
    ck_assert(isnan(own->error_net_out));
    const tnas_latency_model *const kin = tnas_mcu_latency_model(mcu, "tflm-cmsis-nn");
    tnas_graph graph;
    ck_ok(tnas_graph_load("configs/graphs/mcunet-in1.json", &graph));
    double x[TNAS_FEATURE_COUNT];
    tnas_features_of_graph(NULL, &graph, x);
    tnas_latency own_latency, kin_latency;
    tnas_latency_predict(own, x, &own_latency);
    tnas_latency_predict(kin, x, &kin_latency);
    /* Nothing is known of its speed to better than 0.35 in the logarithm. */
    ck_assert_double_gt(log(own_latency.upper_cycles / own_latency.cycles), 1.28 * 0.35);
    ck_assert_double_lt(log(own_latency.upper_cycles / own_latency.cycles), 1.28 * 0.45);
    ck_assert_double_gt(own_latency.high_cycles / own_latency.cycles,
                        kin_latency.high_cycles / kin_latency.cycles);
    tnas_mcu_destroy(mcu);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("latency");
    TCase *model = tcase_create("model");
    tcase_add_test(model, features_are_those_counted_by_hand);
    tcase_add_test(model, families_follow_from_the_operators);
    tcase_add_loop_test(model, a_fit_recovers_the_coefficients_behind_many_rows, 0, 2);
    tcase_add_test(model, intervals_hold_nine_in_ten_unseen_rows);
    tcase_add_test(model, without_rows_the_fit_is_the_prior);
    tcase_add_test(model, one_row_sets_the_common_scale_and_keeps_the_ratios);
    tcase_add_test(model, twins_are_left_out_together);
    tcase_add_test(model, an_interval_holds_its_mean_and_grows_with_what_is_unknown);
    tcase_add_test(model, a_prior_says_so);
    tcase_add_test(model, a_kin_hands_on_what_it_knows_and_what_it_does_not);
    tcase_add_test(model, rows_of_two_versions_are_not_mixed);
    tcase_add_test(model, a_fit_survives_failing_allocations);
    tcase_set_timeout(model, 60);
    suite_add_tcase(suite, model);
    TCase *shipped = tcase_create("shipped");
    tcase_add_loop_test(shipped, shipped_models_reach_their_stated_errors, 0,
                        sizeof reached / sizeof reached[0]);
    tcase_add_test(shipped, one_measurement_adapts_a_kin_profile);
    tcase_add_test(shipped, single_layers_are_fitted_from_their_shape_columns);
    tcase_add_loop_test(shipped, our_own_runtime_is_a_prior, 0, 2);
    suite_add_tcase(suite, shipped);
    return run_suite(suite);
}
