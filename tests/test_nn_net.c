/* Stores, views, copies and the border to float models. */
#include <math.h>
#include <stdlib.h>

#include "common/alloc.h"
#include "tests/nn_reference.h"

START_TEST(store_lays_slots_out_one_behind_the_other)
{
    const tnas_slot shapes[] = {
        {.kind = TNAS_OP_CONV2D,
         .out_c = 3,
         .in_c = 2,
         .kernel_h = 3,
         .kernel_w = 1,
         .batch_norm = true},
        {.kind = TNAS_OP_DWCONV2D,
         .out_c = 4,
         .in_c = 1,
         .kernel_h = 5,
         .kernel_w = 5,
         .batch_norm = true},
        {.kind = TNAS_OP_CONV2D, .out_c = 2, .in_c = 1, .kernel_h = 1, .kernel_w = 1},
        {.kind = TNAS_OP_FC, .out_c = 5, .in_c = 6, .kernel_h = 1, .kernel_w = 1}};
    static const size_t weights[] = {18, 100, 2, 30}, channels[] = {6, 8, 2, 5};
    tnas_store *store;
    ck_ok(tnas_store_create(shapes, 4, &store));
    float *const mask = calloc(18 + 6 + 100 + 8 + 2 + 2 + 30 + 5, sizeof *mask);
    tnas_store_decay_mask(store, mask);
    size_t at = 0;
    for (int s = 0; s < 4; s++) {
        const tnas_slot *const slot = &store->slots[s];
        ck_assert_uint_eq(slot->weight_at, at);
        ck_assert_uint_eq(slot->weight_count, weights[s]);
        if (slot->batch_norm)
            ck_assert_uint_eq(slot->scale_at, at + weights[s]);
        for (size_t i = 0; i < weights[s] + channels[s]; i++)
            ck_assert_float_eq(mask[at + i], i < weights[s] ? 1.0f : 0.0f);
        at += weights[s] + channels[s];
        ck_assert_uint_eq(slot->shift_at, at - (size_t)slot->out_c);
    }
    ck_assert_uint_eq(store->value_count, at);
    free(mask);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(slot_that_breaks_a_rule_is_refused)
{
    static const struct {
        tnas_slot slot;
        const char *sentence;
    } cases[] = {
        {{.kind = TNAS_OP_ADD, .out_c = 1, .in_c = 1, .kernel_h = 1, .kernel_w = 1},
         "slot 0: kind add has no weights"},
        {{.kind = TNAS_OP_CONV2D, .out_c = 0, .in_c = 1, .kernel_h = 1, .kernel_w = 1},
         "slot 0: shape 0x1x1x1"},
        {{.kind = TNAS_OP_DWCONV2D, .out_c = 4, .in_c = 4, .kernel_h = 3, .kernel_w = 3},
         "in_c 4 of a depthwise convolution must be 1"},
        {{.kind = TNAS_OP_FC, .out_c = 4, .in_c = 4, .kernel_h = 3, .kernel_w = 3},
         "fc must have a 1x1 kernel"},
        {{.kind = TNAS_OP_FC,
          .out_c = 4,
          .in_c = 4,
          .kernel_h = 1,
          .kernel_w = 1,
          .batch_norm = true},
         "no batch norm"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tnas_store *store = (tnas_store *)&store;
        ck_fails(TNAS_ERR_INPUT, cases[i].sentence, tnas_store_create(&cases[i].slot, 1, &store));
        ck_assert_ptr_null(store);
    }
}
END_TEST

START_TEST(random_weights_have_the_deviation_of_he)
{
    const tnas_slot shapes[] = {
        {.kind = TNAS_OP_CONV2D,
         .out_c = 64,
         .in_c = 48,
         .kernel_h = 3,
         .kernel_w = 3,
         .batch_norm = true},
        {.kind = TNAS_OP_DWCONV2D,
         .out_c = 512,
         .in_c = 1,
         .kernel_h = 5,
         .kernel_w = 5,
         .batch_norm = true},
        {.kind = TNAS_OP_FC, .out_c = 100, .in_c = 200, .kernel_h = 1, .kernel_w = 1}};
    static const double fans[] = {64 * 9, 25, 200};
    tnas_store *store, *again;
    ck_ok(tnas_store_create(shapes, 3, &store));
    ck_ok(tnas_store_create(shapes, 3, &again));
    tnas_store_init_random(store, SEED);
    tnas_store_init_random(again, SEED);
    ck_assert_mem_eq(store->values, again->values, store->value_count * sizeof(float));
    for (int s = 0; s < 3; s++) {
        const tnas_slot *const slot = &store->slots[s];
        double squares = 0.0;
        for (size_t i = 0; i < slot->weight_count; i++)
            squares += pow((double)store->values[slot->weight_at + i], 2.0);
        /* The variance of n squares is 2 / n of theirs: 5 deviations of the smallest slot. */
        const double ratio = squares / (double)slot->weight_count / (2.0 / fans[s]);
        ck_assert_double_eq_tol(ratio, 1.0, 5.0 * sqrt(2.0 / (double)slot->weight_count));
        for (size_t c = 0; c < (size_t)slot->out_c; c++) {
            ck_assert_float_eq(store->values[slot->shift_at + c], 0.0f);
            if (slot->batch_norm)
                ck_assert_float_eq(store->values[slot->scale_at + c], 1.0f);
        }
    }
    tnas_store_destroy(store);
    tnas_store_destroy(again);
}
END_TEST

/* A net whose first view is changed in one point. */
START_TEST(view_that_does_not_fit_its_slot_is_refused)
{
    static const struct {
        int op;
        tnas_view view;
        const char *sentence;
    } cases[] = {
        {0, {9, 4, 2, TNAS_KERNEL_CROP}, "operator 0: slot 9 must be 0 to 2"},
        {0, {TNAS_NONE, 4, 2, TNAS_KERNEL_CROP}, "operator 0: slot -1 must be 0 to 2"},
        {0, {1, 4, 2, TNAS_KERNEL_CROP}, "operator 0 (conv2d): slot 1 is of a dwconv2d"},
        {0, {0, 3, 2, TNAS_KERNEL_CROP}, "out prefix 3 must be its 4 output channels"},
        {0, {0, 4, 1, TNAS_KERNEL_CROP}, "in prefix 1 must be its 2 input channels"},
        {1, {1, 4, 4, TNAS_KERNEL_CROP}, "in prefix 4 must be its 1 input channels"},
        {2, {0, 4, 4, TNAS_KERNEL_CROP}, "operator 2 (add): slot 0 must be none"},
        {3, {2, 3, 4, TNAS_KERNEL_CROP}, "in prefix 4 must be its 80 input channels"},
    };
    tnas_graph graph;
    tnas_graph_init(&graph, 5, 4, 2);
    const int a = append_same(&graph, TNAS_OP_CONV2D, 0, 4, 3, 1, TNAS_ACT_RELU);
    const int b = append_same(&graph, TNAS_OP_DWCONV2D, a, 0, 3, 1, TNAS_ACT_RELU);
    append_fc(&graph, append_add(&graph, a, b, TNAS_ACT_NONE), 3);
    tnas_net net, other;
    tnas_store *store;
    ck_ok(tnas_net_build_fixed(&graph, &net, &store));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tnas_view views[TNAS_GRAPH_OPS_MAX];
        memcpy(views, net.views, sizeof views);
        views[cases[i].op] = cases[i].view;
        ck_fails(TNAS_ERR_INPUT, cases[i].sentence, tnas_net_build(&graph, views, store, &other));
    }
    tnas_store_destroy(store);
}
END_TEST

START_TEST(kernel_that_is_no_centre_is_refused)
{
    static const uint8_t sizes[] = {1, 2, 4, 7}; /* of a slot that the operator's 3x3 views */
    tnas_graph graph;
    tnas_graph_init(&graph, 3, 3, 1);
    append_fc(&graph, append_same(&graph, TNAS_OP_DWCONV2D, 0, 0, 3, 1, TNAS_ACT_NONE), 2);
    const tnas_view views[] = {{0, 1, 1, TNAS_KERNEL_CROP}, {1, 2, 9, TNAS_KERNEL_CROP}};
    for (int i = 0; i < 4; i++) {
        const tnas_slot slots[] = {
            {.kind = TNAS_OP_DWCONV2D, .out_c = 1, .in_c = 1, .kernel_h = sizes[i], .kernel_w = 5},
            {.kind = TNAS_OP_FC, .out_c = 2, .in_c = 9, .kernel_h = 1, .kernel_w = 1}};
        tnas_store *store;
        tnas_net net;
        ck_ok(tnas_store_create(slots, 2, &store));
        if (sizes[i] == 7)
            ck_ok(tnas_net_build(&graph, views, store, &net));
        else
            ck_fails(TNAS_ERR_INPUT, "operator 0: kernel 3x3 must be the centre",
                     tnas_net_build(&graph, views, store, &net));
        tnas_store_destroy(store);
    }
}
END_TEST

START_TEST(net_that_ends_in_a_map_is_no_classifier)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 3, 3, 1);
    append_same(&graph, TNAS_OP_CONV2D, 0, 2, 3, 1, TNAS_ACT_NONE);
    tnas_net net;
    tnas_store *store;
    ck_fails(TNAS_ERR_INPUT, "output 3x3x2 of a classifier must be 1x1",
             tnas_net_build_fixed(&graph, &net, &store));
    ck_assert_ptr_null(store);
}
END_TEST

