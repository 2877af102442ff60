/* A search space: which networks may be built, from a JSON file (docs/space.md).
 *
 * A space lists input sizes and width multipliers; picking one of each configures it: gene
 * table, shared-weight sites, decoding. A site is one place that owns weights in the
 * supernet, with the largest shape any network of the space uses there; a network uses a
 * prefix of its channels and the centre of its kernel. */
#ifndef TNAS_SEARCH_SPACE_SPACE_H
#define TNAS_SEARCH_SPACE_SPACE_H

#include "graph/graph.h"
#include "search_space/genes.h"

#define TNAS_STAGES_MAX        12
#define TNAS_STAGE_CHOICES_MAX 8
#define TNAS_SPACE_OPTIONS_MAX 16
#define TNAS_DEPTH_MAX         8

/* Blocks append at most this many operators, with at most so many weights. */
#define TNAS_BLOCK_OPS_MAX   4
#define TNAS_BLOCK_ROLES_MAX 3

/* Stem, head, pooling and classifier are the operators outside blocks. */
#define TNAS_POSITIONS_MAX ((TNAS_GRAPH_OPS_MAX - 4) / TNAS_BLOCK_OPS_MAX)

/* What a block's expansion factor multiplies to give the channels in its middle. */
typedef enum tnas_block_expand {
    TNAS_EXPAND_NONE,
    TNAS_EXPAND_IN, /* channels that it reads */
    TNAS_EXPAND_OUT /* channels that it writes */
} tnas_block_expand;

/* width: its output channels may be chosen for each block; not where that would give and take
 * away a layer with weights, the shortcut's.
 *  name      text        expand          width  what it is */
#define TNAS_BLOCKS(X)                                                                             \
    X(MBCONV, "mbconv", TNAS_EXPAND_IN, 1, "1x1 expand, depthwise, 1x1 project; residual")         \
    X(DSCONV, "dsconv", TNAS_EXPAND_NONE, 1, "depthwise, 1x1; residual")                           \
    X(RESBLOCK, "resblock", TNAS_EXPAND_OUT, 0, "two k x k convolutions, a (projected) shortcut")

typedef enum tnas_block_kind {
#define TNAS_BLOCK_ENUM(name, text, expand, width, what) TNAS_BLOCK_##name,
    TNAS_BLOCKS(TNAS_BLOCK_ENUM)
#undef TNAS_BLOCK_ENUM
        TNAS_BLOCK_KIND_COUNT
} tnas_block_kind;

typedef struct tnas_window {
    uint16_t h, w;
} tnas_window;

typedef struct tnas_stage {
    tnas_block_kind block;
    int channels;       /* before the width multiplier */
    tnas_window stride; /* of the first block; the others have 1 */
    int kernel_count, expand_count, depth_count;
    int width_count;                             /* 0: the stage's channels in every block */
    tnas_window kernels[TNAS_STAGE_CHOICES_MAX]; /* ascending, each holds the one before */
    double expands[TNAS_STAGE_CHOICES_MAX];      /* ascending; {1} for blocks without */
    int depths[TNAS_STAGE_CHOICES_MAX];          /* ascending */
    double widths[TNAS_STAGE_CHOICES_MAX];       /* ascending multipliers of `channels` */
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
    int head_count;                            /* 0: no 1x1 convolution before the pooling */
    int head_channels[TNAS_STAGE_CHOICES_MAX]; /* ascending */
    int stage_count;
    tnas_stage stages[TNAS_STAGES_MAX];
} tnas_space;

/* `name` is a file, or a name looked up as configs/spaces/NAME.json in the program's folders
 * (see common/paths.h). */
tnas_status tnas_space_load(const char *name, tnas_space *out);
/* The same for a text in memory; `file` is what messages call it. */
tnas_status tnas_space_parse(const char *text, const char *file, tnas_space *out);

/* A place that owns weights in the supernet. */
typedef struct tnas_site {
    uint8_t kind;        /* tnas_op_kind: CONV2D, DWCONV2D, FC */
    int32_t out_c, in_c; /* largest; DWCONV2D: in_c = 1 */
    uint8_t kernel_h, kernel_w;
    /* What the residual and prefix structure needs to know of order: the site whose output
     * channels are this site's input channels (DWCONV2D: its own), in the largest network;
     * TNAS_NONE for the image. */
    int16_t input_site;
} tnas_site;

#define TNAS_SITES_MAX TNAS_GRAPH_OPS_MAX

/* A place where a block may stand: what is fixed there, and the genes that decide the rest. */
typedef struct tnas_position {
    uint8_t stage, block;
    tnas_window stride;
    bool in_fixed;                                /* it reads as many channels in every network */
    int16_t depth_gene, depth_from;               /* there while arch[depth_gene] >= depth_from */
    int16_t kernel_gene, expand_gene, width_gene; /* TNAS_NONE: the first choice always */
    double expands[TNAS_STAGE_CHOICES_MAX];       /* by choice of expand_gene */
    int32_t out_c[TNAS_STAGE_CHOICES_MAX];        /* by choice of width_gene */
    int16_t sites[TNAS_BLOCK_ROLES_MAX];          /* of the block's layers with weights, by role */
} tnas_position;

/* A space at one input size and width, for one data set. */
typedef struct tnas_space_config {
    tnas_space space;
    int h, w, c, class_count;
    double width;
    tnas_gene_table genes;
    int32_t stem_c;
    int16_t head_gene;                      /* TNAS_NONE: the first choice always */
    int32_t head_c[TNAS_STAGE_CHOICES_MAX]; /* by choice of head_gene; first 0: no head */
    int position_count;
    tnas_position positions[TNAS_POSITIONS_MAX];
    int site_count;
    tnas_site sites[TNAS_SITES_MAX]; /* in the order of the largest network */
    int16_t stem_site, head_site, classifier_site;
} tnas_space_config;

/* input and width are indices; input 0 of a space without inputs is the data's size h, w.
 * Fails on data that no network of the space can take. */
tnas_status tnas_space_configure(const tnas_space *space, int input, int width, int data_h,
                                 int data_w, int data_c, int class_count, tnas_space_config *out);

/* The network of a legal architecture. site_of_op[i] is operator i's site, TNAS_NONE for
 * operators without weights; may be NULL. */
void tnas_space_decode(const tnas_space_config *config, const tnas_arch *arch, tnas_graph *graph,
                       int16_t site_of_op[TNAS_GRAPH_OPS_MAX]);

tnas_block_expand tnas_block_expands(tnas_block_kind block);

/* Channels in the middle of a block; 0: an mbconv without expansion. */
int32_t tnas_block_mid_channels(tnas_block_kind block, double factor, int32_t in_c, int32_t out_c,
                                int divisor);

/* Rounds channels * factor to a multiple of the divisor, not below it, not more than 10 %
 * down (MobileNetV2's make_divisible). */
int tnas_round_channels(double channels, int divisor);

#endif
