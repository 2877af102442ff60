/* Shift and flip: as in most recipes since He et al., "Deep Residual Learning", CVPR 2016.
 * Cutout: DeVries and Taylor, 2017. Masks: Park et al., "SpecAugment", Interspeech 2019.
 * Warp: Jaitly and Hinton, "Vocal Tract Length Perturbation", ICML workshop 2013.
 * Rotation, scale, jitter: Um et al., "Data Augmentation of Wearable Sensor Data", ICMI 2017. */
#include "trainer/augment.h"

#include <stddef.h>
#include <string.h>

#include "common/rng.h"

/* The u8 value of 0, around which sensors turn and scale. */
enum { ZERO = 128, AXES = 3 };

/* Random streams of an image; a fixed number, so that a further augmentation moves no draws. */
#define STREAMS 64
_Static_assert(TNAS_AUGMENT_COUNT <= STREAMS, "every augmentation has its stream");

/* One image under one augmentation. */
typedef struct canvas {
    int32_t h, w, c;
    uint8_t fill;
    uint8_t *pixels; /* [h, w, c] */
} canvas;

static const struct {
    const char *name, *unit;
    int largest;
} rows[TNAS_AUGMENT_COUNT] = {
#define TNAS_AUGMENT_ROW(id, name, unit, largest, what) {#name, unit, largest},
    TNAS_AUGMENTATIONS(TNAS_AUGMENT_ROW)
#undef TNAS_AUGMENT_ROW
};

const char *tnas_augmentation_name(tnas_augmentation augmentation)
{
    return rows[augmentation].name;
}

const char *tnas_augmentation_unit(tnas_augmentation augmentation)
{
    return rows[augmentation].unit;
}

int tnas_augmentation_largest(tnas_augmentation augmentation)
{
    return rows[augmentation].largest;
}

/* Uniform in -most..most. */
static int32_t draw_around_zero(tnas_rng *rng, int32_t most)
{
    return (int32_t)tnas_rng_below(rng, 2 * (uint32_t)most + 1) - most;
}

static int32_t clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* The quotient to the nearest, halves away from zero; divisor > 0. */
static int32_t divide_to_nearest(int64_t dividend, int64_t divisor)
{
    const int64_t half = dividend < 0 ? -divisor / 2 : divisor / 2;
    return (int32_t)((dividend + half) / divisor);
}

/* The u8 pixel at this distance from zero, saturated. */
static uint8_t pixel_from_zero(int32_t distance)
{
    return (uint8_t)clamp(distance + ZERO, 0, 255);
}

static void fill_box(const canvas *image, int32_t top, int32_t left, int32_t bottom, int32_t right)
{
    const int32_t y_end = clamp(bottom, 0, image->h), x_end = clamp(right, 0, image->w);
    const int32_t x = clamp(left, 0, x_end);
    for (int32_t y = clamp(top, 0, y_end); y < y_end; y++)
        memset(image->pixels + (ptrdiff_t)(y * image->w + x) * image->c, image->fill,
               (size_t)(x_end - x) * (size_t)image->c);
}

/* Row y of the result is row y - down, `right` columns on. Rows are written from the side that
 * the image leaves, so none is overwritten before it is read. */
static void move_image(const canvas *image, int32_t down, int32_t right)
{
    const int32_t h = image->h, w = image->w, c = image->c;
    down = clamp(down, -h, h);
    right = clamp(right, -w, w);
    const int32_t to_x = right > 0 ? right : 0, from_x = right < 0 ? -right : 0;
    const size_t kept_bytes = (size_t)(w - to_x - from_x) * (size_t)c;
    for (int32_t i = 0; i < h; i++) {
        const int32_t y = down > 0 ? h - 1 - i : i;
        if (y - down < 0 || y - down >= h)
            continue;
        memmove(image->pixels + (ptrdiff_t)(y * w + to_x) * c,
                image->pixels + (ptrdiff_t)((y - down) * w + from_x) * c, kept_bytes);
    }
    fill_box(image, 0, 0, down, w);
    fill_box(image, h + (down < 0 ? down : 0), 0, h, w);
    fill_box(image, 0, 0, h, right);
    fill_box(image, 0, w + (right < 0 ? right : 0), h, w);
}

static void apply_shift(const canvas *image, tnas_rng *rng, int32_t pixels)
{
    const int32_t down = draw_around_zero(rng, pixels);
    move_image(image, down, draw_around_zero(rng, pixels));
}

