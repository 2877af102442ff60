/* Every augmentation: repeatable, bounded, and the identity where it is switched off. */
#include <stdlib.h>
#include <string.h>

#include "tests/testing.h"
#include "trainer/loader.h"

enum { SHAPES = 5 };

/* Photographs, a spectrogram, a sensor window, the smallest image, an odd one. */
static const tnas_tensor shapes[SHAPES] = {
    {8, 9, 3}, {40, 32, 1}, {100, 1, 6}, {1, 1, 1}, {5, 7, 2}};

/* Pixels on the heap at their exact size, so that a sanitizer sees a step outside. */
static uint8_t *random_pixels(const tnas_tensor *shape, uint64_t index)
{
    const size_t count = (size_t)tnas_tensor_count(shape);
    uint8_t *const pixels = malloc(count);
    ck_assert_ptr_nonnull(pixels);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    for (size_t i = 0; i < count; i++)
        pixels[i] = (uint8_t)tnas_rng_below(&rng, 256);
    return pixels;
}

static uint8_t *copy_pixels(const tnas_tensor *shape, const uint8_t *pixels)
{
    uint8_t *const copy = malloc((size_t)tnas_tensor_count(shape));
    ck_assert_ptr_nonnull(copy);
    return memcpy(copy, pixels, (size_t)tnas_tensor_count(shape));
}

static tnas_augment only(tnas_augmentation augmentation, double probability, int amount)
{
    tnas_augment augment = {.fill = 128};
    augment.doses[augmentation] = (tnas_augment_dose){probability, amount};
    return augment;
}

static bool is_changed(const tnas_augment *augment, uint64_t shown, const tnas_tensor *shape,
                       const uint8_t *pixels)
{
    uint8_t *const copy = copy_pixels(shape, pixels);
    tnas_augment_image(augment, SEED, shown, shape, copy);
    const bool changed = memcmp(copy, pixels, (size_t)tnas_tensor_count(shape)) != 0;
    free(copy);
    return changed;
}

/* Loops over the table: _i is the augmentation. */

START_TEST(an_augmentation_that_is_off_changes_nothing)
{
    const tnas_augmentation augmentation = (tnas_augmentation)_i;
    const int largest = tnas_augmentation_largest(augmentation);
    const tnas_augment never = only(augmentation, 0, largest);
    const tnas_augment nothing = only(augmentation, 1, 0);
    for (int s = 0; s < SHAPES; s++) {
        uint8_t *const pixels = random_pixels(&shapes[s], (uint64_t)s);
        for (uint64_t shown = 0; shown < 20; shown++) {
            ck_assert(!is_changed(&never, shown, &shapes[s], pixels));
            ck_assert(largest == 0 || !is_changed(&nothing, shown, &shapes[s], pixels));
        }
        free(pixels);
    }
}
END_TEST

START_TEST(an_augmentation_is_a_function_of_seed_and_image_shown)
{
    const tnas_augmentation augmentation = (tnas_augmentation)_i;
    const tnas_augment augment = only(augmentation, 0.7, tnas_augmentation_largest(augmentation));
    const tnas_tensor shape = {12, 10, 3};
    const size_t bytes = (size_t)tnas_tensor_count(&shape);
    uint8_t *const pixels = random_pixels(&shape, 0);
    int differs_by_shown = 0, differs_by_seed = 0;
    for (uint64_t shown = 0; shown < 40; shown++) {
        uint8_t *const a = copy_pixels(&shape, pixels), *const b = copy_pixels(&shape, pixels);
        tnas_augment_image(&augment, SEED, shown, &shape, a);
        tnas_augment_image(&augment, SEED, shown, &shape, b);
        ck_assert_mem_eq(a, b, bytes);
        memcpy(b, pixels, bytes);
        tnas_augment_image(&augment, SEED, shown + 1, &shape, b);
        differs_by_shown += memcmp(a, b, bytes) != 0;
        memcpy(b, pixels, bytes);
        tnas_augment_image(&augment, SEED + 1, shown, &shape, b);
        differs_by_seed += memcmp(a, b, bytes) != 0;
        free(a);
        free(b);
    }
    ck_assert_int_gt(differs_by_shown, 5);
    ck_assert_int_gt(differs_by_seed, 5);
    free(pixels);
}
END_TEST

