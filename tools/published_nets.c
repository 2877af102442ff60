/* Writes the published networks that have board measurements as graph files; docs/networks.md
 * says where each comes from and how it differs from what was published.
 *
 *   published_nets FOLDER
 * Inverted residual networks are lines of text, one group a stage, as in the configurations
 * of mit-han-lab/tinyml at e899b1b (MIT):
 *   "16 s2: 4/5 3/3"   16 channels, first block with stride 2, blocks expansion / kernel
 * Before the stages come the stem (3x3, stride 2, relu6) and a block without expansion; after
 * them an optional 1x1 convolution, global average pooling and the classifier. Padding is
 * kernel / 2 on every side, as PyTorch pads; a residual wherever shapes allow.
 *
 * The networks of MLPerf Tiny and MobileNetV1 are written as code, with TensorFlow's SAME
 * padding. Softmax is left out: no kernel of ours computes it, and the class is the same. */
#include <stdio.h>
#include <string.h>

#include "common/io.h"
#include "graph/graph.h"

typedef struct residual_net {
    const char *name; /* the `model` column of the measurements */
    int resolution, stem_c, first_c;
    const char *stages;
    int mix_c; /* channels of the last 1x1 convolution; 0: none */
    int classes;
} residual_net;

#define PROXYLESS_W03                                                                              \
    "16 s2: 3/5 3/3 | 16 s2: 3/7 3/3 3/5 3/5 | 24 s2: 6/7 3/5 3/5 3/5 | 32 s1: 6/5 3/5 3/5 3/5 | " \
    "64 s2: 6/7 6/7 3/7 3/7 | 96 s1: 6/7"
#define MBV2_W03                                                                                   \
    "8 s2: 6/3 6/3 | 16 s2: 6/3 6/3 6/3 | 24 s2: 6/3 6/3 6/3 6/3 | 32 s1: 6/3 6/3 6/3 | "          \
    "48 s2: 6/3 6/3 6/3 | 96 s1: 6/3"

static const residual_net residual_nets[] = {
    {"mcunet-in0", 48, 24, 16,
     "16 s2: 4/5 3/3 4/3 | 24 s2: 5/7 4/5 5/5 | 48 s2: 5/7 4/5 | 56 s1: 5/3 4/5 5/3 | "
     "112 s2: 6/3 4/5 | 192 s1: 6/3",
     0, 1000},
    {"mcunet-in1", 96, 16, 8,
     "16 s2: 4/3 3/3 | 24 s2: 3/7 5/3 | 40 s2: 5/3 4/7 | 48 s1: 4/5 3/3 4/3 | "
     "96 s2: 5/7 4/5 4/5 | 160 s1: 6/3",
     0, 1000},
    {"mcunet-in2", 160, 16, 8,
     "16 s2: 3/5 6/7 5/3 5/5 | 24 s2: 5/3 6/7 6/5 | 40 s2: 4/7 5/5 | 48 s1: 5/3 5/5 4/3 | "
     "96 s2: 6/5 4/5 3/5 4/3 | 160 s1: 5/5",
     0, 1000},
    {"mcunet-in3", 176, 16, 8,
     "16 s2: 3/7 5/3 5/7 4/5 | 24 s2: 5/5 5/5 5/5 | 40 s2: 5/3 6/7 4/5 | 48 s1: 5/5 5/7 5/3 | "
     "96 s2: 6/3 5/7 4/3 | 160 s1: 5/7",
     0, 1000},
    {"mcunet-in4", 160, 32, 16,
     "24 s2: 3/7 5/3 4/5 | 40 s2: 5/7 4/3 4/7 | 80 s2: 3/7 3/3 3/7 | 96 s1: 4/3 3/5 3/5 | "
     "192 s2: 4/7 3/7 3/5 | 320 s1: 4/5",
     0, 1000},
    {"mcunet-vww1", 80, 16, 8,
     "16 s2: 6/3 3/3 3/3 | 24 s2: 3/7 6/3 5/5 | 40 s2: 6/7 6/7 | 48 s1: 6/3 4/3 | "
     "96 s2: 5/5 5/3 4/3 | 160 s1: 3/7",
     0, 2},
    {"mbv2-w0.35", 144, 16, 8,
     "8 s2: 6/3 6/3 | 16 s2: 6/3 6/3 6/3 | 24 s2: 6/3 6/3 6/3 6/3 | 32 s1: 6/3 6/3 6/3 | "
     "56 s2: 6/3 6/3 6/3 | 112 s1: 6/3",
     448, 1000},
    {"mbv2-w0.3-r64", 64, 16, 8, MBV2_W03, 384, 1000},
    {"mbv2-w0.3-r80", 80, 16, 8, MBV2_W03, 384, 1000},
    {"proxyless-w0.3", 176, 16, 8, PROXYLESS_W03, 384, 1000},
    {"proxyless-w0.3-r176", 176, 16, 8, PROXYLESS_W03, 384, 1000},
    {"proxyless-w0.3-r64", 64, 16, 8, PROXYLESS_W03, 384, 1000},
    {"proxyless-w0.25-r112", 112, 8, 8,
     "8 s2: 3/5 3/3 | 16 s2: 3/7 3/3 3/5 3/5 | 24 s2: 6/7 3/5 3/5 3/5 | 24 s1: 6/5 3/5 3/5 3/5 | "
     "48 s2: 6/7 6/7 3/7 3/7 | 80 s1: 6/7",
     320, 1000},
};

