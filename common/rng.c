#include "common/rng.h"

#include <math.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

tnas_rng tnas_rng_stream(uint64_t seed, tnas_rng_purpose purpose, uint64_t index)
{
    /* Three rounds of mixing, so that neighbouring seeds, purposes and indices are unrelated. */
    uint64_t state = seed;
    state = splitmix64(&state) ^ (uint64_t)purpose;
    state = splitmix64(&state) ^ index;
    tnas_rng rng;
    for (int i = 0; i < 4; i++)
        rng.state[i] = splitmix64(&state);
    return rng;
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

uint64_t tnas_rng_u64(tnas_rng *rng)
{
    uint64_t *const s = rng->state;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint32_t tnas_rng_below(tnas_rng *rng, uint32_t bound)
{
    /* Lemire's multiplication with rejection: exact for every bound. */
    const uint32_t threshold = (uint32_t)(-bound) % bound;
    for (;;) {
        const uint64_t product = (tnas_rng_u64(rng) >> 32) * (uint64_t)bound;
        if ((uint32_t)product >= threshold)
            return (uint32_t)(product >> 32);
    }
}

double tnas_rng_unit(tnas_rng *rng)
{
    return (double)(tnas_rng_u64(rng) >> 11) * 0x1.0p-53;
}

double tnas_rng_normal(tnas_rng *rng)
{
    /* Box and Muller; the second value is dropped, so that a draw has no memory. */
    const double radius = sqrt(-2.0 * log(1.0 - tnas_rng_unit(rng)));
    const double angle = 6.283185307179586 * tnas_rng_unit(rng);
    return radius * cos(angle);
}

void tnas_rng_shuffle(tnas_rng *rng, uint32_t *items, uint32_t count)
{
    for (uint32_t i = count; i > 1; i--) {
        const uint32_t j = tnas_rng_below(rng, i);
        const uint32_t kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}
