/* A ring of slots; batch i lies in slot i % SLOTS:
 *
 *    released ≤ taken ≤ made ≤ released + SLOTS
 *
 *   batches below `released` are gone, those below `taken` were handed out (the newest is still
 *   in use), those below `made` are ready. The thread sleeps while the ring is full. */
#include "trainer/prefetch.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>

#include "common/alloc.h"

/* Batches that wait; one more is in use. */
enum { QUEUE = 2, SLOTS = QUEUE + 1 };

struct tnas_prefetch {
    tnas_loader *loader;
    long first, count;               /* steps */
    uint8_t *pixels;                 /* [SLOTS, batch, h, w, c] */
    int16_t *labels, *second_labels; /* [SLOTS, batch] */
    float *second_shares;            /* [SLOTS, batch] */
    float *teacher_logits;           /* [SLOTS, batch, classes]; NULL: no teacher */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* of everything below */
    pthread_cond_t room, ready;
    long made, taken, released;
    bool quit;
};

static float *teacher_logits_of_slot(const tnas_prefetch *p, size_t slot)
{
    if (p->teacher_logits == NULL)
        return NULL;
    return p->teacher_logits + slot * (size_t)p->loader->batch * (size_t)p->loader->teacher_classes;
}

static tnas_batch_buffer buffer_of_slot(const tnas_prefetch *p, long index)
{
    const size_t slot = (size_t)(index % SLOTS), batch = (size_t)p->loader->batch;
    return (tnas_batch_buffer){.pixels = p->pixels + slot * batch * p->loader->image_bytes,
                               .labels = p->labels + slot * batch,
                               .second_labels = p->second_labels + slot * batch,
                               .second_shares = p->second_shares + slot * batch,
                               .teacher_logits = teacher_logits_of_slot(p, slot)};
}

static void *gather_batches(void *argument)
{
    tnas_prefetch *const p = argument;
    for (long i = 0; i < p->count; i++) {
        pthread_mutex_lock(&p->lock);
        while (i >= p->released + SLOTS && !p->quit)
            pthread_cond_wait(&p->room, &p->lock);
        const bool quit = p->quit;
        pthread_mutex_unlock(&p->lock);
        if (quit)
            break;
        const tnas_batch_buffer buffer = buffer_of_slot(p, i);
        tnas_loader_gather(p->loader, p->first + i, &buffer);
        pthread_mutex_lock(&p->lock);
        p->made = i + 1;
        pthread_cond_signal(&p->ready);
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

tnas_status tnas_prefetch_create(tnas_loader *loader, long first, long end, tnas_prefetch **out)
{
    *out = NULL;
    tnas_prefetch *p = tnas_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "loader's thread");
    const size_t images = SLOTS * (size_t)loader->batch;
    p->loader = loader;
    p->first = first;
    p->count = end - first;
    p->pixels = tnas_alloc_zero(images, loader->image_bytes);
    p->labels = tnas_alloc_zero(images, sizeof *p->labels);
    p->second_labels = tnas_alloc_zero(images, sizeof *p->second_labels);
    p->second_shares = tnas_alloc_zero(images, sizeof *p->second_shares);
    const bool taught = loader->teacher_logits != NULL;
    if (taught)
        p->teacher_logits =
            tnas_alloc_zero(images * (size_t)loader->teacher_classes, sizeof *p->teacher_logits);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->room, NULL);
    pthread_cond_init(&p->ready, NULL);
    tnas_status status = TNAS_OK;
    if (p->pixels == NULL || p->labels == NULL || p->second_labels == NULL ||
        p->second_shares == NULL || (taught && p->teacher_logits == NULL))
        status = tnas_fail(TNAS_ERR_NOMEM, "%d batches of %d images of %zu bytes", SLOTS,
                           loader->batch, loader->image_bytes);
    else if (pthread_create(&p->thread, NULL, gather_batches, p) != 0)
        status = tnas_fail(TNAS_ERR_NOMEM, "cannot start the loader's thread");
    if (status != TNAS_OK) {
        tnas_prefetch_destroy(p);
        return status;
    }
    p->started = true;
    *out = p;
    return TNAS_OK;
}

void tnas_prefetch_destroy(tnas_prefetch *prefetch)
{
    if (prefetch == NULL)
        return;
    if (prefetch->started) {
        pthread_mutex_lock(&prefetch->lock);
        prefetch->quit = true;
        pthread_cond_signal(&prefetch->room);
        pthread_mutex_unlock(&prefetch->lock);
        pthread_join(prefetch->thread, NULL);
    }
    pthread_cond_destroy(&prefetch->ready);
    pthread_cond_destroy(&prefetch->room);
    pthread_mutex_destroy(&prefetch->lock);
    tnas_free(prefetch->pixels);
    tnas_free(prefetch->labels);
    tnas_free(prefetch->second_labels);
    tnas_free(prefetch->second_shares);
    tnas_free(prefetch->teacher_logits);
    tnas_free(prefetch);
}

tnas_batch tnas_prefetch_next(tnas_prefetch *prefetch)
{
    assert(prefetch->taken < prefetch->count);
    pthread_mutex_lock(&prefetch->lock);
    prefetch->released = prefetch->taken;
    pthread_cond_signal(&prefetch->room);
    while (prefetch->made <= prefetch->taken)
        pthread_cond_wait(&prefetch->ready, &prefetch->lock);
    const long index = prefetch->taken++;
    pthread_mutex_unlock(&prefetch->lock);
    const tnas_batch_buffer buffer = buffer_of_slot(prefetch, index);
    return (tnas_batch){.images = buffer.pixels,
                        .labels = buffer.labels,
                        .count = prefetch->loader->batch,
                        .second_labels = buffer.second_labels,
                        .second_shares = buffer.second_shares,
                        .teacher_logits = buffer.teacher_logits};
}
