/* The image: an int8 model lowered to the runtime's layer table with packed constants, as
 * the device will have it. Export prints an image; the host runs the same one for the
 * reported accuracy. */
#ifndef TNAS_QUANT_IMAGE_H
#define TNAS_QUANT_IMAGE_H

#include "common/pool.h"
#include "graph/model.h"
#include "graph/plan.h"
#include "runtime/tnrt.h"

/* The four constant arrays are one array each for the whole network; a layer's pointers
 * point into them. Their bytes and the table's are exactly what the target's packed_bytes and
 * table_bytes sum to. Layer i is the schedule's step i. */
typedef struct tnas_image {
    tnrt_model model; /* its layers and their pointers are this process's */
    tnrt_layer *layers;
    int8_t *weights;      /* [weight_bytes]; each layer's share is padded to a multiple of 4 */
    int32_t *biases;      /* [channel_count] */
    int32_t *multipliers; /* [multiplier_count] */
    int8_t *shifts;       /* [shift_bytes]: multiplier_count, then padding to a multiple of 4 */
    size_t weight_bytes, channel_count, multiplier_count, shift_bytes;
    /* Per layer, the index in the array where its constants start; -1: it has none. A layer's
     * shifts start where its multipliers do. */
    int64_t weight_at[TNAS_GRAPH_OPS_MAX];
    int64_t bias_at[TNAS_GRAPH_OPS_MAX];
    int64_t multiplier_at[TNAS_GRAPH_OPS_MAX];
    const char *kernel_names[TNAS_GRAPH_OPS_MAX];
    tnas_graph graph;
    tnas_schedule schedule;
    tnas_plan plan;
    tnas_quant input_quant, output_quant;
} tnas_image;

/* Fails on models that are not int8 or lack constants, and on constants the table cannot
 * hold. The image keeps no reference to the model. */
tnas_status tnas_image_build(const tnas_model *model, tnas_image **out);
void tnas_image_destroy(tnas_image *image);

/* One inference. in [h, w, c] int8, out [classes] int8, arena of image->model.arena_bytes
 * aligned to TNRT_ARENA_ALIGN. */
void tnas_image_run(const tnas_image *image, void *arena, const int8_t *in, int8_t *out);

/* u8 pixels to the int8 input: u8 - 128. */
void tnas_image_input(const uint8_t *pixels, size_t count, int8_t *in);

/* The winning class; the lowest index among equals, as the exported code does it. */
int tnas_image_argmax(const int8_t *out, int class_count);

/* Classifies `count` u8 images [count, h, w, c]; classes[i] receives the winner of image i.
 * The answers depend on the images only, not on the number of threads. */
tnas_status tnas_image_classify(const tnas_image *image, tnas_pool *pool, const uint8_t *images,
                                int count, int16_t *classes);

#endif