START_TEST(net_lays_out_the_channels_of_its_batch_norms)
{
    tnas_graph graph;
    small_mobilenet(&graph);
    tnas_net net;
    tnas_store *store;
    ck_ok(tnas_net_build_fixed(&graph, &net, &store));
    int at = 0;
    for (int op = 0; op < graph.op_count; op++) {
        const int kind = graph.ops[op].kind;
        ck_assert_int_eq(net.bn_at[op], at);
        at += kind == TNAS_OP_CONV2D || kind == TNAS_OP_DWCONV2D
                  ? graph.tensors[graph.ops[op].out].c
                  : 0;
    }
    ck_assert_int_eq(net.bn_channels, at);
    tnas_store_destroy(store);
}
END_TEST

/* ---- Slices and copies ---- */

START_TEST(extracted_network_computes_the_same_bits_as_its_slice)
{
    tnas_graph graph;
    small_mobilenet(&graph);
    tnas_net slice, own;
    tnas_store *large, *small;
    reference_build(&graph, (reference_slack){3, _i, false}, 1, &slice, &large);
    ck_ok(tnas_net_build_fixed(&graph, &own, &small));
    ck_ok(tnas_net_copy(&slice, large, &own, small));

    tnas_batch batch = random_batch(&own, 20, 1);
    tnas_bn_stats a, b;
    float x[20 * 5], y[20 * 5];
    engine_of e = make_engine(2, 2);
    ck_ok(tnas_bn_stats_init(&slice, &a));
    ck_ok(tnas_bn_stats_init(&own, &b));
    ck_ok(tnas_engine_recalibrate(e.engine, large, &slice, batch.images, 2, 10, &a));
    ck_ok(tnas_engine_recalibrate(e.engine, small, &own, batch.images, 2, 10, &b));
    ck_assert_mem_eq(a.mean, b.mean, (size_t)own.bn_channels * sizeof(float));
    ck_assert_mem_eq(a.var, b.var, (size_t)own.bn_channels * sizeof(float));
    ck_ok(tnas_engine_predict(e.engine, large, &slice, &a, batch.images, 20, x));
    ck_ok(tnas_engine_predict(e.engine, small, &own, &b, batch.images, 20, y));
    ck_assert_mem_eq(x, y, sizeof x);
    drop_engine(&e);
    tnas_bn_stats_deinit(&a);
    tnas_bn_stats_deinit(&b);
    free_batch(&batch);
    tnas_store_destroy(large);
    tnas_store_destroy(small);
}
END_TEST

