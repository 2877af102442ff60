/* Training a supernet by a recipe: supernet/ says which networks, trainer/ moves the weights.
 *
 * A phase of the recipe is a training of its own, with its own rate, seed and momentum that starts
 * at 0. What a phase leaves is kept in a file until the last one is done, so that a training that
 * was killed between two phases or inside one goes on there, to the same bytes. */
#ifndef TNAS_STUDY_TRAIN_SUPERNET_H
#define TNAS_STUDY_TRAIN_SUPERNET_H

#include "supernet/supernet.h"
#include "trainer/trainer.h"

typedef struct tnas_supernet_training {
    tnas_supernet *supernet;     /* as tnas_supernet_create made it, with the recipe's kernels */
    tnas_supernet_recipe recipe; /* phases */
    const tnas_recipe *numbers;  /* steps of all phases together, learning rate and the rest */
    tnas_engine *engine;
    const tnas_images *images;
    /* checkpoint_path NULL: a training that is stopped is lost. With one, the checkpoint of the
     * phase under way lies there and the supernet that phase N left in checkpoint_path.N. The
     * teacher is this training's business and must be NULL. */
    tnas_train_options options;
    /* Where the trained supernet is saved at the end, and read from when it is there; NULL:
     * nowhere.
     */
    const char *path;
} tnas_supernet_training;

/* Errors are those of tnas_train and of the files. */
tnas_status tnas_supernet_train(const tnas_supernet_training *training);

#endif
