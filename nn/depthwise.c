/* Depthwise convolutions, channel by channel and block by block, so that everything stays in
 * the first cache. The input plane is normalised and activated while it is copied into a
 * plane with its padding. Backward, the gradient is spread over a plane so that
 *   din     is a window of stride 1 over it with the weights turned around, and
 *   dweight is the product of the padded input with it:
 * output (y, x) lies at row kernel_h - 1 - pad_top + y * stride_h, likewise in its row. */
#include <string.h>

#include "nn/pass.h"
#include "nn/slice.h"

typedef struct depthwise {
    tnas_op op;
    tnas_map in;
    tnas_tensor out;
    size_t out_stride;
    size_t taps;
    int32_t padded_h, padded_w; /* input plane as far as windows see it */
    int32_t spread_h, spread_w; /* gradient plane */
    float *plane, *dplane;
} depthwise;

static depthwise depthwise_of(const tnas_pass *pass, int op)
{
    const tnas_op o = pass->net->graph.ops[op];
    depthwise d = {.op = o,
                   .in = tnas_pass_map(pass, o.in[0]),
                   .out = pass->net->graph.tensors[o.out],
                   .out_stride = pass->layout->stride[o.out],
                   .taps = (size_t)o.kernel_h * o.kernel_w,
                   .plane = pass->block + pass->layout->plane_at,
                   .dplane = pass->block + pass->layout->dplane_at};
    d.padded_h = (d.out.h - 1) * o.stride_h + o.kernel_h;
    d.padded_w = (d.out.w - 1) * o.stride_w + o.kernel_w;
    d.spread_h = d.in.shape.h + o.kernel_h - 1;
    d.spread_w = d.in.shape.w + o.kernel_w - 1;
    return d;
}

