/* SPDX-License-Identifier: 0BSD */
/* One frame of the sound front end.
 *
 * The real signal x of N samples is transformed as N / 2 complex numbers z[n] = x[2n] + i x[2n +
 * 1]: bit reversal while windowing, radix-2 butterflies decimating in time, then the split into the
 * spectrum of x. Every stage halves its results, so nothing can overflow: a complex number's
 * modulus never exceeds the largest of the stage before, which starts below sqrt(2) * 2^30. The
 * product of a Q31 twiddle is halved by taking the upper word alone.
 *
 *   scratch   int32 spectrum[fft_samples]: z, then the two words of |X[k]|^2 where Z[k] was
 *             int32 logs[bands]
 *
 * Source of the transform: J. W. Cooley, J. W. Tukey, Math. Comput. 19 (1965); of the split: any
 * text on the FFT of real sequences. */
#include <stddef.h>

#include "tnrt_features.h"

/* Samples are Q14 before the window, so that pre-emphasis cannot overflow. */
enum { SAMPLE_BITS = 14, PEAK_BITS = 30, POWER_SHIFT = 15 };

/* a * b / 2^32, rounded down: b times half of the Q31 number a. */
static inline int32_t half_product(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b) >> 32);
}

static int32_t bit_length(uint32_t x)
{
    int32_t bits = 0;
    if (x >> 16 != 0) {
        bits += 16;
        x >>= 16;
    }
    if (x >> 8 != 0) {
        bits += 8;
        x >>= 8;
    }
    for (; x != 0; x >>= 1)
        bits++;
    return bits;
}

/* log2 of a positive number, Q15: its exponent, and a table of 32 chords for the rest, which lies
 * at most 1.8e-4 below the curve. */
static int32_t log2_q15(uint32_t high, uint32_t low)
{
    /* log2(1 + i / 32), Q15 */
    static const uint16_t table[33] = {
        0,     1455,  2866,  4236,  5568,  6863,  8124,  9352,  10549, 11716, 12855,
        13968, 15055, 16117, 17156, 18173, 19168, 20143, 21098, 22034, 22952, 23852,
        24736, 25604, 26455, 27292, 28114, 28922, 29717, 30498, 31267, 32024, 32768};
    const int32_t exponent = high != 0 ? 31 + bit_length(high) : bit_length(low) - 1;
    uint32_t mantissa; /* without the leading one, Q32 */
    int32_t index, part;
    if (exponent >= 32)
        mantissa = exponent == 32 ? low : (high << (64 - exponent)) | (low >> (exponent - 32));
    else
        mantissa = exponent == 0 ? 0 : low << (32 - exponent);
    index = (int32_t)(mantissa >> 27);
    part = (int32_t)((mantissa >> 12) & 0x7fffu);
    return exponent * 32768 + table[index] +
           (((table[index + 1] - table[index]) * part + 0x4000) >> 15);
}

static inline int32_t sample_at(const int16_t *samples, int32_t sample_count, int32_t index)
{
    return index >= 0 && index < sample_count ? samples[index] : 0;
}

/* Writes windowed samples as complex numbers in bit-reversed order; returns how far they can be
 * shifted up, to a peak of PEAK_BITS. */
static int32_t take_samples(const tnrt_features *features, const int16_t *samples,
                            int32_t sample_count, int32_t start, int32_t *spectrum)
{
    const int32_t window = features->window_samples, count = features->fft_samples;
    const int32_t emphasis = features->pre_emphasis;
    int32_t before = sample_at(samples, sample_count, start - 1);
    uint32_t peak = 0;
    int32_t place = 0; /* of the pair, bit-reversed */
    for (int32_t n = 0; n < count; n++) {
        int32_t value = 0;
        if (n < window) {
            const int32_t sample = sample_at(samples, sample_count, start + n);
            const int32_t emphasised =
                sample * (1 << SAMPLE_BITS) - ((emphasis * before + 1) >> (15 - SAMPLE_BITS));
            const int32_t weight = features->window[n <= window - n ? n : window - n];
            before = sample;
            value = (int32_t)(((int64_t)emphasised * weight + 0x4000) >> 15);
            peak |= (uint32_t)(value < 0 ? -value : value);
        }
        spectrum[2 * place + (n & 1)] = value;
        if ((n & 1) != 0) {
            int32_t bit = count >> 2; /* the highest of a pair's index */
            for (; (place & bit) != 0; bit >>= 1)
                place -= bit;
            place += bit;
        }
    }
    return PEAK_BITS - bit_length(peak);
}

/* cos and sin of 2 pi index / fft_samples, 0 <= index < fft_samples / 2, Q31. */
static inline int32_t cosine_of(const tnrt_features *features, int32_t index)
{
    const int32_t quarter = features->fft_samples >> 2;
    return index <= quarter ? features->cosine[index] : -features->cosine[2 * quarter - index];
}

static inline int32_t sine_of(const tnrt_features *features, int32_t index)
{
    const int32_t quarter = features->fft_samples >> 2;
    return features->cosine[index <= quarter ? quarter - index : index - quarter];
}

