#include "estimators/front_end.h"

#include <math.h>
#include <string.h>

#include "estimators/device_cores.h"

/* Instructions of a frame, by what there is of each: counted on QEMU's cores over nine shapes, all
 * of which these reproduce within 1.1 % (tests/test_features_device.c counts again). */
typedef struct frame_terms {
    const char *core; /* NULL: every other, all of which run Thumb-2 */
    double butterfly; /* fft_samples * (log2(fft_samples) - 1) */
    double word;      /* of the transform */
    double sample;    /* of the window */
    double bin, band, dct_product;
} frame_terms;

/* A Cortex-M0+ multiplies 32 by 32 bits to 64 in a function of the compiler's library. */
static const frame_terms terms[] = {
    {"cortex-m0plus", 53.41, 173.45, 87.12, 73.48, 224.79, 53.99},
    {"rv32imc", 5.22, 53.79, 28.03, 25.51, 126.86, 11.72},
    {"gap8", 5.22, 53.79, 28.03, 25.51, 126.86, 11.72},
    {NULL, 5.01, 49.71, 26.56, 16.42, 112.2, 4.84},
};

/* Cycles an instruction: most small cores lie between one in two instructions a cycle and flash
 * that stalls every one, which is taken as 90 % of them. */
#define CYCLES_INSTRUCTION 1.3
#define SPREAD             2.0
#define Z_TWO_SIDED        1.6449 /* 90 % */
#define Z_ONE_SIDED        1.2816

size_t tnas_front_end_scratch_offset(const tnas_front_end *front_end, size_t input_offset_bytes,
                                     size_t input_bytes)
{
    return input_offset_bytes >= front_end->scratch_bytes ? 0 : input_offset_bytes + input_bytes;
}

double tnas_front_end_instructions(const tnas_front_end *f, const char *core)
{
    const char *const name = tnas_device_core_of(core)->name;
    const frame_terms *t = terms;
    while (t->core != NULL && strcmp(t->core, name) != 0)
        t++;
    const double frame = t->butterfly * f->fft_samples * (log2(f->fft_samples) - 1) +
                         t->word * f->fft_samples + t->sample * f->window_samples +
                         t->bin * f->bins + t->band * f->bands +
                         (f->has_dct ? t->dct_product * f->features * f->bands : 0);
    return f->frames * frame;
}

void tnas_front_end_predict(const tnas_front_end *front_end, const char *core, double clock_mhz,
                            tnas_front_end_time *out)
{
    const double ms =
        tnas_front_end_instructions(front_end, core) * CYCLES_INSTRUCTION * 1e-3 / clock_mhz;
    *out = (tnas_front_end_time){
        .ms = ms,
        .low_ms = ms / SPREAD,
        .high_ms = ms * SPREAD,
        .upper_ms = ms * pow(SPREAD, Z_ONE_SIDED / Z_TWO_SIDED),
    };
}
