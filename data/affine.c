#include "data/affine.h"

#include <math.h>

void tnas_affine_set_range(tnas_affine *affine, int channel, double low, double high)
{
    if (!(high > low)) {
        low -= 0.5;
        high = low + 1;
    }
    affine->scale[channel] = (high - low) / 255;
    affine->zero[channel] = -low / affine->scale[channel];
}

tnas_status tnas_affine_check(const tnas_affine *affine, const char *location)
{
    for (int k = 0; k < affine->channel_count; k++) {
        const float scale = (float)affine->scale[k];
        if (!(scale > 0) || !isfinite(scale) || !isfinite((float)affine->zero[k]))
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s: channel %d: scale %g, zero %g: the range of its values must give "
                             "a scale above 0 and a zero, both finite in single precision",
                             location, k, affine->scale[k], affine->zero[k]);
    }
    return TNAS_OK;
}

static int channel_of(const tnas_affine *affine, int channel)
{
    return affine->channel_count == 1 ? 0 : channel;
}

uint8_t tnas_affine_to_byte(const tnas_affine *affine, int channel, double value)
{
    const int k = channel_of(affine, channel);
    const double byte = floor(value / affine->scale[k] + affine->zero[k] + 0.5);
    return (uint8_t)(byte > 0 ? (byte < 255 ? byte : 255) : 0); /* a NaN is 0 */
}

double tnas_affine_to_value(const tnas_affine *affine, int channel, uint8_t byte)
{
    const int k = channel_of(affine, channel);
    return affine->scale[k] * (byte - affine->zero[k]);
}
