/* The sound front end beside double precision: FFTW, exact windows, filters and logarithms. */
#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "data/features.h"
#include "tests/sound_signals.h"
#include "tests/testing.h"

/* What the tests hold the front end to, beside the rounding to 8 bits: a band's decibels are right
 * within LOG_ERROR_DB, but for an error spectrum whose lines lie ERROR_FLOOR_DB below the frame's
 * strongest line. The floor is the window's, whose weights have 15 bits. */
#define LOG_ERROR_DB   0.001
#define ERROR_FLOOR_DB 100
/* Of the affine numbers and, in cepstra, of the cosines. */
#define ROUNDING_STEPS 0.05
/* Of a band without any power: far below what 16-bit samples hold. */
#define NOTHING_DB (-300)

static tnas_sound_features *features_of(const char *text)
{
    tnas_sound_config config = tnas_sound_defaults;
    tnas_sound_features *features;
    ck_ok(tnas_sound_config_parse(text, &config));
    ck_ok(tnas_sound_features_create(&config, &features));
    return features;
}

static double mel(double hz)
{
    return 2595 * log10(1 + hz / 700);
}

/* The triangle of `band` at a frequency. */
static double triangle(const tnas_sound_config *config, int band, double hz)
{
    const double low = mel(config->low_hz), high = mel(config->high_hz);
    double edge[3];
    for (int i = 0; i < 3; i++)
        edge[i] =
            700 * (pow(10, (low + (high - low) * (band + i) / (config->bands + 1)) / 2595) - 1);
    const double up = (hz - edge[0]) / (edge[1] - edge[0]);
    const double down = (edge[2] - hz) / (edge[2] - edge[1]);
    return fmax(0, fmin(up, down));
}

typedef struct range {
    double low, high;
} range;

/* What a band of this power may read, with lines of `error` amplitude added to it. */
static range band_range(double power, double error, double reference)
{
    const double root = sqrt(power);
    const double high = 20 * log10((root + error) / reference) + LOG_ERROR_DB;
    const double low =
        root > error ? 20 * log10((root - error) / reference) - LOG_ERROR_DB : NOTHING_DB;
    return (range){fmax(low, NOTHING_DB), fmax(high, NOTHING_DB)};
}

/* Decibels of each band of the frame at `start`. */
static void oracle_bands(const tnas_sound_features *features, const int16_t *clip, int start,
                         range *db)
{
    const tnas_sound_config *const config = &features->config;
    const int window = features->device.window_samples, fft = features->device.fft_samples;
    const double emphasis = features->device.pre_emphasis / 32768.0;
    double *const in = fftw_alloc_real((size_t)fft);
    fftw_complex *const out = fftw_alloc_complex((size_t)fft / 2 + 1);
    const fftw_plan plan = fftw_plan_dft_r2c_1d(fft, in, out, FFTW_ESTIMATE);
    double strongest = 0;
    memset(in, 0, (size_t)fft * sizeof *in);
    for (int n = 0; n < window; n++) {
        const int at = start + n, count = features->device.clip_samples;
        const double sample = at >= 0 && at < count ? clip[at] : 0;
        const double before = at - 1 >= 0 && at - 1 < count ? clip[at - 1] : 0;
        in[n] = (sample - emphasis * before) * (0.5 - 0.5 * cos(2 * M_PI * n / window));
    }
    fftw_execute(plan);
    for (int k = 0; k <= fft / 2; k++)
        strongest = fmax(strongest, hypot(out[k][0], out[k][1]));
    for (int band = 0; band < config->bands; band++) {
        double power = 0, weight = 0;
        for (int k = 0; k <= fft / 2; k++) {
            const double share = triangle(config, band, (double)k * config->sample_rate_hz / fft);
            power += share * (out[k][0] * out[k][0] + out[k][1] * out[k][1]);
            weight += share;
        }
        db[band] = band_range(power, strongest * sqrt(weight) * pow(10, -ERROR_FLOOR_DB / 20.0),
                              32768.0 * window / 4);
    }
    fftw_destroy_plan(plan);
    fftw_free(in);
    fftw_free(out);
}

