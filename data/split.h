/* The validation split: training images whose content hash is small.
 *
 * Each image is judged by itself, hash < share * 2^64, instead of by its rank among the
 * others. So images that are added, removed or reordered never move another image across,
 * and exact duplicates stay on one side. The price is that a class of n images gives
 * n * share +- sqrt(n * share) of them, not exactly n * share.
 *
 * Where the threshold would leave one side of a class empty, the image with the smallest (or
 * largest) hash changes sides: each class keeps a training image, and a class of two or more
 * has a validation image. */
#ifndef TNAS_DATA_SPLIT_H
#define TNAS_DATA_SPLIT_H

#include <stddef.h>

#include "data/dataset.h"

/* Moves images from `train` to `validation` (an empty one), both keep their order.
 *   image_hashes [train->count], TNAS_HASH_START continued with an image's pixels
 *   share 0..0.5; at 0 the validation split is empty
 * Fails when memory is short; `train` is then as it was. */
tnas_status tnas_split_validation(tnas_images *train, const uint64_t *image_hashes,
                                  size_t image_bytes, int class_count, double share,
                                  tnas_images *validation);

#endif
