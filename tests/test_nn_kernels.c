/* Every instruction set's kernels against plain loops in double precision. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "nn/kernels.h"
#include "tests/testing.h"

static const char *const isas[] = {"generic", "v2", "v3", "v4"};
enum { ISAS = sizeof isas / sizeof isas[0] };

/* Floats of a sum are off by less than this share of the sum of absolute terms: some hundred
 * additions of 6e-8 each, in several partial sums. */
#define TOLERANCE 5e-6

enum { FLOATS = 64 * 1024 };

/* Three arrays of random floats, two of them inputs. */
typedef struct arrays {
    const tnas_kernels *kernels; /* NULL: this processor or build has no such table */
    float *a, *b, *out, *before; /* out starts as before */
} arrays;

static float *aligned_floats(void)
{
    return aligned_alloc(64, FLOATS * sizeof(float));
}

static arrays make_arrays(int isa)
{
    arrays s = {tnas_kernels_find(isas[isa]), aligned_floats(), aligned_floats(), aligned_floats(),
                aligned_floats()};
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    for (int i = 0; i < FLOATS; i++) {
        s.a[i] = (float)tnas_rng_normal(&rng);
        s.b[i] = (float)tnas_rng_normal(&rng);
        s.out[i] = s.before[i] = (float)tnas_rng_normal(&rng);
    }
    if (s.kernels == NULL)
        printf("SKIP: kernels %s do not run here\n", isas[isa]);
    return s;
}

static void free_arrays(arrays *s)
{
    free(s->a);
    free(s->b);
    free(s->out);
    free(s->before);
}

static void check(float got, double wanted, double size, const char *what, size_t at)
{
    ck_assert_msg(fabs(got - wanted) <= TOLERANCE * (1.0 + size), "%s at %zu is %.9g, must be %.9g",
                  what, at, (double)got, wanted);
}

static double affine(double x, tnas_affine f)
{
    const double z = x * (double)f.scale + (double)f.shift;
    if (f.activation == TNAS_ACT_NONE)
        return z;
    return z < 0.0 ? 0.0 : f.activation == TNAS_ACT_RELU6 && z > 6.0 ? 6.0 : z;
}

static bool lets_pass(double x, tnas_affine f)
{
    const double z = x * (double)f.scale + (double)f.shift;
    return f.activation == TNAS_ACT_NONE || (z > 0.0 && (f.activation == TNAS_ACT_RELU || z < 6.0));
}

/* Grids of dense rows, of rows with gaps, of pixels with gaps, of one pixel, of none. */
static const tnas_grid grids[] = {
    {1, 1, 16, 16, 16, 16},   {3, 5, 80, 16, 80, 16},    {4, 7, 144, 16, 112, 16},
    {5, 3, 96, 16, 160, 32},  {2, 13, 416, 32, 208, 16}, {0, 7, 112, 16, 112, 16},
    {3, 0, 112, 16, 112, 16},
};
enum { GRIDS = sizeof grids / sizeof grids[0] };