START_TEST(the_largest_amount_stays_inside_an_image_of_any_shape)
{
    const tnas_augmentation augmentation = (tnas_augmentation)_i;
    const tnas_augment augment = only(augmentation, 1, tnas_augmentation_largest(augmentation));
    for (int s = 0; s < SHAPES; s++)
        for (uint64_t shown = 0; shown < 200; shown++) {
            uint8_t *const pixels = random_pixels(&shapes[s], shown);
            tnas_augment_image(&augment, SEED, shown, &shapes[s], pixels);
            free(pixels);
        }
}
END_TEST

START_TEST(an_augmentation_changes_the_share_of_images_that_its_probability_says)
{
    enum { IMAGES = 2000 };
    const tnas_augmentation augmentation = (tnas_augmentation)_i;
    const int largest = tnas_augmentation_largest(augmentation);
    const tnas_augment augment = only(augmentation, 0.25, largest < 20 ? largest : 20);
    const tnas_tensor shape = {40, 32, 3};
    uint8_t *const pixels = random_pixels(&shape, 0);
    int changed = 0;
    for (uint64_t shown = 0; shown < IMAGES; shown++)
        changed += is_changed(&augment, shown, &shape, pixels);
    /* 500 +- 19, less the few that draw a change of nothing: a mask of no rows, 1 in 21. */
    ck_assert_int_gt(changed, 400);
    ck_assert_int_lt(changed, 600);
    free(pixels);
}
END_TEST

START_TEST(switching_one_on_moves_the_draws_of_no_other)
{
    const tnas_augmentation augmentation = (tnas_augmentation)_i;
    if (augmentation == TNAS_AUGMENT_FLIP)
        return;
    /* A flip of a single column changes nothing, so what is seen are the other's draws. */
    const tnas_tensor shape = {30, 1, 3};
    const int largest = tnas_augmentation_largest(augmentation);
    const tnas_augment alone = only(augmentation, 0.8, largest < 20 ? largest : 20);
    tnas_augment with_flip = alone;
    with_flip.doses[TNAS_AUGMENT_FLIP].probability = 0.5;
    uint8_t *const pixels = random_pixels(&shape, 0);
    for (uint64_t shown = 0; shown < 50; shown++) {
        uint8_t *const a = copy_pixels(&shape, pixels), *const b = copy_pixels(&shape, pixels);
        tnas_augment_image(&alone, SEED, shown, &shape, a);
        tnas_augment_image(&with_flip, SEED, shown, &shape, b);
        ck_assert_mem_eq(a, b, (size_t)tnas_tensor_count(&shape));
        free(a);
        free(b);
    }
    free(pixels);
}
END_TEST

START_TEST(two_augmentations_meet_by_chance_only)
{
    enum { IMAGES = 2000 };
    tnas_augment augment = only(TNAS_AUGMENT_SCALE, 0.5, 50);
    augment.doses[TNAS_AUGMENT_FLIP].probability = 0.5;
    const tnas_tensor shape = {1, 2, 1};
    int counts[2][2] = {{0}};
    for (uint64_t shown = 0; shown < IMAGES; shown++) {
        uint8_t pixels[2] = {28, 228}; /* 100 below and above zero */
        tnas_augment_image(&augment, SEED, shown, &shape, pixels);
        const bool flipped = pixels[0] > pixels[1];
        counts[flipped][pixels[flipped] != 28]++;
    }
    for (int i = 0; i < 4; i++) { /* 500 +- 19; a scale of almost 1 is no change */
        ck_assert_int_gt(counts[i / 2][i % 2], 400);
        ck_assert_int_lt(counts[i / 2][i % 2], 600);
    }
}
END_TEST

/* One by one */

/* Pixel (y, x, channel) of an image, or the fill outside. */
static int pixel_at(const tnas_tensor *shape, const uint8_t *pixels, int y, int x, int channel,
                    int fill)
{
    if (y < 0 || y >= shape->h || x < 0 || x >= shape->w)
        return fill;
    return pixels[(y * shape->w + x) * shape->c + channel];
}

