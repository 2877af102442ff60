/* Export: an image as a folder of C that builds by itself.
 *
 *   src/             what the application compiles, in a layout that Arduino takes as well:
 *     NAME.h           sizes as macros, scale, zero point, class names, the three functions
 *     NAME.c           the layer table, one commented row per layer, memory map on top
 *     NAME_weights.c   packed constants; NAME_data.h declares them
 *     NAME_invoke.c    the entry function: the same code for every model
 *     runtime/         the runtime, as is
 *     NAME_features.h, NAME_features.c, NAME_features_tables.c
 *                      with a sound front end: from samples to the input
 *   NAME_vectors.h   test inputs with the host's outputs and their CRC
 *   NAME_sound_vectors.h, host/sound.h
 *                    with a front end: test clips with their outputs, and WAV files for the runner
 *   host/main.c      runs the vectors, or IDX files from the command line, and prints JSON
 *   firmware/        the same for an emulated board with the part's core
 *   Makefile, CMakeLists.txt, library.json (PlatformIO), library.properties (Arduino), zephyr/,
 *   tinynas.NAME.pdsc (CMSIS-Pack), README.md, memory.txt, linked_bytes.sh, manifest.txt
 * Valid C99 and C++; the same image gives the same bytes; no time, path or host name.
 * docs/export.md says what each byte count means and how it is checked. */
#ifndef TNAS_EXPORT_EXPORT_H
#define TNAS_EXPORT_EXPORT_H

#include "data/dataset.h"
#include "data/features.h"
#include "estimators/estimate.h"
#include "quant/image.h"

#define TNAS_EXPORT_NAME_BYTES 64 /* longest name, terminator included */

typedef struct tnas_export_options {
    const char *name;   /* prefix of files and symbols, as tnas_export_sanitize makes it */
    const char *folder; /* is created; must not hold other files than an earlier export's */
    const char (
        *class_names)[TNAS_CLASS_NAME_BYTES]; /* [class_count], NULL: the outputs are not classes */
    int class_count;
    const uint8_t *vector_images; /* [vector_count, h, w, c] u8; NULL: four of random pixels */
    int vector_count;
    const tnas_sound_features *features; /* the sound front end; NULL: none */
    const tnas_affine *affine;           /* of real-valued inputs; NULL: bytes, or sound */
    const tnas_cost *cost;               /* predicted, for header and README; NULL: not known */
    const tnas_mcu *mcu;        /* sizes the firmware's memories; NULL: 1 MiB flash, 320 KiB RAM */
    const char *latency_source; /* where the cost's latency comes from; NULL: not said */
    const char *toolchain;      /* of the code sizes behind cost */
} tnas_export_options;

/* What there is to price of a sound front end. */
tnas_front_end tnas_front_end_of(const tnas_sound_features *features);

/* Makes a name from any text: lower case, digits and underscores, no leading digit, no
 * keyword of C or C++, no name of a standard header (NAME.h would shadow it), nothing that
 * starts like the runtime's symbols. Umlauts are spelt out. out_bytes >= 16. */
void tnas_export_sanitize(const char *text, char *out, size_t out_bytes);

/* Writes into a temporary folder beside the wanted one and renames, so that nothing
 * half-written is left behind. An existing export is replaced, its build/ included; a folder
 * that holds any other file is refused (TNAS_ERR_IO). Fails (TNAS_ERR_INTERNAL) when the
 * prediction in `cost` is not what the image takes. */
tnas_status tnas_export_c(const tnas_image *image, const tnas_export_options *options);

#endif