static size_t plane_floats(int32_t h, int32_t w)
{
    return (size_t)h * (size_t)w * TNAS_LANES;
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Copies one plane of the input into the padded plane, whose border is zero already. */
static void pad_input(const tnas_pass *pass, const depthwise *d, int32_t channel, int block)
{
    const tnas_tensor *const in = &d->in.shape;
    const size_t row = (size_t)d->padded_w * TNAS_LANES;
    const tnas_grid grid = {.rows = smaller(in->h, d->padded_h - d->op.pad_top),
                            .cols = smaller(in->w, d->padded_w - d->op.pad_left),
                            .out_row = row,
                            .out_pixel = TNAS_LANES,
                            .in_row = (size_t)in->w * TNAS_LANES,
                            .in_pixel = TNAS_LANES};
    const size_t from = (size_t)channel * d->in.stride + (size_t)block * plane_floats(in->h, in->w);
    pass->kernels->activate(d->plane + d->op.pad_top * row + d->op.pad_left * TNAS_LANES,
                            d->in.data + from, &grid, tnas_map_affine(&d->in, channel));
}

void tnas_depthwise_forward(tnas_pass *pass, int op)
{
    const depthwise d = depthwise_of(pass, op);
    const tnas_slice slice = tnas_slice_of(pass->net, pass->store, op);
    float *const weight = pass->block + pass->layout->weight_at;
    tnas_slice_gather(&slice, pass->store->values, weight);
    memset(d.plane, 0, plane_floats(d.padded_h, d.padded_w) * sizeof(float));
    const tnas_window window = {.out_h = d.out.h,
                                .out_w = d.out.w,
                                .kernel_h = d.op.kernel_h,
                                .kernel_w = d.op.kernel_w,
                                .stride_h = d.op.stride_h,
                                .stride_w = d.op.stride_w,
                                .in_row = (size_t)d.padded_w * TNAS_LANES};
    for (int32_t c = 0; c < d.out.c; c++) {
        float *const channel = tnas_pass_data(pass, d.op.out) + (size_t)c * d.out_stride;
        for (int block = 0; block < pass->layout->blocks; block++) {
            pad_input(pass, &d, c, block);
            pass->kernels->window(&window, d.plane, weight + (size_t)c * d.taps,
                                  channel + (size_t)block * plane_floats(d.out.h, d.out.w), false);
        }
        tnas_pass_clear_padding(pass, channel, &d.out, d.out_stride, 1);
        tnas_norm_see_map(pass, op, tnas_pass_channel(pass, d.op.out, c));
        tnas_norm_forward(pass, op, c);
    }
}

/* Where the gradient of output (0, 0) lies in the spread plane. */
static float *spread_origin(const depthwise *d)
{
    const size_t y = (size_t)(d->op.kernel_h - 1 - d->op.pad_top);
    const size_t x = (size_t)(d->op.kernel_w - 1 - d->op.pad_left);
    return d->dplane + (y * (size_t)d->spread_w + x) * TNAS_LANES;
}

/* Carries one plane of the output's gradient back through activation and batch norm into the
 * spread plane, whose other pixels are zero already. */
static void spread_gradient(const tnas_pass *pass, const depthwise *d, int32_t channel, int block,
                            const tnas_affine_gradient *norm)
{
    const size_t row = (size_t)d->spread_w * TNAS_LANES;
    const tnas_grid grid = {.rows = d->out.h,
                            .cols = d->out.w,
                            .out_row = row * d->op.stride_h,
                            .out_pixel = (size_t)d->op.stride_w * TNAS_LANES,
                            .in_row = (size_t)d->out.w * TNAS_LANES,
                            .in_pixel = TNAS_LANES};
    const size_t at =
        (size_t)channel * d->out_stride + (size_t)block * plane_floats(d->out.h, d->out.w);
    pass->kernels->gradient(spread_origin(d), tnas_pass_dmap(pass, d->op.out) + at,
                            tnas_pass_data(pass, d->op.out) + at, &grid, norm);
    tnas_pass_clear_plane(pass, d->dplane, (size_t)d->spread_h * (size_t)d->spread_w, block);
}

/* Adds the gradient of one channel's weights over all blocks, and sets or adds din. */
static void channel_backward(const tnas_pass *pass, const depthwise *d, int32_t channel,
                             const tnas_affine_gradient *norm, const float *turned, float *lanes,
                             float *din, bool add)
{
    const tnas_window seen = {.out_h = d->out.h,
                              .out_w = d->out.w,
                              .kernel_h = d->op.kernel_h,
                              .kernel_w = d->op.kernel_w,
                              .stride_h = d->op.stride_h,
                              .stride_w = d->op.stride_w,
                              .in_row = (size_t)d->padded_w * TNAS_LANES};
    const tnas_window back = {.out_h = d->in.shape.h,
                              .out_w = d->in.shape.w,
                              .kernel_h = d->op.kernel_h,
                              .kernel_w = d->op.kernel_w,
                              .stride_h = 1,
                              .stride_w = 1,
                              .in_row = (size_t)d->spread_w * TNAS_LANES};
    for (int block = 0; block < pass->layout->blocks; block++) {
        spread_gradient(pass, d, channel, block, norm);
        pad_input(pass, d, channel, block);
        pass->kernels->window_gradient(&seen, d->plane, spread_origin(d),
                                       back.in_row * d->op.stride_h,
                                       (size_t)d->op.stride_w * TNAS_LANES, lanes);
        if (din != NULL)
            pass->kernels->window(&back, d->dplane, turned,
                                  din + (size_t)channel * d->in.stride +
                                      (size_t)block * plane_floats(back.out_h, back.out_w),
                                  add);
    }
}

void tnas_depthwise_backward(tnas_pass *pass, int op)
{
    const depthwise d = depthwise_of(pass, op);
    const tnas_slice slice = tnas_slice_of(pass->net, pass->store, op);
    float *const weight = pass->block + pass->layout->weight_at;
    float *const dweight = pass->block + pass->layout->dweight_at;
    float *const lanes = pass->block + pass->layout->columns_at; /* [taps, TNAS_LANES] */
    float *const turned = lanes + d.taps * TNAS_LANES;           /* [taps] */
    tnas_slice_gather(&slice, pass->store->values, weight);
    memset(d.plane, 0, plane_floats(d.padded_h, d.padded_w) * sizeof(float));
    memset(d.dplane, 0, plane_floats(d.spread_h, d.spread_w) * sizeof(float));

    const int in = d.op.in[0];
    float *const din = in > 0 ? tnas_pass_dmap(pass, in) : NULL;
    const bool add = in > 0 && tnas_pass_adds_gradient(pass, in);
    const bool completes = in > 0 && tnas_pass_completes_gradient(pass, op, in);
    for (int32_t c = 0; c < d.out.c; c++) {
        const tnas_affine_gradient norm = tnas_norm_backward(pass, op, c);
        for (size_t tap = 0; tap < d.taps; tap++)
            turned[tap] = weight[(size_t)c * d.taps + d.taps - 1 - tap];
        memset(lanes, 0, d.taps * TNAS_LANES * sizeof(float));
        channel_backward(pass, &d, c, &norm, turned, lanes, din, add);
        if (completes)
            tnas_norm_settle_gradient(pass, in, c);
        for (size_t tap = 0; tap < d.taps; tap++) {
            float sum = 0.0f;
            for (int lane = 0; lane < TNAS_LANES; lane++)
                sum += lanes[tap * TNAS_LANES + (size_t)lane];
            dweight[(size_t)c * d.taps + tap] = sum;
        }
    }
    tnas_slice_scatter_add(&slice, dweight, pass->grads);
}
