#include "tests/testing.h"

#include <math.h>
#include <string.h>

#include "runtime/tnrt_crc32.h"
#include "runtime/tnrt_kernels.h"
#include "runtime/tnrt_requant.h"

/* ---- Rescaling, from its definition in exact integers --------------------------------- */

typedef __int128 wide;

static wide floor_div(wide a, wide b)
{
    const wide quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

/* round(2ab / 2^32), ties upwards, saturated. */
static int32_t exact_high_mul(int32_t a, int32_t b)
{
    const wide rounded = floor_div(2 * (wide)a * b + ((wide)1 << 31), (wide)1 << 32);
    return rounded > INT32_MAX ? INT32_MAX : (int32_t)rounded;
}

/* round(x / 2^exponent), ties away from zero. */
static int32_t exact_shift_right(int32_t x, int exponent)
{
    const wide magnitude = x < 0 ? -(wide)x : x;
    const wide rounded = (2 * magnitude + ((wide)1 << exponent)) / ((wide)2 << exponent);
    return (int32_t)(x < 0 ? -rounded : rounded);
}

static int32_t exact_rescale(int32_t x, int32_t multiplier, int shift)
{
    if (shift > 0)
        return exact_high_mul((int32_t)(uint32_t)((uint64_t)(int64_t)x << shift), multiplier);
    return exact_shift_right(exact_high_mul(x, multiplier), -shift);
}

static const int32_t table_values[] = {0,          1,         -1,         2,          -2,
                                       3,          -3,        127,        -128,       1 << 15,
                                       -(1 << 15), 1 << 30,   -(1 << 30), 0x40000001, -0x40000001,
                                       0x7ffffffe, INT32_MAX, -INT32_MAX, INT32_MIN};
enum { TABLE_COUNT = sizeof table_values / sizeof table_values[0] };

START_TEST(high_multiply_rounds_ties_upwards_and_saturates)
{
    ck_assert_int_eq(tnrt_doubling_high_mul(INT32_MIN, INT32_MIN), INT32_MAX);
    ck_assert_int_eq(tnrt_doubling_high_mul(INT32_MIN, INT32_MAX), -INT32_MAX);
    ck_assert_int_eq(tnrt_doubling_high_mul(1, 1 << 30), 1);   /* 0.5 -> 1 */
    ck_assert_int_eq(tnrt_doubling_high_mul(-1, 1 << 30), 0);  /* -0.5 -> 0 */
    ck_assert_int_eq(tnrt_doubling_high_mul(3, 1 << 30), 2);   /* 1.5 -> 2 */
    ck_assert_int_eq(tnrt_doubling_high_mul(-3, 1 << 30), -1); /* -1.5 -> -1 */
    for (int a = 0; a < TABLE_COUNT; a++)
        for (int b = 0; b < TABLE_COUNT; b++)
            ck_assert_msg(tnrt_doubling_high_mul(table_values[a], table_values[b]) ==
                              exact_high_mul(table_values[a], table_values[b]),
                          "%d * %d", table_values[a], table_values[b]);
}
END_TEST

START_TEST(rounding_shift_rounds_ties_away_from_zero)
{
    ck_assert_int_eq(tnrt_rounding_shift_right(6, 2), 2);   /* 1.5 */
    ck_assert_int_eq(tnrt_rounding_shift_right(-6, 2), -2); /* -1.5 */
    ck_assert_int_eq(tnrt_rounding_shift_right(2, 2), 1);   /* 0.5 */
    ck_assert_int_eq(tnrt_rounding_shift_right(-2, 2), -1); /* -0.5 */
    ck_assert_int_eq(tnrt_rounding_shift_right(-1, 2), 0);
    for (int exponent = 1; exponent <= 31; exponent++) {
        for (int i = 0; i < TABLE_COUNT; i++)
            if (table_values[i] != INT32_MIN && table_values[i] != INT32_MAX)
                ck_assert_msg(tnrt_rounding_shift_right(table_values[i], exponent) ==
                                  exact_shift_right(table_values[i], exponent),
                              "%d >> %d", table_values[i], exponent);
        for (int32_t x = -70; x <= 70; x++)
            ck_assert_int_eq(tnrt_rounding_shift_right(x, exponent),
                             exact_shift_right(x, exponent));
    }
}
END_TEST

START_TEST(rescaling_is_exact_for_every_shift)
{
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    for (int shift = -31; shift <= 31; shift++)
        for (int i = 0; i < 700; i++) {
            /* Small numbers make ties likely, the table the extremes. */
            const int32_t random = (int32_t)tnas_rng_u64(&rng) >> tnas_rng_below(&rng, 31);
            const int32_t x = i < TABLE_COUNT ? table_values[i] : random;
            const int32_t multipliers[] = {1 << 30, INT32_MAX,
                                           (1 << 30) + (int32_t)tnas_rng_below(&rng, 1u << 30)};
            for (int m = 0; m < 3; m++)
                ck_assert_msg(tnrt_rescale(x, multipliers[m], shift) ==
                                  exact_rescale(x, multipliers[m], shift),
                              "%d * %d, shift %d", x, multipliers[m], shift);
        }
}
END_TEST

/* ---- Kernels against loops over their definition --------------------------------------- */

enum {
    SIDE_MAX = 11,
    C_MAX = 18,
    WEIGHTS_MAX = SIDE_MAX * SIDE_MAX * C_MAX * C_MAX,
    TENSOR_MAX = (SIDE_MAX + 13) * (SIDE_MAX + 15) * C_MAX, /* outputs grow by the pads */
};

/* A layer with all it points to. The bias the kernel sees is folded; the reference uses the
 * one before that. */
typedef struct test_layer {
    tnrt_layer row;
    tnrt_call call;
    int32_t bias[C_MAX], multiplier[C_MAX], params[64];
    int8_t shift[C_MAX];
    double factor; /* of a mean: output steps by step of the input */
    int8_t in[TENSOR_MAX], in2[TENSOR_MAX], out[TENSOR_MAX];
    int8_t weights[WEIGHTS_MAX]; /* used from the end, so that reading on leaves the object */
} test_layer;

static tnas_rng rng; /* of the running test */

static int pick(int low, int high)
{
    return low + (int)tnas_rng_below(&rng, (uint32_t)(high - low + 1));
}

static int8_t pick_zero_point(void)
{
    static const int8_t extremes[] = {-128, 127, 0};
    return pick(0, 1) ? extremes[pick(0, 2)] : (int8_t)pick(-128, 127);
}

static int pick_extent(void)
{
    static const int extents[] = {1, 2, 3, 4, 5, 7, 8, SIDE_MAX};
    return extents[pick(0, 7)];
}

static int pick_channels(void)
{
    static const int channels[] = {1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 16, C_MAX};
    return channels[pick(0, 11)];
}

static bool is_conv(tnrt_kernel *kernel)
{
    return kernel == tnrt_conv2d_s8 || kernel == tnrt_conv2d_1x1_s8;
}

static bool is_mean(tnrt_kernel *kernel)
{
    return kernel == tnrt_mean_s8 || kernel == tnrt_mean_kept_s8;
}

static bool has_window(tnrt_kernel *kernel)
{
    return kernel == tnrt_conv2d_s8 || kernel == tnrt_dwconv2d_s8 || kernel == tnrt_avgpool_s8 ||
           kernel == tnrt_maxpool_s8 || is_mean(kernel);
}

static bool has_filters(tnrt_kernel *kernel)
{
    return is_conv(kernel) || kernel == tnrt_dwconv2d_s8 || kernel == tnrt_fc_s8;
}

static void pick_window(tnrt_layer *row)
{
    const bool pads = !is_mean(row->kernel);
    int pad_bottom, pad_right;
    do {
        row->in_h = (int16_t)pick_extent();
        row->in_w = (int16_t)pick_extent();
        row->kernel_h = (uint8_t)pick(1, 7);
        row->kernel_w = (uint8_t)pick(1, 7);
        row->stride_h = (uint8_t)pick(1, 2);
        row->stride_w = (uint8_t)pick(1, 2);
        row->pad_top = (uint8_t)(pads ? pick(0, row->kernel_h - 1) : 0);
        row->pad_left = (uint8_t)(pads ? pick(0, row->kernel_w - 1) : 0);
        pad_bottom = pads ? pick(0, row->kernel_h - 1) : 0;
        pad_right = pads ? pick(0, row->kernel_w - 1) : 0;
    } while (row->in_h + row->pad_top + pad_bottom < row->kernel_h ||
             row->in_w + row->pad_left + pad_right < row->kernel_w);
    row->out_h =
        (int16_t)((row->in_h + row->pad_top + pad_bottom - row->kernel_h) / row->stride_h + 1);
    row->out_w =
        (int16_t)((row->in_w + row->pad_left + pad_right - row->kernel_w) / row->stride_w + 1);
}

/* Weights of one output channel: how many, and where the i-th one lies. */
static int filter_count(const tnrt_layer *row)
{
    if (row->kernel == tnrt_fc_s8)
        return row->in_h * row->in_w * row->in_c;
    const int window = row->kernel_h * row->kernel_w;
    return row->kernel == tnrt_dwconv2d_s8 ? window : window * row->in_c;
}

static int weight_at(const tnrt_layer *row, int channel, int i)
{
    return row->kernel == tnrt_dwconv2d_s8 ? i * row->in_c + channel
                                           : channel * filter_count(row) + i;
}

static void pick_constants(test_layer *layer)
{
    tnrt_layer *const row = &layer->row;
    const int count = filter_count(row);
    int8_t *const weights = layer->weights + WEIGHTS_MAX - count * row->out_c;
    int depth_bits = 0;
    while (1 << (2 * depth_bits) < count)
        depth_bits++;
    for (int channel = 0; channel < row->out_c; channel++) {
        int32_t sum = 0;
        for (int i = 0; i < count; i++) {
            const int8_t weight = (int8_t)pick(-127, 127);
            weights[weight_at(row, channel, i)] = weight;
            sum += weight;
        }
        layer->bias[channel] = pick(-4000, 4000);
        layer->params[channel] = layer->bias[channel] - row->in_zero * sum;
        const int32_t multipliers[] = {1 << 30, INT32_MAX, pick(1 << 30, INT32_MAX - 1)};
        layer->multiplier[channel] = multipliers[pick(0, 2)];
        /* Mostly factors that fill the output range, now and then any. */
        layer->shift[channel] =
            (int8_t)(pick(0, 9) ? -(5 + depth_bits) - pick(0, 3) : pick(-31, 3));
    }
    int32_t *const multipliers = layer->params + row->out_c;
    memcpy(multipliers, layer->multiplier, (size_t)row->out_c * sizeof *multipliers);
    memcpy(multipliers + row->out_c, layer->shift, (size_t)row->out_c);
    row->weights = weights;
    row->params = layer->params;
}

static void pick_border(tnrt_layer *row)
{
    row->pad_top = (uint8_t)pick(0, 3);
    row->pad_left = (uint8_t)pick(0, 3);
    row->out_h = (int16_t)(row->in_h + row->pad_top + pick(0, 3));
    row->out_w = (int16_t)(row->in_w + row->pad_left + pick(0, 3));
}

static int in2_channels(const tnrt_layer *row)
{
    return row->kernel == tnrt_concat_s8 ? row->out_c - row->in_c : row->in_c;
}

static void pick_factor(test_layer *layer, int at, int shift_min, int shift_max)
{
    layer->multiplier[at] = pick(1 << 30, INT32_MAX);
    layer->shift[at] = (int8_t)pick(shift_min, shift_max);
}

/* What rescales sums: first input, second input, output. */
static void pick_sum(test_layer *layer)
{
    pick_factor(layer, 0, -6, 0);
    pick_factor(layer, 1, -6, 0);
    pick_factor(layer, 2, -21, -16);
}

static void put_pair(int64_t value, int32_t words[2])
{
    words[0] = (int32_t)(uint32_t)((uint64_t)value & UINT32_MAX);
    words[1] = (int32_t)(value >> 32);
}

/* round(factor * (mean of q - zero point)) + zero point, ties upwards. */
static void pick_mean(test_layer *layer)
{
    const int count = layer->row.kernel_h * layer->row.kernel_w;
    layer->factor = 0.25 + 2 * tnas_rng_unit(&rng);
    const int shift = 30 - ilogb(layer->factor / count) - pick(1, 8);
    layer->params[0] = (int32_t)lround(ldexp(layer->factor / count, shift) / 1024) * 1024;
    layer->params[1] = shift;
    layer->params[2] = layer->row.out_zero;
    layer->factor = ldexp(layer->params[0], -shift) * count; /* what it is exactly */
    const double zero = -layer->factor * layer->row.in_zero;
    const int64_t rounding = (int64_t)floor(ldexp(zero + 0.5, shift));
    put_pair(rounding, &layer->params[3]);
    put_pair(rounding, &layer->params[5]);
}

static void pick_softmax(test_layer *layer)
{
    pick_factor(layer, 0, 14, 26); /* scales of 2^-13 to 1 */
    layer->params[0] = layer->multiplier[0];
    layer->params[1] = layer->shift[0];
    layer->params[2] = -(31 << (26 - layer->shift[0]));
}

/* The numbers of kernels without filters. */
static void pick_numbers(test_layer *layer)
{
    tnrt_kernel *const kernel = layer->row.kernel;
    int32_t *const params = layer->params;
    layer->row.params = params;
    if (kernel == tnrt_add_s8) {
        pick_sum(layer);
        for (int i = 0; i < 3; i++) {
            params[i] = layer->multiplier[i];
            params[3 + i] = layer->shift[i];
        }
    } else if (kernel == tnrt_add_channels_s8) {
        pick_sum(layer);
        for (int i = 0; i < 2; i++) {
            params[2 * i] = layer->multiplier[2 * i];
            params[2 * i + 1] = layer->shift[2 * i];
        }
        for (int c = 0; c < layer->row.out_c; c++)
            params[4 + c] = layer->bias[c] = pick(-(1 << 28), 1 << 28);
    } else if (kernel == tnrt_mul_s8 || kernel == tnrt_mul_channels_s8 ||
               kernel == tnrt_mean_kept_s8) {
        pick_factor(layer, 0, kernel == tnrt_mean_kept_s8 ? -3 : -9, 1);
        params[0] = layer->multiplier[0];
        params[1] = layer->shift[0];
    } else if (kernel == tnrt_mean_s8) {
        pick_mean(layer);
    } else if (kernel == tnrt_softmax_s8) {
        pick_softmax(layer);
    } else if (kernel == tnrt_table_s8) {
        for (int i = 0; i < 64; i++)
            params[i] = (int32_t)tnas_rng_u64(&rng);
    }
    if (kernel == tnrt_mul_channels_s8 && pick(0, 1) > 0) { /* constants; else the second input */
        layer->row.weights = layer->weights;
        for (int c = 0; c < layer->row.out_c; c++)
            layer->weights[c] = (int8_t)pick(-128, 127);
    }
}

/* Random layer for a kernel; its rows lie up to two pixels further apart than they are long. */
static void pick_layer(test_layer *layer, tnrt_kernel *kernel)
{
    tnrt_layer *const row = &layer->row;
    memset(layer, 0, sizeof *layer);
    row->kernel = kernel;
    row->kernel_h = row->kernel_w = row->stride_h = row->stride_w = 1;
    row->in_c = row->out_c = (int16_t)pick_channels();
    if (has_window(kernel)) {
        pick_window(row);
    } else {
        row->in_h = row->out_h = (int16_t)pick_extent();
        row->in_w = row->out_w = (int16_t)pick_extent();
    }
    if (is_conv(kernel) || kernel == tnrt_fc_s8)
        row->out_c = (int16_t)pick_channels();
    if (kernel == tnrt_fc_s8)
        row->out_h = row->out_w = 1;
    if (kernel == tnrt_concat_s8)
        row->out_c = (int16_t)(row->in_c + pick(1, C_MAX - row->in_c + 1));
    if (kernel == tnrt_pad_s8)
        pick_border(row);
    row->in_zero = pick_zero_point();
    row->in2_zero = pick_zero_point();
    row->out_zero = pick_zero_point();
    row->act_min = (int8_t)(pick(0, 1) ? -128 : pick(-128, 0));
    row->act_max = (int8_t)(pick(0, 1) ? 127 : pick(0, 127));
    if (has_filters(kernel))
        pick_constants(layer);
    else
        pick_numbers(layer);

    const int in_gap = kernel == tnrt_fc_s8 ? 0 : pick(0, 2) * row->in_c;
    const int out_gap = kernel == tnrt_fc_s8 ? 0 : pick(0, 2) * row->out_c;
    layer->call = (tnrt_call){.in = layer->in,
                              .in2 = layer->in2,
                              .out = layer->out,
                              .in_row_stride = row->in_w * row->in_c + in_gap,
                              .in2_row_stride = row->in_w * in2_channels(row) + out_gap,
                              .out_row_stride = row->out_w * row->out_c + out_gap,
                              .in_h = row->in_h,
                              .in_w = row->in_w,
                              .out_h = row->out_h,
                              .out_w = row->out_w,
                              .pad_top = row->pad_top,
                              .pad_left = row->pad_left};
    for (int i = 0; i < TENSOR_MAX; i++) {
        const uint64_t bits = tnas_rng_u64(&rng);
        layer->in[i] = (int8_t)bits;
        layer->in2[i] = (int8_t)(bits >> 8);
    }
}

static int8_t clamped(const tnrt_layer *row, int64_t q)
{
    return (int8_t)(q < row->act_min ? row->act_min : q > row->act_max ? row->act_max : q);
}

static int8_t finished(const test_layer *layer, int channel, int64_t acc)
{
    return clamped(&layer->row, (int64_t)exact_rescale((int32_t)acc, layer->multiplier[channel],
                                                       layer->shift[channel]) +
                                    layer->row.out_zero);
}

/* (q - zero point) of the input below a tap; 0, which is what padding means, outside. */
static int64_t centred_input(const test_layer *layer, int y, int x, int c)
{
    const tnrt_layer *const row = &layer->row;
    if (y < 0 || y >= row->in_h || x < 0 || x >= row->in_w)
        return 0;
    return layer->in[y * layer->call.in_row_stride + x * row->in_c + c] - row->in_zero;
}

static int8_t reference_conv(const test_layer *layer, int y, int x, int o)
{
    const tnrt_layer *const row = &layer->row;
    const bool depthwise = row->kernel == tnrt_dwconv2d_s8;
    int64_t acc = layer->bias[o];
    for (int ky = 0; ky < row->kernel_h; ky++)
        for (int kx = 0; kx < row->kernel_w; kx++)
            for (int c = 0; c < (depthwise ? 1 : row->in_c); c++) {
                const int tap = ky * row->kernel_w + kx;
                const int weight = depthwise ? tap : tap * row->in_c + c;
                acc += centred_input(layer, y * row->stride_h - row->pad_top + ky,
                                     x * row->stride_w - row->pad_left + kx, depthwise ? o : c) *
                       row->weights[weight_at(row, o, weight)];
            }
    return finished(layer, o, acc);
}

static int8_t reference_fc(const test_layer *layer, int o)
{
    int64_t acc = layer->bias[o];
    for (int i = 0; i < filter_count(&layer->row); i++)
        acc +=
            (layer->in[i] - layer->row.in_zero) * layer->row.weights[weight_at(&layer->row, o, i)];
    return finished(layer, o, acc);
}

static int8_t reference_add(const test_layer *layer, int y, int x, int c)
{
    const tnrt_layer *const row = &layer->row;
    const tnrt_call *const call = &layer->call;
    const int32_t a = layer->in[y * call->in_row_stride + x * row->in_c + c] - row->in_zero;
    const int32_t b = layer->in2[y * call->in2_row_stride + x * row->in_c + c] - row->in2_zero;
    return finished(layer, 2,
                    (int64_t)exact_rescale(a * 1048576, layer->multiplier[0], layer->shift[0]) +
                        exact_rescale(b * 1048576, layer->multiplier[1], layer->shift[1]));
}

static int8_t reference_pool(const test_layer *layer, int y, int x, int c)
{
    const tnrt_layer *const row = &layer->row;
    int sum = 0, count = 0, max = -128;
    for (int iy = y * row->stride_h - row->pad_top, ky = 0; ky < row->kernel_h; ky++, iy++)
        for (int ix = x * row->stride_w - row->pad_left, kx = 0; kx < row->kernel_w; kx++, ix++)
            if (iy >= 0 && iy < row->in_h && ix >= 0 && ix < row->in_w) {
                const int q = layer->in[iy * layer->call.in_row_stride + ix * row->in_c + c];
                sum += q;
                count++;
                max = q > max ? q : max;
            }
    if (row->kernel == tnrt_maxpool_s8)
        return clamped(row, max);
    const int magnitude = sum < 0 ? -sum : sum;
    const int mean = (2 * magnitude + count) / (2 * count); /* ties away from zero */
    return clamped(row, sum < 0 ? -mean : mean);
}

static int8_t input_at(const test_layer *layer, int y, int x, int c)
{
    return layer->in[y * layer->call.in_row_stride + x * layer->row.in_c + c];
}

static int8_t reference_add_channels(const test_layer *layer, int y, int x, int c)
{
    const int32_t a = input_at(layer, y, x, c) - layer->row.in_zero;
    return finished(layer, 2,
                    (int64_t)exact_rescale(a * 1048576, layer->multiplier[0], layer->shift[0]) +
                        layer->bias[c]);
}

static int8_t reference_mul(const test_layer *layer, int y, int x, int c)
{
    const tnrt_layer *const row = &layer->row;
    const bool channels = row->kernel == tnrt_mul_channels_s8;
    const int8_t second = !channels ? layer->in2[y * layer->call.in2_row_stride + x * row->in_c + c]
                          : row->weights != NULL ? row->weights[c]
                                                 : layer->in2[c];
    const int64_t product =
        (int64_t)(input_at(layer, y, x, c) - row->in_zero) * (second - row->in2_zero);
    return finished(layer, 0, product);
}

static int8_t reference_mean(const test_layer *layer, int y, int x, int c)
{
    const tnrt_layer *const row = &layer->row;
    const int count = row->kernel_h * row->kernel_w;
    int32_t sum = 0;
    for (int ky = 0; ky < row->kernel_h; ky++)
        for (int kx = 0; kx < row->kernel_w; kx++)
            sum +=
                input_at(layer, y * row->stride_h + ky, x * row->stride_w + kx, c) - row->in_zero;
    if (row->kernel == tnrt_mean_s8) /* ties upwards */
        return clamped(row, (int64_t)floor(layer->factor * sum / count + 0.5) + row->out_zero);
    const int32_t scaled = exact_rescale(sum, layer->multiplier[0], layer->shift[0]);
    return clamped(row, (int64_t)round((double)scaled / count) + row->out_zero);
}

static int8_t reference_concat(const test_layer *layer, int y, int x, int c)
{
    const int in_c = layer->row.in_c, in2_c = layer->row.out_c - in_c;
    return c < in_c ? input_at(layer, y, x, c)
                    : layer->in2[y * layer->call.in2_row_stride + x * in2_c + c - in_c];
}

static int8_t reference_pad(const test_layer *layer, int y, int x, int c)
{
    const int in_y = y - layer->row.pad_top, in_x = x - layer->row.pad_left;
    const bool inside = in_y >= 0 && in_y < layer->row.in_h && in_x >= 0 && in_x < layer->row.in_w;
    return inside ? input_at(layer, in_y, in_x, c) : layer->row.out_zero;
}

static int8_t reference_table(const test_layer *layer, int y, int x, int c)
{
    int8_t value;
    memcpy(&value, (const int8_t *)layer->params + input_at(layer, y, x, c) + 128, 1);
    return value;
}

/* In doubles, so up to one step beside the fixed-point answer: 256 times the probability. */
static double reference_softmax(const test_layer *layer, int y, int x, int c)
{
    const double scale = ldexp(layer->multiplier[0], layer->shift[0] - 31 - 26);
    double sum = 0;
    for (int i = 0; i < layer->row.in_c; i++)
        sum += exp(scale * (input_at(layer, y, x, i) - input_at(layer, y, x, c)));
    return 256 / sum - 128;
}

static int8_t reference(const test_layer *layer, int y, int x, int o)
{
    tnrt_kernel *const kernel = layer->row.kernel;
    if (kernel == tnrt_fc_s8)
        return reference_fc(layer, o);
    if (kernel == tnrt_add_s8)
        return reference_add(layer, y, x, o);
    if (kernel == tnrt_avgpool_s8 || kernel == tnrt_maxpool_s8)
        return reference_pool(layer, y, x, o);
    if (kernel == tnrt_mul_s8 || kernel == tnrt_mul_channels_s8)
        return reference_mul(layer, y, x, o);
    if (kernel == tnrt_add_channels_s8)
        return reference_add_channels(layer, y, x, o);
    if (is_mean(kernel))
        return reference_mean(layer, y, x, o);
    if (kernel == tnrt_concat_s8)
        return reference_concat(layer, y, x, o);
    if (kernel == tnrt_pad_s8)
        return reference_pad(layer, y, x, o);
    if (kernel == tnrt_table_s8)
        return reference_table(layer, y, x, o);
    return reference_conv(layer, y, x, o);
}

/* Softmax is compared with real numbers: what is nearly halfway may round either way. */
static bool is_expected(const test_layer *layer, int y, int x, int o, int8_t got)
{
    if (layer->row.kernel != tnrt_softmax_s8)
        return got == reference(layer, y, x, o);
    const double expected = reference_softmax(layer, y, x, o);
    const double nearest = expected > 127 ? 127 : expected;
    return fabs(got - nearest) <= 0.5 + 1e-3;
}

static tnrt_kernel *const kernels[] = {
#define KERNEL(name) name,
    TNRT_KERNELS(KERNEL)
#undef KERNEL
};
static const char *const kernel_names[] = {
#define NAME(name) #name,
    TNRT_KERNELS(NAME)
#undef NAME
};
enum { KERNEL_COUNT = sizeof kernels / sizeof kernels[0], UNTOUCHED = 0x55 };

/* Of one row; pairs have tests/test_fuse.c. */
static bool is_of_one_layer(tnrt_kernel *kernel)
{
    return kernel != tnrt_dwconv2d_1x1_s8;
}

START_TEST(every_kernel_equals_its_definition)
{
    static test_layer layer;
    const int kernel = _i % KERNEL_COUNT;
    if (!is_of_one_layer(kernels[kernel]))
        return;
    rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    pick_layer(&layer, kernels[kernel]);
    memset(layer.out, UNTOUCHED, sizeof layer.out);
    kernels[kernel](&layer.row, &layer.call);

    const tnrt_layer *const row = &layer.row;
    const int row_count = row->out_w * row->out_c;
    int at = 0;
    for (int y = 0; y < row->out_h; y++)
        for (int i = 0; i < layer.call.out_row_stride; i++, at++) {
            const bool right = i < row_count ? is_expected(&layer, y, i / row->out_c,
                                                           i % row->out_c, layer.out[at])
                                             : layer.out[at] == UNTOUCHED;
            ck_assert_msg(right, "case %d, %s %dx%dx%d kernel %dx%d: row %d, byte %d is %d", _i,
                          kernel_names[kernel], row->in_h, row->in_w, row->in_c, row->kernel_h,
                          row->kernel_w, y, i, layer.out[at]);
        }
    for (; at < TENSOR_MAX; at++)
        ck_assert_msg(layer.out[at] == UNTOUCHED, "case %d writes behind its output", _i);
}
END_TEST

/* ---- Patches ----------------------------------------------------------------------------- */

/* One side of a part that computes outputs from `out_at`: where its input starts, the pads
 * left before it, and how many pixels exist from there. */
static void part_side(int out_at, int stride, int pad, int extent, int *in_at, int *part_pad,
                      int *in_extent)
{
    const int start = out_at * stride - pad;
    *in_at = start < 0 ? 0 : start;
    *part_pad = start < 0 ? -start : 0;
    *in_extent = extent - *in_at;
}

static void run_part(const test_layer *layer, int8_t *out, int y, int x, int out_h, int out_w)
{
    const tnrt_layer *const row = &layer->row;
    tnrt_call call = layer->call;
    int in_y, in_x, pad_top, pad_left, in_h, in_w;
    part_side(y, row->stride_h, row->pad_top, row->in_h, &in_y, &pad_top, &in_h);
    part_side(x, row->stride_w, row->pad_left, row->in_w, &in_x, &pad_left, &in_w);
    call.in = layer->in + in_y * call.in_row_stride + in_x * row->in_c;
    if (row->kernel != tnrt_mul_channels_s8) /* whose second input is one pixel */
        call.in2 = layer->in2 + in_y * call.in2_row_stride + in_x * in2_channels(row);
    call.out = out + y * call.out_row_stride + x * row->out_c;
    call.in_h = in_h;
    call.in_w = in_w;
    call.out_h = out_h;
    call.out_w = out_w;
    call.pad_top = pad_top;
    call.pad_left = pad_left;
    row->kernel(row, &call);
}

START_TEST(four_patches_give_the_bytes_of_the_whole_layer)
{
    static test_layer layer;
    static int8_t patched[TENSOR_MAX];
    rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnrt_kernel *kernel;
    do /* fc always computes everything */
        kernel = kernels[pick(0, KERNEL_COUNT - 1)];
    while (kernel == tnrt_fc_s8 || !is_of_one_layer(kernel));
    pick_layer(&layer, kernel);
    memset(layer.out, UNTOUCHED, sizeof layer.out);
    memset(patched, UNTOUCHED, sizeof patched);
    layer.row.kernel(&layer.row, &layer.call);
    const int h = layer.row.out_h, w = layer.row.out_w;
    const int cut_y = pick(0, h), cut_x = pick(0, w);
    run_part(&layer, patched, 0, 0, cut_y, cut_x);
    run_part(&layer, patched, 0, cut_x, cut_y, w - cut_x);
    run_part(&layer, patched, cut_y, 0, h - cut_y, cut_x);
    run_part(&layer, patched, cut_y, cut_x, h - cut_y, w - cut_x);
    ck_assert_mem_eq(patched, layer.out, sizeof patched);
}
END_TEST

/* Which may write where they read, and over how many of their inputs. */
static const struct {
    tnrt_kernel *kernel;
    int sides;
} in_place[] = {
    {tnrt_add_s8, 2},          {tnrt_mul_s8, 2},   {tnrt_mul_channels_s8, 1},
    {tnrt_add_channels_s8, 1}, {tnrt_table_s8, 1}, {tnrt_softmax_s8, 1},
};
enum { IN_PLACE_COUNT = sizeof in_place / sizeof in_place[0] };

START_TEST(elementwise_kernels_may_write_over_their_inputs)
{
    static test_layer layer;
    static int8_t expected[TENSOR_MAX];
    tnrt_kernel *const kernel = in_place[_i % IN_PLACE_COUNT].kernel;
    const bool second = in_place[_i % IN_PLACE_COUNT].sides == 2 && _i / IN_PLACE_COUNT % 2 > 0;
    rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    pick_layer(&layer, kernel);
    const int count = layer.row.out_w * layer.row.out_c;
    layer.call.in_row_stride = layer.call.in2_row_stride = layer.call.out_row_stride = count;
    kernel(&layer.row, &layer.call);
    memcpy(expected, layer.out, sizeof expected);
    layer.call.out = second ? layer.in2 : layer.in;
    kernel(&layer.row, &layer.call);
    ck_assert_mem_eq(layer.call.out, expected, (size_t)(layer.row.out_h * count));
}
END_TEST

/* The bytes that TensorFlow Lite's reference gives, in its own fixed point. Inputs 0, 40 and 127
 * with scale 1/16: exp(-7.9375) + exp(-5.4375) + 1; equal inputs share evenly. */
START_TEST(softmax_of_few_channels)
{
    const int32_t params[] = {1 << 30, 23, -(31 << 3)}; /* 2^26 / 16 = 2^22 = 2^30 * 2^(23 - 31) */
    static const int8_t in[] = {0, 40, 127, 5, 5, 5, 127, -128, -128};
    static const int8_t expected[] = {-128, -127, 127, -43, -43, -43, 127, -128, -128};
    int8_t out[9];
    const tnrt_layer layer = {.params = params, .in_c = 3, .out_c = 3};
    const tnrt_call call = {.in = in, .out = out, .out_h = 1, .out_w = 3};
    tnrt_softmax_s8(&layer, &call);
    ck_assert_mem_eq(out, expected, sizeof expected);
}
END_TEST

/* More equal channels than 512: nothing is left of each. */
START_TEST(softmax_of_many_channels)
{
    enum { COUNT = 4095 };
    static int8_t bytes[COUNT];
    const int32_t params[] = {1 << 30, 23, -(31 << 3)};
    const int counts[] = {1, 2, 256, 511, 600, COUNT};
    const int expected[] = {127, 0, -127, -127, -128, -128};
    for (int i = 0; i < 6; i++) {
        const tnrt_layer layer = {
            .params = params, .in_c = (int16_t)counts[i], .out_c = (int16_t)counts[i]};
        const tnrt_call call = {.in = bytes, .out = bytes, .out_h = 1, .out_w = 1};
        memset(bytes, 7, sizeof bytes);
        tnrt_softmax_s8(&layer, &call);
        for (int c = 0; c < counts[i]; c++)
            ck_assert_int_eq(bytes[c], expected[i]);
    }
}
END_TEST

/* ---- The table ----------------------------------------------------------------------------- */

/* By hand. A 2x2 image of one channel, zero point -1, under a 2x2 kernel with one row of padding
 * above and one column to the left; two output channels; factor 1/4; output zero point 3.
 *     image  1  2      q - zero   2  3     filter 0   1  2    filter 1  -1  0
 *            3 -4                 4 -3                3  4               0  1
 *   filter 0, bias 5:   4*2 = 8         3*2 + 4*3 = 18
 *                       2*2 + 4*4 = 20  1*2 + 2*3 + 3*4 - 4*3 = 8    + 5: 13 23 25 13
 *   / 2, ties upwards, / 2, ties away:  6.5 7 3.5 4   12 6   13 7   7 4   + 3:  7 9 10 7
 *   filter 1, bias 0:   2   3   4   -2 - 3 = -5
 *   / 2, / 2:           1 0.5 1   1.5 2 1   2 1   -2.5 -2 -1              + 3:  4 4 4 2
 * Second layer: maximum over the whole, floor at 5: 10 and 5. */
START_TEST(a_table_computed_by_hand)
{
    static const int8_t weights[] = {1, 2, 3, 4, -1, 0, 0, 1};
    static const int32_t params[] = {
        5 + 10,  0 + 0,   /* biases - zero point * sum of weights */
        1 << 30, 1 << 30, /* multipliers, 2^30 * 2^(-1 - 31) = 1/4 */
        0xffff,           /* shifts -1, -1 */
    };
    const tnrt_layer layers[] = {
        {.kernel = tnrt_conv2d_s8,
         .weights = weights,
         .params = params,
         .in = 0,
         .out = 16,
         .in_h = 2,
         .in_w = 2,
         .in_c = 1,
         .out_h = 2,
         .out_w = 2,
         .out_c = 2,
         .kernel_h = 2,
         .kernel_w = 2,
         .stride_h = 1,
         .stride_w = 1,
         .pad_top = 1,
         .pad_left = 1,
         .in_zero = -1,
         .out_zero = 3,
         .act_min = -128,
         .act_max = 127},
        {.kernel = tnrt_maxpool_s8,
         .in = 16,
         .out = 0,
         .in_h = 2,
         .in_w = 2,
         .in_c = 2,
         .out_h = 1,
         .out_w = 1,
         .out_c = 2,
         .kernel_h = 2,
         .kernel_w = 2,
         .stride_h = 1,
         .stride_w = 1,
         .act_min = 5,
         .act_max = 127},
    };
    const tnrt_model model = {.layers = layers,
                              .layer_count = 2,
                              .arena_bytes = 32,
                              .input = 0,
                              .output = 0,
                              .input_bytes = 4,
                              .output_bytes = 2};
    static const int8_t image[] = {1, 2, 3, -4}, after_conv[] = {7, 4, 9, 4, 10, 4, 7, 2};
    _Alignas(TNRT_ARENA_ALIGN) int8_t arena[32];
    memcpy(arena + model.input, image, sizeof image);
    tnrt_invoke(&model, arena);
    ck_assert_mem_eq(arena + 16, after_conv, sizeof after_conv);
    ck_assert_int_eq(arena[0], 10);
    ck_assert_int_eq(arena[1], 5);
}
END_TEST

START_TEST(crc_is_the_usual_one)
{
    ck_assert_uint_eq(tnrt_crc32(0, "123456789", 9), 0xcbf43926u);
    ck_assert_uint_eq(tnrt_crc32(tnrt_crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
    ck_assert_uint_eq(tnrt_crc32(0, "", 0), 0u);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("runtime");
    TCase *const tc = tcase_create("runtime");
    tcase_add_test(tc, high_multiply_rounds_ties_upwards_and_saturates);
    tcase_add_test(tc, rounding_shift_rounds_ties_away_from_zero);
    tcase_add_loop_test(tc, rescaling_is_exact_for_every_shift, 0, 4);
    tcase_add_loop_test(tc, every_kernel_equals_its_definition, 0, 50 * KERNEL_COUNT);
    tcase_add_loop_test(tc, four_patches_give_the_bytes_of_the_whole_layer, 0, 150);
    tcase_add_loop_test(tc, elementwise_kernels_may_write_over_their_inputs, 0, 4 * IN_PLACE_COUNT);
    tcase_add_test(tc, softmax_of_few_channels);
    tcase_add_test(tc, softmax_of_many_channels);
    tcase_add_test(tc, a_table_computed_by_hand);
    tcase_add_test(tc, crc_is_the_usual_one);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
