/* A search space: which networks may be built, from a JSON file (docs/space.md).
 *
 * A space lists input sizes and width multipliers; picking one of each configures it: gene
 * table, shared-weight sites, decoding. A site is one place that owns weights in the
 * supernet, with the largest shape any network of the space uses there; a network uses a
 * prefix of its channels and the centre of its kernel. */
#ifndef TNAS_SEARCH_SPACE_SPACE_H
#define TNAS_SEARCH_SPACE_SPACE_H

#include "common/arena.h"
#include "graph/graph.h"
#include "search_space/genes.h"

#define TNAS_STAGES_MAX        12
#define TNAS_STAGE_CHOICES_MAX 8
#define TNAS_SPACE_OPTIONS_MAX 16

/*  name     text       what it is */
#define TNAS_BLOCKS(X)                                                                             \
    X(MBCONV, "mbconv", "1x1 expand, depthwise, 1x1 project; residual where shapes allow")         \
    X(DSCONV, "dsconv", "depthwise, 1x1; residual where shapes allow")                             \
    X(RESBLOCK, "resblock", "two k x k convolutions and a (projected) shortcut")

typedef enum tnas_block_kind {
#define TNAS_BLOCK_ENUM(name, text, what) TNAS_BLOCK_##name,
    TNAS_BLOCKS(TNAS_BLOCK_ENUM)
#undef TNAS_BLOCK_ENUM
} tnas_block_kind;

typedef struct tnas_window {
    uint8_t h, w;
} tnas_window;

typedef struct tnas_stage {
    tnas_block_kind block;
    int channels; /* before the width multiplier */
    tnas_window stride;
    int kernel_count, expand_count, depth_count;
    tnas_window kernels[TNAS_STAGE_CHOICES_MAX]; /* ascending */
    double expands[TNAS_STAGE_CHOICES_MAX];      /* ascending; {1} for blocks without */
    int depths[TNAS_STAGE_CHOICES_MAX];          /* ascending */
} tnas_stage;

typedef struct tnas_space {
    char name[48];
    uint64_t hash; /* of the file's bytes */
    int input_count;
    tnas_window inputs[TNAS_SPACE_OPTIONS_MAX]; /* h, w; none: the data's own size */
    int width_count;
    double widths[TNAS_SPACE_OPTIONS_MAX];
    int divisor; /* channel counts are multiples of it */
    int stem_channels;
    tnas_window stem_kernel, stem_stride;
    int head_channels; /* 0: no 1x1 convolution before the pooling */
    int stage_count;
    tnas_stage stages[TNAS_STAGES_MAX];
} tnas_space;

/* `name` is a file, or a name looked up as configs/spaces/NAME.json in the program's folders
 * (see common/paths.h). */
tnas_status tnas_space_load(const char *name, tnas_space *out);

/* A place that owns weights in the supernet. */
typedef struct tnas_site {
    uint8_t kind;        /* tnas_op_kind: CONV2D, DWCONV2D, FC */
    int32_t out_c, in_c; /* largest; DWCONV2D: in_c = 1 */
    uint8_t kernel_h, kernel_w;
    /* What the residual and prefix structure needs to know of order: the site whose output
     * channels are this site's input channels, TNAS_NONE for the image. */
    int16_t input_site;
} tnas_site;

#define TNAS_SITES_MAX TNAS_GRAPH_OPS_MAX

/* A space at one input size and width, for one data set. */
typedef struct tnas_space_config {
    tnas_space space;
    int h, w, c, class_count;
    double width;
    tnas_gene_table genes;
    int site_count;
    tnas_site sites[TNAS_SITES_MAX];
} tnas_space_config;

/* input and width are indices; input 0 of a space without inputs is the data's size h, w. */
tnas_status tnas_space_configure(const tnas_space *space, int input, int width, int data_h,
                                 int data_w, int data_c, int class_count, tnas_space_config *out);

/* The network of a legal architecture. site_of_op[i] is operator i's site, TNAS_NONE for
 * operators without weights; may be NULL. */
void tnas_space_decode(const tnas_space_config *config, const tnas_arch *arch, tnas_graph *graph,
                       int16_t site_of_op[TNAS_GRAPH_OPS_MAX]);

/* Rounds channels * factor to a multiple of the divisor, not below it, not more than 10 %
 * down (MobileNetV2's make_divisible). */
int tnas_round_channels(double channels, int divisor);

#endif
