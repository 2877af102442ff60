/* Sound features: what the front end of runtime/tnrt_features.h computes, from a configuration.
 *
 * The host makes the tables in double precision, rounds them once, and then runs the device's
 * integer code: training data, test data and the export's test vectors are the device's bytes. */
#ifndef TNAS_DATA_FEATURES_H
#define TNAS_DATA_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "common/status.h"
#include "runtime/tnrt_features.h"

/* Real-valued feature = low_db + (high_db - low_db) / 255 * u8: decibels of a band's power, 0 dB
 * being a sine of full scale. The network reads int8 = u8 - 128.
 *   field           type    default  min    max    help */
#define TNAS_SOUND_FIELDS(X)                                                                       \
    X(sample_rate_hz, int, 8000, 1000, 192000, "samples a second, of every file")                  \
    X(window_ms, double, 32, 1, 1000, "length of a frame")                                         \
    X(hop_ms, double, 25, 1, 1000, "from a frame to the next")                                     \
    X(frames, int, 40, 1, 512,                                                                     \
      "frames of a clip: frames * hop_ms long, cut or padded around its "                          \
      "middle")                                                                                    \
    X(bands, int, 32, 4, 128, "mel bands")                                                         \
    X(low_hz, double, 60, 0, 96000, "lower edge of the lowest band")                               \
    X(high_hz, double, 0, 0, 96000, "upper edge of the highest band; 0: half the sample rate")     \
    X(coefficients, int, 0, 0, 128, "MFCC: so many cepstral coefficients; 0: log-mel bands")       \
    X(pre_emphasis, double, 0, 0, 0.999, "x[n] - this * x[n - 1]; 0: none")                        \
    X(low_db, double, -90, -200, 0, "what u8 0 stands for")                                        \
    X(high_db, double, 0, -200, 50, "what u8 255 stands for")

typedef struct tnas_sound_config {
#define TNAS_SOUND_FIELD(name, type, fallback, min, max, help) type name;
    TNAS_SOUND_FIELDS(TNAS_SOUND_FIELD)
#undef TNAS_SOUND_FIELD
} tnas_sound_config;

extern const tnas_sound_config tnas_sound_defaults;

/* "frames=49,bands=40,coefficients=10" over what *config holds. Fails (TNAS_ERR_USAGE) naming key,
 * value and rule. */
tnas_status tnas_sound_config_parse(const char *text, tnas_sound_config *config);

typedef struct tnas_sound_features tnas_sound_features;

/* All fields, as parse reads them, each number to its last bit. */
enum { TNAS_SOUND_TEXT_BYTES = 512 };
void tnas_sound_config_print(const tnas_sound_config *config, char out[TNAS_SOUND_TEXT_BYTES]);

struct tnas_sound_features {
    tnas_sound_config config; /* high_hz resolved */
    tnrt_features device;     /* points into tables */
    size_t table_bytes;       /* of all tables and records, on a part with 32-bit pointers */
    size_t scratch_bytes;
    size_t window_count, cosine_count, edge_count, rise_count, dct_count, affine_count;
    void *tables;
};

/* Fails (TNAS_ERR_USAGE) when a field is out of range or they do not go together: a window beyond
 * TNRT_FEATURES_FFT_MAX samples, a band without a spectrum bin, high_hz above half the rate. */
tnas_status tnas_sound_features_create(const tnas_sound_config *config, tnas_sound_features **out);
void tnas_sound_features_destroy(tnas_sound_features *features);

/* u8 features [frames, features] of a recording of any length: its middle, or zeros around it. */
tnas_status tnas_sound_features_compute(const tnas_sound_features *features, const int16_t *samples,
                                        size_t sample_count, uint8_t *out);

/* The recording as tnas_sound_features_compute gives it to the front end: clip[clip_samples]. */
void tnas_sound_features_centre(const tnas_sound_features *features, const int16_t *samples,
                                size_t sample_count, int16_t *clip);

#endif
