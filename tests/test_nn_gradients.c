/* Gradients of every operator, alone and in whole nets, against central differences of a
 * double-precision forward pass (tests/nn_reference.c). */
#include <math.h>
#include <stdlib.h>

#include "tests/nn_reference.h"

/* Half the distance of the two losses. In double precision the difference then has an error
 * of some 1e-10, and few ReLUs lie so close to their kink that they matter. */
#define STEP 1e-6

/* The engine computes in float, whose rounding (6e-8) grows through some thousand additions
 * and the divisions by small deviations: this share of the slot's largest gradient. */
#define TOLERANCE 2e-4

/* Gradients that cancel to nothing (a convolution's scale in front of batch norm) have no size
 * to compare with. */
#define FLOOR 1e-6

/* The largest difference quotient among the slot that value i belongs to. */
static double largest_of_slot(const tnas_store *store, const double *wanted, size_t i)
{
    size_t first = 0, end = store->value_count;
    for (int s = 0; s < store->slot_count; s++) {
        const tnas_slot *const slot = &store->slots[s];
        if (i >= slot->weight_at && i < slot->transform_at + slot->transform_count) {
            first = slot->weight_at;
            end = slot->transform_at + slot->transform_count;
        }
    }
    double largest = 0.0;
    for (size_t k = first; k < end; k++)
        largest = fmax(largest, fabs(wanted[k]));
    return largest;
}

/* Every `every`-th value: large nets would take long. */
static void check_gradients(const tnas_store *store, const tnas_unit *units, int unit_count,
                            const tnas_batch *batch, int shards, size_t every, const char *what)
{
    double *const base = doubles_of(store), *const moved = doubles_of(store);
    double *const wanted = calloc(store->value_count, sizeof *wanted);
    float *const grads = calloc(store->value_count, sizeof *grads);
    tnas_unit_result results[TNAS_UNITS_MAX];
    double losses[TNAS_UNITS_MAX];

    engine_of e = make_engine(2, shards);
    ck_ok(tnas_engine_step(e.engine, store, units, unit_count, batch, grads, results));
    drop_engine(&e);
    reference_step(store, base, base, units, unit_count, batch, shards, losses);
    for (int u = 0; u < unit_count; u++)
        ck_assert_msg(fabs(results[u].loss - losses[u]) <= 1e-5 * (1.0 + losses[u]),
                      "%s: loss of unit %d is %.9g, must be %.9g", what, u, results[u].loss,
                      losses[u]);
    for (size_t i = 0; i < store->value_count; i += every) {
        moved[i] = base[i] + STEP;
        wanted[i] = reference_step(store, moved, base, units, unit_count, batch, shards, NULL);
        moved[i] = base[i] - STEP;
        wanted[i] -= reference_step(store, moved, base, units, unit_count, batch, shards, NULL);
        wanted[i] /= 2.0 * STEP;
        moved[i] = base[i];
    }
    for (size_t i = 0; i < store->value_count; i += every) {
        const double allowed = TOLERANCE * largest_of_slot(store, wanted, i) + FLOOR;
        ck_assert_msg(fabs(grads[i] - wanted[i]) <= allowed,
                      "%s: gradient of value %zu is %.9g, must be %.9g +- %.2g", what, i,
                      (double)grads[i], wanted[i], allowed);
    }
    free(base);
    free(moved);
    free(wanted);
    free(grads);
}

/* One operator between a 1x1 convolution, whose gradient needs the operator's input gradient,
 * and a fully connected layer on the whole map, which gives every pixel a gradient of its
 * own. */
typedef struct operator_case {
    const char *what;
    tnas_op op;
    int h, w, c, out_c;
    int count, shards;
    reference_slack slack;
} operator_case;

#define CONV(act)            .kind = TNAS_OP_CONV2D, .activation = TNAS_ACT_##act
#define DW(act)              .kind = TNAS_OP_DWCONV2D, .activation = TNAS_ACT_##act
#define AVG(act)             .kind = TNAS_OP_AVGPOOL, .activation = TNAS_ACT_##act
#define MAX(act)             .kind = TNAS_OP_MAXPOOL, .activation = TNAS_ACT_##act
#define WINDOW(h, w, sh, sw) .kernel_h = (h), .kernel_w = (w), .stride_h = (sh), .stride_w = (sw)
#define PADS(t, b, l, r)     .pad_top = (t), .pad_bottom = (b), .pad_left = (l), .pad_right = (r)

