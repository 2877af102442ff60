/* Running an image on the host, with the device's kernels. */
#include <assert.h>
#include <string.h>

#include "common/alloc.h"
#include "quant/image.h"

enum { IMAGES_PER_TASK = 16 }; /* enough work to hide the hand-over, little enough to share */

_Static_assert(TNAS_ALLOC_ALIGN % TNRT_ARENA_ALIGN == 0, "blocks serve as arenas");

void tnas_image_run(const tnas_image *image, void *arena, const int8_t *in, int8_t *out)
{
    int8_t *const base = arena;
    memcpy(base + image->model.input, in, image->model.input_bytes);
    tnrt_invoke(&image->model, arena);
    memcpy(out, base + image->model.output, image->model.output_bytes);
}

void tnas_image_input(const uint8_t *pixels, size_t count, int8_t *in)
{
    for (size_t i = 0; i < count; i++)
        in[i] = (int8_t)(pixels[i] - 128);
}

int tnas_image_argmax(const int8_t *out, int class_count)
{
    int best = 0;
    for (int i = 1; i < class_count; i++)
        if (out[i] > out[best])
            best = i;
    return best;
}

typedef struct classify_job {
    const tnas_image *image;
    const uint8_t *images;
    int count;
    int16_t *classes;
    int8_t *arenas; /* one per worker */
    size_t arena_step_bytes;
} classify_job;

static tnas_status classify_task(void *context, int task, int worker)
{
    const classify_job *const job = context;
    const tnrt_model *const model = &job->image->model;
    int8_t *const arena = job->arenas + (size_t)worker * job->arena_step_bytes;
    const int first = task * IMAGES_PER_TASK;
    const int left = job->count - first;
    const int end = first + (left < IMAGES_PER_TASK ? left : IMAGES_PER_TASK);
    for (int i = first; i < end; i++) {
        tnas_image_input(job->images + (size_t)i * model->input_bytes, model->input_bytes,
                         arena + model->input);
        tnrt_invoke(model, arena);
        job->classes[i] =
            (int16_t)tnas_image_argmax(arena + model->output, (int)model->output_bytes);
    }
    return TNAS_OK;
}

tnas_status tnas_image_classify(const tnas_image *image, tnas_pool *pool, const uint8_t *images,
                                int count, int16_t *classes)
{
    const size_t arena_step_bytes =
        (image->model.arena_bytes + TNAS_ALLOC_ALIGN - 1) / TNAS_ALLOC_ALIGN * TNAS_ALLOC_ALIGN;
    const int workers = tnas_pool_thread_count(pool);
    int8_t *const arenas = tnas_alloc_zero((size_t)workers, arena_step_bytes);
    if (arenas == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d arenas of %zu bytes", workers, arena_step_bytes);
    classify_job job = {image, images, count, classes, arenas, arena_step_bytes};
    const int task_count = (count + IMAGES_PER_TASK - 1) / IMAGES_PER_TASK;
    const tnas_status status = tnas_pool_run(pool, task_count, classify_task, &job);
    tnas_free(arenas);
    return status;
}