START_TEST(copy_back_changes_nothing_but_the_slice)
{
    tnas_graph graph;
    small_mobilenet(&graph);
    tnas_net slice, own;
    tnas_store *large, *small;
    reference_build(&graph, (reference_slack){2, 1, false}, 2, &slice, &large);
    ck_ok(tnas_net_build_fixed(&graph, &own, &small));
    ck_ok(tnas_net_copy(&slice, large, &own, small));
    float *const before = calloc(large->value_count, sizeof *before);
    memcpy(before, large->values, large->value_count * sizeof *before);
    ck_ok(tnas_net_copy(&own, small, &slice, large)); /* what is there already */
    ck_assert_mem_eq(before, large->values, large->value_count * sizeof *before);
    for (size_t i = 0; i < small->value_count; i++)
        small->values[i] += 1.0f;
    ck_ok(tnas_net_copy(&own, small, &slice, large));
    size_t changed = 0;
    for (size_t i = 0; i < large->value_count; i++)
        changed += large->values[i] != before[i];
    ck_assert_uint_eq(changed, small->value_count);
    free(before);
    tnas_store_destroy(large);
    tnas_store_destroy(small);
}
END_TEST

START_TEST(copy_between_different_graphs_is_refused)
{
    tnas_net nets[2];
    tnas_store *stores[2];
    for (int i = 0; i < 2; i++) {
        tnas_graph graph;
        tnas_graph_init(&graph, 3, 3, 1);
        append_fc(&graph, append_same(&graph, TNAS_OP_CONV2D, 0, 2, 1 + 2 * i, 1, 0), 2);
        ck_ok(tnas_net_build_fixed(&graph, &nets[i], &stores[i]));
    }
    ck_fails(TNAS_ERR_INPUT, "copy of operator 0: must have the same shape",
             tnas_net_copy(&nets[0], stores[0], &nets[1], stores[1]));
    tnas_store_destroy(stores[0]);
    tnas_store_destroy(stores[1]);
}
END_TEST

