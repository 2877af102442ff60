/* Tables of the sound front end. Mel scale: 2595 log10(1 + f / 700), triangles of height 1 whose
 * feet are the neighbours' centres. D. O'Shaughnessy, "Speech Communication", 1987; S. Davis,
 * P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition",
 * IEEE Trans. ASSP 28 (1980), also for the cepstrum by a cosine transform. */
#include "data/features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/text.h"

#define DB_OF_LOG2   3.0102999566398120 /* 10 log10(2) */
#define DB_RANGE_MIN 10.0               /* so that affine numbers fit their 32 bits */
#define Q15          32768.0
#define RECORD_BYTES (7 * 4 + 2 * 4 + 8 * 2 + 4) /* tnrt_features, and where its scratch lies */

const tnas_sound_config tnas_sound_defaults = {
#define FALLBACK(name, type, fallback, min, max, help) .name = fallback,
    TNAS_SOUND_FIELDS(FALLBACK)
#undef FALLBACK
};

/* ---- The configuration as text ----------------------------------------------------------------
 */

typedef struct field {
    const char *name;
    double min, max;
    size_t offset;
    bool whole;
} field;

static const field fields[] = {
#define FIELD(name, type, fallback, min, max, help)                                                \
    {#name, min, max, offsetof(tnas_sound_config, name), sizeof(type) == sizeof(int)},
    TNAS_SOUND_FIELDS(FIELD)
#undef FIELD
};
_Static_assert(sizeof(int) != sizeof(double), "a field's size tells its type");
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static double get_field(const tnas_sound_config *config, const field *f)
{
    const char *const at = (const char *)config + f->offset;
    int whole;
    double value;
    if (!f->whole) {
        memcpy(&value, at, sizeof value);
        return value;
    }
    memcpy(&whole, at, sizeof whole);
    return whole;
}

static tnas_status set_field(const char *name, size_t name_length, const char *text,
                             size_t text_length, tnas_sound_config *config)
{
    char number[32], *end;
    const field *f = NULL;
    for (int i = 0; i < FIELD_COUNT && f == NULL; i++)
        if (strlen(fields[i].name) == name_length &&
            strncmp(fields[i].name, name, name_length) == 0)
            f = &fields[i];
    if (f == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "sound features: unknown key \"%.*s\"", (int)name_length,
                         name);
    snprintf(number, sizeof number, "%.*s", (int)text_length, text);
    const double value = strtod(number, &end);
    if (text_length == 0 || text_length >= sizeof number || *end != '\0' || !isfinite(value) ||
        (f->whole && value != rint(value)))
        return tnas_fail(TNAS_ERR_USAGE, "sound features: %s = \"%.*s\": must be a %snumber",
                         f->name, (int)text_length, text, f->whole ? "whole " : "");
    if (value < f->min || value > f->max)
        return tnas_fail(TNAS_ERR_USAGE, "sound features: %s = %g: must be %g to %g", f->name,
                         value, f->min, f->max);
    const int whole = (int)value;
    if (f->whole)
        memcpy((char *)config + f->offset, &whole, sizeof whole);
    else
        memcpy((char *)config + f->offset, &value, sizeof value);
    return TNAS_OK;
}

tnas_status tnas_sound_config_parse(const char *text, tnas_sound_config *config)
{
    while (*text != '\0') {
        const size_t length = strcspn(text, ","), name_length = strcspn(text, ",=");
        if (name_length == length)
            return tnas_fail(TNAS_ERR_USAGE, "sound features: \"%.*s\": must be KEY=NUMBER",
                             (int)length, text);
        TNAS_TRY(
            set_field(text, name_length, text + name_length + 1, length - name_length - 1, config));
        text += length + (text[length] == ',');
    }
    return TNAS_OK;
}

void tnas_sound_config_print(const tnas_sound_config *config, char out[TNAS_SOUND_TEXT_BYTES])
{
    size_t length = 0;
    for (int i = 0; i < FIELD_COUNT; i++) {
        char number[32];
        tnas_number_text(get_field(config, &fields[i]), number);
        length += (size_t)snprintf(out + length, TNAS_SOUND_TEXT_BYTES - length, "%s%s=%s",
                                   i > 0 ? "," : "", fields[i].name, number);
    }
}

/* ---- What goes together -----------------------------------------------------------------------
 */

static double mel_of_hz(double hz)
{
    return 2595 * log10(1 + hz / 700);
}

static double hz_of_mel(double mel)
{
    return 700 * (pow(10, mel / 2595) - 1);
}

/* Foot of band `edge`, centre of band `edge` - 1; in bins of the spectrum. */
static double edge_bin(const tnas_sound_features *features, int edge)
{
    const tnas_sound_config *const config = &features->config;
    const double low = mel_of_hz(config->low_hz), high = mel_of_hz(config->high_hz);
    const double hz = hz_of_mel(low + (high - low) * edge / (config->bands + 1));
    return hz / config->sample_rate_hz * features->device.fft_samples;
}

/* The first bin at or behind an edge. What rounding put behind the highest bin stays below it. */
static int first_bin(const tnas_sound_features *features, int edge)
{
    return (int)ceil(edge_bin(features, edge) - 1e-9);
}

static tnas_status check_config(tnas_sound_config *config)
{
    for (int i = 0; i < FIELD_COUNT; i++) {
        const double value = get_field(config, &fields[i]);
        if (!(value >= fields[i].min && value <= fields[i].max))
            return tnas_fail(TNAS_ERR_USAGE, "sound features: %s = %g: must be %g to %g",
                             fields[i].name, value, fields[i].min, fields[i].max);
    }
    const double nyquist_hz = config->sample_rate_hz / 2.0;
    if (config->high_hz == 0)
        config->high_hz = nyquist_hz;
    if (config->high_hz > nyquist_hz || config->high_hz <= config->low_hz)
        return tnas_fail(TNAS_ERR_USAGE,
                         "sound features: high_hz = %g: must be above low_hz = %g and at most half "
                         "of %d Hz",
                         config->high_hz, config->low_hz, config->sample_rate_hz);
    if (config->coefficients > config->bands)
        return tnas_fail(TNAS_ERR_USAGE,
                         "sound features: coefficients = %d: must be at most bands = %d",
                         config->coefficients, config->bands);
    if (config->high_db < config->low_db + DB_RANGE_MIN)
        return tnas_fail(TNAS_ERR_USAGE,
                         "sound features: high_db = %g: must be at least %g above low_db = %g",
                         config->high_db, DB_RANGE_MIN, config->low_db);
    return TNAS_OK;
}

static tnas_status fill_lengths(const tnas_sound_config *config, tnrt_features *device)
{
    const double window = rint(config->window_ms * config->sample_rate_hz / 1000);
    const double hop = rint(config->hop_ms * config->sample_rate_hz / 1000);
    if (window < 2 || window > TNRT_FEATURES_FFT_MAX)
        return tnas_fail(TNAS_ERR_USAGE,
                         "sound features: window_ms = %g is %g samples: must be 2 to %d",
                         config->window_ms, window, TNRT_FEATURES_FFT_MAX);
    if (hop < 1 || hop > UINT16_MAX)
        return tnas_fail(TNAS_ERR_USAGE,
                         "sound features: hop_ms = %g is %g samples: must be 1 to %d",
                         config->hop_ms, hop, UINT16_MAX);
    int fft = TNRT_FEATURES_FFT_MIN;
    while (fft < window)
        fft *= 2;
    device->window_samples = (uint16_t)window;
    device->hop_samples = (uint16_t)hop;
    device->fft_samples = (uint16_t)fft;
    device->frames = (uint16_t)config->frames;
    device->bands = (uint16_t)config->bands;
    device->features = (uint16_t)(config->coefficients > 0 ? config->coefficients : config->bands);
    device->pre_emphasis = (uint16_t)rint(config->pre_emphasis * Q15);
    device->affine_step = config->coefficients > 0;
    device->clip_samples = config->frames * (int)hop;
    device->first_sample = ((int)hop - (int)window) / 2;
    return TNAS_OK;
}

/* ---- Tables -----------------------------------------------------------------------------------
 */

/* As a linker places them. */
static size_t round_up(size_t bytes)
{
    return (bytes + 3) / 4 * 4;
}

/* One allocation; int32 tables come first, so that all are aligned. */
static tnas_status place_tables(tnas_sound_features *features)
{
    tnrt_features *const device = &features->device;
    features->window_count = device->window_samples / 2u + 1;
    features->cosine_count = device->fft_samples / 4u + 1;
    features->edge_count = device->bands + 2u;
    features->rise_count =
        (size_t)(first_bin(features, device->bands + 1) - first_bin(features, 0));
    features->dct_count = device->affine_step ? (size_t)device->features * device->bands : 0;
    features->affine_count = device->affine_step ? device->features : 1;
    const size_t words = features->cosine_count + 2 * features->affine_count;
    const size_t halves =
        features->window_count + features->edge_count + features->rise_count + features->dct_count;
    features->table_bytes = RECORD_BYTES + 4 * words + round_up(2 * features->window_count) +
                            round_up(2 * features->edge_count) +
                            round_up(2 * features->rise_count) + round_up(2 * features->dct_count);
    features->scratch_bytes = TNRT_FEATURES_SCRATCH_BYTES(device->fft_samples, device->bands);
    features->tables = tnas_alloc_zero(4 * words + 2 * halves, 1);
    return features->tables != NULL ? TNAS_OK : tnas_fail(TNAS_ERR_NOMEM, "sound feature tables");
}

static void fill_window(const tnas_sound_features *features, uint16_t *window)
{
    for (size_t n = 0; n < features->window_count; n++)
        window[n] = (uint16_t)rint(
            Q15 * (0.5 - 0.5 * cos(2 * M_PI * (double)n / features->device.window_samples)));
}

static void fill_cosine(const tnas_sound_features *features, int32_t *cosine)
{
    for (size_t k = 0; k < features->cosine_count; k++)
        cosine[k] = (int32_t)fmin(
            rint(0x1p31 * cos(2 * M_PI * (double)k / features->device.fft_samples)), INT32_MAX);
}

static void fill_filters(const tnas_sound_features *features, uint16_t *edges, uint16_t *rise)
{
    const int bands = features->device.bands;
    for (int e = 0; e <= bands + 1; e++)
        edges[e] = (uint16_t)first_bin(features, e);
    for (int band = 0; band <= bands; band++) {
        const double left = edge_bin(features, band), right = edge_bin(features, band + 1);
        for (int bin = edges[band]; bin < edges[band + 1]; bin++)
            *rise++ = (uint16_t)rint(Q15 * fmax(0, (bin - left) / (right - left)));
    }
}

/* Orthonormal DCT-II. */
static void fill_dct(const tnas_sound_features *features, int16_t *dct)
{
    const int bands = features->device.bands;
    for (size_t i = 0; i < features->dct_count; i++) {
        const int c = (int)i / bands, band = (int)i % bands;
        const double norm = sqrt((c == 0 ? 1.0 : 2.0) / bands);
        dct[i] = (int16_t)rint(Q15 * norm * cos(M_PI * c * (band + 0.5) / bands));
    }
}

/* log2 of the power that the front end finds for a sine of full scale between two bins' worth of
 * Hann window: amplitude 2^15 times half the window's sum, Q14, over fft_samples. */
static double full_scale_log2(const tnrt_features *device)
{
    return 2 * (15 + 14 + log2(device->window_samples / 4.0 / device->fft_samples));
}

static void set_affine(double u8_of_zero, double u8_a_log2, int32_t *scale, int32_t *offset)
{
    *scale = (int32_t)rint(u8_a_log2 * 0x1p17); /* of a Q15 logarithm to Q16 */
    *offset = (int32_t)rint((u8_of_zero - 128) * 0x1p16);
}

/* Coefficient 0 is sqrt(bands) times the bands' mean and takes their range; the others lie around
 * 0 and take a quarter of it on either side, which a spectrum rarely leaves. */
static void fill_affine(const tnas_sound_features *features, int32_t *scale, int32_t *offset)
{
    const tnas_sound_config *const config = &features->config;
    const double range_db = config->high_db - config->low_db;
    const double u8_a_log2 = 255 * DB_OF_LOG2 / range_db;
    const double low_log2 = full_scale_log2(&features->device) + config->low_db / DB_OF_LOG2;
    const double root = features->dct_count > 0 ? sqrt(config->bands) : 1;
    set_affine(-low_log2 * u8_a_log2, u8_a_log2 / root, &scale[0], &offset[0]);
    for (size_t c = 1; c < features->affine_count; c++)
        set_affine(127.5, 2 * u8_a_log2 / root, &scale[c], &offset[c]);
}

static tnas_status check_bands(const tnas_sound_features *features)
{
    const tnrt_features *const device = &features->device;
    for (int band = 0; band < device->bands; band++) {
        bool heard = false;
        for (int bin = device->edges[band]; bin < device->edges[band + 2]; bin++)
            heard = heard || bin > edge_bin(features, band);
        if (!heard)
            return tnas_fail(TNAS_ERR_USAGE,
                             "sound features: bands = %d: no bin of a spectrum of %d samples lies "
                             "in band %d; fewer bands, a longer window or a higher low_hz",
                             device->bands, device->fft_samples, band);
    }
    return TNAS_OK;
}

static tnas_status fill(tnas_sound_features *features)
{
    tnrt_features *const device = &features->device;
    TNAS_TRY(check_config(&features->config));
    TNAS_TRY(fill_lengths(&features->config, device));
    TNAS_TRY(place_tables(features));
    int32_t *const cosine = features->tables, *const scale = cosine + features->cosine_count,
                   *const offset = scale + features->affine_count;
    uint16_t *const window = (uint16_t *)(offset + features->affine_count),
                    *const edges = window + features->window_count,
                    *const rise = edges + features->edge_count;
    int16_t *const dct = (int16_t *)(rise + features->rise_count);
    fill_window(features, window);
    fill_cosine(features, cosine);
    fill_filters(features, edges, rise);
    fill_dct(features, dct);
    fill_affine(features, scale, offset);
    device->window = window;
    device->cosine = cosine;
    device->edges = edges;
    device->rise = rise;
    device->dct = features->dct_count > 0 ? dct : NULL;
    device->scale = scale;
    device->offset = offset;
    return check_bands(features);
}

tnas_status tnas_sound_features_create(const tnas_sound_config *config, tnas_sound_features **out)
{
    *out = NULL;
    tnas_sound_features *features = tnas_alloc_zero(1, sizeof *features);
    if (features == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "sound features");
    features->config = *config;
    const tnas_status status = fill(features);
    if (status != TNAS_OK) {
        tnas_sound_features_destroy(features);
        return status;
    }
    *out = features;
    return TNAS_OK;
}

void tnas_sound_features_destroy(tnas_sound_features *features)
{
    if (features == NULL)
        return;
    tnas_free(features->tables);
    tnas_free(features);
}

/* ---- A recording ------------------------------------------------------------------------------
 */

void tnas_sound_features_centre(const tnas_sound_features *features, const int16_t *samples,
                                size_t sample_count, int16_t *clip)
{
    const size_t clip_count = (size_t)features->device.clip_samples;
    const size_t skip = sample_count > clip_count ? (sample_count - clip_count) / 2 : 0;
    const size_t lead = sample_count < clip_count ? (clip_count - sample_count) / 2 : 0;
    const size_t taken = sample_count < clip_count ? sample_count : clip_count;
    memset(clip, 0, clip_count * sizeof *clip);
    if (taken > 0)
        memcpy(clip + lead, samples + skip, taken * sizeof *clip);
}

tnas_status tnas_sound_features_compute(const tnas_sound_features *features, const int16_t *samples,
                                        size_t sample_count, uint8_t *out)
{
    const tnrt_features *const device = &features->device;
    const size_t count = (size_t)device->frames * device->features;
    int16_t *clip = tnas_alloc_zero((size_t)device->clip_samples, sizeof *clip);
    int32_t *scratch = tnas_alloc_zero(features->scratch_bytes, 1);
    int8_t *values = tnas_alloc_zero(count, 1);
    tnas_status status = TNAS_ERR_NOMEM;
    if (clip != NULL && scratch != NULL && values != NULL) {
        tnas_sound_features_centre(features, samples, sample_count, clip);
        tnrt_features_clip(device, clip, scratch, values);
        for (size_t i = 0; i < count; i++)
            out[i] = (uint8_t)(values[i] + 128);
        status = TNAS_OK;
    }
    tnas_free(clip);
    tnas_free(scratch);
    tnas_free(values);
    return status == TNAS_OK ? status : tnas_fail(status, "sound features of a recording");
}
