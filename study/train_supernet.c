#include "study/train_supernet.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/io.h"

/* Images behind the batch-norm statistics of the network that teaches. */
enum { TEACHER_BATCHES = 8, TEACHER_BATCH_IMAGES = 64 };

typedef struct state {
    const tnas_supernet_training *given;
    const tnas_supernet_phase *phases;
    int phase_count;
    int phase;
    long start, end;    /* steps of the phase under way */
    tnas_net *nets;     /* [net_count] of the sampler */
    tnas_net *full_net; /* the largest network; what teaches */
    tnas_supernet *full;
    tnas_bn_stats full_stats;
    tnas_teacher teacher;
    tnas_progress progress;
    char stage[64];
} state;

/* ---- Progress and curve count the steps of all phases. ---- */

static void report(void *context, const char *stage, long done, long total, const char *unit,
                   const char *remark)
{
    const state *const s = context;
    (void)total;
    tnas_progress_report(s->given->options.progress, stage, s->start + done,
                         s->given->numbers->steps, unit, remark);
}

static void note(void *context, const char *sentence)
{
    const state *const s = context;
    tnas_progress_note(s->given->options.progress, "%s", sentence);
}

static void event(void *context, const char *what, const char *name, const tnas_figure *figures,
                  int count)
{
    const state *const s = context;
    tnas_progress_event(s->given->options.progress, what, name, figures, count);
}

static bool stop(void *context)
{
    const state *const s = context;
    return tnas_progress_stop(s->given->options.progress);
}

static void see(void *context, long step, double loss, double right)
{
    const state *const s = context;
    const tnas_train_options *const options = &s->given->options;
    options->see(options->see_context, s->start + step, loss, right);
}

/* ---- Files between phases ---- */

static tnas_status phase_path(const state *s, int phase, char path[TNAS_PATH_BYTES])
{
    const char *const base = s->given->options.checkpoint_path;
    const int length = snprintf(path, TNAS_PATH_BYTES, "%s.%d", base, phase + 1);
    return length < TNAS_PATH_BYTES
               ? TNAS_OK
               : tnas_fail(TNAS_ERR_USAGE, "%s: the path is longer than %d bytes", base,
                           TNAS_PATH_BYTES - 3);
}

static tnas_status keep_phase(const state *s)
{
    if (s->given->options.checkpoint_path == NULL || s->phase == s->phase_count - 1)
        return TNAS_OK;
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(phase_path(s, s->phase, path));
    return tnas_supernet_save(s->given->supernet, path);
}

/* Finds the first phase that is not done, and loads what the one before it left. */
static tnas_status resume(state *s)
{
    if (s->given->options.checkpoint_path == NULL)
        return TNAS_OK;
    char path[TNAS_PATH_BYTES];
    for (s->phase = s->phase_count - 1; s->phase > 0; s->phase--) {
        TNAS_TRY(phase_path(s, s->phase - 1, path));
        if (tnas_file_exists(path))
            return tnas_supernet_load(s->given->supernet, path);
    }
    return TNAS_OK;
}

/* Once the trained supernet is safe. */
static tnas_status remove_phases(const state *s)
{
    if (s->given->options.checkpoint_path == NULL)
        return TNAS_OK;
    if (s->given->path != NULL)
        unlink(s->given->options.checkpoint_path);
    char path[TNAS_PATH_BYTES];
    for (int phase = 0; phase < s->phase_count - 1; phase++) {
        TNAS_TRY(phase_path(s, phase, path));
        unlink(path);
    }
    return TNAS_OK;
}

/* ---- The teacher: the full network as the first phase left it ---- */

static bool is_taught(const state *s)
{
    return s->phases[s->phase].teacher_share > 0;
}

/* Whether the first phase has just been done or its file must be read. */
static tnas_status copy_full_values(state *s)
{
    if (s->given->options.checkpoint_path != NULL) {
        char path[TNAS_PATH_BYTES];
        TNAS_TRY(phase_path(s, 0, path));
        return tnas_supernet_load(s->full, path);
    }
    const tnas_store *const store = s->given->supernet->store;
    memcpy(s->full->store->values, store->values, store->value_count * sizeof(float));
    return TNAS_OK;
}

static tnas_status recalibrate_full(state *s)
{
    const tnas_images *const images = s->given->images;
    const int batch = images->count < TEACHER_BATCH_IMAGES ? images->count : TEACHER_BATCH_IMAGES;
    const int batches =
        images->count / batch < TEACHER_BATCHES ? images->count / batch : TEACHER_BATCHES;
    TNAS_TRY(tnas_bn_stats_init(s->full_net, &s->full_stats));
    return tnas_engine_recalibrate(s->given->engine, s->full->store, s->full_net, images->pixels,
                                   batches, batch, &s->full_stats);
}

