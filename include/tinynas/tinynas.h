/* tinynas as a library: price a network on a microcontroller, compare the latency model with board
 * measurements, search for a network, export one.
 *
 * These functions are the commands of the same names without their printing, and take the same
 * words: docs/reference/commands.md explains parts, runtimes, data sets and limits. A network is
 * named by its file: a study's folder, a .tflite file, and where stated a graph file or the
 * name of a shipped graph.
 *
 *   cc -o app app.c $(pkg-config --cflags --libs tinynas)
 *
 * Stability. What this header declares is the whole interface; the symbols that start with tnas_
 * and tnrt_ are the library's own and change without notice. Before version 1.0 a new minor version
 * may change it (CHANGELOG.md says what). Structures may gain fields at their end: make options
 * with their _defaults function, and compile anew with every version; the library is
 * static only, so there is no binary interface to keep.
 *
 * Threads. Different threads may call at the same time, on different studies. The sentence of a
 * failure is the calling thread's. A search starts threads of its own.
 *
 * The library finds its configuration (profiles, spaces, graphs) in $TINYNAS_HOME/configs, in
 * the folder of the running program or its ../share/tinynas, or in the share folder it was
 * installed with. It never prints and never exits. */
#ifndef TINYNAS_TINYNAS_H
#define TINYNAS_TINYNAS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The exit codes of the program. */
typedef enum tinynas_status {
    TINYNAS_OK = 0,
    TINYNAS_INTERNAL = 1,   /* a defect, out of memory, training diverged */
    TINYNAS_USAGE = 2,      /* an argument that cannot be obeyed */
    TINYNAS_INFEASIBLE = 3, /* finished, nothing meets the limits */
    TINYNAS_INPUT = 4,      /* a file that cannot be used */
    TINYNAS_TOLERANCE = 5,  /* outside the tolerance asked for */
    TINYNAS_STOPPED = 130   /* stopped by the caller, state saved */
} tinynas_status;

const char *tinynas_version(void); /* "0.1.0" */

/* What went wrong in the last call of this thread that failed: object, value, rule. */
const char *tinynas_error(void);

/* Limits of a network, the reserve for the application included. */
typedef struct tinynas_limits {
    double max_flash_kib, max_sram_kib, max_latency_ms; /* 0: none but the part's memories */
    double reserve_flash_kib, reserve_sram_kib;
} tinynas_limits;

/* ---- Price --------------------------------------------------------------------------------- */

typedef struct tinynas_price {
    int64_t macs;
    size_t flash_bytes; /* weights, channels, table, code: their sum */
    size_t weights_bytes, channels_bytes, table_bytes, code_bytes;
    size_t sram_bytes; /* arena, and what the runtime keeps beside it */
    size_t stack_bytes;
    double latency_ms; /* NAN: the profile has no latency model of the runtime */
    double latency_low_ms, latency_high_ms; /* 90 % interval */
    int latency_rows;                       /* measurements behind the model; 0: a prior */
    char latency_source[320];               /* the same in words */
    int fits;                               /* 1: within the limits and the part's memories */
} tinynas_price;

/* model: a study, a .tflite file, a graph file or the name of a shipped graph. mcu: a part's name
 * or a profile file. runtime: NULL is our own. limits: NULL, none but the part's. */
tinynas_status tinynas_estimate(const char *model, const char *mcu, const char *runtime,
                                const tinynas_limits *limits, tinynas_price *out);

/* ---- Compare ------------------------------------------------------------------------------- */

/* Errors are shares of the measured time. */
typedef struct tinynas_agreement {
    int rows, rows_without_graph;
    int held_out_rows; /* that the model was not fitted to: they alone say how good it is */
    double mean_error, median_error, worst_error;
    double held_out_mean_error; /* NAN without such rows */
    double within_10_share, coverage_90_share;
} tinynas_agreement;

/* measurements: a CSV file (docs/measurements.md). graphs: where its networks are; NULL: the
 * shipped ones. */
tinynas_status tinynas_compare(const char *mcu, const char *runtime, const char *measurements,
                               const char *graphs, tinynas_agreement *out);

/* ---- Search -------------------------------------------------------------------------------- */

/* NULL and 0 mean what leaving the option out means to `tinynas search`; what is given wins over
 * the run configuration. */
typedef struct tinynas_search_options {
    const char *config; /* a run configuration; without one mcu has to be set */
    const char *mcu, *data, *space, *preset, *runtime;
    const char *study; /* the folder that keeps everything */
    tinynas_limits limits;
    uint64_t seed;
    int threads;
    /* Called from the calling thread, many times a second: where the search is. A return value
     * other than 0 stops it; the same call later goes on from there. NULL: nobody asks. */
    int (*progress)(void *context, const char *stage, long done, long total);
    void *context;
} tinynas_search_options;

typedef struct tinynas_found {
    char study[4096]; /* name it as the model of tinynas_export and tinynas_estimate */
    int target;       /* number of this part and these limits in the study */
    double accuracy_int8, accuracy_float; /* 0..1, on the test images */
    int test_images;
    size_t flash_bytes, sram_bytes;
    double latency_ms; /* NAN: no latency model */
} tinynas_found;

tinynas_search_options tinynas_search_defaults(void);

/* Runs a search to its end, or goes on with one that was stopped. */
tinynas_status tinynas_search(const tinynas_search_options *options, tinynas_found *out);

/* ---- Export -------------------------------------------------------------------------------- */

/* model: a study or a .tflite file. mcu: NULL takes a study's own part. as: "c", "tflite",
 * "graph". name: prefix of files and symbols; NULL: after the model. */
tinynas_status tinynas_export(const char *model, const char *mcu, const char *as, const char *name,
                              const char *folder);

#ifdef __cplusplus
}
#endif

#endif
