/* What makes two trainings the same: everything their weights depend on but the weights they
 * start from and the kernels' instruction set. A checkpoint serves a training of its own
 * identity only. */
#ifndef TNAS_TRAINER_IDENTITY_H
#define TNAS_TRAINER_IDENTITY_H

#include "data/dataset.h"
#include "nn/engine.h"
#include "trainer/recipe.h"

/* Hashes are FNV-1a. No padding: it is written as it lies. */
typedef struct tnas_identity {
    double recipe[TNAS_RECIPE_VALUE_COUNT]; /* checkpoint_steps is 0: it changes no weight */
    uint64_t seed;
    uint64_t store_hash;  /* kinds and shapes of the slots */
    uint64_t nets_hash;   /* units of the first step: graphs, views, losses; and the teacher */
    uint64_t images_hash; /* shape, pixels, labels */
} tnas_identity;

/* `units` are those of the first step; the teacher, with its weights, may be NULL. Reads every
 * image once. */
void tnas_identity_of(const tnas_recipe *recipe, uint64_t seed, const tnas_store *store,
                      const tnas_unit *units, int unit_count, const tnas_teacher *teacher,
                      const tnas_images *images, tnas_identity *out);

/* TNAS_ERR_INPUT, saying that the file `path` belongs to another training and what differs. */
tnas_status tnas_identity_compare(const tnas_identity *found, const tnas_identity *wanted,
                                  const char *path);

#endif
