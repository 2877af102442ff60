#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "data/resize.h"
#include "tests/testing.h"

typedef struct size_pair {
    tnas_image_size from;
    int h, w;
} size_pair;

/* One, odd, prime, equal, shrinking, enlarging, both at once. */
static const size_pair pairs[] = {
    {{1, 1, 1}, 5, 7},     {{5, 7, 3}, 1, 1},     {{13, 17, 1}, 13, 17}, {{13, 17, 3}, 7, 5},
    {{32, 32, 3}, 16, 16}, {{32, 32, 1}, 24, 20}, {{7, 5, 4}, 13, 17},   {{9, 4, 1}, 3, 12},
    {{100, 3, 2}, 33, 2},  {{2, 2, 1}, 64, 64},
};
enum { PAIR_COUNT = sizeof pairs / sizeof pairs[0] };

static uint8_t *random_pixels(const tnas_image_size *size, uint64_t index)
{
    const size_t count = (size_t)size->h * (size_t)size->w * (size_t)size->c;
    uint8_t *pixels = tnas_alloc_zero(count, 1);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)tnas_rng_below(&rng, 256);
    return pixels;
}

static double pixel(const uint8_t *in, const tnas_image_size *size, int y, int x, int k)
{
    return in[((size_t)y * (size_t)size->w + (size_t)x) * (size_t)size->c + (size_t)k];
}

/* The length of the overlap of input pixel p with output pixel i, in input pixels. */
static double overlap(int from, int to, int i, int p)
{
    const double low = fmax((double)i * from / to, p), high = fmin((i + 1.0) * from / to, p + 1.0);
    return high > low ? high - low : 0;
}

static double area_value(const uint8_t *in, const tnas_image_size *from, int h, int w, int y, int x,
                         int k)
{
    double sum = 0;
    for (int row = 0; row < from->h; row++)
        for (int column = 0; column < from->w; column++)
            sum += overlap(from->h, h, y, row) * overlap(from->w, w, x, column) *
                   pixel(in, from, row, column, k);
    return sum * h * w / ((double)from->h * from->w);
}

static double bilinear_value(const uint8_t *in, const tnas_image_size *from, int h, int w, int y,
                             int x, int k)
{
    const double at_y = fmin(fmax((y + 0.5) * from->h / h - 0.5, 0), from->h - 1);
    const double at_x = fmin(fmax((x + 0.5) * from->w / w - 0.5, 0), from->w - 1);
    const int y0 = (int)at_y, x0 = (int)at_x;
    const int y1 = y0 + 1 < from->h ? y0 + 1 : y0, x1 = x0 + 1 < from->w ? x0 + 1 : x0;
    const double fy = at_y - y0, fx = at_x - x0;
    return (1 - fy) * ((1 - fx) * pixel(in, from, y0, x0, k) + fx * pixel(in, from, y0, x1, k)) +
           fy * ((1 - fx) * pixel(in, from, y1, x0, k) + fx * pixel(in, from, y1, x1, k));
}

/* Whole arithmetic rounds the exact value; the reference in doubles is off by its own rounding, so
 * only values that lie almost between two bytes may differ, and by one. */
static void compare(const size_pair *pair, tnas_resize_method method)
{
    const tnas_image_size to = {pair->h, pair->w, pair->from.c};
    uint8_t *in = random_pixels(&pair->from, (uint64_t)(pair - pairs));
    uint8_t *out = tnas_alloc_zero((size_t)to.h * (size_t)to.w, (size_t)to.c);
    tnas_resizer *resizer;
    ck_ok(tnas_resizer_create(&pair->from, &to, method, &resizer));
    tnas_resizer_run(resizer, in, out);
    for (int y = 0; y < to.h; y++)
        for (int x = 0; x < to.w; x++)
            for (int k = 0; k < to.c; k++) {
                const double exact = (method == TNAS_RESIZE_AREA ? area_value : bilinear_value)(
                    in, &pair->from, to.h, to.w, y, x, k);
                const int got = (int)pixel(out, &to, y, x, k);
                ck_assert_msg(fabs(got - exact) <= 0.5 + 1e-9, "pair %d, %d %d %d: %d for %.12g",
                              (int)(pair - pairs), y, x, k, got, exact);
            }
    tnas_resizer_destroy(resizer);
    tnas_free(in);
    tnas_free(out);
}