/* u8 features before rounding and clamping. */
static void oracle(const tnas_sound_features *features, const int16_t *clip, int frame, range *out)
{
    const tnas_sound_config *const config = &features->config;
    const int bands = config->bands;
    const double scale = 255 / (config->high_db - config->low_db);
    range db[TNRT_FEATURES_BANDS_MAX];
    oracle_bands(features, clip,
                 features->device.first_sample + frame * features->device.hop_samples, db);
    for (int f = 0; f < features->device.features; f++) {
        range sum = {0, 0};
        if (config->coefficients == 0) {
            out[f] = (range){(db[f].low - config->low_db) * scale,
                             (db[f].high - config->low_db) * scale};
            continue;
        }
        for (int b = 0; b < bands; b++) {
            const double weight =
                sqrt((f == 0 ? 1.0 : 2.0) / bands) * cos(M_PI * f * (b + 0.5) / bands);
            sum.low += weight * (weight > 0 ? db[b].low : db[b].high);
            sum.high += weight * (weight > 0 ? db[b].high : db[b].low);
        }
        const double gain = scale / sqrt(bands) * (f == 0 ? 1 : 2);
        const double zero = f == 0 ? -config->low_db * scale : 127.5;
        out[f] = (range){zero + gain * sum.low, zero + gain * sum.high};
    }
}

static double clamp(double x)
{
    return fmin(255, fmax(0, x));
}

/* Largest distance of a feature from the oracle's range in u8 steps, beyond the half that rounding
 * takes. */
static double worst_error(const tnas_sound_features *features, const int16_t *clip)
{
    const int count = features->device.features, frames = features->device.frames;
    uint8_t *const values = tnas_alloc_zero((size_t)(count * frames), 1);
    range expected[TNRT_FEATURES_BANDS_MAX];
    double worst = 0;
    ck_ok(
        tnas_sound_features_compute(features, clip, (size_t)features->device.clip_samples, values));
    for (int frame = 0; frame < frames; frame++) {
        oracle(features, clip, frame, expected);
        for (int f = 0; f < count; f++) {
            const double value = values[frame * count + f];
            worst = fmax(worst, clamp(expected[f].low) - value - 0.5);
            worst = fmax(worst, value - clamp(expected[f].high) - 0.5);
        }
    }
    tnas_free(values);
    return worst;
}

static const char *const shapes[] = {
    "",
    "window_ms=16,frames=20",
    "sample_rate_hz=16000,window_ms=30,hop_ms=20,frames=49,bands=40,low_hz=20,high_hz=4000",
    "sample_rate_hz=16000,window_ms=64,hop_ms=32,frames=11,bands=64",
    "window_ms=25,hop_ms=10,bands=20,low_hz=100,high_hz=3700,pre_emphasis=0.97",
    "sample_rate_hz=16000,window_ms=30,hop_ms=20,frames=49,bands=40,coefficients=10",
    "window_ms=5.125,hop_ms=5,bands=8,low_hz=0",
    "low_hz=1000,high_hz=3000,bands=16", /* edges on bins */
};
enum { SHAPE_COUNT = sizeof shapes / sizeof shapes[0] };

START_TEST(features_are_those_of_double_precision_rounded_once)
{
    tnas_sound_features *const features = features_of(shapes[_i % SHAPE_COUNT]);
    int16_t *const clip = tnas_alloc_zero((size_t)features->device.clip_samples, sizeof *clip);
    for (int s = 0; s < SOUND_SIGNALS; s++) {
        const char *const name =
            make_signal(s, clip, (size_t)features->device.clip_samples, (uint64_t)_i);
        const double error = worst_error(features, clip);
        ck_assert_msg(error <= ROUNDING_STEPS, "%s of %s is %.3f steps beyond rounding",
                      shapes[_i % SHAPE_COUNT], name, error);
    }
    tnas_free(clip);
    tnas_sound_features_destroy(features);
}
END_TEST

/* Ten decibels over 255 steps: what the front end computes before 8 bits hide it. */
START_TEST(bands_are_those_of_double_precision_in_steps_of_a_twenty_fifth_of_a_decibel)
{
    const char *const shape = shapes[_i];
    for (int low_db = -150; low_db <= 0; low_db += 10) {
        char text[256];
        snprintf(text, sizeof text, "%s,low_db=%d,high_db=%d", shape, low_db, low_db + 10);
        tnas_sound_features *const features = features_of(*shape == '\0' ? text + 1 : text);
        const size_t count = (size_t)features->device.clip_samples;
        int16_t *const clip = tnas_alloc_zero(count, sizeof *clip);
        for (int s = 0; s < SOUND_SIGNALS && features->config.coefficients == 0; s++) {
            const char *const name = make_signal(s, clip, count, 1);
            const double error = worst_error(features, clip);
            ck_assert_msg(error <= ROUNDING_STEPS, "%s of %s is %.3f steps beyond rounding", text,
                          name, error);
        }
        tnas_free(clip);
        tnas_sound_features_destroy(features);
    }
}
END_TEST