/* To the nearest multiple of 8, but not below nine tenths of the value. */
static int make_divisible(int channels)
{
    const int nearest = (channels + 4) / 8 * 8;
    const int rounded = nearest < 8 ? 8 : nearest;
    return 10 * rounded < 9 * channels ? rounded + 8 : rounded;
}

static int append_window(tnas_graph *graph, int in, tnas_op_kind kind, tnas_activation activation,
                         int kernel, int stride, int out_c)
{
    const uint8_t k = (uint8_t)kernel, s = (uint8_t)stride, pad = (uint8_t)(kernel / 2);
    const tnas_op op = {
        .kind = (uint8_t)kind,
        .activation = (uint8_t)activation,
        .in = {(int16_t)in, TNAS_NONE},
        .kernel_h = k,
        .kernel_w = k,
        .stride_h = s,
        .stride_w = s,
        .pad_top = pad,
        .pad_bottom = pad,
        .pad_left = pad,
        .pad_right = pad,
    };
    return tnas_graph_append(graph, &op, out_c);
}

static int append_add(tnas_graph *graph, int in, int in2, tnas_activation activation)
{
    const tnas_op op = {
        .kind = TNAS_OP_ADD,
        .activation = (uint8_t)activation,
        .in = {(int16_t)in, (int16_t)in2},
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
    };
    return tnas_graph_append(graph, &op, 0);
}

/* Expansion 1 has no expanding convolution. */
static int append_block(tnas_graph *graph, int in, int expansion, int kernel, int stride, int out_c)
{
    const int in_c = graph->tensors[in].c;
    const int mid_c = make_divisible(in_c * expansion);
    int t = in;
    if (expansion > 1)
        t = append_window(graph, t, TNAS_OP_CONV2D, TNAS_ACT_RELU6, 1, 1, mid_c);
    t = append_window(graph, t, TNAS_OP_DWCONV2D, TNAS_ACT_RELU6, kernel, stride, 0);
    t = append_window(graph, t, TNAS_OP_CONV2D, TNAS_ACT_NONE, 1, 1, out_c);
    if (stride != 1 || in_c != out_c)
        return t;
    return append_add(graph, in, t, TNAS_ACT_NONE);
}

/* Appends the stages of a line; TNAS_NONE when the line cannot be read. */
static int append_stages(tnas_graph *graph, int in, const char *stages)
{
    int t = in;
    for (const char *p = stages; *p != '\0';) {
        int out_c, stride, used;
        if (sscanf(p, "%d s%d:%n", &out_c, &stride, &used) != 2)
            return TNAS_NONE;
        p += used;
        int expansion, kernel;
        while (sscanf(p, " %d/%d%n", &expansion, &kernel, &used) == 2) {
            t = append_block(graph, t, expansion, kernel, stride, out_c);
            stride = 1;
            p += used;
        }
        p += strspn(p, " |");
    }
    return t;
}

static int append_global_pool(tnas_graph *graph, int in)
{
    const uint8_t h = (uint8_t)graph->tensors[in].h, w = (uint8_t)graph->tensors[in].w;
    const tnas_op op = {
        .kind = TNAS_OP_AVGPOOL,
        .in = {(int16_t)in, TNAS_NONE},
        .kernel_h = h,
        .kernel_w = w,
        .stride_h = h,
        .stride_w = w,
    };
    return tnas_graph_append(graph, &op, 0);
}

