/* Depthwise convolutions, channel by channel and block by block, so that everything stays in
 * the first cache. The input plane is normalised and activated while it is copied into a
 * plane with its padding. Backward, the gradient gets a border likewise;
 *   dweight is the product of the padded input with it, and
 *   din     is one window of stride 1 over it for every phase: the input's pixels that are the
 *           same number modulo the stride see the same taps, every stride-th of the kernel,
 *           turned around. */
#include <string.h>

#include "nn/pass.h"

typedef struct depthwise {
    tnas_op op;
    tnas_map in;
    tnas_tensor out;
    size_t out_stride;
    int blocks;
    size_t taps;
    int32_t padded_h, padded_w;      /* input plane as far as windows see it */
    int32_t border_top, border_left; /* of the gradient plane */
    int32_t bordered_h, bordered_w;
    float *plane, *dplane;
} depthwise;

/* Along one side, input pixel i gets gradients from the outputs q, q - 1, ... with
 * q = (i + pad) / stride, at most `reach` of them before q. */
static int32_t reach(int32_t kernel, int32_t stride)
{
    return (kernel - 1) / stride;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static depthwise depthwise_of(const tnas_pass *pass, int op)
{
    const tnas_op o = pass->net->graph.ops[op];
    depthwise d = {.op = o,
                   .in = tnas_pass_map(pass, o.in[0]),
                   .out = pass->net->graph.tensors[o.out],
                   .out_stride = pass->layout->stride[o.out],
                   .blocks = pass->layout->blocks,
                   .taps = (size_t)o.kernel_h * o.kernel_w,
                   .plane = pass->block + pass->layout->plane_at,
                   .dplane = pass->block + pass->layout->dplane_at};
    d.padded_h = (d.out.h - 1) * o.stride_h + o.kernel_h;
    d.padded_w = (d.out.w - 1) * o.stride_w + o.kernel_w;
    /* The first pixel sees output pad / stride and those before. */
    d.border_top = reach(o.kernel_h, o.stride_h) - o.pad_top / o.stride_h;
    d.border_left = reach(o.kernel_w, o.stride_w) - o.pad_left / o.stride_w;
    d.bordered_h = d.border_top + larger((d.in.shape.h - 1 + o.pad_top) / o.stride_h + 1, d.out.h);
    d.bordered_w =
        d.border_left + larger((d.in.shape.w - 1 + o.pad_left) / o.stride_w + 1, d.out.w);
    return d;
}

static size_t plane_floats(int32_t h, int32_t w)
{
    return (size_t)h * (size_t)w * TNAS_LANES;
}

/* Offsets of a plane in the maps of input and output. Planes are counted through all blocks of
 * all channels; the one behind the last may be fetched, not read. */
static size_t plane_at(const depthwise *d, const tnas_tensor *shape, size_t stride, int plane)
{
    return (size_t)(plane / d->blocks) * stride +
           (size_t)(plane % d->blocks) * plane_floats(shape->h, shape->w);
}

static size_t in_at(const depthwise *d, int plane)
{
    return plane_at(d, &d->in.shape, d->in.stride, plane);
}

static size_t out_at(const depthwise *d, int plane)
{
    return plane_at(d, &d->out, d->out_stride, plane);
}

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Copies one plane of the input into the padded plane, whose border is zero already. */
static void pad_input(const tnas_pass *pass, const depthwise *d, int plane)
{
    const tnas_tensor *const in = &d->in.shape;
    const size_t row = (size_t)d->padded_w * TNAS_LANES;
    const tnas_grid grid = {.rows = smaller(in->h, d->padded_h - d->op.pad_top),
                            .cols = smaller(in->w, d->padded_w - d->op.pad_left),
                            .out_row = row,
                            .out_pixel = TNAS_LANES,
                            .in_row = (size_t)in->w * TNAS_LANES,
                            .in_pixel = TNAS_LANES};
    pass->kernels->activate(d->plane + d->op.pad_top * row + d->op.pad_left * TNAS_LANES,
                            d->in.data + in_at(d, plane), &grid,
                            tnas_map_affine(&d->in, plane / d->blocks));
}

void tnas_depthwise_forward(tnas_pass *pass, int op)
{
    const depthwise d = depthwise_of(pass, op);
    const float *const weight = tnas_pass_weight(pass, op);
    memset(d.plane, 0, plane_floats(d.padded_h, d.padded_w) * sizeof(float));
    float *const out = tnas_pass_data(pass, d.op.out);
    const tnas_window window = {.out_h = d.out.h,
                                .out_w = d.out.w,
                                .kernel_h = d.op.kernel_h,
                                .kernel_w = d.op.kernel_w,
                                .stride_h = d.op.stride_h,
                                .stride_w = d.op.stride_w,
                                .in_row = plane_floats(1, d.padded_w),
                                .out_row = plane_floats(1, d.out.w),
                                .out_pixel = TNAS_LANES,
                                .first_row = d.op.pad_top,
                                .end_row = d.op.pad_top + d.in.shape.h};
    for (int32_t c = 0; c < d.out.c; c++) {
        for (int plane = c * d.blocks; plane < (c + 1) * d.blocks; plane++) {
            pad_input(pass, &d, plane);
            pass->kernels->window(&window, d.plane, weight + (size_t)c * d.taps,
                                  out + out_at(&d, plane), false);
        }
        tnas_pass_clear_padding(pass, out + (size_t)c * d.out_stride, &d.out, d.out_stride, 1);
        tnas_norm_see_map(pass, op, tnas_pass_channel(pass, d.op.out, c));
        tnas_norm_forward(pass, op, c);
    }
}

/* Where the gradient of output (0, 0) lies in its plane. */
static float *gradient_origin(const depthwise *d)
{
    return d->dplane + plane_floats(d->border_top, d->bordered_w) + plane_floats(1, d->border_left);
}

/* Carries one plane of the output's gradient back through activation and batch norm into the
 * plane whose border is zero already. */
static void border_gradient(const tnas_pass *pass, const depthwise *d, int plane,
                            const tnas_affine_gradient *norm)
{
    const tnas_grid grid = {.rows = d->out.h,
                            .cols = d->out.w,
                            .out_row = plane_floats(1, d->bordered_w),
                            .out_pixel = TNAS_LANES,
                            .in_row = plane_floats(1, d->out.w),
                            .in_pixel = TNAS_LANES};
    const size_t at = out_at(d, plane);
    pass->kernels->gradient(gradient_origin(d), tnas_pass_dmap(pass, d->op.out) + at,
                            tnas_pass_data(pass, d->op.out) + at, &grid, norm);
    tnas_pass_clear_plane(pass, d->dplane, (size_t)d->bordered_h * (size_t)d->bordered_w,
                          plane % d->blocks);
}

/* Pixels first, first + stride, ... of one side, and the taps that they see. */
typedef struct phase {
    int32_t first, pixels;
    int32_t tap, taps; /* tap, tap + stride, ... */
    int32_t from;      /* row or column of the gradient plane where the first window starts */
} phase;

static phase phase_of(int32_t tap, int32_t in, int32_t kernel, int32_t stride, int32_t pad,
                      int32_t border)
{
    phase p = {.tap = tap,
               .taps = (kernel - tap + stride - 1) / stride,
               .first = (tap - pad % stride + stride) % stride};
    p.pixels = (in - p.first + stride - 1) / stride;
    p.from = (p.first + pad) / stride - (p.taps - 1) + border;
    return p;
}

static phase vertical_phase(const depthwise *d, int32_t tap)
{
    return phase_of(tap, d->in.shape.h, d->op.kernel_h, d->op.stride_h, d->op.pad_top,
                    d->border_top);
}

static phase horizontal_phase(const depthwise *d, int32_t tap)
{
    return phase_of(tap, d->in.shape.w, d->op.kernel_w, d->op.stride_w, d->op.pad_left,
                    d->border_left);
}

/* The weights of one channel as the phases want them, one phase after the other. */
static void turn_weight(const depthwise *d, const float *weight, float *turned)
{
    for (int32_t ky = 0; ky < d->op.stride_h; ky++)
        for (int32_t kx = 0; kx < d->op.stride_w; kx++) {
            const phase v = vertical_phase(d, ky), h = horizontal_phase(d, kx);
            for (int32_t y = v.taps - 1; y >= 0; y--)
                for (int32_t x = h.taps - 1; x >= 0; x--)
                    *turned++ = weight[(ky + y * d->op.stride_h) * d->op.kernel_w + kx +
                                       x * d->op.stride_w];
        }
}

/* Sets or adds the gradient of one input plane, and fetches another that is laid out alike. */
static void input_gradient(const tnas_pass *pass, const depthwise *d, const float *turned,
                           float *din, bool add, const float *fetch)
{
    const size_t row = plane_floats(1, d->in.shape.w);
    for (int32_t ky = 0; ky < d->op.stride_h; ky++)
        for (int32_t kx = 0; kx < d->op.stride_w; kx++) {
            const phase v = vertical_phase(d, ky), h = horizontal_phase(d, kx);
            const size_t at = (size_t)v.first * row + plane_floats(1, h.first);
            const tnas_window back = {.out_h = v.pixels,
                                      .out_w = h.pixels,
                                      .kernel_h = v.taps,
                                      .kernel_w = h.taps,
                                      .stride_h = 1,
                                      .stride_w = 1,
                                      .in_row = plane_floats(1, d->bordered_w),
                                      .out_row = row * d->op.stride_h,
                                      .out_pixel = plane_floats(1, d->op.stride_w),
                                      .first_row = d->border_top - v.from,
                                      .end_row = d->border_top - v.from + d->out.h,
                                      .fetch = fetch + at};
            pass->kernels->window(
                &back, d->dplane + plane_floats(v.from, d->bordered_w) + plane_floats(1, h.from),
                turned, din + at, add);
            turned += v.taps * h.taps;
        }
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
                              .in_row = plane_floats(1, d->padded_w),
                              .first_row = d->op.pad_top,
                              .end_row = d->op.pad_top + d->in.shape.h};
    for (int plane = channel * d->blocks; plane < (channel + 1) * d->blocks; plane++) {
        border_gradient(pass, d, plane, norm);
        pad_input(pass, d, plane);
        pass->kernels->window_gradient(&seen, d->plane, gradient_origin(d),
                                       plane_floats(1, d->bordered_w), TNAS_LANES, lanes);
        if (din != NULL)
            input_gradient(pass, d, turned, din + in_at(d, plane), add,
                           d->in.data + in_at(d, plane + 1));
    }
}

void tnas_depthwise_backward(tnas_pass *pass, int op)
{
    const depthwise d = depthwise_of(pass, op);
    const float *const weight = tnas_pass_weight(pass, op);
    float *const dweight = pass->block + pass->layout->dweight_at;
    float *const lanes = pass->block + pass->layout->columns_at; /* [taps, TNAS_LANES] */
    float *const turned = lanes + d.taps * TNAS_LANES;           /* [taps] */
    memset(d.plane, 0, plane_floats(d.padded_h, d.padded_w) * sizeof(float));
    memset(d.dplane, 0, plane_floats(d.bordered_h, d.bordered_w) * sizeof(float));

    const int in = d.op.in[0];
    float *const din = in > 0 ? tnas_pass_dmap(pass, in) : NULL;
    const bool add = in > 0 && tnas_pass_adds_gradient(pass, in);
    const bool completes = in > 0 && tnas_pass_completes_gradient(pass, op, in);
    for (int32_t c = 0; c < d.out.c; c++) {
        const tnas_affine_gradient norm = tnas_norm_backward(pass, op, c);
        turn_weight(&d, weight + (size_t)c * d.taps, turned);
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
    tnas_pass_add_weight_gradient(pass, op);
}