static void apply_flip(const canvas *image, tnas_rng *rng, int32_t amount)
{
    (void)rng, (void)amount;
    const size_t c = (size_t)image->c;
    for (int32_t y = 0; y < image->h; y++) {
        uint8_t *left = image->pixels + (size_t)(y * image->w) * c;
        uint8_t *right = left + (size_t)(image->w - 1) * c;
        for (; left < right; left += c, right -= c)
            for (size_t k = 0; k < c; k++) {
                const uint8_t kept = left[k];
                left[k] = right[k];
                right[k] = kept;
            }
    }
}

static void apply_time_shift(const canvas *image, tnas_rng *rng, int32_t most_rows)
{
    move_image(image, draw_around_zero(rng, most_rows), 0);
}

/* One rotation for all groups and the whole window: the part was mounted another way. It is
 * that of the quaternion (w, v), v drawn in a ball, whose matrix is integer up to the factor
 * 1 / (w^2 + |v|^2). With w = 360 / pi its angle is 2 atan(|v| pi / 360), never more than |v|
 * degrees. Channels beyond the last whole group stay. */
static void apply_rotate(const canvas *image, tnas_rng *rng, int32_t degrees)
{
    enum { UNITS = 100, W = 11459 }; /* v in hundredths of a degree; 100 * 360 / pi */
    const int64_t most = (int64_t)degrees * UNITS;
    int64_t x, y, z;
    do {
        x = draw_around_zero(rng, (int32_t)most);
        y = draw_around_zero(rng, (int32_t)most);
        z = draw_around_zero(rng, (int32_t)most);
    } while (x * x + y * y + z * z > most * most);
    const int64_t w = W, norm = w * w + x * x + y * y + z * z;
    const int64_t matrix[AXES][AXES] = {
        {w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)},
        {2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)},
        {2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z},
    };
    for (int32_t place = 0; place < image->h * image->w; place++)
        for (int32_t first = 0; first + AXES <= image->c; first += AXES) {
            uint8_t *const group = image->pixels + (ptrdiff_t)place * image->c + first;
            const int64_t in[AXES] = {group[0] - ZERO, group[1] - ZERO, group[2] - ZERO};
            for (int i = 0; i < AXES; i++)
                group[i] = pixel_from_zero(divide_to_nearest(
                    matrix[i][0] * in[0] + matrix[i][1] * in[1] + matrix[i][2] * in[2], norm));
        }
}

/* One factor for the whole window. */
static void apply_scale(const canvas *image, tnas_rng *rng, int32_t percent)
{
    enum { ONE = 10000 };
    const int32_t factor = ONE + draw_around_zero(rng, percent * (ONE / 100));
    for (int32_t i = 0; i < image->h * image->w * image->c; i++)
        image->pixels[i] =
            pixel_from_zero(divide_to_nearest((int64_t)factor * (image->pixels[i] - ZERO), ONE));
}

/* The sum of two uniform draws, so that small noise is the most likely. */
static void apply_jitter(const canvas *image, tnas_rng *rng, int32_t levels)
{
    const uint32_t bound = (uint32_t)levels + 1;
    for (int32_t i = 0; i < image->h * image->w * image->c; i++) {
        const uint32_t sum = tnas_rng_below(rng, bound) + tnas_rng_below(rng, bound);
        image->pixels[i] = (uint8_t)clamp(image->pixels[i] + (int32_t)sum - levels, 0, 255);
    }
}

/* The middle is any pixel, so that a part of the square may lie outside. */
static void apply_cutout(const canvas *image, tnas_rng *rng, int32_t side)
{
    const int32_t top = (int32_t)tnas_rng_below(rng, (uint32_t)image->h) - side / 2;
    const int32_t left = (int32_t)tnas_rng_below(rng, (uint32_t)image->w) - side / 2;
    fill_box(image, top, left, top + side, left + side);
}

/* A stretch of 0..most within 0..side, as long as the side at most. */
static void draw_stretch(tnas_rng *rng, int32_t side, int32_t most, int32_t *start, int32_t *end)
{
    const uint32_t longest = (uint32_t)(most < side ? most : side);
    const int32_t length = (int32_t)tnas_rng_below(rng, longest + 1);
    *start = (int32_t)tnas_rng_below(rng, (uint32_t)(side - length) + 1);
    *end = *start + length;
}

static void apply_time_mask(const canvas *image, tnas_rng *rng, int32_t most_rows)
{
    int32_t start, end;
    draw_stretch(rng, image->h, most_rows, &start, &end);
    fill_box(image, start, 0, end, image->w);
}

