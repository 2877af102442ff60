/* The image: an int8 model lowered to the runtime's layer table with packed constants, as
 * the device will have it. Export prints an image; the host runs the same one for the
 * reported accuracy. */
#ifndef TNAS_QUANT_IMAGE_H
#define TNAS_QUANT_IMAGE_H

#include "common/pool.h"
#include "graph/model.h"
#include "graph/plan.h"
#include "quant/host_kernels.h"
#include "quant/variant.h"
#include "runtime/tnrt.h"

/* The row of an operator in the table. */
typedef struct tnas_image_row {
    int16_t op, step;            /* of the graph, of the schedule */
    int64_t weight_at, param_at; /* where its constants start in the arrays; -1: it has none */
    const char *kernel_name;     /* NULL: the kernel of the row before computes it too */
} tnas_image_row;

/* The constants are two arrays for the whole network; a layer's pointers point into them. Their
 * bytes and the table's are exactly what the target's packed_bytes and table_bytes sum to;
 * TNAS_HOST_BEHIND zeros lie behind each. Rows are in the order of the schedule. */
typedef struct tnas_image {
    tnrt_model model; /* its layers and their pointers are this process's */
    const tnas_variant *variant;
    tnrt_layer *layers; /* [graph.op_count] */
    int8_t *weights;    /* [weight_bytes]; each operator's share is a multiple of 4 */
    int32_t *params;    /* [param_count] */
    size_t weight_bytes, param_count;
    tnas_image_row rows[TNAS_GRAPH_OPS_MAX]; /* [graph.op_count] */
    tnas_graph graph;
    tnas_schedule schedule;
    tnas_plan plan;
    tnas_quant input_quant, output_quant;
} tnas_image;

/* For one of our own runtime's targets. Names every operator that cannot run, with the reason:
 * fails on models that are not int8 or lack constants, on operators that the target lacks, and on
 * constants the table cannot hold. The image keeps no reference to the model. */
tnas_status tnas_image_build(const tnas_model *model, const tnas_target *target, tnas_image **out);

/* The same with wider weights where they save most instructions, as far as the constants grow by
 * no more than flash_bytes (graph/widen.h). */
tnas_status tnas_image_build_widened(const tnas_model *model, const tnas_target *target,
                                     size_t flash_bytes, tnas_image **out);
void tnas_image_destroy(tnas_image *image);

/* From now on a plain C image runs on the host's vectors, as far as the table has kernels: the same
 * bytes, sooner. For scores that choose between networks; an accuracy that is reported comes from
 * an image as it was built, and only such an image is exported. The arena grows by scratch. */
tnas_status tnas_image_use_host(tnas_image *image, const tnas_host_kernels *table);

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