static bool is_moved(const tnas_tensor *shape, const uint8_t *from, const uint8_t *to, int down,
                     int right, int fill)
{
    for (int y = 0; y < shape->h; y++)
        for (int x = 0; x < shape->w; x++)
            for (int k = 0; k < shape->c; k++)
                if (pixel_at(shape, to, y, x, k, fill) !=
                    pixel_at(shape, from, y - down, x - right, k, fill))
                    return false;
    return true;
}

/* The move that made `to`; the test fails when there is none within the bounds. */
static void find_move(const tnas_tensor *shape, const uint8_t *from, const uint8_t *to, int most_y,
                      int most_x, int fill, int *down, int *right)
{
    for (*down = -most_y; *down <= most_y; ++*down)
        for (*right = -most_x; *right <= most_x; ++*right)
            if (is_moved(shape, from, to, *down, *right, fill))
                return;
    ck_abort_msg("no move of at most %d rows and %d columns", most_y, most_x);
}

START_TEST(a_shift_is_a_move_in_every_direction_with_fill_behind_it)
{
    enum { MOST = 2 };
    const bool time_only = _i == 1;
    tnas_augment augment = only(time_only ? TNAS_AUGMENT_TIME_SHIFT : TNAS_AUGMENT_SHIFT, 1, MOST);
    augment.fill = 7;
    const tnas_tensor shape = {6, 9, 3};
    uint8_t *const pixels = random_pixels(&shape, 0);
    int seen[2 * MOST + 1][2 * MOST + 1] = {{0}};
    for (uint64_t shown = 0; shown < 400; shown++) {
        uint8_t *const moved = copy_pixels(&shape, pixels);
        tnas_augment_image(&augment, SEED, shown, &shape, moved);
        int down, right;
        find_move(&shape, pixels, moved, MOST, time_only ? 0 : MOST, 7, &down, &right);
        seen[MOST + down][MOST + right]++;
        free(moved);
    }
    for (int y = 0; y <= 2 * MOST; y++)
        for (int x = 0; x <= 2 * MOST; x++)
            ck_assert(seen[y][x] > 0 || (time_only && x != MOST));
    free(pixels);
}
END_TEST

START_TEST(a_flip_mirrors_columns_and_twice_is_none)
{
    const tnas_augment augment = only(TNAS_AUGMENT_FLIP, 1, 0);
    for (int s = 0; s < SHAPES; s++) {
        const tnas_tensor *const shape = &shapes[s];
        uint8_t *const pixels = random_pixels(shape, 0);
        uint8_t *const flipped = copy_pixels(shape, pixels);
        tnas_augment_image(&augment, SEED, 0, shape, flipped);
        for (int y = 0; y < shape->h; y++)
            for (int x = 0; x < shape->w; x++)
                for (int k = 0; k < shape->c; k++)
                    ck_assert_int_eq(pixel_at(shape, flipped, y, x, k, 0),
                                     pixel_at(shape, pixels, y, shape->w - 1 - x, k, 0));
        tnas_augment_image(&augment, SEED, 0, shape, flipped);
        ck_assert_mem_eq(flipped, pixels, (size_t)tnas_tensor_count(shape));
        free(flipped);
        free(pixels);
    }
}
END_TEST

/* The box of changed pixels, which must be filled throughout. */
static void find_filled_box(const tnas_tensor *shape, const uint8_t *pixels, int fill, int *height,
                            int *width)
{
    int top = shape->h, bottom = 0, left = shape->w, right = 0, filled = 0;
    for (int y = 0; y < shape->h; y++)
        for (int x = 0; x < shape->w; x++) {
            if (pixel_at(shape, pixels, y, x, 0, 0) != fill)
                continue;
            top = y < top ? y : top;
            bottom = y + 1 > bottom ? y + 1 : bottom;
            left = x < left ? x : left;
            right = x + 1 > right ? x + 1 : right;
            filled++;
        }
    *height = bottom > top ? bottom - top : 0;
    *width = right > left ? right - left : 0;
    ck_assert_int_eq(filled, *height * *width);
}