static const operator_case operator_cases[] = {
    {"conv 1x1", {CONV(RELU6), WINDOW(1, 1, 1, 1)}, 4, 5, 3, 7, 6, 2, {0}},
    {"conv 1x1, no activation", {CONV(NONE), WINDOW(1, 1, 1, 1)}, 4, 5, 6, 5, 4, 1, {0}},
    {"conv 1x1, stride 2", {CONV(RELU), WINDOW(1, 1, 2, 2)}, 5, 6, 3, 4, 4, 1, {0}},
    {"conv 1x1, stride 2x1", {CONV(RELU), WINDOW(1, 1, 2, 1)}, 5, 4, 3, 4, 4, 1, {0}},
    {"conv 3x3", {CONV(RELU6), WINDOW(3, 3, 1, 1), PADS(1, 1, 1, 1)}, 5, 4, 3, 4, 3, 1, {0}},
    {"conv 3x3, stride 2",
     {CONV(RELU6), WINDOW(3, 3, 2, 2), PADS(0, 1, 0, 1)},
     6,
     6,
     2,
     4,
     4,
     2,
     {0}},
    {"conv 3x3, stride 1x2, no pads", {CONV(RELU), WINDOW(3, 3, 1, 2)}, 5, 7, 2, 3, 3, 1, {0}},
    {"conv 5x1", {CONV(RELU), WINDOW(5, 1, 1, 1), PADS(2, 2, 0, 0)}, 6, 2, 3, 3, 3, 1, {0}},
    {"conv 1x3", {CONV(RELU), WINDOW(1, 3, 1, 1), PADS(0, 0, 2, 0)}, 3, 5, 3, 3, 3, 1, {0}},
    {"conv 7x7 on 4x3", {CONV(NONE), WINDOW(7, 7, 2, 2), PADS(3, 3, 3, 3)}, 4, 3, 2, 2, 4, 1, {0}},
    {"conv 2x2, stride 3, input left over",
     {CONV(RELU), WINDOW(2, 2, 3, 3)},
     7,
     7,
     2,
     3,
     3,
     1,
     {0}},
    {"conv 3x3 with bias only",
     {CONV(RELU6), WINDOW(3, 3, 1, 1), PADS(1, 1, 1, 1)},
     3,
     4,
     3,
     4,
     3,
     1,
     {0, 0, true}},
    {"conv 1x1 on a slice", {CONV(RELU6), WINDOW(1, 1, 1, 1)}, 3, 3, 3, 4, 4, 2, {2, 0, false}},
    {"conv 3x3, centre of 5x5",
     {CONV(RELU6), WINDOW(3, 3, 1, 1), PADS(1, 1, 1, 1)},
     3,
     4,
     2,
     3,
     3,
     1,
     {1, 1, false}},
    {"conv 1x1, width 1", {CONV(RELU6), WINDOW(1, 1, 1, 1)}, 5, 1, 3, 4, 4, 1, {0}},
    {"dw 1x1", {DW(RELU), WINDOW(1, 1, 1, 1)}, 3, 4, 3, 0, 4, 1, {0}},
    {"dw 3x3", {DW(RELU6), WINDOW(3, 3, 1, 1), PADS(1, 1, 1, 1)}, 5, 4, 3, 0, 6, 2, {0}},
    {"dw 3x3, width 7", {DW(NONE), WINDOW(3, 3, 1, 1), PADS(1, 1, 1, 1)}, 3, 7, 2, 0, 3, 1, {0}},
    {"dw 3x3, width 9", {DW(RELU), WINDOW(3, 3, 1, 1), PADS(1, 1, 1, 1)}, 2, 9, 2, 0, 3, 1, {0}},
    {"dw 3x3, stride 2", {DW(RELU6), WINDOW(3, 3, 2, 2), PADS(0, 1, 0, 1)}, 6, 6, 3, 0, 4, 1, {0}},
    {"dw 3x3, stride 2, odd",
     {DW(RELU6), WINDOW(3, 3, 2, 2), PADS(1, 1, 1, 1)},
     7,
     5,
     3,
     0,
     4,
     1,
     {0}},
    {"dw 3x3, stride 1x2", {DW(RELU), WINDOW(3, 3, 1, 2), PADS(1, 1, 1, 0)}, 4, 6, 3, 0, 3, 1, {0}},
    {"dw 3x3, stride 2x1", {DW(RELU), WINDOW(3, 3, 2, 1), PADS(0, 1, 1, 1)}, 6, 4, 3, 0, 3, 1, {0}},
    {"dw 3x3, stride 3", {DW(RELU), WINDOW(3, 3, 3, 3), PADS(1, 0, 1, 0)}, 7, 8, 2, 0, 3, 1, {0}},
    {"dw 5x5", {DW(RELU6), WINDOW(5, 5, 1, 1), PADS(2, 2, 2, 2)}, 4, 6, 2, 0, 4, 1, {0}},
    {"dw 5x5, stride 2", {DW(RELU6), WINDOW(5, 5, 2, 2), PADS(1, 2, 1, 2)}, 6, 6, 2, 0, 4, 1, {0}},
    {"dw 7x7 on 3x3", {DW(RELU6), WINDOW(7, 7, 1, 1), PADS(3, 3, 3, 3)}, 3, 3, 2, 0, 6, 1, {0}},
    {"dw 7x7, stride 2", {DW(NONE), WINDOW(7, 7, 2, 2), PADS(2, 3, 2, 3)}, 6, 6, 2, 0, 4, 1, {0}},
    {"dw 1x3", {DW(RELU), WINDOW(1, 3, 1, 1), PADS(0, 0, 0, 2)}, 3, 5, 2, 0, 3, 1, {0}},
    {"dw 5x1", {DW(RELU), WINDOW(5, 1, 1, 1), PADS(3, 1, 0, 0)}, 5, 1, 3, 0, 4, 1, {0}},
    {"dw 1x9, wider than a group of taps",
     {DW(RELU), WINDOW(1, 9, 1, 1), PADS(0, 0, 4, 4)},
     2,
     5,
     2,
     0,
     3,
     1,
     {0}},
    {"dw 3x3 without pads, input left over", {DW(RELU), WINDOW(3, 3, 2, 2)}, 6, 8, 2, 0, 3, 1, {0}},
    {"dw 3x3, centre of 7x7",
     {DW(RELU6), WINDOW(3, 3, 1, 1), PADS(1, 1, 1, 1)},
     4,
     4,
     3,
     0,
     4,
     1,
     {2, 2, false}},
    {"dw 3x3 with bias only",
     {DW(RELU6), WINDOW(3, 3, 1, 1), PADS(1, 1, 1, 1)},
     4,
     4,
     2,
     0,
     3,
     1,
     {0, 0, true}},
    {"average 2x2", {AVG(NONE), WINDOW(2, 2, 2, 2)}, 5, 6, 3, 0, 4, 1, {0}},
    {"average 3x3, padded, overlapping",
     {AVG(RELU), WINDOW(3, 3, 1, 2), PADS(1, 1, 1, 0)},
     4,
     5,
     3,
     0,
     4,
     1,
     {0}},
    {"average of all", {AVG(NONE), WINDOW(4, 3, 1, 1)}, 4, 3, 3, 0, 6, 2, {0}},
    {"maximum 2x2", {MAX(NONE), WINDOW(2, 2, 2, 2)}, 5, 6, 3, 0, 4, 1, {0}},
    {"maximum 3x3, padded, overlapping",
     {MAX(RELU6), WINDOW(3, 3, 2, 1), PADS(0, 1, 1, 1)},
     4,
     5,
     3,
     0,
     4,
     1,
     {0}},
};
enum { OPERATOR_CASES = sizeof operator_cases / sizeof operator_cases[0] };

