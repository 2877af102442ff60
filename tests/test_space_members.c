/* Networks that are known to be good are members of the shipped spaces: the published MCUNets, the
 * ResNet of MLPerf Tiny, and hand-made networks with measured accuracies. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/paths.h"
#include "search_space/space.h"
#include "tests/testing.h"

static void configure(const char *name, double width, int h, int w, int c, int class_count,
                      tnas_space_config *config)
{
    tnas_space space;
    ck_ok(tnas_space_load(name, &space));
    int input = 0, width_index = 0;
    while (input < space.input_count && (space.inputs[input].h != h || space.inputs[input].w != w))
        input++;
    ck_assert_msg(space.input_count == 0 || input < space.input_count, "%s lacks %dx%d", name, h,
                  w);
    while (width_index < space.width_count && space.widths[width_index] != width)
        width_index++;
    ck_assert_msg(width_index < space.width_count, "%s lacks width %g", name, width);
    ck_ok(tnas_space_configure(&space, input, width_index, h, w, c, class_count, config));
}

/* Decoded, the architecture has these layers: kinds, shapes, windows, strides, inputs, MACs. Pads
 * may differ: the published networks pad both sides alike. */
static void check_same_layers(const char *name, const tnas_graph *network,
                              const tnas_graph *decoded)
{
    ck_assert_msg(network->op_count == decoded->op_count, "%s: %d operators, decoded %d", name,
                  network->op_count, decoded->op_count);
    for (int i = 0; i < network->op_count; i++) {
        const tnas_op *const a = &network->ops[i], *const b = &decoded->ops[i];
        const tnas_tensor *const shape = &network->tensors[a->out];
        const tnas_tensor *const other = &decoded->tensors[b->out];
        const bool whole = a->kind == TNAS_OP_AVGPOOL && shape->h == 1 && shape->w == 1;
        ck_assert_msg(
            a->kind == b->kind && shape->h == other->h && shape->w == other->w &&
                shape->c == other->c && a->kernel_h == b->kernel_h && a->kernel_w == b->kernel_w &&
                (whole || (a->stride_h == b->stride_h && a->stride_w == b->stride_w)) &&
                tnas_op_macs(network, i) == tnas_op_macs(decoded, i),
            "%s: operator %d is %s to %dx%dx%d by %dx%d, decoded %s to %dx%dx%d by %dx%d", name, i,
            tnas_op_kind_text(a->kind), shape->h, shape->w, shape->c, a->kernel_h, a->kernel_w,
            tnas_op_kind_text(b->kind), other->h, other->w, other->c, b->kernel_h, b->kernel_w);
        if (a->kind == TNAS_OP_ADD) /* a sum has no order */
            ck_assert_int_eq(a->in[0] + a->in[1], b->in[0] + b->in[1]);
        else
            ck_assert_int_eq(a->in[0], b->in[0]);
        if (a->kind != TNAS_OP_ADD && !whole)
            ck_assert_int_eq(a->activation, b->activation);
    }
}

/* Stage by stage, "expansion/kernel" of each block, as the networks were published: reference
 * mit-han-lab/tinyml at e899b1b, mcunet/assets/configs; vww1 from TinyEngine's generated code. */
static const struct {
    const char *graph;
    double width;
    int side, class_count;
    const char *stages;
} published[] = {
    {"mcunet-in0", 0.6, 48, 1000, "4/5 3/3 4/3|5/7 4/5 5/5|5/7 4/5|5/3 4/5 5/3|6/3 4/5|6/3"},
    {"mcunet-in1", 0.5, 96, 1000, "4/3 3/3|3/7 5/3|5/3 4/7|4/5 3/3 4/3|5/7 4/5 4/5|6/3"},
    {"mcunet-in2", 0.5, 160, 1000,
     "3/5 6/7 5/3 5/5|5/3 6/7 6/5|4/7 5/5|5/3 5/5 4/3|6/5 4/5 3/5 4/3|5/5"},
    {"mcunet-in3", 0.5, 176, 1000,
     "3/7 5/3 5/7 4/5|5/5 5/5 5/5|5/3 6/7 4/5|5/5 5/7 5/3|6/3 5/7 4/3|5/7"},
    {"mcunet-in4", 1.0, 160, 1000,
     "3/7 5/3 4/5|5/7 4/3 4/7|3/7 3/3 3/7|4/3 3/5 3/5|4/7 3/7 3/5|4/5"},
    {"mcunet-vww1", 0.5, 80, 2, "6/3 3/3 3/3|3/7 6/3 5/5|6/7 6/7|6/3 4/3|5/5 5/3 4/3|3/7"},
};