START_TEST(cutout_and_masks_fill_one_box_of_bounded_size)
{
    enum { MOST = 5 };
    const tnas_tensor shape = {20, 16, 1};
    const struct {
        tnas_augmentation augmentation;
        int height_max, width_max;
    } rows[] = {{TNAS_AUGMENT_CUTOUT, MOST, MOST},
                {TNAS_AUGMENT_TIME_MASK, MOST, 16},
                {TNAS_AUGMENT_BAND_MASK, 20, MOST}};
    const tnas_augment augment = only(rows[_i].augmentation, 1, MOST);
    int tallest = 0, widest = 0;
    for (uint64_t shown = 0; shown < 300; shown++) {
        uint8_t pixels[20 * 16];
        memset(pixels, 9, sizeof pixels);
        tnas_augment_image(&augment, SEED, shown, &shape, pixels);
        for (size_t i = 0; i < sizeof pixels; i++)
            ck_assert(pixels[i] == 9 || pixels[i] == 128);
        int height, width;
        find_filled_box(&shape, pixels, 128, &height, &width);
        tallest = height > tallest ? height : tallest;
        widest = width > widest ? width : widest;
        ck_assert(rows[_i].augmentation != TNAS_AUGMENT_CUTOUT || height > 0);
    }
    ck_assert_int_eq(tallest, rows[_i].height_max);
    ck_assert_int_eq(widest, rows[_i].width_max);
}
END_TEST

START_TEST(jitter_is_bounded_centred_and_saturates)
{
    enum { LEVELS = 4 };
    const tnas_augment augment = only(TNAS_AUGMENT_JITTER, 1, LEVELS);
    const tnas_tensor shape = {100, 1, 30};
    uint8_t pixels[3000];
    memset(pixels, 100, sizeof pixels);
    tnas_augment_image(&augment, SEED, 0, &shape, pixels);
    int counts[2 * LEVELS + 1] = {0};
    double sum = 0;
    for (size_t i = 0; i < sizeof pixels; i++) {
        const int noise = pixels[i] - 100;
        ck_assert_int_le(noise, LEVELS);
        ck_assert_int_ge(noise, -LEVELS);
        counts[noise + LEVELS]++;
        sum += noise;
    }
    ck_assert_int_gt(counts[0], 0);
    ck_assert_int_gt(counts[2 * LEVELS], 0);
    ck_assert_int_gt(counts[LEVELS], counts[0]);
    /* Variance of two uniforms over 5 values: 2 * (25 - 1) / 12 = 4; five standard errors. */
    ck_assert_double_lt(sum / 3000, 5 * 2 / 54.0);
    ck_assert_double_gt(sum / 3000, -5 * 2 / 54.0);
    memset(pixels, 255, sizeof pixels);
    tnas_augment_image(&augment, SEED, 0, &shape, pixels);
    for (size_t i = 0; i < sizeof pixels; i++)
        ck_assert_int_ge(pixels[i], 255 - LEVELS);
}
END_TEST

START_TEST(scale_moves_every_value_from_the_middle_by_one_factor)
{
    const tnas_augment augment = only(TNAS_AUGMENT_SCALE, 1, 20);
    const tnas_tensor shape = {1, 1, 6};
    int smallest = 255, largest = 0;
    for (uint64_t shown = 0; shown < 300; shown++) {
        uint8_t pixels[6] = {128, 228, 28, 178, 0, 255};
        tnas_augment_image(&augment, SEED, shown, &shape, pixels);
        ck_assert_int_eq(pixels[0], 128);
        ck_assert_int_eq(pixels[1] - 128, 128 - pixels[2]); /* opposite values stay opposite */
        ck_assert_int_le(abs(2 * (pixels[3] - 128) - (pixels[1] - 128)), 1);
        smallest = pixels[1] < smallest ? pixels[1] : smallest;
        largest = pixels[1] > largest ? pixels[1] : largest;
    }
    /* 128 + 100 * (1 +- 0.2) */
    ck_assert_int_ge(smallest, 208);
    ck_assert_int_le(smallest, 210);
    ck_assert_int_le(largest, 248);
    ck_assert_int_ge(largest, 246);
}
END_TEST

static double length_squared(const uint8_t *axes)
{
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += (axes[i] - 128.0) * (axes[i] - 128.0);
    return sum;
}

