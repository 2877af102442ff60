/* The products of every instruction set beside OpenBLAS, on the shapes of real layers: the
 * plain loops of test_nn_kernels.c say that they are right on small ones, a library that knows
 * nothing of our tiles says it again on large ones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <cblas.h>

#include "nn/kernels.h"
#include "tests/testing.h"

static const char *const isas[] = {"generic", "v2", "v3", "v4"};
enum { ISAS = sizeof isas / sizeof isas[0] };

/* Rows, depth, pixels times 16 images: narrowing, widening, primes, one, the head of a net. */
static const struct {
    int m, k, n;
} shapes[] = {
    {144, 24, 64 * 196}, {24, 144, 64 * 196}, {40, 240, 64 * 49}, {96, 16, 16 * 1024},
    {1, 1, 16},          {7, 13, 16 * 37},    {13, 7, 16 * 101},  {10, 160, 64},
    {160, 960, 16},      {1, 27, 16 * 256},   {31, 1, 16 * 3},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static float *random_floats(size_t count, uint64_t stream)
{
    float *const out = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, stream);
    for (size_t i = 0; i < count; i++)
        out[i] = (float)tnas_rng_normal(&rng);
    return out;
}

/* Both sum `depth` products of two normal numbers, in orders of their own. */
static void check_all(const float *got, const float *wanted, size_t count, int depth)
{
    const double tolerance = 1e-5 * (1.0 + sqrt((double)depth));
    size_t i = 0; /* an assertion for each element would take minutes */
    while (i < count && fabs((double)got[i] - (double)wanted[i]) <= tolerance)
        i++;
    ck_assert_msg(i == count, "element %zu is %.9g, OpenBLAS says %.9g", i, (double)got[i],
                  (double)wanted[i]);
}

START_TEST(products_agree_with_openblas)
{
    const tnas_kernels *const kernels = tnas_kernels_find(isas[_i / SHAPES]);
    if (kernels == NULL) {
        printf("SKIP: kernels %s do not run here\n", isas[_i / SHAPES]);
        return;
    }
    const int m = shapes[_i % SHAPES].m, k = shapes[_i % SHAPES].k, n = shapes[_i % SHAPES].n;
    const size_t a_count = (size_t)m * (size_t)k, b_count = (size_t)k * (size_t)n;
    const size_t out_count = (size_t)m * (size_t)n;
    float *const a = random_floats(a_count, 0), *const b = random_floats(b_count, 1);
    float *const got = random_floats(out_count, 2), *const wanted = random_floats(out_count, 2);
    tnas_product p = {
        .m = m, .k = k, .n = (size_t)n, .a_col = 1, .a_row = (size_t)k, .b_row = (size_t)n};
    const size_t panel = (size_t)k * TNAS_PANEL;
    p.out_row = (size_t)n;
    p.scratch = random_floats(panel > TNAS_PANEL_FLOATS ? panel : TNAS_PANEL_FLOATS, 5);

    kernels->multiply(&p, a, b, got);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, wanted, n);
    check_all(got, wanted, out_count, k);

    /* The same matrix stored the other way round, added to what is there. */
    p.add = true;
    p.a_row = 1;
    p.a_col = (size_t)m;
    kernels->multiply(&p, a, b, got);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, n, k, 1, a, m, b, n, 1, wanted, n);
    check_all(got, wanted, out_count, 2 * k);

    /* dweight [m, k] += dout [m, n] * columns [k, n] transposed; the kernel and BLAS both keep
     * partial sums, so the error grows with the root of n. */
    float *const dout = random_floats(out_count, 3), *const dweight = random_floats(a_count, 4);
    float *const reference = random_floats(a_count, 4);
    const tnas_product dots = {.m = m,
                               .k = k,
                               .n = (size_t)n,
                               .a_row = (size_t)n,
                               .b_row = (size_t)n,
                               .out_row = (size_t)k};
    kernels->multiply_transposed(&dots, dout, b, dweight);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, k, n, 1, dout, n, b, n, 1, reference,
                k);
    check_all(dweight, reference, a_count, n);

    free(p.scratch);
    free(a);
    free(b);
    free(got);
    free(wanted);
    free(dout);
    free(dweight);
    free(reference);
}
END_TEST

int main(void)
{
    openblas_set_num_threads(1); /* Check forks, and threads of a library do not follow */
    Suite *const suite = suite_create("nn_blas");
    TCase *const tc = tcase_create("products");
    tcase_add_loop_test(tc, products_agree_with_openblas, 0, ISAS * SHAPES);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