/* z becomes its discrete Fourier transform over its length. */
static void transform(const tnrt_features *features, int32_t *z)
{
    const int32_t count = features->fft_samples; /* words of z */
    int32_t stride = features->fft_samples >> 1; /* of twiddles, in a stage */
    for (int32_t half = 2; half < count; half *= 2, stride >>= 1) {
        for (int32_t k = 0, turn = 0; k < half; k += 2, turn += stride) {
            const int32_t c = cosine_of(features, turn), s = sine_of(features, turn);
            for (int32_t at = k; at < count; at += 2 * half) {
                int32_t *const a = z + at, *const b = z + at + half;
                const int32_t re = half_product(c, b[0]) + half_product(s, b[1]);
                const int32_t im = half_product(c, b[1]) - half_product(s, b[0]);
                const int32_t a_re = a[0] >> 1, a_im = a[1] >> 1;
                a[0] = a_re + re;
                a[1] = a_im + im;
                b[0] = a_re - re;
                b[1] = a_im - im;
            }
        }
    }
}

static inline void put_power(int32_t *place, int32_t re, int32_t im)
{
    const uint64_t power = (uint64_t)((int64_t)re * re) + (uint64_t)((int64_t)im * im);
    place[0] = (int32_t)(uint32_t)power;
    place[1] = (int32_t)(uint32_t)(power >> 32);
}

/* |X[k]|^2 for 0 < k < N / 2 where Z[k] was. X[0] and X[N / 2] lie on the outer edges of the
 * outermost bands at best, and weigh nothing.
 *   X[k] = E + W O,  E = (Z[k] + conj Z[M - k]) / 2,  O = (Z[k] - conj Z[M - k]) / 2i,  M = N / 2
 */
static void split_to_powers(const tnrt_features *features, int32_t *z)
{
    const int32_t half = features->fft_samples >> 1;
    for (int32_t k = 1; k <= half - k; k++) {
        int32_t *const low = z + 2 * k, *const high = z + 2 * (half - k);
        const int32_t e_re = (low[0] >> 1) + (high[0] >> 1), e_im = (low[1] >> 1) - (high[1] >> 1);
        const int32_t o_re = (low[1] >> 1) + (high[1] >> 1), o_im = (high[0] >> 1) - (low[0] >> 1);
        const int32_t c = cosine_of(features, k), s = sine_of(features, k);
        const int32_t re = half_product(c, o_re) + half_product(s, o_im);
        const int32_t im = half_product(c, o_im) - half_product(s, o_re);
        put_power(low, (e_re >> 1) + re, (e_im >> 1) + im);
        put_power(high, (e_re >> 1) - re, im - (e_im >> 1)); /* conj(E) and conj(W O) */
    }
}

/* log2 of each band's power, Q15; of a band without any, of 1. */
static void sum_bands(const tnrt_features *features, const int32_t *spectrum, int32_t shift,
                      int32_t *logs)
{
    uint64_t falling = 0;
    const uint16_t *rise = features->rise;
    for (int32_t band = 0; band <= features->bands; band++) {
        uint64_t all = 0, rising = 0;
        for (int32_t bin = features->edges[band]; bin < features->edges[band + 1]; bin++) {
            const uint64_t power =
                ((uint64_t)(uint32_t)spectrum[2 * bin + 1] << (32 - POWER_SHIFT)) |
                ((uint32_t)spectrum[2 * bin] >> POWER_SHIFT);
            all += power;
            rising += power * *rise++;
        }
        if (band > 0) {
            const uint64_t energy = falling + ((all << 15) - rising);
            const int32_t log =
                energy == 0 ? 0 : log2_q15((uint32_t)(energy >> 32), (uint32_t)energy);
            logs[band - 1] = log - shift * 2 * 32768;
        }
        falling = rising;
    }
}

static int8_t apply_affine(const tnrt_features *features, int32_t feature, int32_t log)
{
    const int32_t at = feature * features->affine_step;
    const int32_t scaled = (int32_t)(((int64_t)log * features->scale[at]) >> 16);
    const int32_t q = (scaled + features->offset[at] + 0x8000) >> 16;
    return (int8_t)(q < INT8_MIN ? INT8_MIN : q > INT8_MAX ? INT8_MAX : q);
}

static int32_t cosine_transform(const tnrt_features *features, int32_t coefficient,
                                const int32_t *logs)
{
    const int16_t *const row = features->dct + coefficient * features->bands;
    int64_t sum = 0;
    for (int32_t band = 0; band < features->bands; band++)
        sum += (int64_t)row[band] * logs[band];
    return (int32_t)(sum >> 15);
}

void tnrt_features_frame(const tnrt_features *features, const int16_t *samples,
                         int32_t sample_count, int32_t start, void *scratch, int8_t *out)
{
    int32_t *const spectrum = (int32_t *)scratch;
    int32_t *const logs = spectrum + features->fft_samples;
    const int32_t shift = take_samples(features, samples, sample_count, start, spectrum);
    for (int32_t n = 0; n < features->fft_samples; n++)
        spectrum[n] *= 1 << shift;
    transform(features, spectrum);
    split_to_powers(features, spectrum);
    sum_bands(features, spectrum, shift, logs);
    for (int32_t f = 0; f < features->features; f++)
        out[f] = apply_affine(
            features, f, features->dct == NULL ? logs[f] : cosine_transform(features, f, logs));
}
