#include "tests/sound_signals.h"

#include <math.h>
#include <stdlib.h>

#include "common/rng.h"
#include "tests/testing.h"

static int16_t clip16(double x)
{
    return (int16_t)rint(fmin(32767, fmax(-32768, x)));
}

const char *make_signal(int index, int16_t *samples, size_t count, uint64_t seed)
{
    static const char *const names[SOUND_SIGNALS] = {
        "noise of full scale", "two tones and noise", "noise of one step",
        "a constant",          "a tone, clipped",     "a square wave",
        "one impulse",         "a faint tone",        "a sweep",
        "the lowest value"};
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, seed * 100 + (uint64_t)index);
    for (size_t n = 0; n < count; n++) {
        const double t = (double)n, noise = (double)tnas_rng_below(&rng, 65536) - 32768;
        double x = 0;
        switch (index) {
        case 0:
            x = noise;
            break;
        case 1:
            x = 9000 * sin(0.3 * t) + 4000 * sin(1.1 * t + 1) + noise / 64;
            break;
        case 2:
            x = noise / 32768;
            break;
        case 3:
            x = 12345;
            break;
        case 4:
            x = 100000 * sin(0.17 * t);
            break;
        case 5:
            x = n / 7 % 2 == 0 ? 32767 : -32768;
            break;
        case 6:
            x = n == count / 2 ? -32768 : 0;
            break;
        case 7:
            x = 3 * sin(0.5 * t);
            break;
        case 8:
            x = 20000 * sin(1.5 * t * t / (double)count);
            break;
        default:
            x = -32768;
            break;
        }
        samples[n] = clip16(x);
    }
    return names[index];
}
