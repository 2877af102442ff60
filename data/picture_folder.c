/* Folders of images, one per class, below train/, val/ and test/ where there are these:
 *
 *   [train/] cat/ 1.jpg ... dog/ 2.png ...
 *
 * A class's images may lie in folders of their own below it. Sizes come from headers; images of
 * several sizes need --resize. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/alloc.h"
#include "data/class_folder.h"
#include "data/picture.h"
#include "data/resize.h"

enum { SIDE_MAX = 512 };

typedef struct picture {
    int16_t h, w;
    bool is_grey;
} picture;

typedef struct picture_source {
    tnas_dataset_source source; /* first: the two share an address */
    picture *pictures;          /* [sample_count] */
    int capacity;
    tnas_class_folders folders;
    tnas_resize_method method;
    /* While samples are read. */
    uint8_t *decoded, *resized;
    size_t decoded_bytes;
    tnas_resizer *resizer; /* of the size that came last */
    tnas_image_size resizer_from;
} picture_source;

/* ---- opening ---- */

static bool has_suffix(const char *name, const char *const *suffixes)
{
    const char *const dot = strrchr(name, '.');
    for (; dot != NULL && *suffixes != NULL; suffixes++)
        if (strcasecmp(dot, *suffixes) == 0)
            return true;
    return false;
}

/* What calls itself an image has to be one; notes and tables may lie about. */
static bool is_named_image(const char *name)
{
    static const char *const suffixes[] = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp",
                                           ".tif", ".tiff", ".ppm", ".pgm", NULL};
    return has_suffix(name, suffixes);
}

static tnas_status read_header_whole(const tnas_files *files, int file, const char *name,
                                     tnas_picture_header *out)
{
    uint8_t *bytes;
    size_t byte_count;
    bool needs_more;
    TNAS_TRY(tnas_files_read(files, file, TNAS_PICTURE_BYTES_MAX, &bytes, &byte_count));
    const tnas_status status =
        tnas_picture_read_header(bytes, byte_count, true, name, out, &needs_more);
    tnas_free(bytes);
    return status;
}

/* *is_image is false for a file that neither is nor claims to be one. */
static tnas_status read_header(const tnas_files *files, int file, uint8_t *head,
                               tnas_picture_header *out, bool *is_image)
{
    enum { FIRST_BYTES = 4096 }; /* mostly enough */
    char name[TNAS_PATH_BYTES];
    size_t got;
    bool needs_more;
    tnas_files_name(files, file, name);
    *is_image = is_named_image(name);
    TNAS_TRY(tnas_files_head(files, file, head, FIRST_BYTES, &got));
    *is_image = *is_image || tnas_picture_recognises(head, got);
    if (!*is_image)
        return TNAS_OK;
    const bool is_whole = got == tnas_files_bytes(files, file);
    TNAS_TRY(tnas_picture_read_header(head, got, is_whole, name, out, &needs_more));
    return needs_more ? read_header_whole(files, file, name, out) : TNAS_OK;
}

static tnas_status add_picture(picture_source *p, const tnas_files *files, int file,
                               const tnas_picture_header *header)
{
    if (p->source.sample_count == p->capacity) {
        const int capacity = p->capacity > 0 ? 2 * p->capacity : 1024;
        picture *bigger =
            tnas_alloc_grow(p->pictures, (size_t)p->capacity, (size_t)capacity, sizeof *bigger);
        if (bigger == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "%d images", p->capacity);
        p->pictures = bigger;
        p->capacity = capacity;
    }
    p->pictures[p->source.sample_count] =
        (picture){(int16_t)header->h, (int16_t)header->w, header->is_grey};
    return tnas_class_folders_add(&p->folders, &p->source, files, file);
}

