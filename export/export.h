/* Export: an image as a folder of C that builds by itself.
 *
 *   NAME.h          sizes as macros, scale, zero point, class names, the three functions
 *   NAME.c          the layer table, one commented row per layer, memory map on top
 *   NAME_weights.c  packed constants
 *   runtime/        the runtime, as is
 *   NAME_vectors.h  test inputs with the host's outputs and their CRC
 *   host/main.c     runs the vectors, or IDX files from the command line, and prints JSON
 *   firmware/       the same for an emulated Cortex-M7 (mps2-an500)
 *   Makefile, README.md, memory.txt
 * Valid C99 and C++; the same image gives the same bytes; no time, path or host name. */
#ifndef TNAS_EXPORT_EXPORT_H
#define TNAS_EXPORT_EXPORT_H

#include "data/dataset.h"
#include "estimators/estimate.h"
#include "quant/image.h"

typedef struct tnas_export_options {
    const char *name;   /* prefix of files and symbols, a C identifier */
    const char *folder; /* is created; must not hold another project's files */
    const char (*class_names)[TNAS_CLASS_NAME_BYTES]; /* [class_count], NULL: class_0 ... */
    int class_count;
    const uint8_t *vector_images; /* [vector_count, h, w, c] u8 */
    int vector_count;
    const tnas_cost *cost; /* predicted, for header and README; NULL: not known */
    const tnas_mcu *mcu;   /* as above */
    const char *toolchain; /* of the code sizes behind cost */
} tnas_export_options;

/* Makes a C identifier from any text: lower case, digits and underscores. */
void tnas_export_sanitize(const char *text, char *out, size_t out_bytes);

/* Writes into a temporary folder beside the wanted one and renames, so that nothing
 * half-written is left behind. An existing export of ours is replaced. */
tnas_status tnas_export_c(const tnas_image *image, const tnas_export_options *options);

#endif
