#include "trainer/teaching.h"

#include "common/alloc.h"

/* Answers are kept up to this many floats. */
enum { KEPT_FLOATS_MAX = 1 << 24 };

static bool shows_images_unchanged(const tnas_recipe *recipe)
{
    for (int i = 0; i < TNAS_AUGMENT_COUNT; i++)
        if (recipe->augment.doses[i].probability > 0)
            return false;
    return recipe->mixup_prob <= 0;
}

/* Whether it pays, and is possible, to ask about every image once. */
static bool asks_once(const tnas_recipe *recipe, int image_count, int classes)
{
    return shows_images_unchanged(recipe) &&
           (double)recipe->steps * recipe->batch >= (double)image_count &&
           (double)image_count * classes <= KEPT_FLOATS_MAX;
}

double tnas_teaching_passes(const tnas_recipe *recipe, int image_count, int classes)
{
    if (recipe->distill_share <= 0)
        return 0;
    return asks_once(recipe, image_count, classes) ? image_count
                                                   : (double)recipe->steps * recipe->batch;
}

tnas_status tnas_teaching_init(tnas_teaching *teaching, const tnas_teacher *teacher,
                               tnas_engine *engine, const tnas_recipe *recipe,
                               const tnas_images *images)
{
    *teaching = (tnas_teaching){.teacher = teacher};
    if (teacher == NULL)
        return TNAS_OK;
    const tnas_graph *const graph = &teacher->net->graph;
    teaching->classes = graph->tensors[tnas_graph_output(graph)].c;
    teaching->every_batch = !asks_once(recipe, images->count, teaching->classes);
    const int count = teaching->every_batch ? recipe->batch : images->count;
    teaching->logits =
        tnas_alloc_zero((size_t)count * (size_t)teaching->classes, sizeof *teaching->logits);
    if (teaching->logits == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "a teacher's answers on %d images", count);
    return teaching->every_batch
               ? TNAS_OK
               : tnas_engine_predict(engine, teacher->store, teacher->net, teacher->stats,
                                     images->pixels, images->count, teaching->logits);
}

void tnas_teaching_deinit(tnas_teaching *teaching)
{
    tnas_free(teaching->logits);
    *teaching = (tnas_teaching){0};
}

tnas_status tnas_teaching_attend(const tnas_teaching *teaching, tnas_engine *engine,
                                 tnas_batch *batch)
{
    const tnas_teacher *const teacher = teaching->teacher;
    if (teacher == NULL || !teaching->every_batch)
        return TNAS_OK;
    batch->teacher_logits = teaching->logits;
    return tnas_engine_predict(engine, teacher->store, teacher->net, teacher->stats, batch->images,
                               batch->count, teaching->logits);
}