START_TEST(activate_and_gradient_are_the_plain_loops)
{
    arrays s = make_arrays(_i);
    for (int n = 0; s.kernels != NULL && n < GRIDS * TNAS_ACT_COUNT; n++) {
        const tnas_grid g = grids[n / TNAS_ACT_COUNT];
        const tnas_affine f = {3.0f, 0.5f, (uint8_t)(n % TNAS_ACT_COUNT)};
        const tnas_affine_gradient d = {.affine = f, .slope = 0.3f, .mean = 0.2f, .offset = -0.1f};
        for (int kernel = 0; kernel < 3; kernel++) {
            memcpy(s.out, s.before, FLOATS * sizeof(float));
            if (kernel == 0)
                s.kernels->activate(s.out, s.a, &g, f);
            else if (kernel == 1)
                s.kernels->activate_add(s.out, s.a, &g, f);
            else
                s.kernels->gradient(s.out, s.b, s.a, &g, &d);
            for (int32_t row = 0; row < g.rows; row++)
                for (int32_t col = 0; col < g.cols; col++)
                    for (size_t lane = 0; lane < TNAS_LANES; lane++) {
                        const size_t to =
                            (size_t)row * g.out_row + (size_t)col * g.out_pixel + lane;
                        const size_t from =
                            (size_t)row * g.in_row + (size_t)col * g.in_pixel + lane;
                        const double x = s.a[from], dout = lets_pass(x, f) ? s.b[from] : 0.0;
                        const double wanted =
                            kernel == 2
                                ? dout * (double)f.scale + (x - (double)d.mean) * (double)d.slope +
                                      (double)d.offset
                                : affine(x, f) + (kernel == 1 ? s.before[to] : 0.0f);
                        check(s.out[to], wanted, 20.0, "pixel", to);
                        s.out[to] = s.before[to];
                    }
            ck_assert_msg(memcmp(s.out, s.before, FLOATS * sizeof(float)) == 0,
                          "grid %d, kernel %d: wrote outside its grid", n, kernel);
        }
    }
    free_arrays(&s);
}
END_TEST

static const size_t pixel_counts[] = {0, 1, 2, 3, 7, 31, 512, 513, 1021, 2048};
enum { PIXEL_COUNTS = sizeof pixel_counts / sizeof pixel_counts[0] };

START_TEST(sums_are_the_plain_loops)
{
    arrays s = make_arrays(_i);
    for (int n = 0; s.kernels != NULL && n < PIXEL_COUNTS * TNAS_ACT_COUNT; n++) {
        const size_t pixels = pixel_counts[n / TNAS_ACT_COUNT];
        const tnas_affine f = {3.0f, 0.5f, (uint8_t)(n % TNAS_ACT_COUNT)};
        const int real = n % TNAS_LANES + 1;
        /* Two pieces of two channels, the first of which is not looked at. */
        const size_t stride = 3 * TNAS_LANES, pieces[] = {pixels / 3, pixels - pixels / 3};
        double moments[2][2] = {{0.0}, {1.0, 2.0}}, sums[2][2] = {{0.0}, {3.0, 4.0}};
        double wanted[4] = {1.0, 2.0, 3.0, 4.0}, size[4] = {0};
        tnas_lane_sums of_map[2] = {0}, of_gradient[2] = {0};
        size_t at = 0;
        for (int piece = 0; piece < 2; piece++) {
            tnas_channel_run run = {.channels = 2,
                                    .stride = stride,
                                    .pixels = pieces[piece],
                                    .mean = (const float[]){0.75f, 0.25f},
                                    .scale = (const float[]){1.0f, f.scale},
                                    .shift = (const float[]){1.0f, f.shift},
                                    .activation = f.activation,
                                    .lanes = of_map,
                                    .sums = piece == 0 ? NULL : moments};
            s.kernels->moments(&run, s.a + at, real);
            run.lanes = of_gradient;
            run.sums = piece == 0 ? NULL : sums;
            s.kernels->gradient_sums(&run, s.b + at, s.a + at);
            at += pieces[piece] * TNAS_LANES;
        }
        ck_assert(of_map[1].first[0] == 0.0f && of_gradient[1].second[0] == 0.0f);
        for (size_t i = stride; i < stride + pixels * TNAS_LANES; i++) {
            const double x = (double)s.a[i] - 0.25, g = lets_pass(s.a[i], f) ? s.b[i] : 0.0;
            const bool counts = (int)(i % TNAS_LANES) < real;
            const double terms[] = {counts ? x : 0.0, counts ? x * x : 0.0, g, g * x};
            for (int k = 0; k < 4; k++) {
                wanted[k] += terms[k];
                size[k] += fabs(terms[k]);
            }
        }
        for (int k = 0; k < 2; k++) {
            check((float)moments[1][k], wanted[k], size[k], "moment", (size_t)n);
            check((float)sums[1][k], wanted[2 + k], size[2 + k], "gradient sum", (size_t)n);
        }
    }
    free_arrays(&s);
}
END_TEST

