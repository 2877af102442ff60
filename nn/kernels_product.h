/* Part of nn/kernels.c: matrix products with few rows and very long columns.
 *
 * With the batch innermost, the images times pixels of a map are the long dimension of every
 * product, so that nothing has to be packed: a tile of outputs stays in registers, the rows
 * of b stream by. The shapes of these nets (16 to 200 channels) are too small for a BLAS to
 * repay its packing, and the BLAS of a distribution may not know the processor at all. */
#ifndef TNAS_NN_KERNELS_PRODUCT_H
#define TNAS_NN_KERNELS_PRODUCT_H

#include "nn/kernels_vector.h"

/* Accumulators fill the registers: 24 of 32 with 512 bits, 12 of 16 below. */
enum { ROWS = 6, COLUMNS = WIDTH == 16 ? 4 : 2 };

/* `rows` x `columns` vectors of the output. */
INLINE void multiply_tile(int rows, int columns, const tnas_product *p, const float *a,
                          const float *b, float *out)
{
    vec sums[ROWS][COLUMNS];
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < columns; j++)
        sums[i][j] = splat(0.0f);
    for (int32_t k = 0; k < p->k; k++, a += p->a_col, b += p->b_row) {
        vec x[COLUMNS];
        UNROLL
        for (int j = 0; j < columns; j++)
            x[j] = load(b + j * WIDTH);
        UNROLL
        for (int i = 0; i < rows; i++) {
            const vec w = splat(a[(size_t)i * p->a_row]);
            UNROLL
            for (int j = 0; j < columns; j++)
                sums[i][j] += w * x[j];
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < columns; j++) {
        float *const y = out + (size_t)i * p->out_row + j * WIDTH;
        store(y, p->add ? load(y) + sums[i][j] : sums[i][j]);
    }
}

INLINE void multiply_strip(int rows, int columns, const tnas_product *p, const float *a,
                           const float *b, float *out)
{
    size_t at = 0;
    for (; at + (size_t)columns * WIDTH <= p->n; at += (size_t)columns * WIDTH)
        multiply_tile(rows, columns, p, a, b + at, out + at);
    for (; at < p->n; at += WIDTH)
        multiply_tile(rows, 1, p, a, b + at, out + at);
}

/* `rows` rows, all columns. */
static void multiply_rows(int32_t rows, const tnas_product *p, const float *a, const float *b,
                          float *out)
{
    switch (rows) {
    case 6:
        multiply_strip(6, COLUMNS, p, a, b, out);
        break;
    case 5:
        multiply_strip(5, COLUMNS, p, a, b, out);
        break;
    case 4:
        multiply_strip(4, COLUMNS, p, a, b, out);
        break;
    case 3:
        multiply_strip(3, COLUMNS, p, a, b, out);
        break;
    case 2:
        multiply_strip(2, COLUMNS, p, a, b, out);
        break;
    default:
        multiply_strip(1, COLUMNS, p, a, b, out);
        break;
    }
}

/* Tiles of nearly equal height. What is larger is walked over once: a widening product writes
 * few rows at a time, each from end to end; a narrowing one does all rows of a few columns of b
 * while these are in the first cache. */
static void multiply(const tnas_product *product, const float *a, const float *b, float *out)
{
    const bool widens = product->m > product->k;
    const size_t step = widens ? product->n : COLUMNS * WIDTH;
    tnas_product strip = *product;
    for (size_t at = 0; at < product->n; at += step) {
        strip.n = product->n - at < step ? product->n - at : step;
        int32_t tiles = (product->m + ROWS - 1) / ROWS;
        for (int32_t row = 0, rows; row < product->m; row += rows, tiles--) {
            rows = (product->m - row + tiles - 1) / tiles;
            multiply_rows(rows, &strip, a + (size_t)row * product->a_row, b + at,
                          out + (size_t)row * product->out_row + at);
        }
    }
}

/* Accumulators of the transposed product: dot products, so the tile is square-like. Three or
 * four rows, see dot_close. */
enum { DOT_ROWS = WIDTH == 16 ? 4 : 3, DOT_COLUMNS = WIDTH == 16 ? 6 : 4 };

/* Adds the sums of a full tile to out. The rows of a column, at most four, become the first
 * lanes of one vector: a third of the instructions of summing each on its own. */
INLINE void dot_close(const tnas_product *p, vec sums[DOT_ROWS][DOT_COLUMNS], float *out)
{
    typedef float quad __attribute__((vector_size(16)));
    UNROLL
    for (int j = 0; j < DOT_COLUMNS; j++) {
        const vec last = DOT_ROWS == 4 ? sums[DOT_ROWS - 1][j] : splat(0.0f);
        const vec four = fold(fold(sums[0][j], sums[1][j], 1), fold(sums[2][j], last, 1), 2);
        quad parts[WIDTH / 4];
        memcpy(parts, &four, sizeof four);
        UNROLL
        for (int part = 1; part < WIDTH / 4; part++)
            parts[0] += parts[part];
        UNROLL
        for (int i = 0; i < DOT_ROWS; i++)
            out[(size_t)i * p->out_row + (size_t)j] += parts[0][i];
    }
}

INLINE void dot_tile(int rows, int columns, const tnas_product *p, const float *a, const float *b,
                     float *out)
{
    vec sums[DOT_ROWS][DOT_COLUMNS];
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < columns; j++)
        sums[i][j] = splat(0.0f);
    for (size_t n = 0; n < p->n; n += WIDTH) {
        vec x[DOT_ROWS];
        UNROLL
        for (int i = 0; i < rows; i++)
            x[i] = load(a + (size_t)i * p->a_row + n);
        UNROLL
        for (int j = 0; j < columns; j++) {
            const vec y = load(b + (size_t)j * p->b_row + n);
            UNROLL
            for (int i = 0; i < rows; i++)
                sums[i][j] += x[i] * y;
        }
    }
    if (rows == DOT_ROWS && columns == DOT_COLUMNS) {
        dot_close(p, sums, out);
        return;
    }
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < columns; j++)
        out[(size_t)i * p->out_row + (size_t)j] += vec_sum(sums[i][j]);
}

INLINE void dot_strip(int rows, const tnas_product *p, const float *a, const float *b, float *out)
{
    int32_t col = 0;
    for (; col + DOT_COLUMNS <= p->k; col += DOT_COLUMNS)
        dot_tile(rows, DOT_COLUMNS, p, a, b + (size_t)col * p->b_row, out + col);
    for (; col + 2 <= p->k; col += 2)
        dot_tile(rows, 2, p, a, b + (size_t)col * p->b_row, out + col);
    if (col < p->k)
        dot_tile(rows, 1, p, a, b + (size_t)col * p->b_row, out + col);
}

static void multiply_transposed(const tnas_product *product, const float *a, const float *b,
                                float *out)
{
    int32_t row = 0;
    for (; row + DOT_ROWS <= product->m; row += DOT_ROWS)
        dot_strip(DOT_ROWS, product, a + (size_t)row * product->a_row, b,
                  out + (size_t)row * product->out_row);
    for (; row < product->m; row++)
        dot_strip(1, product, a + (size_t)row * product->a_row, b,
                  out + (size_t)row * product->out_row);
}

#endif