START_TEST(gradient_of_every_operator_is_its_central_difference)
{
    const operator_case *const one = &operator_cases[_i];
    tnas_graph graph;
    tnas_graph_init(&graph, one->h, one->w, 2);
    const int before = append_same(&graph, TNAS_OP_CONV2D, 0, one->c, 1, 1, TNAS_ACT_NONE);
    tnas_op op = one->op;
    op.in[0] = (int16_t)before;
    op.in[1] = TNAS_NONE;
    const int tested = tnas_graph_append(&graph, &op, one->out_c);
    ck_assert_msg(tested != TNAS_NONE, "%s: impossible", one->what);
    append_fc(&graph, tested, 3);

    tnas_net net;
    tnas_store *store;
    reference_build(&graph, one->slack, (uint64_t)_i, &net, &store);
    tnas_batch batch = random_batch(&net, one->count, (uint64_t)_i);
    const tnas_unit unit = {.net = &net, .weight = 1.0f, .teacher = TNAS_NONE};
    check_gradients(store, &unit, 1, &batch, one->shards, 1, one->what);
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

/* Residual sums: of two branches, of a tensor with itself, of the graph's input; a tensor with
 * three readers, one of them dead. */
START_TEST(gradient_reaches_every_reader_of_a_tensor)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 4, 5, 3);
    const int a = append_same(&graph, TNAS_OP_CONV2D, 0, 3, 3, 1, TNAS_ACT_RELU6);
    const int b = append_add(&graph, 0, a, TNAS_ACT_NONE);
    const int c = append_same(&graph, TNAS_OP_DWCONV2D, a, 0, 3, 1, TNAS_ACT_RELU6);
    const int d = append_add(&graph, c, b, TNAS_ACT_RELU);
    const int e = append_add(&graph, d, d, TNAS_ACT_NONE);
    append_same(&graph, TNAS_OP_CONV2D, a, 2, 3, 2, TNAS_ACT_RELU); /* nobody reads it */
    const int f = append_same(&graph, TNAS_OP_CONV2D, e, 3, 3, 1, TNAS_ACT_NONE);
    const int g = append_add(&graph, f, d, TNAS_ACT_RELU6);
    const int h = append_same(&graph, TNAS_OP_MAXPOOL, g, 0, 2, 1, TNAS_ACT_NONE);
    append_fc(&graph, append_add(&graph, h, g, TNAS_ACT_NONE), 4);

    tnas_net net;
    tnas_store *store;
    reference_build(&graph, (reference_slack){0}, 1, &net, &store);
    tnas_batch batch = random_batch(&net, 6, 1);
    const tnas_unit unit = {.net = &net, .weight = 1.0f, .teacher = TNAS_NONE};
    check_gradients(store, &unit, 1, &batch, 2, 1, "residual sums");
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