/* The text of an architecture from the line above; the space's first stage has no choice. */
static void spell_arch(const char *stages, char out[TNAS_ARCH_TEXT_BYTES])
{
    size_t used = 0;
    char line[256];
    int stage = 1;
    snprintf(line, sizeof line, "%s", stages);
    for (char *rest = line, *part; (part = strsep(&rest, "|")) != NULL; stage++) {
        int block = 0;
        for (char *blocks = part, *text; (text = strsep(&blocks, " ")) != NULL; block++) {
            int expand, kernel;
            ck_assert_int_eq(sscanf(text, "%d/%d", &expand, &kernel), 2);
            used +=
                (size_t)sprintf(out + used, "%ss%d.b%d.kernel=%d,s%d.b%d.expand=%d",
                                used > 0 ? "," : "", stage, block, kernel, stage, block, expand);
        }
        if (stage < 6)
            used += (size_t)sprintf(out + used, ",s%d.depth=%d", stage, block);
    }
}

START_TEST(the_published_networks_are_members_of_the_mcunet_space)
{
    char text[TNAS_ARCH_TEXT_BYTES], path[TNAS_PATH_BYTES], name[64];
    tnas_space_config config;
    tnas_graph network, decoded;
    tnas_arch arch;
    snprintf(name, sizeof name, "graphs/%s.json", published[_i].graph);
    ck_ok(tnas_config_path(name, path));
    ck_ok(tnas_graph_load(path, &network));
    configure("mcunet", published[_i].width, published[_i].side, published[_i].side, 3,
              published[_i].class_count, &config);
    spell_arch(published[_i].stages, text);
    ck_ok(tnas_arch_parse(&config.genes, text, &arch));
    tnas_space_decode(&config, &arch, &decoded, NULL);
    check_same_layers(published[_i].graph, &network, &decoded);
    ck_assert(tnas_graph_macs(&network) == tnas_graph_macs(&decoded));
}
END_TEST

START_TEST(the_mcunet_space_has_the_published_choices)
{
    tnas_space space;
    ck_ok(tnas_space_load("mcunet", &space));
    ck_assert_int_eq(space.width_count * space.input_count, 108);
    for (int i = 0; i < 9; i++)
        ck_assert_double_eq_tol(space.widths[i], 0.2 + 0.1 * i, 1e-12);
    for (int i = 0; i < 12; i++)
        ck_assert(space.inputs[i].h == 48 + 16 * i && space.inputs[i].w == 48 + 16 * i);
    static const int channels[] = {16, 24, 40, 80, 96, 192, 320}, strides[] = {1, 2, 2, 2, 1, 2, 1};
    ck_assert_int_eq(space.stem_channels, 32);
    ck_assert_int_eq(space.head_count, 0);
    ck_assert_int_eq(space.divisor, 8);
    ck_assert_int_eq(space.stage_count, 7);
    for (int i = 0; i < 7; i++) {
        const tnas_stage *const stage = &space.stages[i];
        ck_assert_int_eq(stage->channels, channels[i]);
        ck_assert_int_eq(stage->stride.h, strides[i]);
        ck_assert_int_eq(stage->kernel_count, i == 0 ? 1 : 3);
        ck_assert_int_eq(stage->expand_count, i == 0 ? 1 : 4);
        ck_assert_int_eq(stage->depths[stage->depth_count - 1], i == 0 || i == 6 ? 1 : 4);
    }
}
END_TEST

/* Hand-made networks with their weights and biases in bytes and their MACs, as published with
 * their accuracies. */
