/* Part of nn/kernels.c: matrix products with few rows and very long columns.
 *
 * With the batch innermost, the images times pixels of a map are the long dimension of every
 * product. A few columns of b are copied into panels that stay in the first cache,
 *   panel  [k][PANEL]
 * and normalised and activated on the way; the tile of outputs that stays in registers streams
 * over a panel. The first rows of the output make the copy while they use it, so that it hides
 * behind the multiply-adds, and fetch what the next block needs.
 * The shapes of these nets (16 to 200 channels) are too small for a BLAS to repay its packing,
 * and the BLAS of a distribution may not know the processor at all. */
#ifndef TNAS_NN_KERNELS_PRODUCT_H
#define TNAS_NN_KERNELS_PRODUCT_H

#include "nn/kernels_vector.h"

/* Accumulators fill the registers: 24 of 32 with 512 bits, 12 of 16 below. */
enum { ROWS = 6, COLUMNS = WIDTH == 16 ? 4 : 2, PANEL = COLUMNS * WIDTH };

/* Panels of a block: half of a first cache of 32 KiB. */
enum { BLOCK_FLOATS = TNAS_PANEL_FLOATS };

_Static_assert((int)PANEL <= (int)TNAS_PANEL, "scratch of a product");

/* Where a tile finds b: in the panel, or in the map, from where it is copied as it is or
 * through an activation (0 and more). */
enum { FROM_PANEL = -2, FROM_PLAIN_MAP = -1 };

/* One block of columns of a product. */
typedef struct strip {
    const tnas_product *product;
    const float *a, *b;
    float *panels, *out; /* the block's columns, all rows */
    size_t n;
    size_t fetch; /* floats from a column of b to that of the next block */
} strip;

/* Columns j of row k of b, from where `source` says. */
INLINE vec operand(int source, const tnas_product *p, int32_t k, const float *b, float *panel)
{
    if (source == FROM_PANEL)
        return load(panel);
    vec x = load(b);
    if (source != FROM_PLAIN_MAP)
        x = activation_of(x * splat(p->scale[k]) + splat(p->shift[k]), source);
    store(panel, x);
    return x;
}

/* `rows` x `columns` vectors of the output. */
INLINE void multiply_tile(int rows, int columns, int source, const strip *s, const float *a,
                          const float *b, float *panel, float *out)
{
    const tnas_product *const p = s->product;
    const size_t a_row = p->a_row, a_col = p->a_col, b_row = p->b_row, out_row = p->out_row;
    const size_t fetch = s->fetch;
    vec sums[ROWS][COLUMNS];
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < columns; j++)
        sums[i][j] = splat(0.0f);
    for (int32_t k = 0; k < p->k; k++, a += a_col, b += b_row, panel += columns * WIDTH) {
        vec x[COLUMNS];
        UNROLL
        for (int j = 0; j < columns; j++) {
            x[j] = operand(source, p, k, b + j * WIDTH, panel + j * WIDTH);
            if (source != FROM_PANEL && j * WIDTH % TNAS_LANES == 0)
                __builtin_prefetch(b + fetch + j * WIDTH);
        }
        UNROLL
        for (int i = 0; i < rows; i++) {
            const vec w = splat(a[(size_t)i * a_row]);
            UNROLL
            for (int j = 0; j < columns; j++)
                sums[i][j] += w * x[j];
        }
    }
    const bool add = p->add;
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < columns; j++) {
        float *const y = out + (size_t)i * out_row + j * WIDTH;
        store(y, add ? load(y) + sums[i][j] : sums[i][j]);
    }
}