/* 2 x 5, 2 x 17, 1 x 16 and 1 x 33 images: partial blocks of lanes, one and several blocks. */
START_TEST(gradient_of_a_whole_net_is_right_for_any_shard_size)
{
    static const struct {
        int count, shards;
    } sizes[] = {{10, 2}, {34, 2}, {16, 1}, {33, 1}};
    tnas_graph graph;
    small_mobilenet(&graph);
    tnas_net net;
    tnas_store *store;
    reference_build(&graph, (reference_slack){0}, (uint64_t)_i, &net, &store);
    tnas_batch batch = random_batch(&net, sizes[_i].count, (uint64_t)_i);
    const tnas_unit unit = {
        .net = &net, .weight = 0.75f, .label_smoothing = 0.1f, .teacher = TNAS_NONE};
    check_gradients(store, &unit, 1, &batch, sizes[_i].shards, 5, "small MobileNet");
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

/* A net and a smaller one on the same slots: prefixes and kernel centres. */
static void elastic_pair(tnas_net nets[2], tnas_store **store)
{
    for (int small = 0; small < 2; small++) {
        tnas_graph graph;
        tnas_graph_init(&graph, 5, 4, 2);
        int t = append_same(&graph, TNAS_OP_CONV2D, 0, 4, 3, 1, TNAS_ACT_RELU6);
        t = append_same(&graph, TNAS_OP_CONV2D, t, small ? 5 : 8, 1, 1, TNAS_ACT_RELU6);
        t = append_same(&graph, TNAS_OP_DWCONV2D, t, 0, small ? 3 : 5, 1, TNAS_ACT_RELU6);
        t = append_same(&graph, TNAS_OP_CONV2D, t, small ? 3 : 6, 1, 1, TNAS_ACT_NONE);
        append_fc(&graph, t, 4);
        if (small) { /* the first net's slots are the largest */
            tnas_view views[TNAS_GRAPH_OPS_MAX];
            for (int16_t op = 0; op < graph.op_count; op++) {
                const tnas_tensor *const in = &graph.tensors[graph.ops[op].in[0]];
                const int kind = graph.ops[op].kind;
                views[op] = (tnas_view){.slot = op,
                                        .out_prefix = graph.tensors[graph.ops[op].out].c,
                                        .in_prefix = kind == TNAS_OP_DWCONV2D ? 1
                                                     : kind == TNAS_OP_FC ? in->h * in->w * in->c
                                                                          : in->c};
            }
            ck_ok(tnas_net_build(&graph, views, *store, &nets[1]));
        } else {
            ck_ok(tnas_net_build_fixed(&graph, &nets[0], store));
            randomise(*store, 7);
        }
    }
}

START_TEST(gradient_of_a_student_takes_its_teacher_as_constant)
{
    tnas_net nets[2];
    tnas_store *store;
    elastic_pair(nets, &store);
    tnas_batch batch = random_batch(&nets[0], 6, 3);
    const tnas_unit units[] = {
        {.net = &nets[0], .weight = 1.0f, .label_smoothing = 0.1f, .teacher = TNAS_NONE},
        {.net = &nets[1], .weight = 0.5f, .teacher = 0},
        {.net = &nets[1], .weight = 0.25f, .label_smoothing = 0.2f, .teacher = 1}};
    check_gradients(store, units, 3, &batch, 2, 1, "teacher, student, student's student");
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(gradient_of_a_student_of_a_frozen_teacher_is_right_at_any_temperature)
{
    static const float shares[] = {0.0f, 0.3f, 0.5f}, temperatures[] = {0.0f, 2.0f, 4.0f};
    tnas_net nets[2];
    tnas_store *store;
    elastic_pair(nets, &store);
    tnas_batch batch = random_batch(&nets[0], 6, 4);
    const int classes = nets[0].graph.tensors[tnas_graph_output(&nets[0].graph)].c;
    float *const logits = malloc((size_t)(6 * classes) * sizeof *logits);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 99);
    for (int i = 0; i < 6 * classes; i++)
        logits[i] = (float)(2 * tnas_rng_normal(&rng));
    batch.teacher_logits = logits;
    const tnas_unit units[] = {{.net = &nets[0],
                                .weight = 1.0f,
                                .label_smoothing = 0.1f,
                                .teacher = TNAS_TEACHER_FROZEN,
                                .label_share = shares[_i],
                                .temperature = temperatures[_i]},
                               {.net = &nets[1],
                                .weight = 0.5f,
                                .teacher = 0,
                                .label_share = shares[2 - _i],
                                .temperature = temperatures[_i]}};
    check_gradients(store, units, 2, &batch, 2, 1, "a frozen teacher's student");
    free(logits);
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

/* A layer whose slot has a larger window, and matrices on the way down to it. */
typedef struct transform_case {
    const char *what;
    tnas_op op;
    int out_c;
    uint8_t slot_h, slot_w, window_count;
    tnas_slot_window windows[3];
} transform_case;

static const transform_case transform_cases[] = {
    {"dw 7x7 to 5x5",
     {DW(RELU6), WINDOW(5, 5, 1, 1), PADS(2, 2, 2, 2)},
     0,
     7,
     7,
     2,
     {{5, 5}, {3, 3}}},
    {"dw 7x7 to 5x5 to 3x3, stride 2",
     {DW(RELU6), WINDOW(3, 3, 2, 2), PADS(1, 1, 1, 1)},
     0,
     7,
     7,
     2,
     {{5, 5}, {3, 3}}},
    {"dw 5x1 to 3x1", {DW(NONE), WINDOW(3, 1, 1, 1), PADS(1, 1, 0, 0)}, 0, 5, 1, 1, {{3, 1}}},
    {"dw 5x5 to 3x5 to 3x1",
     {DW(RELU), WINDOW(3, 1, 1, 1), PADS(1, 1, 0, 0)},
     0,
     5,
     5,
     2,
     {{3, 5}, {3, 1}}},
    {"conv 3x3 to 1x1", {CONV(RELU6), WINDOW(1, 1, 1, 1)}, 4, 3, 3, 1, {{1, 1}}},
};
enum { TRANSFORM_CASES = sizeof transform_cases / sizeof transform_cases[0] };

/* A net with the layer in its middle, its slot a channel wider than it uses. */
static void transform_net(const transform_case *one, tnas_net *net, tnas_store **store)
{
    tnas_graph graph;
    tnas_graph_init(&graph, 5, 4, 2);
    const int before = append_same(&graph, TNAS_OP_CONV2D, 0, 3, 1, 1, TNAS_ACT_NONE);
    tnas_op op = one->op;
    op.in[0] = (int16_t)before;
    op.in[1] = TNAS_NONE;
    append_fc(&graph, tnas_graph_append(&graph, &op, one->out_c), 3);
    tnas_net fixed;
    tnas_store *exact;
    ck_ok(tnas_net_build_fixed(&graph, &fixed, &exact));
    tnas_slot slots[3];
    for (int s = 0; s < 3; s++)
        slots[s] = exact->slots[s];
    slots[1].out_c++;
    slots[1].kernel_h = one->slot_h;
    slots[1].kernel_w = one->slot_w;
    slots[1].window_count = one->window_count;
    memcpy(slots[1].windows, one->windows, sizeof one->windows);
    ck_ok(tnas_store_create(slots, 3, store));
    fixed.views[1].kernel = TNAS_KERNEL_TRANSFORM;
    ck_ok(tnas_net_build(&graph, fixed.views, *store, net));
    randomise(*store, 11);
    tnas_store_destroy(exact);
}

START_TEST(gradient_of_a_transformed_kernel_reaches_kernel_and_matrix)
{
    const transform_case *const one = &transform_cases[_i];
    tnas_net net;
    tnas_store *store;
    transform_net(one, &net, &store);
    tnas_batch batch = random_batch(&net, 4, (uint64_t)_i);
    const tnas_unit unit = {.net = &net, .weight = 1.0f, .teacher = TNAS_NONE};
    check_gradients(store, &unit, 1, &batch, 2, 1, one->what);
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(an_identity_matrix_is_a_crop)
{
    const transform_case *const one = &transform_cases[_i];
    tnas_net net, cropped;
    tnas_store *store;
    transform_net(one, &net, &store);
    tnas_store_init_random(store, 5); /* matrices are the identity */
    cropped = net;
    cropped.views[1].kernel = TNAS_KERNEL_CROP;
    tnas_batch batch = random_batch(&net, 4, (uint64_t)_i);
    engine_of e = make_engine(1, 1);
    float *const grads = calloc(store->value_count, sizeof *grads);
    tnas_unit unit = {.net = &net, .weight = 1.0f, .teacher = TNAS_NONE};
    tnas_unit_result transformed, plain;
    ck_ok(tnas_engine_step(e.engine, store, &unit, 1, &batch, grads, &transformed));
    unit.net = &cropped;
    ck_ok(tnas_engine_step(e.engine, store, &unit, 1, &batch, grads, &plain));
    ck_assert_double_eq(transformed.loss, plain.loss);
    free(grads);
    drop_engine(&e);
    free_batch(&batch);
    tnas_store_destroy(store);
}
END_TEST

START_TEST(a_view_is_refused_a_window_that_its_slot_has_no_matrix_for)
{
    tnas_net net, other;
    tnas_store *store;
    transform_net(&transform_cases[0], &net, &store);
    store->slots[1].windows[0] = (tnas_slot_window){5, 3};
    ck_fails(TNAS_ERR_INPUT, "must be one of the windows that slot 1 has matrices for",
             tnas_net_build(&net.graph, net.views, store, &other));
    ck_fails(TNAS_ERR_INPUT, "it has no way back", tnas_net_copy(&net, store, &net, store));
    tnas_store_destroy(store);
    tnas_slot slot = {.kind = TNAS_OP_DWCONV2D,
                      .out_c = 2,
                      .in_c = 1,
                      .kernel_h = 5,
                      .kernel_w = 5,
                      .window_count = 1,
                      .windows = {{4, 4}}};
    ck_fails(TNAS_ERR_INPUT, "slot 0: window 4x4 must be the centre of 5x5",
             tnas_store_create(&slot, 1, &store));
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("nn gradients");
    TCase *const tc = tcase_create("gradients");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, gradient_of_every_operator_is_its_central_difference, 0,
                        OPERATOR_CASES);
    tcase_add_test(tc, gradient_reaches_every_reader_of_a_tensor);
    tcase_add_loop_test(tc, gradient_of_a_whole_net_is_right_for_any_shard_size, 0, 4);
    tcase_add_test(tc, gradient_of_a_student_takes_its_teacher_as_constant);
    tcase_add_loop_test(tc, gradient_of_a_transformed_kernel_reaches_kernel_and_matrix, 0,
                        TRANSFORM_CASES);
    tcase_add_loop_test(tc, an_identity_matrix_is_a_crop, 0, TRANSFORM_CASES);
    tcase_add_test(tc, a_view_is_refused_a_window_that_its_slot_has_no_matrix_for);
    tcase_add_loop_test(tc, gradient_of_a_student_of_a_frozen_teacher_is_right_at_any_temperature,
                        0, 3);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
