/* Random streams: xoshiro256** seeded through splitmix64 (Blackman and Vigna, "Scrambled
 * linear pseudorandom number generators", TOMS 2021).
 *
 * A stream is a pure function of (seed, stream, index), so results never depend on the
 * order in which threads draw. */
#ifndef TNAS_COMMON_RNG_H
#define TNAS_COMMON_RNG_H

#include <stdint.h>

typedef struct tnas_rng {
    uint64_t state[4];
} tnas_rng;

/* What a stream is for; one line a purpose, so that no two purposes share one. */
typedef enum tnas_rng_purpose {
    TNAS_RNG_TEST,
    TNAS_RNG_DATA,
    TNAS_RNG_INIT,
    TNAS_RNG_SHUFFLE,
    TNAS_RNG_SUBNET,
    TNAS_RNG_SPACE,
    TNAS_RNG_SEARCH,
    TNAS_RNG_FINETUNE,
    TNAS_RNG_CALIBRATION,
    TNAS_RNG_AUGMENT,
    TNAS_RNG_MIXUP,
    TNAS_RNG_PREDICTOR,
} tnas_rng_purpose;

tnas_rng tnas_rng_stream(uint64_t seed, tnas_rng_purpose purpose, uint64_t index);

uint64_t tnas_rng_u64(tnas_rng *rng);
uint32_t tnas_rng_below(tnas_rng *rng, uint32_t bound); /* uniform in 0..bound-1, bound > 0 */
double tnas_rng_unit(tnas_rng *rng);                    /* uniform in [0, 1) */
double tnas_rng_normal(tnas_rng *rng);                  /* mean 0, deviation 1 */

/* items[0..count) in random order (Fisher-Yates). */
void tnas_rng_shuffle(tnas_rng *rng, uint32_t *items, uint32_t count);

#endif