START_TEST(not_a_number_passes_every_activation)
{
    arrays s = make_arrays(_i);
    const tnas_grid g = {1, 1, 16, 16, 16, 16};
    for (int act = 0; s.kernels != NULL && act < TNAS_ACT_COUNT; act++) {
        s.a[3] = NAN;
        s.kernels->activate(s.out, s.a, &g, (tnas_affine){1.0f, 0.0f, (uint8_t)act});
        ck_assert(isnan(s.out[3]));
    }
    free_arrays(&s);
}
END_TEST

/* Widths around the tiles of 8, 7, 4 and 1; every stride; windows that are no squares. */
/* The tests choose where the outputs lie. */
static const tnas_window windows[] = {
    {1, 1, 1, 1, 1, 1, 16, 0, 0, 0, 0, NULL},       {3, 7, 3, 3, 1, 1, 16 * 9, 0, 0, 0, 0, NULL},
    {2, 14, 5, 5, 1, 1, 16 * 18, 0, 0, 0, 0, NULL}, {3, 8, 3, 3, 2, 2, 16 * 17, 0, 0, 0, 0, NULL},
    {2, 13, 7, 7, 1, 1, 16 * 19, 0, 0, 0, 0, NULL}, {2, 5, 1, 3, 3, 3, 16 * 15, 0, 0, 0, 0, NULL},
    {4, 1, 5, 1, 2, 1, 16, 0, 0, 0, 0, NULL},       {1, 7, 2, 4, 1, 2, 16 * 16, 0, 0, 0, 0, NULL},
    {2, 3, 3, 11, 1, 1, 16 * 13, 0, 0, 0, 0, NULL},
};
enum { WINDOWS = sizeof windows / sizeof windows[0] };

/* Rows of the plane that hold pixels: all, or without some at both ends. */
static void choose_rows(tnas_window *w, int n)
{
    const int32_t rows = (w->out_h - 1) * w->stride_h + w->kernel_h;
    w->first_row = n % 3 == 1 ? rows / 3 : 0;
    w->end_row = n % 3 == 1 ? rows - rows / 4 : rows;
}

static bool has_pixels(const tnas_window *w, int32_t oy, int32_t ky)
{
    const int32_t row = oy * w->stride_h + ky;
    return row >= w->first_row && row < w->end_row;
}

static size_t seen_at(const tnas_window *w, int32_t oy, int32_t ox, int32_t ky, int32_t kx)
{
    return (size_t)(oy * w->stride_h + ky) * w->in_row +
           (size_t)(ox * w->stride_w + kx) * TNAS_LANES;
}

START_TEST(windows_are_the_plain_loops)
{
    arrays s = make_arrays(_i);
    for (int n = 0; s.kernels != NULL && n < WINDOWS * 2; n++) {
        tnas_window spread = windows[n / 2];
        const tnas_window *const w = &spread;
        const bool add = n % 2 != 0;
        spread.out_pixel = (size_t)(1 + n % 3) * TNAS_LANES;
        spread.out_row = (size_t)(w->out_w + 1) * spread.out_pixel;
        spread.fetch = add ? s.before : NULL;
        choose_rows(&spread, n);
        memcpy(s.out, s.before, FLOATS * sizeof(float));
        s.kernels->window(w, s.a, s.b, s.out, add);
        for (int32_t oy = 0; oy < w->out_h; oy++)
            for (int32_t ox = 0; ox < w->out_w; ox++)
                for (size_t lane = 0; lane < TNAS_LANES; lane++) {
                    const size_t to = (size_t)oy * w->out_row + (size_t)ox * w->out_pixel + lane;
                    double wanted = add ? s.before[to] : 0.0;
                    for (int32_t ky = 0; ky < w->kernel_h; ky++)
                        for (int32_t kx = 0; has_pixels(w, oy, ky) && kx < w->kernel_w; kx++)
                            wanted += (double)s.a[seen_at(w, oy, ox, ky, kx) + lane] *
                                      s.b[ky * w->kernel_w + kx];
                    check(s.out[to], wanted, 50.0, "window", to);
                    s.out[to] = s.before[to];
                }
        ck_assert_msg(memcmp(s.out, s.before, FLOATS * sizeof(float)) == 0,
                      "window %d: wrote outside its output", n);
    }
    free_arrays(&s);
}
END_TEST