static tnas_status list_pictures(picture_source *p, const tnas_files *files, uint8_t *head)
{
    for (int i = 0; i < tnas_files_count(files); i++) {
        tnas_picture_header header;
        bool is_image;
        tnas_status status = read_header(files, i, head, &header, &is_image);
        if (status == TNAS_OK && is_image)
            status = add_picture(p, files, i, &header);
        if (status != TNAS_OK)
            TNAS_TRY(tnas_dataset_source_skip(&p->source, status));
    }
    if (p->source.sample_count == 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: no image can be read; the first: %.600s",
                         tnas_files_location(files), p->source.first_skipped);
    return TNAS_OK;
}

static tnas_status fail_mixed(const picture_source *p, const tnas_files *files, int other)
{
    char first[TNAS_PATH_BYTES], second[TNAS_PATH_BYTES];
    tnas_files_name(files, p->source.samples[0].file, first);
    tnas_files_name(files, p->source.samples[other].file, second);
    return tnas_fail(TNAS_ERR_INPUT,
                     "%.300s: an image of %dx%d, but %.300s has %dx%d: bring them to one size with "
                     "--resize HxW",
                     second, p->pictures[other].h, p->pictures[other].w, first, p->pictures[0].h,
                     p->pictures[0].w);
}

static tnas_status settle_size(picture_source *p, const tnas_files *files,
                               const tnas_data_options *options)
{
    tnas_data_options_size(options, &p->source.h, &p->source.w);
    if (p->source.h > 0)
        return TNAS_OK;
    p->source.h = p->pictures[0].h;
    p->source.w = p->pictures[0].w;
    for (int i = 1; i < p->source.sample_count; i++)
        if (p->pictures[i].h != p->source.h || p->pictures[i].w != p->source.w)
            return fail_mixed(p, files, i);
    if (p->source.h <= SIDE_MAX && p->source.w <= SIDE_MAX)
        return TNAS_OK;
    char name[TNAS_PATH_BYTES];
    tnas_files_name(files, p->source.samples[0].file, name);
    return tnas_fail(TNAS_ERR_INPUT, "%s: an image of %dx%d: sides are 1 to %d; see --resize HxW",
                     name, p->source.h, p->source.w, SIDE_MAX);
}

static void settle_channels(picture_source *p, const tnas_data_options *options)
{
    bool grey = true;
    for (int i = 0; i < p->source.sample_count; i++)
        grey = grey && p->pictures[i].is_grey;
    grey = strcmp(options->colour, "auto") == 0 ? grey : strcmp(options->colour, "grey") == 0;
    p->source.c = grey ? 1 : 3;
}

/* ---- pixels ---- */

static tnas_status decode(picture_source *p, int sample, const tnas_picture_header *header)
{
    const tnas_dataset_source *const source = &p->source;
    const size_t needed = (size_t)header->h * (size_t)header->w * (size_t)source->c;
    char name[TNAS_PATH_BYTES];
    uint8_t *bytes;
    size_t byte_count;
    const int file = source->samples[sample].file;
    tnas_files_name(source->files, file, name);
    if (needed > p->decoded_bytes) {
        tnas_free(p->decoded);
        p->decoded_bytes = 0;
        p->decoded = tnas_alloc_zero(needed, 1);
        if (p->decoded == NULL)
            return tnas_fail(TNAS_ERR_NOMEM, "pixels of %s", name);
        p->decoded_bytes = needed;
    }
    TNAS_TRY(tnas_files_read(source->files, file, TNAS_PICTURE_BYTES_MAX, &bytes, &byte_count));
    const tnas_status status =
        tnas_picture_decode(bytes, byte_count, name, header, source->c, p->decoded);
    tnas_free(bytes);
    return status;
}

/* Images of the same size mostly follow each other. */
static tnas_status resize(picture_source *p, const tnas_picture_header *header,
                          const uint8_t **pixels)
{
    const tnas_image_size from = {header->h, header->w, p->source.c};
    const tnas_image_size to = {p->source.h, p->source.w, p->source.c};
    *pixels = p->decoded;
    if (from.h == to.h && from.w == to.w)
        return TNAS_OK;
    if (p->resizer == NULL || p->resizer_from.h != from.h || p->resizer_from.w != from.w) {
        tnas_resizer_destroy(p->resizer);
        TNAS_TRY(tnas_resizer_create(&from, &to, p->method, &p->resizer));
        p->resizer_from = from;
    }
    tnas_resizer_run(p->resizer, p->decoded, p->resized);
    *pixels = p->resized;
    return TNAS_OK;
}