/* Before the first phase that is taught. */
static tnas_status appoint_teacher(state *s)
{
    const tnas_supernet *const supernet = s->given->supernet;
    TNAS_TRY(tnas_supernet_create(supernet->config, supernet->kernels, 0, &s->full));
    TNAS_TRY(copy_full_values(s));
    s->full_net = tnas_alloc_zero(1, sizeof *s->full_net);
    if (s->full_net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "the network that teaches");
    tnas_arch largest;
    tnas_arch_largest(&supernet->config->genes, &largest);
    TNAS_TRY(tnas_supernet_view(s->full, &largest, s->full_net));
    TNAS_TRY(recalibrate_full(s));
    s->teacher =
        (tnas_teacher){.net = s->full_net, .store = s->full->store, .stats = &s->full_stats};
    return TNAS_OK;
}

/* ---- Phases ---- */

/* Each has random streams of its own; those of the first are the training's. */
static uint64_t seed_of(const state *s)
{
    return s->given->options.seed + (uint64_t)s->phase * UINT64_C(0x9e3779b97f4a7c15);
}

static tnas_status train_phase(state *s)
{
    const tnas_supernet_phase *const phase = &s->phases[s->phase];
    tnas_recipe numbers = *s->given->numbers;
    numbers.steps = (int)(s->end - s->start);
    numbers.learning_rate *= phase->rate_factor;
    tnas_supernet_sampler sampler = {.supernet = s->given->supernet,
                                     .phase = phase,
                                     .label_smoothing = (float)numbers.label_smoothing,
                                     .seed = seed_of(s),
                                     .nets = s->nets};
    const tnas_unit_source source = {.context = &sampler, .units = tnas_supernet_units};
    tnas_train_options options = s->given->options;
    options.seed = seed_of(s);
    options.progress = &s->progress;
    options.leaves_checkpoint = s->given->path != NULL && s->phase == s->phase_count - 1;
    options.teacher = is_taught(s) ? &s->teacher : NULL;
    options.see = s->given->options.see != NULL ? see : NULL;
    options.see_context = s;
    if (s->phase_count > 1) {
        snprintf(s->stage, sizeof s->stage, "%.20s, %.40s",
                 options.stage != NULL ? options.stage : "training", phase->name);
        options.stage = s->stage;
    }
    return tnas_train(s->given->supernet->store, &source, s->given->engine, &numbers,
                      s->given->images, &options);
}

static tnas_status run_phase(state *s)
{
    const tnas_supernet_training *const given = s->given;
    const tnas_supernet_phase *const phase = &s->phases[s->phase];
    if (phase->sorts)
        TNAS_TRY(tnas_supernet_sort(given->supernet, phase[-1].expand_choices));
    s->start = tnas_supernet_phase_start(given->recipe, s->phase, given->numbers->steps);
    s->end = tnas_supernet_phase_start(given->recipe, s->phase + 1, given->numbers->steps);
    if (is_taught(s) && s->full == NULL)
        TNAS_TRY(appoint_teacher(s));
    if (s->end > s->start)
        TNAS_TRY(train_phase(s));
    return keep_phase(s);
}

static tnas_status run_phases(state *s)
{
    const tnas_progress *const progress = s->given->options.progress;
    if (s->given->path != NULL && tnas_file_exists(s->given->path)) {
        TNAS_TRY(tnas_supernet_load(s->given->supernet, s->given->path));
        tnas_progress_note(progress, "supernet: read from %s", s->given->path);
        return remove_phases(s);
    }
    TNAS_TRY(resume(s));
    for (; s->phase < s->phase_count; s->phase++)
        TNAS_TRY(run_phase(s));
    if (s->given->path != NULL)
        TNAS_TRY(tnas_supernet_save(s->given->supernet, s->given->path));
    return remove_phases(s);
}

tnas_status tnas_supernet_train(const tnas_supernet_training *training)
{
    assert(training->options.teacher == NULL);
    assert(training->supernet->kernels == tnas_supernet_recipe_kernels(training->recipe));
    TNAS_TRY(tnas_recipe_check(training->numbers, "recipe"));
    state s = {.given = training,
               .progress = {.report = report, .note = note, .event = event, .stop = stop}};
    s.progress.context = &s;
    s.phase_count = tnas_supernet_phases(training->recipe, &s.phases);
    s.nets = tnas_alloc_zero(TNAS_UNITS_MAX, sizeof *s.nets);
    const tnas_status status =
        s.nets != NULL ? run_phases(&s) : tnas_fail(TNAS_ERR_NOMEM, "networks of a training step");
    tnas_bn_stats_deinit(&s.full_stats);
    tnas_free(s.full_net);
    tnas_supernet_destroy(s.full);
    tnas_free(s.nets);
    return status;
}
