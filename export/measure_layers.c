#include "export/measure_layers.h"

typedef struct layer {
    const char *name;
    uint8_t kind;
    int16_t side, in_c, out_c; /* square maps */
    uint8_t kernel, stride, pad;
} layer;

/* clang-format off */
static const layer layers[] = {
    {"pw_24x24x32_64",      TNAS_OP_CONV2D,   24, 32, 64, 1, 1, 0},
    {"pw_24x24x48_16",      TNAS_OP_CONV2D,   24, 48, 16, 1, 1, 0},
    {"pw_12x12x96_24",      TNAS_OP_CONV2D,   12, 96, 24, 1, 1, 0},
    {"pw_12x12x24_144",     TNAS_OP_CONV2D,   12, 24, 144, 1, 1, 0},
    {"pw_6x6x240_48",       TNAS_OP_CONV2D,    6, 240, 48, 1, 1, 0},
    {"dw3s1_24x24x48",      TNAS_OP_DWCONV2D, 24, 48, 48, 3, 1, 1},
    {"dw3s2_24x24x48",      TNAS_OP_DWCONV2D, 24, 48, 48, 3, 2, 1},
    {"dw3s1_12x12x144",     TNAS_OP_DWCONV2D, 12, 144, 144, 3, 1, 1},
    {"dw3s2_12x12x144",     TNAS_OP_DWCONV2D, 12, 144, 144, 3, 2, 1},
    {"dw3s1_6x6x240",       TNAS_OP_DWCONV2D,  6, 240, 240, 3, 1, 1},
    {"dw3s2_6x6x240",       TNAS_OP_DWCONV2D,  6, 240, 240, 3, 2, 1},
    {"dw5s1_24x24x48",      TNAS_OP_DWCONV2D, 24, 48, 48, 5, 1, 2},
    {"dw5s2_24x24x48",      TNAS_OP_DWCONV2D, 24, 48, 48, 5, 2, 2},
    {"dw5s1_12x12x144",     TNAS_OP_DWCONV2D, 12, 144, 144, 5, 1, 2},
    {"dw5s2_12x12x144",     TNAS_OP_DWCONV2D, 12, 144, 144, 5, 2, 2},
    {"dw5s1_6x6x240",       TNAS_OP_DWCONV2D,  6, 240, 240, 5, 1, 2},
    {"dw5s2_6x6x240",       TNAS_OP_DWCONV2D,  6, 240, 240, 5, 2, 2},
    {"dw7s1_24x24x48",      TNAS_OP_DWCONV2D, 24, 48, 48, 7, 1, 3},
    {"dw7s2_24x24x48",      TNAS_OP_DWCONV2D, 24, 48, 48, 7, 2, 3},
    {"dw7s1_12x12x144",     TNAS_OP_DWCONV2D, 12, 144, 144, 7, 1, 3},
    {"dw7s2_12x12x144",     TNAS_OP_DWCONV2D, 12, 144, 144, 7, 2, 3},
    {"dw7s1_6x6x240",       TNAS_OP_DWCONV2D,  6, 240, 240, 7, 1, 3},
    {"dw7s2_6x6x240",       TNAS_OP_DWCONV2D,  6, 240, 240, 7, 2, 3},
    {"conv3s2_96x96x3_16",  TNAS_OP_CONV2D,   96, 3, 16, 3, 2, 1},
    {"conv3s1_32x32x16_16", TNAS_OP_CONV2D,   32, 16, 16, 3, 1, 1},
    {"fc_256_10",           TNAS_OP_FC,        1, 256, 10, 1, 1, 0},
    {"avgpool_6x6x240",     TNAS_OP_AVGPOOL,   6, 240, 240, 6, 1, 0},
    {"avgpool_8x8x64",      TNAS_OP_AVGPOOL,   8, 64, 64, 8, 1, 0},
    {"add_24x24x32",        TNAS_OP_ADD,      24, 32, 32, 1, 1, 0},
    {"add_12x12x24",        TNAS_OP_ADD,      12, 24, 24, 1, 1, 0},
};
/* clang-format on */

int tnas_measure_layer_count(void)
{
    return (int)(sizeof layers / sizeof layers[0]);
}

const char *tnas_measure_layer_name(int index)
{
    return layers[index].name;
}

void tnas_measure_layer_graph(int index, tnas_graph *out)
{
    const layer *const l = &layers[index];
    const tnas_op op = {
        .kind = l->kind,
        .in = {0, l->kind == TNAS_OP_ADD ? 0 : TNAS_NONE},
        .kernel_h = l->kernel,
        .kernel_w = l->kernel,
        .stride_h = l->stride,
        .stride_w = l->stride,
        .pad_top = l->pad,
        .pad_bottom = l->pad,
        .pad_left = l->pad,
        .pad_right = l->pad,
    };
    tnas_graph_init(out, l->side, l->side, l->in_c);
    tnas_graph_append(out, &op, l->out_c);
}
