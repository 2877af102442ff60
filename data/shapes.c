/* builtin:shapes, a data set that is drawn instead of downloaded: ten figures, light on dark or
 * dark on light, anywhere, turned and scaled, on a sloping background with noise.
 *
 * It is made for searching networks in minutes: a linear classifier on pixels fails, because
 * the polarity makes every class average grey and the place varies, while a small
 * convolutional network soon succeeds. No pair of figures looks alike in any pose.
 * docs/data.md has the measured figures.
 *
 * Image i of a split is a pure function of (split, i). Only + - * / and floor are used on
 * doubles, which IEEE 754 rounds exactly: the pixels are the same for every compiler. */
#include <math.h>

#include "common/alloc.h"
#include "common/rng.h"
#include "data/source.h"

enum {
    SIDE = 24,
    TRAIN_COUNT = 10000, /* validation included */
    TEST_COUNT = 2000,
    SUBSAMPLES = 4, /* per pixel and axis */
};
static const uint64_t shapes_seed = 7;

/* Numbers of random streams. */
typedef enum drawn_split { DRAWN_TRAIN, DRAWN_TEST } drawn_split;

typedef struct range {
    double low, high;
} range;

/* How hard it is. Each image draws uniformly from these. */
static const struct {
    range radius_px; /* of the circle around the figure, which stays inside the image */
    range contrast;  /* grey levels between figure and background */
    range slope;     /* grey levels the background changes across the image, each axis */
    range noise;     /* standard deviation per pixel, grey levels */
} difficulty = {
    .radius_px = {6.5, 9.5},
    .contrast = {60, 130},
    .slope = {-50, 50},
    .noise = {4, 18},
};

/* The figures, each inside the unit circle, and each different from the others in every turn. */
static bool disc(double x, double y)
{
    return x * x + y * y < 0.72;
}

static bool ring(double x, double y)
{
    const double r2 = x * x + y * y;
    return r2 > 0.36 && r2 < 0.94;
}

static bool square(double x, double y)
{
    return fabs(x) < 0.69 && fabs(y) < 0.69;
}

static bool triangle(double x, double y)
{
    return y > -0.5 && 1.7320508 * fabs(x) + y < 1;
}

static bool bar(double x, double y)
{
    return fabs(x) < 0.95 && fabs(y) < 0.27;
}

static bool cross(double x, double y)
{
    return bar(x, y) || bar(y, x);
}

static bool corner(double x, double y)
{
    return square(x, y) && (x < -0.22 || y < -0.22);
}

static bool pair(double x, double y)
{
    const double from_centre = fabs(x) - 0.59;
    return from_centre * from_centre + y * y < 0.15;
}

static bool stripes(double x, double y)
{
    return square(x, y) && fabs(fabs(x) - 0.46) < 0.23;
}

static bool checker(double x, double y)
{
    return square(x, y) && (fabs(x) < 0.23) == (fabs(y) < 0.23);
}

static const struct {
    const char *name;
    bool (*covers)(double x, double y);
} figures[] = {
    {"disc", disc},       {"ring", ring},       {"square", square}, {"triangle", triangle},
    {"bar", bar},         {"cross", cross},     {"corner", corner}, {"pair", pair},
    {"stripes", stripes}, {"checker", checker},
};
enum { FIGURE_COUNT = sizeof figures / sizeof figures[0] };

typedef struct pose {
    double centre_x, centre_y, radius; /* pixels */
    double cos_turn, sin_turn;
} pose;

static double draw_from(tnas_rng *rng, const range *from)
{
    return from->low + (from->high - from->low) * tnas_rng_unit(rng);
}

static pose draw_pose(tnas_rng *rng)
{
    pose p = {.radius = draw_from(rng, &difficulty.radius_px)};
    const range centre = {p.radius, SIDE - p.radius};
    p.centre_x = draw_from(rng, &centre);
    p.centre_y = draw_from(rng, &centre);
    /* A turn of up to 90 degrees by its half-angle tangent, since sin and cos may round
     * differently elsewhere; then up to three quarter turns more. Not quite uniform. */
    const double t = tnas_rng_unit(rng);
    p.cos_turn = (1 - t * t) / (1 + t * t);
    p.sin_turn = 2 * t / (1 + t * t);
    for (uint32_t quarters = tnas_rng_below(rng, 4); quarters > 0; quarters--) {
        const double kept = p.cos_turn;
        p.cos_turn = -p.sin_turn;
        p.sin_turn = kept;
    }
    return p;
}