static int append_fc(tnas_graph *graph, int in, tnas_activation activation, int out_c)
{
    const tnas_op op = {
        .kind = TNAS_OP_FC,
        .activation = (uint8_t)activation,
        .in = {(int16_t)in, TNAS_NONE},
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
    };
    return tnas_graph_append(graph, &op, out_c);
}

static tnas_status build_residual(const residual_net *net, tnas_graph *graph)
{
    tnas_graph_init(graph, net->resolution, net->resolution, 3);
    int t = append_window(graph, 0, TNAS_OP_CONV2D, TNAS_ACT_RELU6, 3, 2, net->stem_c);
    t = append_block(graph, t, 1, 3, 1, net->first_c);
    t = append_stages(graph, t, net->stages);
    if (t == TNAS_NONE)
        return tnas_fail(TNAS_ERR_INTERNAL, "%s: cannot read \"%s\"", net->name, net->stages);
    if (net->mix_c > 0)
        t = append_window(graph, t, TNAS_OP_CONV2D, TNAS_ACT_RELU6, 1, 1, net->mix_c);
    t = append_global_pool(graph, t);
    append_fc(graph, t, TNAS_ACT_NONE, net->classes);
    return TNAS_OK;
}

static int append_same(tnas_graph *graph, int in, tnas_op_kind kind, tnas_activation activation,
                       int kernel_h, int kernel_w, int stride, int out_c)
{
    tnas_op op = {
        .kind = (uint8_t)kind,
        .activation = (uint8_t)activation,
        .in = {(int16_t)in, TNAS_NONE},
        .kernel_h = (uint8_t)kernel_h,
        .kernel_w = (uint8_t)kernel_w,
        .stride_h = (uint8_t)stride,
        .stride_w = (uint8_t)stride,
    };
    const tnas_tensor *const shape = &graph->tensors[in];
    tnas_pad_same(shape->h, kernel_h, stride, &op.pad_top, &op.pad_bottom);
    tnas_pad_same(shape->w, kernel_w, stride, &op.pad_left, &op.pad_right);
    return tnas_graph_append(graph, &op, out_c);
}

/* Depthwise 3x3, then 1x1. */
static int append_separable(tnas_graph *graph, int in, tnas_activation activation, int stride,
                            int out_c)
{
    const int t = append_same(graph, in, TNAS_OP_DWCONV2D, activation, 3, 3, stride, 0);
    return append_same(graph, t, TNAS_OP_CONV2D, activation, 1, 1, 1, out_c);
}

/* Howard et al., "MobileNets", 2017: up to the pooling. `widths` has the outputs of the stem and
 * of the 13 blocks. */
static int append_mobilenet_v1(tnas_graph *graph, int resolution, tnas_activation activation,
                               const int *widths)
{
    static const int strides[] = {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1};
    tnas_graph_init(graph, resolution, resolution, 3);
    int t = append_same(graph, 0, TNAS_OP_CONV2D, activation, 3, 3, 2, widths[0]);
    for (size_t i = 0; i < sizeof strides / sizeof strides[0]; i++)
        t = append_separable(graph, t, activation, strides[i], widths[i + 1]);
    return append_global_pool(graph, t);
}

/* The widths of MobileNetV1, times percent / 100. */
static void scale_v1(int percent, int *widths)
{
    static const int full[] = {32,  64,  128, 128, 256, 256,  512,
                               512, 512, 512, 512, 512, 1024, 1024};
    for (size_t i = 0; i < sizeof full / sizeof full[0]; i++)
        widths[i] = full[i] * percent / 100;
}

static void build_visual_wake_words(tnas_graph *graph)
{
    int widths[14];
    scale_v1(25, widths);
    append_fc(graph, append_mobilenet_v1(graph, 96, TNAS_ACT_RELU, widths), TNAS_ACT_NONE, 2);
}

/* Without the 971 channels of mlcommons' file whose weights are all zero: what runtimes that
 * notice them compute. */
static void build_visual_wake_words_live(tnas_graph *graph)
{
    static const int widths[] = {8, 16, 32, 32, 64, 60, 107, 57, 30, 19, 19, 27, 32, 22};
    append_fc(graph, append_mobilenet_v1(graph, 96, TNAS_ACT_RELU, widths), TNAS_ACT_NONE, 2);
}

/* DS-CNN on 49 frames of 10 coefficients. */
static void build_keyword_spotting(tnas_graph *graph)
{
    tnas_graph_init(graph, 49, 10, 1);
    int t = append_same(graph, 0, TNAS_OP_CONV2D, TNAS_ACT_RELU, 10, 4, 2, 64);
    for (int i = 0; i < 4; i++)
        t = append_separable(graph, t, TNAS_ACT_RELU, 1, 64);
    append_fc(graph, append_global_pool(graph, t), TNAS_ACT_NONE, 12);
}

