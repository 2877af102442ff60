/* Augmentation: the random changes of a training image that leave its label true.
 *
 * Images are u8 [h, w, c]; for spectrograms rows are time and columns are bands, for sensor
 * windows rows are time, w = 1 and channels are axes. Everything is integer arithmetic on a
 * stream of its own for each (seed, image shown, augmentation): the same on every machine,
 * and switching one on moves the draws of no other. */
#ifndef TNAS_TRAINER_AUGMENT_H
#define TNAS_TRAINER_AUGMENT_H

#include "graph/graph.h"

/* In the order in which they apply. An amount of 0 changes nothing; flip has no amount.
 *  name                   amount's unit  largest  what it does */
#define TNAS_AUGMENTATIONS(X)                                                                      \
    X(SHIFT, shift, "pixels", 64, "moves the image by at most so many rows and columns each way")  \
    X(FLIP, flip, "", 0, "mirrors left and right")                                                 \
    X(TIME_SHIFT, time_shift, "rows", 1024, "moves the image by at most so many rows each way")    \
    X(ROTATE, rotate, "degrees", 90, "turns 3-axis groups of channels around a random axis")       \
    X(SCALE, scale, "percent", 100, "multiplies the distance from 128 by 1 +- at most so much")    \
    X(JITTER, jitter, "levels", 127, "adds noise of at most so many u8 levels to each value")      \
    X(CUTOUT, cutout, "pixels", 64, "fills a square of this side around a random pixel")           \
    X(TIME_MASK, time_mask, "rows", 1024, "fills at most so many neighbouring rows")               \
    X(BAND_MASK, band_mask, "columns", 1024, "fills at most so many neighbouring columns")         \
    X(TEMPO, tempo, "percent", 50, "stretches time around the middle row by 1 +- at most so much") \
    X(WARP, warp, "percent", 50, "stretches the bands from column 0 on by 1 +- at most so much")   \
    X(GAIN, gain, "levels", 127, "adds at most so many u8 levels to all that is not the fill")     \
    X(TILT, tilt, "levels", 127, "adds a slope over the bands, at most so many u8 levels high")

typedef enum tnas_augmentation {
#define TNAS_AUGMENT_ENUM(id, name, unit, largest, what) TNAS_AUGMENT_##id,
    TNAS_AUGMENTATIONS(TNAS_AUGMENT_ENUM)
#undef TNAS_AUGMENT_ENUM
        TNAS_AUGMENT_COUNT
} tnas_augmentation;

/* How often and how much; zeros switch it off. */
typedef struct tnas_augment_dose {
    double probability; /* 0..1 of an image to be changed at all */
    int amount;         /* 0..largest */
} tnas_augment_dose;

/* Part of a recipe. */
typedef struct tnas_augment {
    int fill; /* u8 value of what is moved in, cut out or masked; 128 is the network's zero */
    tnas_augment_dose doses[TNAS_AUGMENT_COUNT];
} tnas_augment;

const char *tnas_augmentation_name(tnas_augmentation augmentation);
const char *tnas_augmentation_unit(tnas_augmentation augmentation); /* "": it has no amount */
int tnas_augmentation_largest(tnas_augmentation augmentation);

/* Changes an image [h, w, c] in place. `shown` numbers the images that training shows, over
 * all epochs: an image that comes again is changed another way. */
void tnas_augment_image(const tnas_augment *augment, uint64_t seed, uint64_t shown,
                        const tnas_tensor *shape, uint8_t *pixels);

#endif
