/* Batch norm over one channel of a map, and its gradient; without batch norm the shift is a
 * bias.
 *
 *   y = scale * (x - mean) / dev + shift,  dev = sqrt(var + epsilon),  var biased
 *   dx = scale / dev * (dy - mean(dy) - (x - mean) / dev^2 * mean(dy * (x - mean)))
 *
 * Ioffe and Szegedy, "Batch Normalization", ICML 2015. Sums are taken around a value of the
 * channel itself, so that a large mean does not swallow a small variance. */
#include <math.h>

#include "nn/pass.h"

/* Mean and biased variance over the real images. */
static void measure(const tnas_pass *pass, const float *x, size_t pixels, double *mean, double *var)
{
    const tnas_layout *const layout = pass->layout;
    const size_t plane = pixels / (size_t)layout->blocks;
    const int whole = layout->images / TNAS_LANES, rest = layout->images % TNAS_LANES;
    const float around = x[0];
    double sums[2] = {0.0, 0.0};
    pass->kernels->moments(x, (size_t)whole * plane, TNAS_LANES, around, sums);
    if (rest > 0)
        pass->kernels->moments(x + (size_t)whole * plane * TNAS_LANES, plane, rest, around, sums);
    const double count = (double)plane * layout->images;
    const double offset = sums[0] / count;
    *mean = (double)around + offset;
    const double spread = sums[1] / count - offset * offset;
    *var = spread < 0.0 ? 0.0 : spread; /* rounding; not a number stays */
}

void tnas_norm_forward(const tnas_pass *pass, int op, int32_t channel)
{
    const tnas_channels to = tnas_pass_channels(pass, op);
    const tnas_slot *const slot = tnas_pass_slot(pass, op);
    const float shift = pass->store->values[slot->shift_at + (size_t)channel];
    if (!slot->batch_norm) {
        to.scale[channel] = 1.0f;
        to.shift[channel] = shift;
        return;
    }
    double mean, var;
    if (pass->stats != NULL) {
        mean = pass->stats->mean[pass->net->bn_at[op] + channel];
        var = pass->stats->var[pass->net->bn_at[op] + channel];
    } else {
        const int out = pass->net->graph.ops[op].out;
        const size_t pixels = tnas_layout_pixels(pass->layout, &pass->net->graph.tensors[out]);
        measure(pass, tnas_pass_data(pass, out) + (size_t)channel * pass->layout->stride[out],
                pixels, &mean, &var);
        if (pass->measured.mean != NULL) {
            pass->measured.mean[pass->net->bn_at[op] + channel] = (float)mean;
            pass->measured.var[pass->net->bn_at[op] + channel] = (float)var;
        }
    }
    const double inverse_dev = 1.0 / sqrt(var + (double)TNAS_BN_EPSILON);
    const double scale = pass->store->values[slot->scale_at + (size_t)channel] * inverse_dev;
    to.scale[channel] = (float)scale;
    to.shift[channel] = (float)(shift - mean * scale);
    to.mean[channel] = (float)mean;
    to.inverse_dev[channel] = (float)inverse_dev;
}

tnas_affine_gradient tnas_norm_gradient(const tnas_pass *pass, int op, int32_t channel)
{
    const tnas_map map = tnas_pass_map(pass, pass->net->graph.ops[op].out);
    const tnas_affine affine = tnas_map_affine(&map, channel);
    if (!tnas_pass_slot(pass, op)->batch_norm)
        return (tnas_affine_gradient){.affine = affine};
    const tnas_channels from = tnas_pass_channels(pass, op);
    return (tnas_affine_gradient){.affine = affine,
                                  .slope = from.slope[channel],
                                  .mean = from.mean[channel],
                                  .offset = from.offset[channel]};
}

tnas_affine_gradient tnas_norm_backward(const tnas_pass *pass, int op, int32_t channel)
{
    const tnas_channels channels = tnas_pass_channels(pass, op);
    const tnas_slot *const slot = tnas_pass_slot(pass, op);
    const int out = pass->net->graph.ops[op].out;
    const tnas_tensor *const shape = &pass->net->graph.tensors[out];
    const tnas_map map = tnas_pass_map(pass, out);
    const size_t at = (size_t)channel * map.stride;
    const tnas_affine affine = tnas_map_affine(&map, channel);

    double sums[2] = {0.0, 0.0};
    pass->kernels->gradient_sums(tnas_pass_dmap(pass, out) + at, map.data + at,
                                 tnas_layout_pixels(pass->layout, shape), affine,
                                 slot->batch_norm ? channels.mean[channel] : 0.0f, sums);
    pass->grads[slot->shift_at + (size_t)channel] += (float)sums[0];
    if (slot->batch_norm) {
        const double inverse_dev = channels.inverse_dev[channel], scale = affine.scale;
        const double count = (double)shape->h * shape->w * pass->layout->images;
        pass->grads[slot->scale_at + (size_t)channel] += (float)(sums[1] * inverse_dev);
        channels.slope[channel] = (float)(-scale * inverse_dev * inverse_dev * sums[1] / count);
        channels.offset[channel] = (float)(-scale * sums[0] / count);
    }
    return tnas_norm_gradient(pass, op, channel);
}