/* ResNet-8 on CIFAR-10; two convolutions a block, 1x1 on the shortcut where shapes change. */
static void build_image_classification(tnas_graph *graph)
{
    tnas_graph_init(graph, 32, 32, 3);
    int t = append_same(graph, 0, TNAS_OP_CONV2D, TNAS_ACT_RELU, 3, 3, 1, 16);
    for (int stage = 0; stage < 3; stage++) {
        const int stride = stage > 0 ? 2 : 1, out_c = 16 << stage, in = t;
        t = append_same(graph, in, TNAS_OP_CONV2D, TNAS_ACT_RELU, 3, 3, stride, out_c);
        t = append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_NONE, 3, 3, 1, out_c);
        int shortcut = in;
        if (stage > 0)
            shortcut = append_same(graph, in, TNAS_OP_CONV2D, TNAS_ACT_NONE, 1, 1, stride, out_c);
        t = append_add(graph, shortcut, t, TNAS_ACT_RELU);
    }
    append_fc(graph, append_global_pool(graph, t), TNAS_ACT_NONE, 10);
}

/* Autoencoder on 5 frames of 128 mel bands. */
static void build_anomaly_detection(tnas_graph *graph)
{
    static const int widths[] = {128, 128, 128, 128, 8, 128, 128, 128, 128, 640};
    enum { COUNT = sizeof widths / sizeof widths[0] };
    tnas_graph_init(graph, 1, 1, 640);
    for (int i = 0, t = 0; i < COUNT; i++)
        t = append_fc(graph, t, i + 1 < COUNT ? TNAS_ACT_RELU : TNAS_ACT_NONE, widths[i]);
}

/* An inverted residual with TensorFlow's padding: 1x1, depthwise 3x3, 1x1. */
static int append_inverted(tnas_graph *graph, int in, int mid_c, int stride, int out_c)
{
    const int in_c = graph->tensors[in].c;
    int t = in;
    if (mid_c != in_c)
        t = append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_RELU6, 1, 1, 1, mid_c);
    t = append_same(graph, t, TNAS_OP_DWCONV2D, TNAS_ACT_RELU6, 3, 3, stride, 0);
    t = append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_NONE, 1, 1, 1, out_c);
    return stride == 1 && in_c == out_c ? append_add(graph, in, t, TNAS_ACT_NONE) : t;
}

/* Sandler et al., "MobileNetV2", 2018, table 2. */
static void build_hosted_v2(int percent, int resolution, tnas_graph *graph)
{
    static const struct {
        int expansion, out_c, blocks, stride;
    } stages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                  {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
    tnas_graph_init(graph, resolution, resolution, 3);
    int t = append_same(graph, 0, TNAS_OP_CONV2D, TNAS_ACT_RELU6, 3, 3, 2,
                        make_divisible(32 * percent / 100));
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
        for (int block = 0; block < stages[i].blocks; block++)
            t = append_inverted(graph, t, stages[i].expansion * graph->tensors[t].c,
                                block == 0 ? stages[i].stride : 1,
                                make_divisible(stages[i].out_c * percent / 100));
    t = append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_RELU6, 1, 1, 1,
                    percent > 100 ? make_divisible(1280 * percent / 100) : 1280);
    t = append_global_pool(graph, t);
    append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_NONE, 1, 1, 1, 1001);
}

static void build_hosted_v1(int percent, int resolution, tnas_graph *graph)
{
    int widths[14];
    scale_v1(percent, widths);
    const int t = append_mobilenet_v1(graph, resolution, TNAS_ACT_RELU6, widths);
    append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_NONE, 1, 1, 1, 1001);
}

/* Howard et al., "Searching for MobileNetV3", 2019, table 1, "minimalistic": 3x3 windows, no
 * squeeze-and-excite. */