START_TEST(window_gradients_are_the_plain_loops)
{
    arrays s = make_arrays(_i);
    for (int n = 0; s.kernels != NULL && n < WINDOWS * 2; n++) {
        tnas_window some = windows[n / 2];
        const tnas_window *const w = &some;
        choose_rows(&some, n);
        const size_t pixel = n % 2 != 0 ? 2 * TNAS_LANES : TNAS_LANES;
        const size_t row = (size_t)(w->out_w + 3) * pixel;
        memcpy(s.out, s.before, FLOATS * sizeof(float));
        s.kernels->window_gradient(w, s.a, s.b, row, pixel, s.out);
        for (int32_t ky = 0; ky < w->kernel_h; ky++)
            for (int32_t kx = 0; kx < w->kernel_w; kx++)
                for (size_t lane = 0; lane < TNAS_LANES; lane++) {
                    const size_t to = (size_t)(ky * w->kernel_w + kx) * TNAS_LANES + lane;
                    double wanted = s.before[to];
                    for (int32_t oy = 0; oy < w->out_h; oy++)
                        for (int32_t ox = 0; has_pixels(w, oy, ky) && ox < w->out_w; ox++)
                            wanted += (double)s.a[seen_at(w, oy, ox, ky, kx) + lane] *
                                      s.b[(size_t)oy * row + (size_t)ox * pixel + lane];
                    check(s.out[to], wanted, 50.0, "window gradient", to);
                }
    }
    free_arrays(&s);
}
END_TEST

/* Heights around the tile of 6 (and 4), depths around 3 vectors, widths around a panel of 64
 * and a block of 256 floats. */
static const struct {
    int32_t m, k;
    size_t n;
} products[] = {{1, 1, 16},   {1, 5, 48},   {2, 3, 64},   {3, 7, 80},   {4, 2, 128}, {5, 13, 144},
                {6, 6, 16},   {7, 9, 112},  {11, 4, 160}, {13, 17, 64}, {24, 8, 32}, {17, 11, 192},
                {9, 24, 272}, {4, 33, 544}, {3, 97, 80},  {2, 431, 112}};
enum { PRODUCTS = sizeof products / sizeof products[0], PRODUCT_K_MAX = 431 };

/* Number n of the products; b is as it is in every fourth, else it goes through an activation,
 * whose scales and shifts are the first of a. */
static tnas_product product_of(const arrays *s, int n)
{
    static _Alignas(64) float scratch[PRODUCT_K_MAX * TNAS_PANEL];
    const bool plain = n % 4 == 3;
    return (tnas_product){.m = products[n / 4].m,
                          .k = products[n / 4].k,
                          .n = products[n / 4].n,
                          .b_row = products[n / 4].n + 16,
                          .scale = plain ? NULL : s->a,
                          .shift = plain ? NULL : s->a + PRODUCT_K_MAX,
                          .activation = (uint8_t)(plain ? TNAS_ACT_NONE : n % 4),
                          .scratch = scratch};
}

/* Element [k, n] of b as it is multiplied. */
static double seen(const arrays *s, const tnas_product *p, size_t k, size_t n)
{
    const float x = s->b[k * p->b_row + n];
    return p->scale == NULL ? x : affine(x, (tnas_affine){p->scale[k], p->shift[k], p->activation});
}