/* `rows` rows from number `row` on, all columns of the block. */
INLINE void multiply_rows(int rows, int source, const strip *s, int32_t row)
{
    const tnas_product *const p = s->product;
    const float *const a = s->a + (size_t)row * p->a_row;
    float *const out = s->out + (size_t)row * p->out_row;
    float *panel = s->panels;
    /* What is written next: the rows below, or the next block's. */
    const size_t next = s->n <= PANEL ? PANEL : (size_t)rows * p->out_row;
    size_t at = 0;
    for (; at + PANEL <= s->n; at += PANEL, panel += (size_t)p->k * PANEL) {
        UNROLL
        for (int i = 0; i < rows; i++)
            UNROLL
        for (int j = 0; j < PANEL; j += TNAS_LANES)
            __builtin_prefetch(out + (size_t)i * p->out_row + at + next + j, 1);
        multiply_tile(rows, COLUMNS, source, s, a, s->b + at, panel, out + at);
    }
    for (; at < s->n; at += WIDTH, panel += (size_t)p->k * WIDTH)
        multiply_tile(rows, 1, source, s, a, s->b + at, panel, out + at);
}

typedef void rows_function(const strip *s, int32_t row);

#define MULTIPLY_ROWS(rows)                                                                        \
    static APART void multiply_##rows(const strip *s, int32_t row)                                 \
    {                                                                                              \
        multiply_rows(rows, FROM_PANEL, s, row);                                                   \
    }                                                                                              \
    static APART void first_##rows##_plain(const strip *s, int32_t row)                            \
    {                                                                                              \
        multiply_rows(rows, FROM_PLAIN_MAP, s, row);                                               \
    }                                                                                              \
    static APART void first_##rows##_none(const strip *s, int32_t row)                             \
    {                                                                                              \
        multiply_rows(rows, TNAS_ACT_NONE, s, row);                                                \
    }                                                                                              \
    static APART void first_##rows##_relu(const strip *s, int32_t row)                             \
    {                                                                                              \
        multiply_rows(rows, TNAS_ACT_RELU, s, row);                                                \
    }                                                                                              \
    static APART void first_##rows##_relu6(const strip *s, int32_t row)                            \
    {                                                                                              \
        multiply_rows(rows, TNAS_ACT_RELU6, s, row);                                               \
    }
MULTIPLY_ROWS(1)
MULTIPLY_ROWS(2)
MULTIPLY_ROWS(3)
MULTIPLY_ROWS(4)
MULTIPLY_ROWS(5)
MULTIPLY_ROWS(6)
#undef MULTIPLY_ROWS

/* By source, FROM_PANEL first, and rows. */
#define BY_ROWS(name, end)                                                                         \
    {                                                                                              \
        name##_1##end, name##_2##end, name##_3##end, name##_4##end, name##_5##end, name##_6##end   \
    }
static rows_function *const multiply_by_rows[][ROWS] = {
    BY_ROWS(multiply, ),
    BY_ROWS(first, _plain),
    [TNAS_ACT_NONE - FROM_PANEL] = BY_ROWS(first, _none),
    [TNAS_ACT_RELU - FROM_PANEL] = BY_ROWS(first, _relu),
    [TNAS_ACT_RELU6 - FROM_PANEL] = BY_ROWS(first, _relu6),
};
#undef BY_ROWS

/* Tiles of nearly equal height. */
static void multiply(const tnas_product *product, const float *a, const float *b, float *out)
{
    const size_t panels = (size_t)BLOCK_FLOATS / ((size_t)product->k * PANEL);
    const size_t step = (panels > 0 ? panels : 1) * PANEL;
    for (size_t at = 0; at < product->n; at += step) {
        const size_t left = product->n - at;
        const strip part = {.product = product,
                            .a = a,
                            .b = b + at,
                            .panels = product->scratch,
                            .out = out + at,
                            .n = left < step ? left : step,
                            .fetch = step};
        int32_t tiles = (product->m + ROWS - 1) / ROWS;
        for (int32_t row = 0, rows; row < product->m; row += rows, tiles--) {
            rows = (product->m - row + tiles - 1) / tiles;
            const int source = row > 0                  ? FROM_PANEL
                               : product->scale == NULL ? FROM_PLAIN_MAP
                                                        : product->activation;
            multiply_by_rows[source - FROM_PANEL][rows - 1](&part, row);
        }
    }
}

#endif
