/* Loops that are obviously right: one sum per output, each tap looked up. */
#include "tests/oracle/once.h"

#include "runtime/tnrt_kernels.h"
#include "runtime/tnrt_requant.h"

static int8_t requantize_once(const tnrt_layer *layer, int channel, int32_t acc)
{
    const int32_t *const multipliers = layer->params + layer->out_c;
    const int8_t *const shifts = (const int8_t *)(multipliers + layer->out_c);
    const int shift = 31 - shifts[channel];
    const int64_t half = (int64_t)1 << (shift - 1);
    const int64_t scaled = ((int64_t)acc * multipliers[channel] + half) >> shift;
    return tnrt_activate(layer, (int32_t)scaled + layer->out_zero);
}

static int32_t window_sum(const tnrt_layer *layer, const tnrt_call *call, int y, int x, int channel)
{
    const int in_c = layer->in_c;
    int32_t sum = tnrt_biases(layer)[channel];
    for (int ky = 0; ky < layer->kernel_h; ky++)
        for (int kx = 0; kx < layer->kernel_w; kx++) {
            const int iy = y * layer->stride_h + ky - call->pad_top;
            const int ix = x * layer->stride_w + kx - call->pad_left;
            const bool inside = iy >= 0 && iy < call->in_h && ix >= 0 && ix < call->in_w;
            const int8_t *const weights =
                layer->weights + ((channel * layer->kernel_h + ky) * layer->kernel_w + kx) * in_c;
            for (int c = 0; c < in_c; c++)
                sum += weights[c] * (inside ? call->in[iy * call->in_row_stride + ix * in_c + c]
                                            : layer->in_zero);
        }
    return sum;
}

static void conv2d_once(const tnrt_layer *layer, const tnrt_call *call)
{
    for (int y = 0; y < call->out_h; y++)
        for (int x = 0; x < call->out_w; x++)
            for (int o = 0; o < layer->out_c; o++)
                call->out[y * call->out_row_stride + x * layer->out_c + o] =
                    requantize_once(layer, o, window_sum(layer, call, y, x, o));
}

static void fc_once(const tnrt_layer *layer, const tnrt_call *call)
{
    const int count = layer->in_h * layer->in_w * layer->in_c;
    for (int o = 0; o < layer->out_c; o++) {
        int32_t sum = tnrt_biases(layer)[o];
        for (int i = 0; i < count; i++)
            sum += layer->weights[o * count + i] * call->in[i];
        call->out[o] = requantize_once(layer, o, sum);
    }
}

void round_once(tnas_image *image)
{
    for (int row = 0; row < image->graph.op_count; row++) {
        tnrt_layer *const layer = &image->layers[row];
        if (layer->kernel == tnrt_conv2d_s8 || layer->kernel == tnrt_conv2d_1x1_s8)
            layer->kernel = conv2d_once;
        else if (layer->kernel == tnrt_fc_s8)
            layer->kernel = fc_once;
    }
}
