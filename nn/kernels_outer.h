/* Part of nn/kernels.c: the transposed product, by which weights get their gradient.
 *
 * It is a sum of outer products, one for every n. A few rows of b are turned, normalised and
 * activated on the way, into
 *   turned  [n of a block][columns]
 * so that a vector holds neighbours of k, and an element of a multiplies them as in the other
 * product. Dot products along n would need more loads than the second cache gives, and a
 * horizontal sum for every output. */
#ifndef TNAS_NN_KERNELS_OUTER_H
#define TNAS_NN_KERNELS_OUTER_H

#include "nn/kernels_vector.h"

/* Vectors of k and elements of m at a time, as many as there are registers; n of a block. */
enum { OUTER_COLUMNS = 3, OUTER_LOW_ROWS = 4, OUTER_ROWS = 6, OUTER_BLOCK = 256 };

/* Lanes i to l of the pair a, b in each quad of lanes; those of b count from 4. */
#define LANE(i, quad)           ((i) < 4 ? (i) + 4 * (quad) : (i)-4 + 4 * (quad) + WIDTH)
#define LANES(i, j, k, l, quad) LANE(i, quad), LANE(j, quad), LANE(k, quad), LANE(l, quad)
/* Quad number i of the pair. */
#define QUAD(i) 4 * (i), 4 * (i) + 1, 4 * (i) + 2, 4 * (i) + 3

#if WIDTH == 4
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, LANES(i, j, k, l, 0))
#elif WIDTH == 8
#define SHUFFLE(a, b, i, j, k, l)                                                                  \
    __builtin_shufflevector(a, b, LANES(i, j, k, l, 0), LANES(i, j, k, l, 1))
#define QUADS(a, b, i, j) __builtin_shufflevector(a, b, QUAD(i), QUAD(j))
#else
#define SHUFFLE(a, b, i, j, k, l)                                                                  \
    __builtin_shufflevector(a, b, LANES(i, j, k, l, 0), LANES(i, j, k, l, 1),                      \
                            LANES(i, j, k, l, 2), LANES(i, j, k, l, 3))
#define QUADS(a, b, i, j, k, l) __builtin_shufflevector(a, b, QUAD(i), QUAD(j), QUAD(k), QUAD(l))
#endif

/* Turns the 4 x 4 floats of every quad of lanes of four rows. */
INLINE void turn_quads(vec v[4])
{
    const vec a = SHUFFLE(v[0], v[1], 0, 4, 1, 5), b = SHUFFLE(v[0], v[1], 2, 6, 3, 7);
    const vec c = SHUFFLE(v[2], v[3], 0, 4, 1, 5), d = SHUFFLE(v[2], v[3], 2, 6, 3, 7);
    v[0] = SHUFFLE(a, c, 0, 1, 4, 5);
    v[1] = SHUFFLE(a, c, 2, 3, 6, 7);
    v[2] = SHUFFLE(b, d, 0, 1, 4, 5);
    v[3] = SHUFFLE(b, d, 2, 3, 6, 7);
}

/* Turns WIDTH rows of WIDTH floats: the quads' inside, then the quads among each other. */
INLINE void turn(vec v[WIDTH])
{
    UNROLL
    for (int i = 0; i < WIDTH; i += 4)
        turn_quads(v + i);
#if WIDTH == 8
    UNROLL
    for (int i = 0; i < 4; i++) {
        const vec low = v[i], high = v[i + 4];
        v[i] = QUADS(low, high, 0, 2);
        v[i + 4] = QUADS(low, high, 1, 3);
    }
#elif WIDTH == 16
    UNROLL
    for (int i = 0; i < 4; i++) {
        const vec a = QUADS(v[i], v[i + 4], 0, 1, 4, 5), b = QUADS(v[i], v[i + 4], 2, 3, 6, 7);
        const vec c = QUADS(v[i + 8], v[i + 12], 0, 1, 4, 5);
        const vec d = QUADS(v[i + 8], v[i + 12], 2, 3, 6, 7);
        v[i] = QUADS(a, c, 0, 2, 4, 6);
        v[i + 4] = QUADS(a, c, 1, 3, 5, 7);
        v[i + 8] = QUADS(b, d, 0, 2, 4, 6);
        v[i + 12] = QUADS(b, d, 1, 3, 5, 7);
    }
#endif
}

/* Turns up to WIDTH rows of b from number k on, n floats of each; `source` is an activation or
 * negative. Rows that b does not have are zero. */
INLINE void turn_rows(int source, const tnas_product *p, const float *b, int32_t k, size_t n,
                      float *turned, size_t turned_row)
{
    const int32_t rows = p->k - k < WIDTH ? p->k - k : WIDTH;
    for (size_t at = 0; at < n; at += WIDTH) {
        vec v[WIDTH];
        UNROLL
        for (int i = 0; i < WIDTH; i++) {
            v[i] = splat(0.0f);
            if (i >= rows)
                continue;
            v[i] = load(b + (size_t)(k + i) * p->b_row + at);
            if (at % TNAS_LANES == 0)
                __builtin_prefetch(b + (size_t)(k + i + WIDTH) * p->b_row + at);
            if (source >= 0)
                v[i] =
                    activation_of(v[i] * splat(p->scale[k + i]) + splat(p->shift[k + i]), source);
        }
        turn(v);
        UNROLL
        for (int i = 0; i < WIDTH; i++)
            store(turned + (at + (size_t)i) * turned_row, v[i]);
    }
}