/* ---- The float model, computed from its own arrays in exchange layout ---- */

static double model_window(const tnas_model *model, int op, const double *in, int oy, int ox, int o)
{
    const tnas_op *const p = &model->graph.ops[op];
    const tnas_tensor *const is = &model->graph.tensors[p->in[0]];
    const tnas_tensor *const os = &model->graph.tensors[p->out];
    const float *const weight = model->constants[op].weight;
    double sum = 0.0;
    for (int ky = 0; ky < p->kernel_h; ky++)
        for (int kx = 0; kx < p->kernel_w; kx++) {
            const int y = oy * p->stride_h + ky - p->pad_top;
            const int x = ox * p->stride_w + kx - p->pad_left;
            if (y < 0 || x < 0 || y >= is->h || x >= is->w)
                continue;
            const double *const pixel = in + (y * is->w + x) * is->c;
            const int tap = ky * p->kernel_w + kx, taps = p->kernel_h * p->kernel_w;
            if (p->kind == TNAS_OP_DWCONV2D)
                sum += (double)weight[tap * os->c + o] * pixel[o];
            else if (p->kind == TNAS_OP_CONV2D)
                for (int i = 0; i < is->c; i++)
                    sum += (double)weight[(o * taps + tap) * is->c + i] * pixel[i];
            else
                sum += pixel[o] / taps; /* AVGPOOL; these nets do not pad it */
        }
    return sum;
}

static double model_value(const tnas_model *model, double *const *maps, int op, int y, int x, int c)
{
    const tnas_op *const p = &model->graph.ops[op];
    const tnas_op_constants *const k = &model->constants[op];
    const tnas_tensor *const is = &model->graph.tensors[p->in[0]];
    const int64_t count = tnas_tensor_count(is);
    double z = 0.0;
    if (p->kind == TNAS_OP_FC)
        for (int64_t i = 0; i < count; i++)
            z += (double)k->weight[c * count + i] * maps[p->in[0]][i];
    else if (p->kind == TNAS_OP_ADD)
        z = maps[p->in[0]][(y * is->w + x) * is->c + c] +
            maps[p->in[1]][(y * is->w + x) * is->c + c];
    else
        z = model_window(model, op, maps[p->in[0]], y, x, c);
    if (k->bias != NULL)
        z += (double)k->bias[c];
    if (k->bn_scale != NULL)
        z = (z - (double)k->bn_mean[c]) / sqrt((double)k->bn_var[c] + (double)TNAS_BN_EPSILON) *
                (double)k->bn_scale[c] +
            (double)k->bn_shift[c];
    if (p->activation != TNAS_ACT_NONE && z < 0.0)
        z = 0.0;
    return p->activation == TNAS_ACT_RELU6 && z > 6.0 ? 6.0 : z;
}

static void model_forward(const tnas_model *model, const uint8_t *image, double *logits)
{
    const tnas_graph *const graph = &model->graph;
    double *maps[TNAS_GRAPH_TENSORS_MAX];
    for (int t = 0; t < graph->tensor_count; t++)
        maps[t] = calloc((size_t)tnas_tensor_count(&graph->tensors[t]), sizeof(double));
    for (int64_t i = 0; i < tnas_tensor_count(&graph->tensors[0]); i++)
        maps[0][i] = (image[i] - 128.0) / 128.0;
    for (int op = 0; op < graph->op_count; op++) {
        const tnas_tensor *const os = &graph->tensors[graph->ops[op].out];
        double *to = maps[graph->ops[op].out];
        for (int y = 0; y < os->h; y++)
            for (int x = 0; x < os->w; x++)
                for (int c = 0; c < os->c; c++)
                    *to++ = model_value(model, maps, op, y, x, c);
    }
    memcpy(logits, maps[tnas_graph_output(graph)], 5 * sizeof *logits);
    for (int t = 0; t < graph->tensor_count; t++)
        free(maps[t]);
}