START_TEST(a_rotation_keeps_lengths_and_angles_and_the_loose_channel)
{
    enum { DEGREES = 30 };
    const tnas_augment augment = only(TNAS_AUGMENT_ROTATE, 1, DEGREES);
    const tnas_tensor shape = {1, 1, 7}; /* two groups and one channel more */
    double smallest_cosine = 1;
    for (uint64_t shown = 0; shown < 500; shown++) {
        const uint8_t before[7] = {228, 128, 128, 128, 228, 128, 77};
        uint8_t after[7];
        memcpy(after, before, sizeof after);
        tnas_augment_image(&augment, SEED, shown, &shape, after);
        ck_assert_int_eq(after[6], 77);
        /* Rounding moves each axis by half a level at most. */
        ck_assert_double_eq_tol(length_squared(after), 1e4, 200);
        ck_assert_double_eq_tol(length_squared(after + 3), 1e4, 200);
        double between = 0; /* the groups were at right angles, and turned together */
        for (int i = 0; i < 3; i++)
            between += (after[i] - 128.0) * (after[3 + i] - 128.0);
        ck_assert_double_eq_tol(between, 0, 200);
        const double cosine = (after[0] - 128) / 100.0;
        smallest_cosine = cosine < smallest_cosine ? cosine : smallest_cosine;
    }
    ck_assert_double_gt(smallest_cosine, 0.866 - 0.01); /* cos 30 degrees, and the rounding */
    ck_assert_double_lt(smallest_cosine, 0.92);
}
END_TEST

/* In the loader */

START_TEST(the_loader_changes_pixels_and_no_labels)
{
    enum { COUNT = 24, BATCH = 8, STEPS = 9 };
    const tnas_tensor shape = {8, 8, 3};
    const size_t bytes = (size_t)tnas_tensor_count(&shape);
    uint8_t pixels[COUNT * 8 * 8 * 3];
    int16_t labels[COUNT];
    for (int i = 0; i < COUNT; i++) {
        labels[i] = (int16_t)i;
        memset(pixels + (size_t)i * bytes, 10 * i, bytes); /* the brightness says the label */
    }
    const tnas_images images = {.count = COUNT, .pixels = pixels, .labels = labels};
    tnas_recipe recipe = tnas_recipe_default();
    recipe.batch = BATCH;
    recipe.augment.fill = 255;
    recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){1, 2};
    recipe.augment.doses[TNAS_AUGMENT_FLIP] = (tnas_augment_dose){.probability = 0.5};
    tnas_loader loader;
    ck_ok(tnas_loader_init(&loader, &images, &shape, &recipe, SEED));
    int seen[COUNT] = {0}, filled = 0;
    for (long step = 0; step < STEPS; step++) {
        uint8_t batch[BATCH * 8 * 8 * 3];
        int16_t batch_labels[BATCH];
        tnas_loader_gather(&loader, step,
                           &(tnas_batch_buffer){.pixels = batch, .labels = batch_labels});
        for (int i = 0; i < BATCH; i++) {
            seen[batch_labels[i]]++;
            for (size_t p = 0; p < bytes; p++) {
                const int value = batch[(size_t)i * bytes + p];
                ck_assert(value == 255 || value == 10 * batch_labels[i]);
                filled += value == 255;
            }
        }
    }
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(seen[i], STEPS * BATCH / COUNT);
    ck_assert_int_gt(filled, 0);
    for (int i = 0; i < COUNT; i++) /* the data set itself is untouched */
        ck_assert_int_eq(pixels[(size_t)i * bytes], 10 * i);
    tnas_loader_deinit(&loader);
}
END_TEST