static const struct {
    const char *name, *space;
    double width;
    int h, w, c, class_count;
    const char *arch;
    long bytes;
    double mega_macs;
} made[] = {
    {"fm48_s1", "small-image-fine", 1.0, 28, 28, 1, 10,
     "s1.depth=3,s1.b0.kernel=3,s1.b0.expand=4,s1.b1.kernel=3,s1.b1.expand=4,s1.b2.kernel=3,"
     "s1.b2.expand=4,s2.depth=3,s2.b0.kernel=3,s2.b0.expand=4,s2.b0.width=0.83,s2.b1.kernel=3,"
     "s2.b1.expand=3,s2.b1.width=0.83,s2.b2.kernel=3,s2.b2.expand=2,s2.b2.width=0.83,"
     "head.channels=72",
     48736, 5.48},
    {"cf_mb", "small-image-fine", 1.0, 32, 32, 3, 10,
     "s1.depth=3,s1.b0.kernel=3,s1.b0.expand=3,s1.b1.kernel=3,s1.b1.expand=4,s1.b2.kernel=3,"
     "s1.b2.expand=4,s2.depth=4,s2.b0.kernel=3,s2.b0.expand=5,s2.b0.width=0.83,s2.b1.kernel=3,"
     "s2.b1.expand=4,s2.b1.width=0.83,s2.b2.kernel=3,s2.b2.expand=4,s2.b2.width=0.83,"
     "s2.b3.kernel=3,s2.b3.expand=4,s2.b3.width=1,head.channels=192",
     86704, 9.37},
    {"fm48_s2", "small-image", 1.0, 28, 28, 1, 10,
     "s0.depth=3,s0.b0.kernel=3,s0.b0.expand=3,s0.b1.kernel=3,s0.b1.expand=4,s0.b2.kernel=3,"
     "s0.b2.expand=3,s1.depth=3,s1.b0.kernel=3,s1.b0.expand=4,s1.b1.kernel=3,s1.b1.expand=3,"
     "s1.b2.kernel=3,s1.b2.expand=2,head.channels=80",
     48216, 4.44},
    {"fm12_w", "small-image", 0.6, 28, 28, 1, 10,
     "s0.depth=2,s0.b0.kernel=3,s0.b0.expand=1,s0.b1.kernel=3,s0.b1.expand=3,s1.depth=2,"
     "s1.b0.kernel=3,s1.b0.expand=3,s1.b1.kernel=3,s1.b1.expand=2,head.channels=64",
     11672, 0.93},
    {"digits", "spectrogram", 1.0, 40, 32, 1, 10,
     "s0.depth=2,s0.b0.kernel=3,s0.b0.expand=3,s0.b1.kernel=3,s0.b1.expand=3,s1.depth=2,"
     "s1.b0.kernel=3,s1.b0.expand=3,s1.b1.kernel=3,s1.b1.expand=3,head.channels=64",
     24088, 1.13},
    {"DS-CNN", "spectrogram-separable", 1.0, 40, 32, 1, 10,
     "s0.depth=3,s0.b0.kernel=3,s0.b0.width=1,s0.b1.kernel=3,s0.b1.width=1,s0.b2.kernel=3,"
     "s0.b2.width=1,s1.depth=1,s1.b0.kernel=3,s1.b0.width=0.67",
     24552, 2.42},
    {"HAR", "sensor-1d", 1.0, 100, 1, 6, 5,
     "s0.depth=1,s0.b0.kernel=5x1,s0.b0.expand=3,s1.depth=2,s1.b0.kernel=5x1,s1.b0.expand=3,"
     "s1.b1.kernel=5x1,s1.b1.expand=3,s2.depth=2,s2.b0.kernel=5x1,s2.b0.expand=3,"
     "s2.b1.kernel=5x1,s2.b1.expand=3,head.channels=64",
     25156, 0.47},
    {"ResNet-8", "resnet", 1.0, 32, 32, 3, 10,
     "s0.depth=1,s0.b0.expand=1,s1.depth=1,s1.b0.expand=1,s2.depth=1,s2.b0.expand=1", 78744, 12.50},
};