START_TEST(silence_is_the_lowest_value_everywhere)
{
    tnas_sound_features *const features = features_of(shapes[_i]);
    const size_t count = (size_t)(features->device.frames * features->device.features);
    uint8_t *const values = tnas_alloc_zero(count, 1);
    ck_ok(tnas_sound_features_compute(features, NULL, 0, values));
    for (size_t i = 0; i < count && features->config.coefficients == 0; i++)
        ck_assert_int_eq(values[i], 0);
    for (size_t i = 0; i < count && features->config.coefficients > 0; i++)
        if (i % features->device.features == 0)
            ck_assert_int_eq(values[i], 0);
        else
            ck_assert_int_eq(values[i], 128);
    tnas_free(values);
    tnas_sound_features_destroy(features);
}
END_TEST

START_TEST(a_sine_of_full_scale_reads_zero_decibels)
{
    tnas_sound_features *const features =
        features_of("low_hz=0,low_db=-60,high_db=4,pre_emphasis=0");
    int16_t clip[8000];
    uint8_t values[40 * 32], highest = 0;
    for (int n = 0; n < 8000; n++)
        clip[n] = (int16_t)rint(32767 * sin(2 * M_PI * 1000 * n / 8000.0));
    ck_ok(tnas_sound_features_compute(features, clip, 8000, values));
    for (int b = 0; b < 32; b++)
        highest = values[20 * 32 + b] > highest ? values[20 * 32 + b] : highest;
    const double db = -60 + highest * 64 / 255.0;
    ck_assert_msg(db > -1 && db < 1.8, "%g dB", db);
    tnas_sound_features_destroy(features);
}
END_TEST

START_TEST(a_short_recording_lies_in_the_middle_and_a_long_one_loses_its_ends)
{
    tnas_sound_features *const features = features_of("");
    int16_t clip[8000], recording[8003];
    for (int n = 0; n < 8003; n++)
        recording[n] = (int16_t)(n + 1);
    tnas_sound_features_centre(features, recording, 8003, clip);
    ck_assert_int_eq(clip[0], 2);
    ck_assert_int_eq(clip[7999], 8001);
    tnas_sound_features_centre(features, recording, 7997, clip);
    ck_assert_int_eq(clip[0], 0);
    ck_assert_int_eq(clip[1], 1);
    ck_assert_int_eq(clip[7997], 7997);
    ck_assert_int_eq(clip[7998], 0);
    tnas_sound_features_destroy(features);
}
END_TEST

/* The frame function and the clip function are the same front end. */
START_TEST(a_stream_of_single_frames_gives_the_features_of_the_clip)
{
    tnas_sound_features *const features = features_of(shapes[_i]);
    const tnrt_features *const device = &features->device;
    const size_t count = (size_t)device->clip_samples;
    int16_t *const clip = tnas_alloc_zero(count, sizeof *clip);
    int32_t *const scratch = tnas_alloc_zero(features->scratch_bytes, 1);
    int8_t *const whole = tnas_alloc_zero((size_t)device->frames, device->features);
    int8_t frame[TNRT_FEATURES_BANDS_MAX];
    make_signal(1, clip, count, 2);
    tnrt_features_clip(device, clip, scratch, whole);
    for (int f = 1; f < device->frames; f++) {
        const int start = device->first_sample + f * device->hop_samples;
        if (start < 1 || start + device->window_samples > device->clip_samples)
            continue;
        tnrt_features_frame(device, clip + start - 1, device->window_samples + 1, 1, scratch,
                            frame);
        ck_assert_mem_eq(frame, whole + f * device->features, device->features);
    }
    tnas_free(clip);
    tnas_free(scratch);
    tnas_free(whole);
    tnas_sound_features_destroy(features);
}
END_TEST

START_TEST(scratch_and_output_are_not_overrun)
{
    tnas_sound_features *const features = features_of(shapes[_i]);
    const tnrt_features *const device = &features->device;
    const size_t out_count = (size_t)(device->frames * device->features);
    int16_t *const clip = tnas_alloc_zero((size_t)device->clip_samples, sizeof *clip);
    uint8_t *const scratch = tnas_alloc_zero(features->scratch_bytes + 16, 1);
    int8_t *const out = tnas_alloc_zero(out_count + 16, 1);
    memset(scratch + features->scratch_bytes, 0x5a, 16);
    memset(out + out_count, 0x5a, 16);
    make_signal(0, clip, (size_t)device->clip_samples, 3);
    tnrt_features_clip(device, clip, scratch, out);
    for (int i = 0; i < 16; i++) {
        ck_assert_int_eq(scratch[features->scratch_bytes + (size_t)i], 0x5a);
        ck_assert_int_eq(out[out_count + (size_t)i], 0x5a);
    }
    tnas_free(clip);
    tnas_free(scratch);
    tnas_free(out);
    tnas_sound_features_destroy(features);
}
END_TEST

