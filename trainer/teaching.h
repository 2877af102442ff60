/* Teaching: what a frozen network says of the images that a training shows.
 *
 * Where the images come unchanged, epoch after epoch, the teacher is asked about each of them once,
 * before the first step; where they are augmented or blended, about every batch, with the very
 * pixels that the student sees. It only goes forward: a training step costs the student some three
 * forward passes, so a teacher of the same size would add a third where it is asked every time. */
#ifndef TNAS_TRAINER_TEACHING_H
#define TNAS_TRAINER_TEACHING_H

#include "data/dataset.h"
#include "nn/engine.h"
#include "trainer/recipe.h"

typedef struct tnas_teaching {
    const tnas_teacher *teacher; /* NULL: nobody teaches */
    int classes;
    bool every_batch;
    float *logits; /* [training images or a batch's, classes] */
} tnas_teaching;

/* Asks about all images where that will do. Same images, same teacher, same answers, asked in
 * whatever order by whatever number of threads. */
tnas_status tnas_teaching_init(tnas_teaching *teaching, const tnas_teacher *teacher,
                               tnas_engine *engine, const tnas_recipe *recipe,
                               const tnas_images *images);
void tnas_teaching_deinit(tnas_teaching *teaching);

/* Gives the batch its teacher_logits, unless the loader has. */
tnas_status tnas_teaching_attend(const tnas_teaching *teaching, tnas_engine *engine,
                                 tnas_batch *batch);

/* How often the teacher goes forward on an image in a training of this recipe. */
double tnas_teaching_passes(const tnas_recipe *recipe, int image_count, int classes);

#endif