/* The share of pixel (row, column) that the figure covers. */
static double coverage(const pose *p, int figure, int row, int column)
{
    const double from_x = column + 0.5 - p->centre_x, from_y = row + 0.5 - p->centre_y;
    if (from_x * from_x + from_y * from_y > (p->radius + 1) * (p->radius + 1))
        return 0; /* most pixels: outside the circle around the figure */
    int covered = 0;
    for (int i = 0; i < SUBSAMPLES * SUBSAMPLES; i++) {
        const double at_x = from_x + (i % SUBSAMPLES + 0.5) / SUBSAMPLES - 0.5;
        const double at_y = from_y + (i / SUBSAMPLES + 0.5) / SUBSAMPLES - 0.5;
        const double x = (p->cos_turn * at_x + p->sin_turn * at_y) / p->radius;
        const double y = (p->cos_turn * at_y - p->sin_turn * at_x) / p->radius;
        covered += figures[figure].covers(x, y);
    }
    return covered / (double)(SUBSAMPLES * SUBSAMPLES);
}

/* Mean 0, deviation 1, bell-shaped: tnas_rng_normal takes a logarithm, which may round
 * differently elsewhere. The sum of four uniform numbers has variance 4 / 12. */
static double draw_noise(tnas_rng *rng)
{
    const uint64_t bits = tnas_rng_u64(rng);
    const double sum =
        (double)((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
    return (sum / 65536 - 2) * 1.7320508;
}

static uint8_t to_pixel(double grey)
{
    const double rounded = floor(grey + 0.5);
    return (uint8_t)(rounded < 0 ? 0 : rounded > 255 ? 255 : rounded);
}

static void draw_image(drawn_split split, int index, int figure, uint8_t *pixels)
{
    tnas_rng rng =
        tnas_rng_stream(shapes_seed, TNAS_RNG_DATA, (uint64_t)split << 32 | (uint64_t)index);
    const pose p = draw_pose(&rng);
    const double polarity = tnas_rng_below(&rng, 2) == 0 ? 1 : -1;
    const double contrast = polarity * draw_from(&rng, &difficulty.contrast);
    const double slope_x = draw_from(&rng, &difficulty.slope) / SIDE;
    const double slope_y = draw_from(&rng, &difficulty.slope) / SIDE;
    const double noise = draw_from(&rng, &difficulty.noise);
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            /* Figure and background lie symmetrically about the middle grey. */
            const double background =
                128 - contrast / 2 + slope_x * (column - SIDE / 2) + slope_y * (row - SIDE / 2);
            const double figure_grey = contrast * coverage(&p, figure, row, column);
            pixels[row * SIDE + column] =
                to_pixel(background + figure_grey + noise * draw_noise(&rng));
        }
}

static int16_t figure_of(int index)
{
    return (int16_t)(index % FIGURE_COUNT);
}

/* Training images come first. */
static tnas_status read_images(tnas_dataset_source *source, const bool *wanted,
                               tnas_sample_take *take, void *context)
{
    uint8_t pixels[SIDE * SIDE];
    for (int i = 0; i < source->sample_count; i++) {
        if (!wanted[i])
            continue;
        const drawn_split split = i < TRAIN_COUNT ? DRAWN_TRAIN : DRAWN_TEST;
        const int index = split == DRAWN_TRAIN ? i : i - TRAIN_COUNT;
        draw_image(split, index, source->samples[i].label, pixels);
        TNAS_TRY(take(context, i, pixels, tnas_content_hash(pixels, sizeof pixels)));
    }
    return TNAS_OK;
}

static tnas_status list_images(tnas_dataset_source *source)
{
    int16_t label;
    for (int k = 0; k < FIGURE_COUNT; k++)
        TNAS_TRY(tnas_dataset_source_class(source, figures[k].name, &label));
    for (int i = 0; i < TRAIN_COUNT + TEST_COUNT; i++) {
        tnas_sample *const sample = tnas_dataset_source_add(source);
        if (sample == NULL)
            return TNAS_ERR_NOMEM;
        const int index = i < TRAIN_COUNT ? i : i - TRAIN_COUNT;
        sample->record = i;
        sample->stated = i < TRAIN_COUNT ? TNAS_SPLIT_TRAIN : TNAS_SPLIT_TEST;
        sample->label = figure_of(index);
    }
    return TNAS_OK;
}

tnas_status tnas_shapes_open(tnas_dataset_source **out)
{
    *out = NULL;
    tnas_dataset_source *source = tnas_alloc_zero(1, sizeof *source);
    if (source == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "source of builtin:shapes");
    *source = (tnas_dataset_source){
        .format = "builtin",
        .unit = "image",
        .h = SIDE,
        .w = SIDE,
        .c = 1,
        .are_pictures = true,
        .read = read_images,
    };
    const tnas_status status = list_images(source);
    if (status != TNAS_OK) {
        tnas_dataset_source_destroy(source);
        return status;
    }
    *out = source;
    return TNAS_OK;
}
