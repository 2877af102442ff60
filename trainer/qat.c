#include "trainer/qat.h"

#include <assert.h>

#include "common/alloc.h"

typedef struct qat {
    tnas_twin *twin;
    double range_decay;
    tnas_unit unit;
    tnas_seen_range *seen;
} qat;

static tnas_status fixed_unit(void *context, long step, tnas_unit *units, int *unit_count)
{
    (void)step;
    units[0] = ((const qat *)context)->unit;
    *unit_count = 1;
    return TNAS_OK;
}

static tnas_status round_weights(void *context, const tnas_store *store, const tnas_store **used)
{
    qat *const q = context;
    tnas_model *model;
    TNAS_TRY(tnas_twin_round(q->twin, store, &model));
    tnas_model_destroy(model);
    *used = q->twin->rounded;
    return TNAS_OK;
}

static void follow_ranges(void *context, tnas_store *store)
{
    const qat *const q = context;
    tnas_twin_follow(q->twin, store, q->seen, 1 - q->range_decay);
}

tnas_status tnas_qat_train(tnas_twin *twin, tnas_engine *engine, const tnas_recipe *recipe,
                           double range_decay, const tnas_images *images,
                           const tnas_train_options *options)
{
    const bool taught = recipe->distill_share > 0;
    assert(!taught || options->teacher != NULL);
    qat q = {.twin = twin,
             .range_decay = range_decay,
             .seen = tnas_alloc_zero((size_t)twin->net->graph.tensor_count, sizeof *q.seen)};
    if (q.seen == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "ranges of %d tensors", twin->net->graph.tensor_count);
    q.unit = (tnas_unit){.net = twin->net,
                         .weight = 1.0f,
                         .label_smoothing = (float)recipe->label_smoothing,
                         .teacher = taught ? TNAS_TEACHER_FROZEN : TNAS_NONE,
                         .label_share = (float)(1 - recipe->distill_share),
                         .temperature = (float)recipe->distill_temperature,
                         .seen = q.seen};
    const tnas_unit_source source = {.context = &q, .units = fixed_unit};
    const tnas_train_around around = {
        .context = &q, .before = round_weights, .after = follow_ranges};
    tnas_train_options with = *options;
    with.around = &around;
    with.teacher = taught ? options->teacher : NULL;
    const tnas_status status = tnas_train(twin->store, &source, engine, recipe, images, &with);
    tnas_free(q.seen);
    return status;
}