static void build_v3_minimalistic(tnas_graph *graph)
{
    static const struct {
        int mid_c, out_c, stride;
    } blocks[] = {{16, 16, 1},   {64, 24, 2},   {72, 24, 1},   {72, 40, 2},   {120, 40, 1},
                  {120, 40, 1},  {240, 80, 2},  {200, 80, 1},  {184, 80, 1},  {184, 80, 1},
                  {480, 112, 1}, {672, 112, 1}, {672, 160, 2}, {960, 160, 1}, {960, 160, 1}};
    tnas_graph_init(graph, 224, 224, 3);
    int t = append_same(graph, 0, TNAS_OP_CONV2D, TNAS_ACT_RELU, 3, 3, 2, 16);
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        t = append_inverted(graph, t, blocks[i].mid_c, blocks[i].stride, blocks[i].out_c);
    t = append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_RELU, 1, 1, 1, 960);
    t = append_global_pool(graph, t);
    t = append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_RELU, 1, 1, 1, 1280);
    append_same(graph, t, TNAS_OP_CONV2D, TNAS_ACT_NONE, 1, 1, 1, 1001);
}

static const struct {
    const char *name;
    void (*build)(tnas_graph *graph);
} other_nets[] = {
    {"vww_96_int8", build_visual_wake_words},
    {"vww_96_int8-live", build_visual_wake_words_live},
    {"kws_ref_model", build_keyword_spotting},
    {"pretrainedResnet_quant", build_image_classification},
    {"ad01_int8", build_anomaly_detection},
    {"v3-large-minimalistic_224_1.0_uint8", build_v3_minimalistic},
};

/* The networks that TensorFlow hosts and GreenWaves measured on GAP8. */
static const struct {
    const char *name; /* of a resolution */
    void (*build)(int percent, int resolution, tnas_graph *graph);
    int percent;
    int resolutions[6];
} hosted_nets[] = {
    {"mobilenet_v1_1.0_%d_quant", build_hosted_v1, 100, {224, 192, 160, 128}},
    {"mobilenet_v1_0.75_%d_quant", build_hosted_v1, 75, {224, 192, 160, 128}},
    {"mobilenet_v1_0.5_%d_quant", build_hosted_v1, 50, {224, 192, 160, 128}},
    {"mobilenet_v1_0.25_%d_quant", build_hosted_v1, 25, {224, 192, 160, 128}},
    {"quantized_v2_%d_140", build_hosted_v2, 140, {224}},
    {"quantized_v2_%d_100", build_hosted_v2, 100, {224, 192, 160, 128, 96}},
    {"quantized_v2_%d_75", build_hosted_v2, 75, {224, 192, 160, 128, 96}},
    {"quantized_v2_%d_50", build_hosted_v2, 50, {224, 192, 160, 128, 96}},
};

static tnas_status write_graph(const tnas_graph *graph, const char *name, const char *folder)
{
    TNAS_TRY(tnas_graph_check(graph));
    char file[64], path[TNAS_PATH_BYTES];
    snprintf(file, sizeof file, "%s.json", name);
    TNAS_TRY(tnas_path_join(path, folder, file));
    TNAS_TRY(tnas_graph_save(graph, name, path));
    printf("%-27s %3d operators %8.3f MMAC %8.1f KiB of weights\n", name, graph->op_count,
           (double)tnas_graph_macs(graph) / 1e6, (double)tnas_graph_weight_count(graph) / 1024);
    return TNAS_OK;
}

static tnas_status write_hosted(const char *folder)
{
    tnas_graph graph;
    for (size_t i = 0; i < sizeof hosted_nets / sizeof hosted_nets[0]; i++)
        for (const int *r = hosted_nets[i].resolutions; *r != 0; r++) {
            char name[64];
            const char *const place = strstr(hosted_nets[i].name, "%d");
            snprintf(name, sizeof name, "%.*s%d%s", (int)(place - hosted_nets[i].name),
                     hosted_nets[i].name, *r, place + 2);
            hosted_nets[i].build(hosted_nets[i].percent, *r, &graph);
            TNAS_TRY(write_graph(&graph, name, folder));
        }
    return TNAS_OK;
}

static tnas_status write_all(const char *folder)
{
    tnas_graph graph;
    TNAS_TRY(write_hosted(folder));
    for (size_t i = 0; i < sizeof residual_nets / sizeof residual_nets[0]; i++) {
        TNAS_TRY(build_residual(&residual_nets[i], &graph));
        TNAS_TRY(write_graph(&graph, residual_nets[i].name, folder));
    }
    for (size_t i = 0; i < sizeof other_nets / sizeof other_nets[0]; i++) {
        other_nets[i].build(&graph);
        TNAS_TRY(write_graph(&graph, other_nets[i].name, folder));
    }
    return TNAS_OK;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: published_nets FOLDER\n");
        return 2;
    }
    const tnas_status status = write_all(argv[1]);
    if (status != TNAS_OK)
        fprintf(stderr, "published_nets: %s\n", tnas_error_text());
    return tnas_status_exit_code(status);
}