/* Of size and pixels as they are in the file, whatever they are resized to. */
static uint64_t hash_picture(const picture_source *p, const tnas_picture_header *header)
{
    const int32_t size[] = {header->h, header->w};
    const size_t bytes = (size_t)header->h * (size_t)header->w * (size_t)p->source.c;
    return tnas_content_hash_continue(tnas_content_hash(size, sizeof size), p->decoded, bytes);
}

static tnas_status hand_over(picture_source *p, const bool *wanted, tnas_sample_take *take,
                             void *context)
{
    for (int i = 0; i < p->source.sample_count; i++) {
        if (!wanted[i])
            continue;
        const tnas_picture_header header = {p->pictures[i].h, p->pictures[i].w, false};
        const uint8_t *pixels;
        const tnas_status status = decode(p, i, &header);
        if (status != TNAS_OK) {
            TNAS_TRY(tnas_dataset_source_skip(&p->source, status));
            continue;
        }
        TNAS_TRY(resize(p, &header, &pixels));
        TNAS_TRY(take(context, i, pixels, hash_picture(p, &header)));
    }
    return TNAS_OK;
}

static tnas_status read_pictures(tnas_dataset_source *source, const bool *wanted,
                                 tnas_sample_take *take, void *context)
{
    picture_source *const p = (picture_source *)source;
    p->resized = tnas_alloc_zero((size_t)source->h * (size_t)source->w, (size_t)source->c);
    const tnas_status status = p->resized != NULL ? hand_over(p, wanted, take, context)
                                                  : tnas_fail(TNAS_ERR_NOMEM, "an image");
    tnas_free(p->resized);
    tnas_free(p->decoded);
    tnas_resizer_destroy(p->resizer);
    p->resized = p->decoded = NULL;
    p->decoded_bytes = 0;
    p->resizer = NULL;
    return status;
}

static void destroy(tnas_dataset_source *source)
{
    picture_source *const p = (picture_source *)source;
    tnas_free(p->pictures);
    tnas_free(p);
}

static tnas_status open_pictures(picture_source *p, const tnas_files *files,
                                 const tnas_data_options *options, uint8_t *head)
{
    TNAS_TRY(tnas_class_folders_find(&p->source, files, &p->folders));
    TNAS_TRY(list_pictures(p, files, head));
    TNAS_TRY(tnas_class_folders_check(&p->folders, &p->source, files));
    TNAS_TRY(settle_size(p, files, options));
    settle_channels(p, options);
    return TNAS_OK;
}

tnas_status tnas_picture_folder_open(tnas_files *files, const tnas_data_options *options,
                                     tnas_dataset_source **out)
{
    *out = NULL;
    picture_source *p = tnas_alloc_zero(1, sizeof *p);
    uint8_t *head = tnas_alloc_zero(TNAS_HEAD_BYTES, 1);
    tnas_status status = TNAS_ERR_NOMEM;
    if (p != NULL && head != NULL) {
        p->source = (tnas_dataset_source){.format = "images",
                                          .unit = "image",
                                          .are_pictures = true,
                                          .skips_bad = options->skip_bad,
                                          .read = read_pictures,
                                          .destroy = destroy};
        p->method = tnas_resize_method_parse(options->resize_method);
        status = open_pictures(p, files, options, head);
    } else {
        tnas_fail(status, "source of %s", tnas_files_location(files));
    }
    tnas_free(head);
    if (status != TNAS_OK) {
        if (p != NULL)
            tnas_dataset_source_destroy(&p->source);
        return status;
    }
    *out = &p->source;
    return TNAS_OK;
}
