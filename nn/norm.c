/* Batch norm over one channel of a map, and its gradient; without batch norm the shift is a
 * bias.
 *
 *   y = scale * (x - mean) / dev + shift,  dev = sqrt(var + epsilon),  var biased
 *   dx = scale / dev * (dy - mean(dy) - (x - mean) / dev^2 * mean(dy * (x - mean)))
 *
 * Ioffe and Szegedy, "Batch Normalization", ICML 2015. Sums are taken around a value of the
 * channel itself, so that a large mean does not swallow a small variance. */
#include <math.h>
#include <string.h>

#include "nn/pass.h"

/* The value of a channel that its sums are taken around. */
static float around(const tnas_pass *pass, int op, int32_t channel)
{
    const int out = pass->net->graph.ops[op].out;
    return tnas_pass_data(pass, out)[(size_t)channel * pass->layout->stride[out]];
}

void tnas_norm_see_map(const tnas_pass *pass, int op, tnas_part part)
{
    const int out = pass->net->graph.ops[op].out;
    const tnas_layout *const layout = pass->layout;
    const size_t stride = layout->stride[out];
    double(*const sums)[2] = tnas_pass_channels(pass, op).sums + part.channel;
    if (part.first == 0)
        memset(sums, 0, (size_t)part.channels * sizeof *sums);
    if (pass->stats != NULL || !tnas_pass_slot(pass, op)->batch_norm)
        return;
    /* Only lanes of real images count; the last block may have others. */
    const size_t plane =
        tnas_layout_pixels(layout, &pass->net->graph.tensors[out]) / (size_t)layout->blocks;
    const size_t whole_pixels = (size_t)(layout->images / TNAS_LANES) * plane;
    const size_t before = whole_pixels > part.first ? whole_pixels - part.first : 0;
    const size_t whole = before < part.pixels ? before : part.pixels;
    const float *channel = tnas_pass_data(pass, out) + (size_t)part.channel * stride;
    for (int32_t c = 0; c < part.channels; c++, channel += stride) {
        const float *const x = channel + part.first * TNAS_LANES;
        const float shift = channel[0]; /* as around() has it */
        pass->kernels->moments(x, whole, TNAS_LANES, shift, sums[c]);
        if (whole < part.pixels)
            pass->kernels->moments(x + whole * TNAS_LANES, part.pixels - whole,
                                   layout->images % TNAS_LANES, shift, sums[c]);
    }
}

/* Mean and biased variance over the real images. */
static void measure(const tnas_pass *pass, int op, int32_t channel, double *mean, double *var)
{
    const tnas_tensor *const out = &pass->net->graph.tensors[pass->net->graph.ops[op].out];
    const double *const sums = tnas_pass_channels(pass, op).sums[channel];
    const double count = (double)out->h * out->w * pass->layout->images;
    const double offset = sums[0] / count;
    *mean = (double)around(pass, op, channel) + offset;
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
        to.sums[channel][0] = to.sums[channel][1] = 0.0; /* now for the gradient */
        return;
    }
    double mean, var;
    if (pass->stats != NULL) {
        mean = pass->stats->mean[pass->net->bn_at[op] + channel];
        var = pass->stats->var[pass->net->bn_at[op] + channel];
    } else {
        measure(pass, op, channel, &mean, &var);
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
    to.sums[channel][0] = to.sums[channel][1] = 0.0; /* now for the gradient */
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

void tnas_norm_see_gradient(const tnas_pass *pass, int tensor, tnas_part part)
{
    const int op = tensor - 1;
    const tnas_channels channels = tnas_pass_channels(pass, op);
    const tnas_map map = tnas_pass_map(pass, tensor);
    const float *const dmap = tnas_pass_dmap(pass, tensor);
    const bool batch_norm = tnas_pass_slot(pass, op)->batch_norm;
    for (int32_t c = part.channel; c < part.channel + part.channels; c++) {
        const size_t at = (size_t)c * map.stride + part.first * TNAS_LANES;
        pass->kernels->gradient_sums(dmap + at, map.data + at, part.pixels,
                                     tnas_map_affine(&map, c), batch_norm ? channels.mean[c] : 0.0f,
                                     channels.sums[c]);
    }
}

tnas_affine_gradient tnas_norm_backward(const tnas_pass *pass, int op, int32_t channel)
{
    const int out = pass->net->graph.ops[op].out;
    const tnas_tensor *const shape = &pass->net->graph.tensors[out];
    const tnas_channels channels = tnas_pass_channels(pass, op);
    const tnas_slot *const slot = tnas_pass_slot(pass, op);
    if (pass->gradient_settled[out])
        return (tnas_affine_gradient){.affine = {1.0f, 0.0f, TNAS_ACT_NONE}};
    if (!pass->gradient_seen[out])
        tnas_norm_see_gradient(pass, out, tnas_pass_channel(pass, out, channel));
    const double *const sums = channels.sums[channel];
    pass->grads[slot->shift_at + (size_t)channel] += (float)sums[0];
    if (slot->batch_norm) {
        const double inverse_dev = channels.inverse_dev[channel], scale = channels.scale[channel];
        const double count = (double)shape->h * shape->w * pass->layout->images;
        pass->grads[slot->scale_at + (size_t)channel] += (float)(sums[1] * inverse_dev);
        channels.slope[channel] = (float)(-scale * inverse_dev * inverse_dev * sums[1] / count);
        channels.offset[channel] = (float)(-scale * sums[0] / count);
    }
    return tnas_norm_gradient(pass, op, channel);
}

void tnas_norm_settle_gradient(tnas_pass *pass, int tensor, int32_t channel)
{
    const tnas_map map = tnas_pass_map(pass, tensor);
    const size_t at = (size_t)channel * map.stride;
    float *const dmap = tnas_pass_dmap(pass, tensor) + at;
    const tnas_grid grid = {.rows = 1,
                            .cols = (int32_t)tnas_layout_pixels(pass->layout, &map.shape),
                            .out_pixel = TNAS_LANES,
                            .in_pixel = TNAS_LANES};
    pass->gradient_settled[tensor] = false; /* this channel is not yet */
    const tnas_affine_gradient norm = tnas_norm_backward(pass, tensor - 1, channel);
    pass->kernels->gradient(dmap, dmap, map.data + at, &grid, &norm);
    tnas_pass_clear_padding(pass, dmap, &map.shape, map.stride, 1);
    pass->gradient_settled[tensor] = true;
}
