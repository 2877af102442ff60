/* The price of a sound front end (runtime/tnrt_features.h) beside a network.
 *
 *   flash    tables, and code: entry function, clip, frame, what they need of the compiler's
 *            library
 *   SRAM     scratch, in the arena beside the input, which is all of the arena that is in use
 *            before the network runs. It costs only what the arena grows by to hold both. The
 *            samples are the application's: a clip, or in a stream one window.
 *   latency  instructions counted on emulated cores, times cycles an instruction of which
 *            nobody measured any here: a prior. Its interval is added to the network's end by
 *            end, as if both erred together. */
#ifndef TNAS_ESTIMATORS_FRONT_END_H
#define TNAS_ESTIMATORS_FRONT_END_H

#include <stdbool.h>
#include <stddef.h>

#define TNAS_FRONT_END_FUNCTION "model_features" /* its row in the code size tables */
#define TNAS_FRONT_END_SOURCE   "prior, 0 measurements"

/* What there is to compute; tables and scratch in bytes on a part with 32-bit pointers. */
typedef struct tnas_front_end {
    int frames, window_samples, fft_samples;
    int bins; /* spectrum bins between the outermost edges of the bands */
    int bands, features;
    bool has_dct;
    size_t table_bytes, scratch_bytes;
} tnas_front_end;

/* Where the scratch lies in the arena, beside the input. */
size_t tnas_front_end_scratch_offset(const tnas_front_end *front_end, size_t input_offset_bytes,
                                     size_t input_bytes);

/* Instructions of a clip on a core, as an MCU profile calls it. */
double tnas_front_end_instructions(const tnas_front_end *front_end, const char *core);

typedef struct tnas_front_end_time {
    double ms, low_ms, high_ms; /* 90 % */
    double upper_ms;            /* one-sided 90 % */
} tnas_front_end_time;

void tnas_front_end_predict(const tnas_front_end *front_end, const char *core, double clock_mhz,
                            tnas_front_end_time *out);

#endif
