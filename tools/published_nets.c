/* Writes the published networks that have board measurements as graph files.
 *
 *   published_nets FOLDER
 * Architectures are lines of text, one group a stage, as in the configurations of
 * mit-han-lab/tinyml at e899b1b (MIT):
 *   "16 s2: 4/5 3/3"   16 channels, first block with stride 2, blocks expansion / kernel
 * Before the stages come the stem (3x3, stride 2, relu6) and a block without expansion; after
 * them an optional 1x1 convolution, global average pooling and the classifier. Padding is
 * kernel / 2 on every side, as PyTorch pads; a residual wherever shapes allow. */
#include <stdio.h>
#include <string.h>

#include "common/io.h"
#include "graph/graph.h"

typedef struct published_net {
    const char *name; /* the `model` column of the measurements */
    int resolution, stem_c, first_c;
    const char *stages;
    int mix_c; /* channels of the last 1x1 convolution; 0: none */
    int classes;
} published_net;

#define PROXYLESS_W03                                                                              \
    "16 s2: 3/5 3/3 | 16 s2: 3/7 3/3 3/5 3/5 | 24 s2: 6/7 3/5 3/5 3/5 | 32 s1: 6/5 3/5 3/5 3/5 | " \
    "56 s2: 6/7 6/7 3/7 3/7 | 96 s1: 6/7"

static const published_net nets[] = {
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
    {"mbv2-w0.3-r64", 64, 16, 8,
     "8 s2: 6/3 6/3 | 16 s2: 6/3 6/3 6/3 | 24 s2: 6/3 6/3 6/3 6/3 | 32 s1: 6/3 6/3 6/3 | "
     "48 s2: 6/3 6/3 6/3 | 96 s1: 6/3",
     384, 1000},
    {"proxyless-w0.3", 176, 16, 8, PROXYLESS_W03, 384, 1000},
    {"proxyless-w0.3-r176", 176, 16, 8, PROXYLESS_W03, 384, 1000},
    {"proxyless-w0.3-r64", 64, 16, 8, PROXYLESS_W03, 384, 1000},
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
    const tnas_op add = {
        .kind = TNAS_OP_ADD,
        .in = {(int16_t)in, (int16_t)t},
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
    };
    return tnas_graph_append(graph, &add, 0);
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

static void append_head(tnas_graph *graph, int in, const published_net *net)
{
    int t = in;
    if (net->mix_c > 0)
        t = append_window(graph, t, TNAS_OP_CONV2D, TNAS_ACT_RELU6, 1, 1, net->mix_c);
    const uint8_t h = (uint8_t)graph->tensors[t].h, w = (uint8_t)graph->tensors[t].w;
    const tnas_op pool = {
        .kind = TNAS_OP_AVGPOOL,
        .in = {(int16_t)t, TNAS_NONE},
        .kernel_h = h,
        .kernel_w = w,
        .stride_h = h,
        .stride_w = w,
    };
    const tnas_op fc = {
        .kind = TNAS_OP_FC,
        .in = {(int16_t)tnas_graph_append(graph, &pool, 0), TNAS_NONE},
        .kernel_h = 1,
        .kernel_w = 1,
        .stride_h = 1,
        .stride_w = 1,
    };
    tnas_graph_append(graph, &fc, net->classes);
}

static tnas_status write_net(const published_net *net, const char *folder)
{
    tnas_graph graph;
    tnas_graph_init(&graph, net->resolution, net->resolution, 3);
    int t = append_window(&graph, 0, TNAS_OP_CONV2D, TNAS_ACT_RELU6, 3, 2, net->stem_c);
    t = append_block(&graph, t, 1, 3, 1, net->first_c);
    t = append_stages(&graph, t, net->stages);
    if (t == TNAS_NONE)
        return tnas_fail(TNAS_ERR_INTERNAL, "%s: cannot read \"%s\"", net->name, net->stages);
    append_head(&graph, t, net);
    TNAS_TRY(tnas_graph_check(&graph));
    char file[64], path[TNAS_PATH_BYTES];
    snprintf(file, sizeof file, "%s.json", net->name);
    TNAS_TRY(tnas_path_join(path, folder, file));
    TNAS_TRY(tnas_graph_save(&graph, net->name, path));
    printf("%-20s %3d operators %7.2f MMAC %8.1f KiB of weights\n", net->name, graph.op_count,
           (double)tnas_graph_macs(&graph) / 1e6, (double)tnas_graph_weight_count(&graph) / 1024);
    return TNAS_OK;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: published_nets FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
        const tnas_status status = write_net(&nets[i], argv[1]);
        if (status != TNAS_OK) {
            fprintf(stderr, "published_nets: %s\n", tnas_error_text());
            return tnas_status_exit_code(status);
        }
    }
    return 0;
}