START_TEST(mixup_blends_pixels_and_labels_by_the_same_share)
{
    enum { COUNT = 8, BATCH = 8, STEPS = 200 };
    uint8_t pixels[COUNT];
    int16_t image_labels[COUNT];
    for (int i = 0; i < COUNT; i++) {
        image_labels[i] = (int16_t)i;
        pixels[i] = (uint8_t)(30 * i); /* one pixel, whose brightness says the label */
    }
    const tnas_images images = {.count = COUNT, .pixels = pixels, .labels = image_labels};
    tnas_recipe recipe = tnas_recipe_default();
    recipe.batch = BATCH;
    recipe.mixup_prob = 0.5;
    recipe.mixup_share = 0.4;
    tnas_loader loader;
    ck_ok(tnas_loader_init(&loader, &images, &(tnas_tensor){1, 1, 1}, &recipe, SEED));
    int blended = 0;
    float largest = 0;
    for (long step = 0; step < STEPS; step++) {
        uint8_t batch[BATCH];
        int16_t labels[BATCH], second[BATCH];
        float shares[BATCH];
        tnas_loader_gather(&loader, step,
                           &(tnas_batch_buffer){.pixels = batch,
                                                .labels = labels,
                                                .second_labels = second,
                                                .second_shares = shares});
        for (int i = 0; i < BATCH; i++) {
            ck_assert_int_eq(second[i], labels[(i + 1) % BATCH]);
            const double wanted =
                30 * labels[i] * (1.0 - (double)shares[i]) + 30 * second[i] * (double)shares[i];
            ck_assert_double_eq_tol(batch[i], wanted, 0.5 + 1e-6);
            blended += shares[i] > 0;
            largest = shares[i] > largest ? shares[i] : largest;
        }
    }
    ck_assert_int_gt(blended, STEPS * BATCH * 2 / 5);
    ck_assert_int_lt(blended, STEPS * BATCH * 3 / 5);
    ck_assert_float_le(largest, 0.4f + 1.0f / 512);
    ck_assert_float_gt(largest, 0.35f);
    tnas_loader_deinit(&loader);
}
END_TEST

START_TEST(an_image_that_comes_again_is_changed_another_way)
{
    enum { BATCH = 12 };
    const tnas_tensor shape = {16, 16, 1};
    uint8_t *const pixels = random_pixels(&shape, 0);
    int16_t label = 0;
    const tnas_images images = {.count = 1, .pixels = pixels, .labels = &label};
    tnas_recipe recipe = tnas_recipe_default();
    recipe.batch = BATCH;
    recipe.augment.doses[TNAS_AUGMENT_SHIFT] = (tnas_augment_dose){1, 4};
    tnas_loader loader;
    ck_ok(tnas_loader_init(&loader, &images, &shape, &recipe, SEED));
    uint8_t batch[2][BATCH][16 * 16];
    int16_t labels[BATCH];
    tnas_loader_gather(&loader, 0, &(tnas_batch_buffer){.pixels = batch[0][0], .labels = labels});
    tnas_loader_gather(&loader, 1, &(tnas_batch_buffer){.pixels = batch[1][0], .labels = labels});
    int within = 0, between = 0;
    for (int i = 1; i < BATCH; i++)
        within += memcmp(batch[0][0], batch[0][i], sizeof batch[0][0]) != 0;
    for (int i = 0; i < BATCH; i++)
        between += memcmp(batch[0][i], batch[1][i], sizeof batch[0][0]) != 0;
    ck_assert_int_gt(within, BATCH / 2);
    ck_assert_int_gt(between, BATCH / 2);
    tnas_loader_deinit(&loader);
    free(pixels);
}
END_TEST

/* A bright row stays a row, and moves away from the middle by the factor; bands are stretched from
 * the first column. */
