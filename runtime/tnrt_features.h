/* SPDX-License-Identifier: 0BSD */
/* The sound front end: 16-bit samples to the int8 log-mel bands or MFCCs that a network reads.
 *
 *   sample (Q14) - pre-emphasis -> x Hann (Q15) -> scaled to 30 bits -> real FFT, int32
 *       -> |X|^2, 64 bits -> triangular mel filters (Q15) -> log2 (Q15) [-> DCT] -> affine, int8
 *
 * Integers from end to end: every machine gives the same bytes, and the host computes the training
 * data with these very functions. No heap, no state; tables are const and come with the export.
 * One frame is scaled to its own largest sample (block floating point, the exponent comes off the
 * logarithm), so a whisper keeps as many digits as a shout.
 *
 * A feature is affine in log2 of a band's power. docs/sound.md has arithmetic, errors and cost. */
#ifndef TNRT_FEATURES_H
#define TNRT_FEATURES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TNRT_FEATURES_FFT_MIN   128
#define TNRT_FEATURES_FFT_MAX   1024
#define TNRT_FEATURES_BANDS_MAX 128

typedef struct tnrt_features {
    /* Hann, periodic, Q15: w[0 .. window_samples / 2]; the other half is its mirror. */
    const uint16_t *window;
    const int32_t *cosine; /* cos(2 pi k / fft_samples), k = 0 .. fft_samples / 4, Q31 */
    /* Spectrum bins edges[b] .. edges[b + 1] - 1 lie between the centres of band b - 1 and band b:
     * of such a bin's power, the share rise[bin - edges[0]] (Q15) belongs to band b, the rest to
     * band b - 1. There is no band -1 and no band `bands`. */
    const uint16_t *edges; /* [bands + 2] */
    const uint16_t *rise;  /* [edges[bands + 1] - edges[0]] */
    const int16_t *dct;    /* [features, bands], Q15; NULL: features are the bands */
    /* int8 = (log * scale / 2^16 + offset) / 2^16, rounded and clamped. log is log2 of the power
     * after the front end's own scaling, Q15; one pair for all features, or one for each. */
    const int32_t *scale, *offset;
    int32_t clip_samples;    /* of tnrt_features_clip */
    int32_t first_sample;    /* where frame 0 begins; negative: before the clip */
    uint16_t window_samples; /* at most fft_samples */
    uint16_t hop_samples;
    uint16_t fft_samples;  /* a power of 2, TNRT_FEATURES_FFT_MIN .. _MAX */
    uint16_t frames;       /* of a clip */
    uint16_t bands;        /* at most TNRT_FEATURES_BANDS_MAX */
    uint16_t features;     /* numbers a frame: bands, or cepstral coefficients */
    uint16_t pre_emphasis; /* Q15: x[n] - pre_emphasis * x[n - 1]; 0: none */
    uint16_t affine_step;  /* 0: scale[0] and offset[0] hold for all; 1: one for each feature */
} tnrt_features;

/* Bytes of scratch that a frame needs, aligned to 4. */
#define TNRT_FEATURES_SCRATCH_BYTES(fft_samples, bands) (4 * (fft_samples) + 4 * (bands))

/* Features of the frame that begins at samples[start]: out[features]. There are sample_count
 * samples; those before and behind count as 0. A stream keeps one window, start 0; with
 * pre-emphasis also the sample before it, start 1. */
void tnrt_features_frame(const tnrt_features *features, const int16_t *samples,
                         int32_t sample_count, int32_t start, void *scratch, int8_t *out);

/* Features of a clip of clip_samples samples: out[frames, features]. */
void tnrt_features_clip(const tnrt_features *features, const int16_t *samples, void *scratch,
                        int8_t *out);

#ifdef __cplusplus
}
#endif
#endif