START_TEST(products_are_the_plain_loops)
{
    arrays s = make_arrays(_i);
    for (int n = 0; s.kernels != NULL && n < PRODUCTS * 16; n++) {
        const bool add = n % 2 != 0, transposed = n / 2 % 2 != 0;
        tnas_product p = product_of(&s, n / 4);
        p.a_row = transposed ? 1 : (size_t)p.k;
        p.a_col = transposed ? (size_t)p.m : 1;
        p.out_row = p.n + 32;
        p.add = add;
        memcpy(s.out, s.before, FLOATS * sizeof(float));
        s.kernels->multiply(&p, s.a, s.b, s.out);
        for (size_t i = 0; i < (size_t)p.m; i++)
            for (size_t j = 0; j < p.n; j++) {
                const size_t to = i * p.out_row + j;
                double wanted = add ? s.before[to] : 0.0;
                for (size_t l = 0; l < (size_t)p.k; l++)
                    wanted += (double)s.a[i * p.a_row + l * p.a_col] * seen(&s, &p, l, j);
                check(s.out[to], wanted, 20.0 + (double)p.k, "product", to);
                s.out[to] = s.before[to];
            }
        ck_assert_msg(memcmp(s.out, s.before, FLOATS * sizeof(float)) == 0,
                      "product %d: wrote outside its output", n);
    }
    free_arrays(&s);
}
END_TEST

START_TEST(transposed_products_are_the_plain_loops)
{
    arrays s = make_arrays(_i);
    for (int n = 0; s.kernels != NULL && n < PRODUCTS * 4; n++) {
        tnas_product p = product_of(&s, n);
        p.a_row = p.n + 16;
        p.out_row = (size_t)p.k + 3;
        memcpy(s.out, s.before, FLOATS * sizeof(float));
        s.kernels->multiply_transposed(&p, s.a, s.b, s.out);
        for (size_t i = 0; i < (size_t)p.m; i++)
            for (size_t j = 0; j < (size_t)p.k; j++) {
                const size_t to = i * p.out_row + j;
                double wanted = s.before[to];
                for (size_t l = 0; l < p.n; l++)
                    wanted += (double)s.a[i * p.a_row + l] * seen(&s, &p, j, l);
                check(s.out[to], wanted, 100.0 + (double)p.n, "transposed product", to);
                s.out[to] = s.before[to];
            }
        ck_assert_msg(memcmp(s.out, s.before, FLOATS * sizeof(float)) == 0,
                      "transposed product %d: wrote outside its output", n);
    }
    free_arrays(&s);
}
END_TEST

START_TEST(environment_chooses_the_instruction_set)
{
    const tnas_kernels *kernels;
    setenv("TINYNAS_ISA", "generic", 1);
    ck_ok(tnas_kernels_choose(&kernels));
    ck_assert_str_eq(kernels->isa, "generic");
    setenv("TINYNAS_ISA", "v9", 1);
    ck_fails(TNAS_ERR_USAGE, "TINYNAS_ISA=v9", tnas_kernels_choose(&kernels));
    ck_assert_ptr_null(kernels);
    unsetenv("TINYNAS_ISA");
    ck_ok(tnas_kernels_choose(&kernels));
    ck_assert_ptr_eq(kernels, tnas_kernels_find(kernels->isa));
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("nn kernels");
    TCase *const tc = tcase_create("kernels");
    tcase_add_loop_test(tc, activate_and_gradient_are_the_plain_loops, 0, ISAS);
    tcase_add_loop_test(tc, sums_are_the_plain_loops, 0, ISAS);
    tcase_add_loop_test(tc, not_a_number_passes_every_activation, 0, ISAS);
    tcase_add_loop_test(tc, windows_are_the_plain_loops, 0, ISAS);
    tcase_add_loop_test(tc, window_gradients_are_the_plain_loops, 0, ISAS);
    tcase_add_loop_test(tc, products_are_the_plain_loops, 0, ISAS);
    tcase_add_loop_test(tc, transposed_products_are_the_plain_loops, 0, ISAS);
    tcase_add_test(tc, environment_chooses_the_instruction_set);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
