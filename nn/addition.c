/* The sum of two tensors, as at the end of a residual block. */
#include "nn/pass.h"

static tnas_grid whole_channel(const tnas_pass *pass, const tnas_tensor *shape)
{
    return (tnas_grid){.rows = 1,
                       .cols = (int32_t)tnas_layout_pixels(pass->layout, shape),
                       .out_pixel = TNAS_LANES,
                       .in_pixel = TNAS_LANES};
}

void tnas_add_forward(tnas_pass *pass, int op)
{
    const tnas_op *const o = &pass->net->graph.ops[op];
    const tnas_map a = tnas_pass_map(pass, o->in[0]), b = tnas_pass_map(pass, o->in[1]);
    const tnas_grid grid = whole_channel(pass, &a.shape);
    float *const out = tnas_pass_data(pass, o->out);
    for (int32_t c = 0; c < a.shape.c; c++) {
        const size_t at = (size_t)c * a.stride;
        pass->kernels->activate(out + at, a.data + at, &grid, tnas_map_affine(&a, c));
        pass->kernels->activate_add(out + at, b.data + at, &grid, tnas_map_affine(&b, c));
    }
    tnas_pass_clear_padding(pass, out, &a.shape, a.stride, a.shape.c);
}

/* Passes the gradient of the output on to one input; `again` follows when it is both. */
static void pass_on(tnas_pass *pass, int op, const tnas_map *out, const float *dout, int in,
                    bool again)
{
    if (in == 0)
        return;
    const bool add = tnas_pass_adds_gradient(pass, in);
    const bool completes = !again && tnas_pass_completes_gradient(pass, op, in);
    const tnas_grid grid = whole_channel(pass, &out->shape);
    const tnas_affine as_it_is = {1.0f, 0.0f, TNAS_ACT_NONE};
    for (int32_t c = 0; c < out->shape.c; c++) {
        const size_t at = (size_t)c * out->stride;
        float *const din = tnas_pass_dmap(pass, in) + at;
        (add ? pass->kernels->activate_add : pass->kernels->activate)(din, dout + at, &grid,
                                                                      as_it_is);
        if (completes)
            tnas_norm_settle_gradient(pass, in, c);
    }
}

void tnas_add_backward(tnas_pass *pass, int op)
{
    const tnas_op *const o = &pass->net->graph.ops[op];
    const tnas_map out = tnas_pass_map(pass, o->out);
    float *const dout = tnas_pass_dmap(pass, o->out);
    tnas_pass_undo_activation(pass, op);
    pass_on(pass, op, &out, dout, o->in[0], o->in[0] == o->in[1]);
    pass_on(pass, op, &out, dout, o->in[1], false);
}