START_TEST(good_hand_made_networks_are_members_of_their_task_s_space)
{
    tnas_space_config config;
    tnas_arch arch;
    tnas_graph graph;
    configure(made[_i].space, made[_i].width, made[_i].h, made[_i].w, made[_i].c,
              made[_i].class_count, &config);
    ck_ok(tnas_arch_parse(&config.genes, made[_i].arch, &arch));
    tnas_space_decode(&config, &arch, &graph, NULL);
    long bytes = (long)tnas_graph_weight_count(&graph);
    for (int i = 0; i < graph.op_count; i++)
        if (tnas_op_weight_count(&graph, i) > 0)
            bytes += 4 * graph.tensors[graph.ops[i].out].c;
    ck_assert_msg(bytes == made[_i].bytes, "%s: %ld bytes, not %ld", made[_i].name, bytes,
                  made[_i].bytes);
    ck_assert_msg(fabs((double)tnas_graph_macs(&graph) * 1e-6 - made[_i].mega_macs) < 0.0051,
                  "%s: %lld MACs", made[_i].name, (long long)tnas_graph_macs(&graph));
}
END_TEST

START_TEST(the_resnet_of_mlperf_tiny_has_the_same_layers)
{
    char path[TNAS_PATH_BYTES];
    tnas_space_config config;
    tnas_graph network, decoded;
    tnas_arch arch;
    ck_ok(tnas_config_path("graphs/pretrainedResnet_quant.json", path));
    ck_ok(tnas_graph_load(path, &network));
    configure("resnet", 1.0, 32, 32, 3, 10, &config);
    ck_ok(tnas_arch_parse(
        &config.genes,
        "s0.depth=1,s0.b0.expand=1,s1.depth=1,s1.b0.expand=1,s2.depth=1,s2.b0.expand=1", &arch));
    tnas_space_decode(&config, &arch, &decoded, NULL);
    check_same_layers("resnet8", &network, &decoded);
}
END_TEST

/* What the shipped spaces are for, as sizes of data. */
static const struct {
    const char *space;
    int h, w, c;
} tasks[] = {
    {"small-image", 28, 28, 1},      {"small-image", 32, 32, 3},
    {"small-image-fine", 28, 28, 1}, {"small-image-fine", 32, 32, 3},
    {"spectrogram", 49, 10, 1},      {"spectrogram", 40, 32, 1},
    {"spectrogram", 40, 101, 1},     {"spectrogram-separable", 40, 32, 1},
    {"sensor-1d", 100, 1, 6},        {"sensor-1d", 128, 1, 3},
    {"sensor-1d", 32, 1, 1},         {"resnet", 32, 32, 3},
    {"resnet", 28, 28, 1},           {"mcunet", 48, 48, 3},
};

START_TEST(every_shipped_space_takes_the_data_that_it_is_for)
{
    tnas_space space;
    tnas_space_config config;
    tnas_graph graph;
    tnas_arch arch;
    ck_ok(tnas_space_load(tasks[_i].space, &space));
    for (int width = 0; width < space.width_count; width++) {
        ck_ok(tnas_space_configure(&space, 0, width, tasks[_i].h, tasks[_i].w, tasks[_i].c, 12,
                                   &config));
        tnas_arch_largest(&config.genes, &arch);
        tnas_space_decode(&config, &arch, &graph, NULL);
        ck_ok(tnas_graph_check(&graph));
        /* The last map still has something to average: no layer works on a single pixel. */
        const tnas_op *const pool = &graph.ops[graph.op_count - 2];
        ck_assert_int_eq(pool->kind, TNAS_OP_AVGPOOL);
        ck_assert_int_gt(pool->kernel_h * pool->kernel_w, 2);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("space members");
    TCase *const networks = tcase_create("networks");
    tcase_add_loop_test(networks, the_published_networks_are_members_of_the_mcunet_space, 0,
                        (int)(sizeof published / sizeof published[0]));
    tcase_add_test(networks, the_mcunet_space_has_the_published_choices);
    tcase_add_loop_test(networks, good_hand_made_networks_are_members_of_their_task_s_space, 0,
                        (int)(sizeof made / sizeof made[0]));
    tcase_add_test(networks, the_resnet_of_mlperf_tiny_has_the_same_layers);
    tcase_add_loop_test(networks, every_shipped_space_takes_the_data_that_it_is_for, 0,
                        (int)(sizeof tasks / sizeof tasks[0]));
    suite_add_tcase(suite, networks);
    return run_suite(suite);
}