START_TEST(stretching_moves_a_line_by_a_bounded_factor_around_its_fixed_point)
{
    enum { SIDE = 41, PERCENT = 20, LINE = 30 };
    const bool is_warp = _i == 1;
    const int fixed = is_warp ? 0 : SIDE / 2;
    const tnas_tensor shape = {SIDE, SIDE, 1};
    tnas_augment augment = only(is_warp ? TNAS_AUGMENT_WARP : TNAS_AUGMENT_TEMPO, 1, PERCENT);
    augment.fill = 0;
    int nearest = SIDE, farthest = 0;
    for (uint64_t shown = 0; shown < 300; shown++) {
        uint8_t pixels[SIDE * SIDE] = {0};
        for (int i = 0; i < SIDE; i++)
            pixels[is_warp ? i * SIDE + LINE : LINE * SIDE + i] = 200;
        tnas_augment_image(&augment, SEED, shown, &shape, pixels);
        int brightest = 0;
        for (int i = 0; i < SIDE; i++) {
            const int other = SIDE / 3;
            const uint8_t *const row = pixels + (is_warp ? other * SIDE + i : i * SIDE + other);
            const uint8_t *const best =
                pixels + (is_warp ? other * SIDE + brightest : brightest * SIDE + other);
            brightest = *row > *best ? i : brightest;
        }
        nearest = brightest < nearest ? brightest : nearest;
        farthest = brightest > farthest ? brightest : farthest;
    }
    /* The line lies at fixed + (LINE - fixed) / factor, factor within 0.8 to 1.2. */
    ck_assert_int_ge(nearest, fixed + (int)((LINE - fixed) / 1.2));
    ck_assert_int_lt(nearest, LINE);
    ck_assert_int_gt(farthest, LINE);
    ck_assert_int_le(farthest, fixed + (int)((LINE - fixed) / 0.8) + 1);
}
END_TEST

START_TEST(gain_and_tilt_leave_the_fill_and_add_a_straight_line_over_the_bands)
{
    enum { H = 3, W = 5, LEVELS = 40 };
    const bool is_tilt = _i == 1;
    const tnas_tensor shape = {H, W, 1};
    tnas_augment augment = only(is_tilt ? TNAS_AUGMENT_TILT : TNAS_AUGMENT_GAIN, 1, LEVELS);
    augment.fill = 7;
    for (uint64_t shown = 0; shown < 100; shown++) {
        uint8_t pixels[H * W];
        memset(pixels, 100, sizeof pixels);
        pixels[W + 2] = 7;
        tnas_augment_image(&augment, SEED, shown, &shape, pixels);
        const int left = pixels[0] - 100, right = pixels[W - 1] - 100;
        ck_assert_int_le(abs(left), LEVELS);
        ck_assert_int_eq(right, is_tilt ? -left : left);
        ck_assert_int_eq(pixels[W + 2], 7);
        ck_assert_int_le(abs(pixels[1] - 100 - (3 * left + right) / 4), 1);
        ck_assert_int_eq(pixels[2 * W + 3], pixels[3]);
    }
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("augment");
    TCase *const tc = tcase_create("augment");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, an_augmentation_that_is_off_changes_nothing, 0, TNAS_AUGMENT_COUNT);
    tcase_add_loop_test(tc, an_augmentation_is_a_function_of_seed_and_image_shown, 0,
                        TNAS_AUGMENT_COUNT);
    tcase_add_loop_test(tc, the_largest_amount_stays_inside_an_image_of_any_shape, 0,
                        TNAS_AUGMENT_COUNT);
    tcase_add_loop_test(tc, an_augmentation_changes_the_share_of_images_that_its_probability_says,
                        0, TNAS_AUGMENT_COUNT);
    tcase_add_loop_test(tc, switching_one_on_moves_the_draws_of_no_other, 0, TNAS_AUGMENT_COUNT);
    tcase_add_test(tc, two_augmentations_meet_by_chance_only);
    tcase_add_loop_test(tc, a_shift_is_a_move_in_every_direction_with_fill_behind_it, 0, 2);
    tcase_add_test(tc, a_flip_mirrors_columns_and_twice_is_none);
    tcase_add_loop_test(tc, cutout_and_masks_fill_one_box_of_bounded_size, 0, 3);
    tcase_add_loop_test(tc, stretching_moves_a_line_by_a_bounded_factor_around_its_fixed_point, 0,
                        2);
    tcase_add_loop_test(tc, gain_and_tilt_leave_the_fill_and_add_a_straight_line_over_the_bands, 0,
                        2);
    tcase_add_test(tc, jitter_is_bounded_centred_and_saturates);
    tcase_add_test(tc, scale_moves_every_value_from_the_middle_by_one_factor);
    tcase_add_test(tc, a_rotation_keeps_lengths_and_angles_and_the_loose_channel);
    tcase_add_test(tc, the_loader_changes_pixels_and_no_labels);
    tcase_add_test(tc, mixup_blends_pixels_and_labels_by_the_same_share);
    tcase_add_test(tc, an_image_that_comes_again_is_changed_another_way);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
