#include "data/images.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/io.h"
#include "data/idx.h"
#include "data/temporary.h"

static tnas_status map_block(tnas_images *images, size_t bytes)
{
    int file;
    TNAS_TRY(tnas_temporary_open("samples", &file));
    void *block = MAP_FAILED;
    /* Reserved now: a full disk must be an error here, not a signal later. */
    const int reason = posix_fallocate(file, 0, (off_t)bytes);
    if (reason == 0)
        block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (block == MAP_FAILED)
        return tnas_fail(TNAS_ERR_IO, "cannot map a temporary file of %zu MiB for samples: %s",
                         bytes >> 20, strerror(reason != 0 ? reason : errno));
    images->pixels = block;
    images->mapped_bytes = bytes;
    return TNAS_OK;
}

tnas_status tnas_images_init(tnas_images *images, int capacity, size_t image_bytes)
{
    *images = (tnas_images){0};
    size_t bytes;
    tnas_status status = TNAS_ERR_NOMEM;
    images->labels = tnas_alloc_zero((size_t)capacity, sizeof *images->labels);
    if (images->labels == NULL || !tnas_size_mul((size_t)capacity, image_bytes, &bytes)) {
        tnas_fail(status, "%d samples of %zu bytes", capacity, image_bytes);
    } else if (bytes > TNAS_SAMPLES_HEAP_BYTES) {
        status = map_block(images, bytes);
    } else {
        images->pixels = tnas_alloc_zero((size_t)capacity, image_bytes);
        status = images->pixels != NULL
                     ? TNAS_OK
                     : tnas_fail(status, "%d samples of %zu bytes", capacity, image_bytes);
    }
    if (status != TNAS_OK)
        tnas_images_deinit(images);
    return status;
}

void tnas_images_add(tnas_images *images, size_t image_bytes, const uint8_t *pixels, int16_t label)
{
    memcpy(images->pixels + (size_t)images->count * image_bytes, pixels, image_bytes);
    images->labels[images->count++] = label;
}

void tnas_images_deinit(tnas_images *images)
{
    if (images->mapped_bytes > 0)
        munmap(images->pixels, images->mapped_bytes);
    else
        tnas_free(images->pixels);
    tnas_free(images->labels);
    *images = (tnas_images){0};
}

static tnas_status save_labels(const tnas_images *images, const char *path)
{
    const tnas_idx_shape shape = {images->count, 1, 1, 1};
    uint8_t *values = tnas_alloc_zero((size_t)images->count, 1);
    if (values == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "labels of %s", path);
    tnas_status status = TNAS_OK;
    for (int i = 0; i < images->count && status == TNAS_OK; i++) {
        values[i] = (uint8_t)images->labels[i];
        if (images->labels[i] != values[i])
            status =
                tnas_fail(TNAS_ERR_INPUT, "%s: label %d of image %d: IDX label files hold 0 to 255",
                          path, images->labels[i], i);
    }
    if (status == TNAS_OK)
        status = tnas_idx_save(path, TNAS_IDX_LABELS, &shape, values);
    tnas_free(values);
    return status;
}

tnas_status tnas_images_save_idx(const tnas_images *images, int h, int w, int c, const char *folder)
{
    char path[TNAS_PATH_BYTES];
    const tnas_idx_shape shape = {images->count, h, w, c};
    TNAS_TRY(tnas_path_join(path, folder, "labels.idx"));
    TNAS_TRY(save_labels(images, path));
    TNAS_TRY(tnas_path_join(path, folder, "images.idx"));
    return tnas_idx_save(path, TNAS_IDX_IMAGES, &shape, images->pixels);
}