START_TEST(a_configuration_that_cannot_be_computed_is_refused_with_key_value_and_rule)
{
    static const char *const refused[][2] = {
        {"frame=40", "unknown key \"frame\""},
        {"frames", "\"frames\": must be KEY=NUMBER"},
        {"frames=4x", "frames = \"4x\": must be a whole number"},
        {"frames=2.5", "frames = \"2.5\": must be a whole number"},
        {"frames=0", "frames = 0: must be 1 to 512"},
        {"window_ms=200", "window_ms = 200 is 1600 samples: must be 2 to 1024"},
        {"high_hz=5000", "high_hz = 5000: must be above low_hz = 60 and at most half of 8000 Hz"},
        {"low_hz=4000", "high_hz = 4000: must be above low_hz = 4000"},
        {"coefficients=33", "coefficients = 33: must be at most bands = 32"},
        {"bands=128", "no bin of a spectrum of 256 samples lies in band 1"},
        {"low_db=-5", "high_db = 0: must be at least 10 above low_db = -5"},
        {"low_db=nan", "low_db = \"nan\": must be a number"},
    };
    tnas_sound_config config = tnas_sound_defaults;
    tnas_sound_features *features = NULL;
    tnas_status status = tnas_sound_config_parse(refused[_i][0], &config);
    if (status == TNAS_OK)
        status = tnas_sound_features_create(&config, &features);
    ck_assert_ptr_null(features);
    ck_fails(TNAS_ERR_USAGE, refused[_i][1], status);
}
END_TEST

START_TEST(a_printed_configuration_is_read_back)
{
    tnas_sound_config config = tnas_sound_defaults, again = tnas_sound_defaults;
    char text[TNAS_SOUND_TEXT_BYTES], twice[TNAS_SOUND_TEXT_BYTES];
    ck_ok(tnas_sound_config_parse(shapes[4], &config));
    tnas_sound_config_print(&config, text);
    ck_ok(tnas_sound_config_parse(text, &again));
    tnas_sound_config_print(&again, twice);
    ck_assert_str_eq(text, twice);
    ck_assert(config.pre_emphasis == again.pre_emphasis && config.frames == again.frames);
}
END_TEST

START_TEST(a_printed_configuration_keeps_every_digit)
{
    static const char *const texts[] = {
        "low_hz=133.33333,low_db=-80.12345",
        "window_ms=31.234567890123456,hop_ms=24.987654321098765,low_hz=133.33333333333334,"
        "high_hz=3999.1234567890124,coefficients=13,pre_emphasis=0.97000000000000009,"
        "low_db=-80.123456789012346,high_db=-1.2345678901234567",
    };
    tnas_sound_config config = tnas_sound_defaults, again = tnas_sound_defaults;
    char text[TNAS_SOUND_TEXT_BYTES];
    ck_ok(tnas_sound_config_parse(texts[_i], &config));
    tnas_sound_config_print(&config, text);
    ck_ok(tnas_sound_config_parse(text, &again));
#define CK_SAME(name, type, fallback, min, max, help) ck_assert(config.name == again.name);
    TNAS_SOUND_FIELDS(CK_SAME)
#undef CK_SAME
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("features");
    TCase *const tc = tcase_create("features");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, features_are_those_of_double_precision_rounded_once, 0,
                        2 * SHAPE_COUNT);
    tcase_add_loop_test(tc,
                        bands_are_those_of_double_precision_in_steps_of_a_twenty_fifth_of_a_decibel,
                        0, SHAPE_COUNT);
    tcase_add_loop_test(tc, silence_is_the_lowest_value_everywhere, 0, SHAPE_COUNT);
    tcase_add_test(tc, a_sine_of_full_scale_reads_zero_decibels);
    tcase_add_test(tc, a_short_recording_lies_in_the_middle_and_a_long_one_loses_its_ends);
    tcase_add_loop_test(tc, a_stream_of_single_frames_gives_the_features_of_the_clip, 0,
                        SHAPE_COUNT);
    tcase_add_loop_test(tc, scratch_and_output_are_not_overrun, 0, SHAPE_COUNT);
    tcase_add_loop_test(
        tc, a_configuration_that_cannot_be_computed_is_refused_with_key_value_and_rule, 0, 12);
    tcase_add_test(tc, a_printed_configuration_is_read_back);
    tcase_add_loop_test(tc, a_printed_configuration_keeps_every_digit, 0, 2);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