static void apply_band_mask(const canvas *image, tnas_rng *rng, int32_t most_columns)
{
    int32_t start, end;
    draw_stretch(rng, image->w, most_columns, &start, &end);
    fill_box(image, 0, start, image->h, end);
}

/* A factor of the axis, in Q14. */
static int32_t draw_factor(tnas_rng *rng, int32_t percent)
{
    enum { UNITS = 100 };
    return (1 << 14) + draw_around_zero(rng, percent * UNITS) * (1 << 14) / (100 * UNITS);
}

/* Entry i of the result of `count` pixels `step` bytes apart is entry middle + (i - middle) *
 * factor of the old ones, between two of them linearly; what comes from outside is filled. Sides
 * longer than SIDE_MAX stay. */
enum { SIDE_MAX = 1024 };

static void stretch_line(uint8_t *line, int32_t count, ptrdiff_t step, int32_t middle,
                         int32_t factor, uint8_t fill)
{
    uint8_t old[SIDE_MAX];
    for (int32_t i = 0; i < count; i++)
        old[i] = line[i * step];
    for (int32_t i = 0; i < count; i++) {
        const int32_t at = middle * (1 << 14) + (i - middle) * factor;
        const int32_t from = at >> 14, part = at & ((1 << 14) - 1);
        const int32_t a = from >= 0 && from < count ? old[from] : fill;
        const int32_t b = from + 1 >= 0 && from + 1 < count ? old[from + 1] : fill;
        line[i * step] = (uint8_t)((a * ((1 << 14) - part) + b * part + (1 << 13)) >> 14);
    }
}

static void apply_tempo(const canvas *image, tnas_rng *rng, int32_t percent)
{
    const int32_t factor = draw_factor(rng, percent), row = image->w * image->c;
    for (int32_t i = 0; i < row && image->h <= SIDE_MAX; i++)
        stretch_line(image->pixels + i, image->h, row, image->h / 2, factor, image->fill);
}

static void apply_warp(const canvas *image, tnas_rng *rng, int32_t percent)
{
    const int32_t factor = draw_factor(rng, percent);
    for (int32_t y = 0; y < image->h && image->w <= SIDE_MAX; y++)
        for (int32_t k = 0; k < image->c; k++)
            stretch_line(image->pixels + (ptrdiff_t)y * image->w * image->c + k, image->w, image->c,
                         0, factor, image->fill);
}

/* Adds left at the first band to right at the last. */
static void add_slope(const canvas *image, int32_t left, int32_t right)
{
    const int32_t last = image->w > 1 ? image->w - 1 : 1;
    for (int32_t y = 0; y < image->h; y++)
        for (int32_t x = 0; x < image->w; x++)
            for (int32_t k = 0; k < image->c; k++) {
                uint8_t *const pixel = image->pixels + (ptrdiff_t)(y * image->w + x) * image->c + k;
                if (*pixel != image->fill)
                    *pixel = (uint8_t)clamp(*pixel + left + (right - left) * x / last, 0, 255);
            }
}

static void apply_gain(const canvas *image, tnas_rng *rng, int32_t levels)
{
    const int32_t level = draw_around_zero(rng, levels);
    add_slope(image, level, level);
}

static void apply_tilt(const canvas *image, tnas_rng *rng, int32_t levels)
{
    const int32_t level = draw_around_zero(rng, levels);
    add_slope(image, -level, level);
}

typedef void apply_fn(const canvas *image, tnas_rng *rng, int32_t amount);

static apply_fn *const apply[TNAS_AUGMENT_COUNT] = {
#define TNAS_AUGMENT_APPLY(id, name, unit, largest, what) apply_##name,
    TNAS_AUGMENTATIONS(TNAS_AUGMENT_APPLY)
#undef TNAS_AUGMENT_APPLY
};

void tnas_augment_image(const tnas_augment *augment, uint64_t seed, uint64_t shown,
                        const tnas_tensor *shape, uint8_t *pixels)
{
    const canvas image = {shape->h, shape->w, shape->c, (uint8_t)augment->fill, pixels};
    for (int i = 0; i < TNAS_AUGMENT_COUNT; i++) {
        const tnas_augment_dose dose = augment->doses[i];
        if (dose.probability <= 0 || (dose.amount == 0 && rows[i].largest > 0))
            continue;
        tnas_rng rng = tnas_rng_stream(seed, TNAS_RNG_AUGMENT, shown * STREAMS + (uint64_t)i);
        if (tnas_rng_unit(&rng) < dose.probability)
            apply[i](&image, &rng, dose.amount);
    }
}