/* The MobileNet on a slice of a larger store; the same without batch norm; fc on a map. */
static void model_case(int number, tnas_net *net, tnas_store **store)
{
    tnas_graph graph;
    small_mobilenet(&graph);
    if (number == 2) {
        tnas_graph_init(&graph, 4, 3, 2);
        append_fc(&graph, append_same(&graph, TNAS_OP_CONV2D, 0, 3, 3, 1, TNAS_ACT_RELU6), 5);
    }
    reference_build(&graph, (reference_slack){number == 0 ? 2 : 0, number == 0, number == 1},
                    (uint64_t)number, net, store);
}

START_TEST(model_in_exchange_layout_computes_what_predict_says)
{
    enum { IMAGES = 4 };
    tnas_net net;
    tnas_store *store;
    model_case(_i, &net, &store);
    tnas_batch batch = random_batch(&net, IMAGES, 4);
    tnas_bn_stats stats;
    tnas_model *model;
    float logits[IMAGES * 5];
    engine_of e = make_engine(1, 1);
    ck_ok(tnas_bn_stats_init(&net, &stats));
    ck_ok(tnas_engine_recalibrate(e.engine, store, &net, batch.images, 1, IMAGES, &stats));
    ck_ok(tnas_engine_predict(e.engine, store, &net, &stats, batch.images, IMAGES, logits));
    ck_ok(tnas_net_to_model(&net, store, &stats, &model));
    ck_assert_int_eq(model->type, TNAS_MODEL_FLOAT);
    for (int i = 0; i < IMAGES; i++) {
        double wanted[5];
        model_forward(model, batch.images + i * tnas_tensor_count(&net.graph.tensors[0]), wanted);
        for (int k = 0; k < 5; k++) /* float rounding through a dozen layers */
            ck_assert_double_eq_tol((double)logits[i * 5 + k], wanted[k],
                                    2e-5 * (1.0 + fabs(wanted[k])));
    }
    tnas_model_destroy(model);
    drop_engine(&e);
    tnas_bn_stats_deinit(&stats);
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(what_lacks_memory_fails_and_leaves_nothing)
{
    tnas_graph graph;
    small_mobilenet(&graph);
    tnas_net net;
    tnas_store *store;
    tnas_bn_stats stats;
    tnas_model *model;
    tnas_status status = TNAS_ERR_NOMEM;
    long n;
    for (n = 0; status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_net_build_fixed(&graph, &net, &store);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || (status == TNAS_ERR_NOMEM && store == NULL));
    }
    ck_assert_int_gt(n, 3);
    status = TNAS_ERR_NOMEM;
    for (n = 0; status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_bn_stats_init(&net, &stats);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || (status == TNAS_ERR_NOMEM && stats.mean == NULL));
    }
    status = TNAS_ERR_NOMEM;
    for (n = 0; status != TNAS_OK; n++) {
        tnas_alloc_fail_after(n);
        status = tnas_net_to_model(&net, store, &stats, &model);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || (status == TNAS_ERR_NOMEM && model == NULL));
    }
    tnas_alloc_fail_after(0);
    ck_fails(TNAS_ERR_NOMEM, "copy of", tnas_net_copy(&net, store, &net, store));
    tnas_alloc_fail_after(-1);
    tnas_model_destroy(model);
    tnas_bn_stats_deinit(&stats);
    tnas_store_destroy(store);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("nn net");
    TCase *const tc = tcase_create("net");
    tcase_add_test(tc, store_lays_slots_out_one_behind_the_other);
    tcase_add_test(tc, slot_that_breaks_a_rule_is_refused);
    tcase_add_test(tc, random_weights_have_the_deviation_of_he);
    tcase_add_test(tc, view_that_does_not_fit_its_slot_is_refused);
    tcase_add_test(tc, kernel_that_is_no_centre_is_refused);
    tcase_add_test(tc, net_that_ends_in_a_map_is_no_classifier);
    tcase_add_test(tc, net_lays_out_the_channels_of_its_batch_norms);
    tcase_add_loop_test(tc, extracted_network_computes_the_same_bits_as_its_slice, 0, 2);
    tcase_add_test(tc, copy_back_changes_nothing_but_the_slice);
    tcase_add_test(tc, copy_between_different_graphs_is_refused);
    tcase_add_loop_test(tc, model_in_exchange_layout_computes_what_predict_says, 0, 3);
    tcase_add_test(tc, what_lacks_memory_fails_and_leaves_nothing);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
