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

/* The first piece of a part that ends where sums are closed, at the latest, or before lanes that
 * are padding. */
typedef struct piece {
    size_t pixels;
    int real; /* lanes of images */
    bool closes;
} piece;

static piece first_piece(const tnas_pass *pass, int tensor, const tnas_part *part)
{
    const tnas_layout *const layout = pass->layout;
    const size_t all = tnas_layout_pixels(layout, &pass->net->graph.tensors[tensor]);
    /* Only the last block may have padding. */
    const size_t whole = (size_t)(layout->images / TNAS_LANES) * (all / (size_t)layout->blocks);
    const bool padded = part->first >= whole;
    const size_t limits[] = {TNAS_STRETCH - part->first % TNAS_STRETCH, part->pixels,
                             (padded ? all : whole) - part->first};
    piece p = {limits[0], padded ? layout->images % TNAS_LANES : TNAS_LANES, false};
    for (int i = 1; i < 3; i++)
        p.pixels = limits[i] < p.pixels ? limits[i] : p.pixels;
    const size_t end = part->first + p.pixels;
    p.closes = end % TNAS_STRETCH == 0 || end == all;
    return p;
}

/* The channels of a part, as the kernels want them for one piece. */
static tnas_channel_run run_of(const tnas_pass *pass, int op, const tnas_part *part, piece p)
{
    const tnas_channels channels = tnas_pass_channels(pass, op);
    const int out = pass->net->graph.ops[op].out;
    const int32_t c = part->channel;
    return (tnas_channel_run){.channels = part->channels,
                              .stride = pass->layout->stride[out],
                              .pixels = p.pixels,
                              .mean = channels.mean + c,
                              .scale = channels.scale + c,
                              .shift = channels.shift + c,
                              .activation = tnas_pass_quantizes(pass, out)
                                                ? TNAS_ACT_NONE
                                                : pass->net->graph.ops[op].activation,
                              .lanes = channels.lanes + c,
                              .sums = p.closes ? channels.sums + c : NULL};
}

static size_t part_at(const tnas_channel_run *run, const tnas_part *part)
{
    return (size_t)part->channel * run->stride + part->first * TNAS_LANES;
}

/* Empties the sums of channels whose first pixels are about to be seen. */
static void start_sums(const tnas_pass *pass, int op, const tnas_part *part)
{
    const tnas_channels channels = tnas_pass_channels(pass, op);
    const int out = pass->net->graph.ops[op].out;
    for (int32_t c = part->channel; c < part->channel + part->channels; c++) {
        channels.mean[c] = tnas_pass_data(pass, out)[(size_t)c * pass->layout->stride[out]];
        channels.sums[c][0] = channels.sums[c][1] = 0.0;
        channels.lanes[c] = (tnas_lane_sums){{0}, {0}};
    }
}

void tnas_norm_see_map(const tnas_pass *pass, int op, tnas_part part)
{
    const int out = pass->net->graph.ops[op].out;
    if (part.first == 0)
        start_sums(pass, op, &part);
    if (pass->stats != NULL || !tnas_pass_slot(pass, op)->batch_norm)
        return;
    while (part.pixels > 0) {
        const piece p = first_piece(pass, out, &part);
        const tnas_channel_run run = run_of(pass, op, &part, p);
        pass->kernels->moments(&run, tnas_pass_data(pass, out) + part_at(&run, &part), p.real);
        part.first += p.pixels;
        part.pixels -= p.pixels;
    }
}

/* Mean and biased variance over the real images. */
static void measure(const tnas_pass *pass, int op, int32_t channel, double *mean, double *var)
{
    const tnas_tensor *const out = &pass->net->graph.tensors[pass->net->graph.ops[op].out];
    const double *const sums = tnas_pass_channels(pass, op).sums[channel];
    const double count = (double)out->h * out->w * pass->layout->images;
    const double offset = sums[0] / count;
    *mean = tnas_pass_channels(pass, op).mean[channel] + offset;
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
        to.mean[channel] = 0.0f;
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
    while (part.pixels > 0) {
        const piece p = first_piece(pass, tensor, &part);
        const tnas_channel_run run = run_of(pass, tensor - 1, &part, p);
        const size_t at = part_at(&run, &part);
        pass->kernels->gradient_sums(&run, tnas_pass_dmap(pass, tensor) + at,
                                     tnas_pass_data(pass, tensor) + at);
        part.first += p.pixels;
        part.pixels -= p.pixels;
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
