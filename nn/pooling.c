/* Average and maximum over windows, plane by plane. These layers cost next to nothing, so the
 * loops are the plain ones, one lane of 16 images inside. */
#include <string.h>

#include "nn/pass.h"

/* The part of a window that lies inside the image. */
typedef struct part {
    int32_t y, y_end, x, x_end;
} part;

static part window_part(const tnas_op *op, const tnas_tensor *in, int32_t oy, int32_t ox)
{
    const int32_t y = oy * op->stride_h - op->pad_top, x = ox * op->stride_w - op->pad_left;
    const int32_t y_end = y + op->kernel_h, x_end = x + op->kernel_w;
    return (part){y > 0 ? y : 0, y_end < in->h ? y_end : in->h, x > 0 ? x : 0,
                  x_end < in->w ? x_end : in->w};
}

static size_t pixel(const tnas_tensor *in, int32_t y, int32_t x)
{
    return ((size_t)y * (size_t)in->w + (size_t)x) * TNAS_LANES;
}

static float share(const part *p)
{
    return 1.0f / (float)((p->y_end - p->y) * (p->x_end - p->x));
}

static void average_forward(const float *in, const tnas_tensor *shape, const part *p, float *out)
{
    float sums[TNAS_LANES] = {0};
    for (int32_t y = p->y; y < p->y_end; y++)
        for (int32_t x = p->x; x < p->x_end; x++)
            for (int lane = 0; lane < TNAS_LANES; lane++)
                sums[lane] += in[pixel(shape, y, x) + (size_t)lane];
    for (int lane = 0; lane < TNAS_LANES; lane++)
        out[lane] = sums[lane] * share(p);
}

static void average_backward(const float *in, const tnas_tensor *shape, const part *p,
                             const float *dout, float *din)
{
    (void)in;
    for (int32_t y = p->y; y < p->y_end; y++)
        for (int32_t x = p->x; x < p->x_end; x++)
            for (int lane = 0; lane < TNAS_LANES; lane++)
                din[pixel(shape, y, x) + (size_t)lane] += dout[lane] * share(p);
}

/* The first pixel, row by row, whose value no other exceeds; not a number wins, to be seen. */
static size_t winner(const float *in, const tnas_tensor *shape, const part *p, int lane)
{
    size_t best = pixel(shape, p->y, p->x) + (size_t)lane;
    for (int32_t y = p->y; y < p->y_end; y++)
        for (int32_t x = p->x; x < p->x_end; x++) {
            const size_t at = pixel(shape, y, x) + (size_t)lane;
            if (!(in[at] <= in[best]))
                best = at;
        }
    return best;
}

static void maximum_forward(const float *in, const tnas_tensor *shape, const part *p, float *out)
{
    for (int lane = 0; lane < TNAS_LANES; lane++)
        out[lane] = in[winner(in, shape, p, lane)];
}

static void maximum_backward(const float *in, const tnas_tensor *shape, const part *p,
                             const float *dout, float *din)
{
    for (int lane = 0; lane < TNAS_LANES; lane++)
        din[winner(in, shape, p, lane)] += dout[lane];
}

/* One plane of the input, activated, in the scratch plane. */
static const float *read_plane(const tnas_pass *pass, const tnas_map *in, int32_t channel,
                               int block)
{
    const int32_t pixels = in->shape.h * in->shape.w;
    float *const plane = pass->block + pass->layout->plane_at;
    const tnas_grid grid = {
        .rows = 1, .cols = pixels, .out_pixel = TNAS_LANES, .in_pixel = TNAS_LANES};
    pass->kernels->activate(plane,
                            in->data + (size_t)channel * in->stride +
                                (size_t)block * (size_t)pixels * TNAS_LANES,
                            &grid, tnas_map_affine(in, channel));
    return plane;
}

void tnas_pooling_forward(tnas_pass *pass, int op)
{
    const tnas_op *const o = &pass->net->graph.ops[op];
    const tnas_map in = tnas_pass_map(pass, o->in[0]);
    const tnas_tensor *const out = &pass->net->graph.tensors[o->out];
    const size_t stride = pass->layout->stride[o->out];
    for (int32_t c = 0; c < out->c; c++) {
        float *to = tnas_pass_data(pass, o->out) + (size_t)c * stride;
        for (int block = 0; block < pass->layout->blocks; block++) {
            const float *const plane = read_plane(pass, &in, c, block);
            for (int32_t oy = 0; oy < out->h; oy++)
                for (int32_t ox = 0; ox < out->w; ox++, to += TNAS_LANES) {
                    const part p = window_part(o, &in.shape, oy, ox);
                    if (o->kind != TNAS_OP_MAXPOOL)
                        average_forward(plane, &in.shape, &p, to);
                    else
                        maximum_forward(plane, &in.shape, &p, to);
                }
        }
    }
    tnas_pass_clear_padding(pass, tnas_pass_data(pass, o->out), out, stride, out->c);
}

void tnas_pooling_backward(tnas_pass *pass, int op)
{
    const tnas_op *const o = &pass->net->graph.ops[op];
    if (o->in[0] == 0)
        return;
    tnas_pass_undo_activation(pass, op);
    const tnas_map in = tnas_pass_map(pass, o->in[0]);
    const tnas_tensor *const out = &pass->net->graph.tensors[o->out];
    const size_t plane_floats = (size_t)in.shape.h * (size_t)in.shape.w * TNAS_LANES;
    const bool add = tnas_pass_adds_gradient(pass, o->in[0]);
    for (int32_t c = 0; c < out->c; c++) {
        const float *from = tnas_pass_dmap(pass, o->out) + (size_t)c * pass->layout->stride[o->out];
        float *din = tnas_pass_dmap(pass, o->in[0]) + (size_t)c * in.stride;
        for (int block = 0; block < pass->layout->blocks; block++, din += plane_floats) {
            const float *const plane = read_plane(pass, &in, c, block);
            if (!add)
                memset(din, 0, plane_floats * sizeof(float));
            for (int32_t oy = 0; oy < out->h; oy++)
                for (int32_t ox = 0; ox < out->w; ox++, from += TNAS_LANES) {
                    const part p = window_part(o, &in.shape, oy, ox);
                    if (o->kind != TNAS_OP_MAXPOOL)
                        average_backward(plane, &in.shape, &p, from, din);
                    else
                        maximum_backward(plane, &in.shape, &p, from, din);
                }
        }
    }
}