START_TEST(area_is_the_mean_of_what_a_pixel_covers)
{
    compare(&pairs[_i], TNAS_RESIZE_AREA);
}
END_TEST

START_TEST(bilinear_is_between_four_neighbours)
{
    compare(&pairs[_i], TNAS_RESIZE_BILINEAR);
}
END_TEST

START_TEST(halves_are_rounded_up)
{
    const uint8_t in[] = {0, 1, 254, 255};
    const tnas_image_size from = {1, 4, 1}, to = {1, 2, 1};
    uint8_t out[2];
    tnas_resizer *resizer;
    ck_ok(tnas_resizer_create(&from, &to, TNAS_RESIZE_AREA, &resizer));
    tnas_resizer_run(resizer, in, out);
    ck_assert_int_eq(out[0], 1);
    ck_assert_int_eq(out[1], 255);
    tnas_resizer_destroy(resizer);
}
END_TEST

START_TEST(the_same_size_is_the_same_image)
{
    const tnas_image_size size = {11, 7, 3};
    uint8_t *in = random_pixels(&size, 99), out[11 * 7 * 3];
    tnas_resizer *resizer;
    ck_ok(tnas_resizer_create(&size, &size, _i == 0 ? TNAS_RESIZE_AREA : TNAS_RESIZE_BILINEAR,
                              &resizer));
    tnas_resizer_run(resizer, in, out);
    ck_assert_mem_eq(in, out, sizeof out);
    tnas_resizer_destroy(resizer);
    tnas_free(in);
}
END_TEST

/* The largest sums: white everywhere, 16,384 pixels to one and back. */
START_TEST(the_longest_side_does_not_overflow)
{
    const tnas_image_size wide = {2, TNAS_RESIZE_SIDE_MAX, 1}, one = {1, 1, 1};
    uint8_t *in = tnas_alloc_zero(2, TNAS_RESIZE_SIDE_MAX), out = 0;
    memset(in, 255, 2 * TNAS_RESIZE_SIDE_MAX);
    tnas_resizer *resizer;
    ck_ok(tnas_resizer_create(&wide, &one, TNAS_RESIZE_AREA, &resizer));
    tnas_resizer_run(resizer, in, &out);
    ck_assert_int_eq(out, 255);
    tnas_resizer_destroy(resizer);
    ck_ok(tnas_resizer_create(&one, &wide, TNAS_RESIZE_BILINEAR, &resizer));
    memset(in, 0, 2 * TNAS_RESIZE_SIDE_MAX);
    tnas_resizer_run(resizer, &out, in);
    for (int i = 0; i < 2 * TNAS_RESIZE_SIDE_MAX; i++)
        ck_assert_int_eq(in[i], 255);
    tnas_resizer_destroy(resizer);
    tnas_free(in);
}
END_TEST

START_TEST(sizes_out_of_range_are_refused)
{
    const tnas_image_size good = {4, 4, 1}, tall = {TNAS_RESIZE_SIDE_MAX + 1, 4, 1};
    tnas_resizer *resizer;
    ck_fails(TNAS_ERR_INPUT, "image of 16385x4x1: sides must be 1 to 16384",
             tnas_resizer_create(&tall, &good, TNAS_RESIZE_AREA, &resizer));
    ck_assert_ptr_null(resizer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resize");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, area_is_the_mean_of_what_a_pixel_covers, 0, PAIR_COUNT);
    tcase_add_loop_test(all, bilinear_is_between_four_neighbours, 0, PAIR_COUNT);
    tcase_add_test(all, halves_are_rounded_up);
    tcase_add_loop_test(all, the_same_size_is_the_same_image, 0, 2);
    tcase_add_test(all, the_longest_side_does_not_overflow);
    tcase_add_test(all, sizes_out_of_range_are_refused);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