static void turn_columns(int columns, const tnas_product *p, const float *b, int32_t k, size_t n,
                         float *turned)
{
    const size_t row = (size_t)columns * WIDTH;
    for (int column = 0; column < columns; column++, k += WIDTH, turned += WIDTH) {
        if (p->scale == NULL)
            turn_rows(-1, p, b, k, n, turned, row);
        else
            BY_ACTIVATION(p->activation, turn_rows, p, b, k, n, turned, row);
    }
}

/* Adds a vector to out, of which `columns` floats are there. */
INLINE void add_columns(float *out, vec sum, int32_t columns)
{
    if (columns >= WIDTH) {
        store_anywhere(out, load_anywhere(out) + sum);
        return;
    }
    for (int32_t i = 0; i < columns; i++)
        out[i] += sum[i];
}

/* `rows` x `columns` vectors of the output; `wide` floats of the last are there. */
INLINE void outer_tile(int rows, int columns, const tnas_product *p, const float *a,
                       const float *turned, size_t n, float *out, int32_t wide)
{
    const size_t a_row = p->a_row;
    vec sums[OUTER_ROWS][OUTER_COLUMNS];
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < columns; j++)
        sums[i][j] = splat(0.0f);
    for (size_t at = 0; at < n; at++, turned += columns * WIDTH) {
        if (at % TNAS_LANES == 0)
            UNROLL
        for (int i = 0; i < rows; i++) /* of the next tile */
            __builtin_prefetch(a + (size_t)(rows + i) * a_row + at);
        vec x[OUTER_COLUMNS];
        UNROLL
        for (int j = 0; j < columns; j++) {
            x[j] = load(turned + j * WIDTH);
            IN_REGISTER(x[j]);
        }
        UNROLL
        for (int i = 0; i < rows; i++) {
            const vec w = splat(a[(size_t)i * a_row + at]);
            UNROLL
            for (int j = 0; j < columns; j++)
                sums[i][j] += w * x[j];
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++)
        UNROLL
    for (int j = 0; j < columns; j++)
        add_columns(out + (size_t)i * p->out_row + j * WIDTH, sums[i][j], wide - j * WIDTH);
}

typedef void outer_function(const tnas_product *p, const float *a, const float *turned, size_t n,
                            float *out, int32_t wide);

#define OUTER(rows, columns)                                                                       \
    static APART void outer_##rows##x##columns(const tnas_product *p, const float *a,              \
                                               const float *turned, size_t n, float *out,          \
                                               int32_t wide)                                       \
    {                                                                                              \
        outer_tile(rows, columns, p, a, turned, n, out, wide);                                     \
    }
OUTER(1, 1)
OUTER(2, 1)
OUTER(3, 1)
OUTER(4, 1)
OUTER(5, 1)
OUTER(6, 1)
OUTER(1, 2)
OUTER(2, 2)
OUTER(3, 2)
OUTER(4, 2)
OUTER(5, 2)
OUTER(6, 2)
OUTER(1, 3)
OUTER(2, 3)
OUTER(3, 3)
OUTER(4, 3)
#undef OUTER

static outer_function *const outer_tiles[OUTER_COLUMNS][OUTER_ROWS] = {
    {outer_1x1, outer_2x1, outer_3x1, outer_4x1, outer_5x1, outer_6x1},
    {outer_1x2, outer_2x2, outer_3x2, outer_4x2, outer_5x2, outer_6x2},
    {outer_1x3, outer_2x3, outer_3x3, outer_4x3},
};

/* All rows of some columns, in tiles of nearly equal height. */
static void outer_columns(int columns, const tnas_product *p, const float *a, const float *turned,
                          size_t n, float *out, int32_t wide)
{
    const int32_t rows_max = columns == OUTER_COLUMNS ? OUTER_LOW_ROWS : OUTER_ROWS;
    int32_t tiles = (p->m + rows_max - 1) / rows_max;
    for (int32_t left = p->m, rows; left > 0; left -= rows, tiles--) {
        rows = (left + tiles - 1) / tiles;
        outer_tiles[columns - 1][rows - 1](p, a, turned, n, out, wide);
        a += (size_t)rows * p->a_row;
        out += (size_t)rows * p->out_row;
    }
}

static void multiply_transposed(const tnas_product *product, const float *a, const float *b,
                                float *out)
{
    _Alignas(64) float turned[OUTER_BLOCK * OUTER_COLUMNS * WIDTH];
    const int32_t all = (product->k + WIDTH - 1) / WIDTH;
    size_t blocks = (product->n + OUTER_BLOCK - 1) / OUTER_BLOCK;
    for (size_t at = 0, n; at < product->n; at += n, blocks--) { /* nearly equal ones */
        n = ((product->n - at) / TNAS_LANES + blocks - 1) / blocks * TNAS_LANES;
        for (int32_t vectors = all, k = 0, columns; vectors > 0; vectors -= columns) {
            columns = vectors == 4 ? 2 : vectors < OUTER_COLUMNS ? vectors : OUTER_COLUMNS;
            turn_columns(columns, product, b + at, k, n, turned);
            outer_columns(columns, product, a + at, turned, n, out + k, product->k - k);
            k += columns * WIDTH;
        }
    }
}

#endif
