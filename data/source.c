#include "data/source.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"

#define BUILTIN_PREFIX "builtin:"

/* The table of built-in sets: name, open function, the line users read about it. */
#define BUILTINS(X) X("shapes", tnas_shapes_open, "10 drawn shapes, 24x24 grey, 10,000 + 2,000")

const char *tnas_builtin_names(void)
{
#define NAME_AND_LINE(name, open, line) ", " name " (" line ")"
    static const char list[] = BUILTINS(NAME_AND_LINE);
#undef NAME_AND_LINE
    return list + strlen(", ");
}

static tnas_status open_builtin(const char *location, tnas_dataset_source **out)
{
    static const struct {
        const char *name;
        tnas_status (*open)(tnas_dataset_source **out);
    } builtins[] = {
#define NAME_AND_OPEN(name, open, line) {name, open},
        BUILTINS(NAME_AND_OPEN)
#undef NAME_AND_OPEN
    };
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
        if (strcmp(location + strlen(BUILTIN_PREFIX), builtins[i].name) == 0)
            return builtins[i].open(out);
    return tnas_fail(TNAS_ERR_USAGE, "%s: no such built-in data set; there is: %s", location,
                     tnas_builtin_names());
}

/* ---- which format ---- */

typedef struct format {
    const char *name;
    tnas_format_recognises *recognises;
    tnas_format_open *open;
} format;

static const format formats[] = {
#define FORMAT(name, recognises, opens) {#name, recognises, opens},
    TNAS_DATA_FORMATS(FORMAT)
#undef FORMAT
};
enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

/* Once a format is found, so many files are looked at for one that comes before it. */
enum { FILES_LOOKED_AT = 1000 };

/* The first format in the list that knows one of the files. Files of other formats lie about in
 * data sets (notes, tables, pictures of the authors), so the first one found does not decide. */
static tnas_status find_format(tnas_files *files, const format **out)
{
    *out = NULL;
    uint8_t *head = tnas_alloc_zero(TNAS_HEAD_BYTES, 1);
    if (head == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "look at the files");
    int best = FORMAT_COUNT;
    for (int i = 0; i < tnas_files_count(files) && best > 0; i++) {
        size_t head_bytes;
        if (best < FORMAT_COUNT && i >= FILES_LOOKED_AT)
            break;
        if (tnas_files_head(files, i, head, TNAS_HEAD_BYTES, &head_bytes) != TNAS_OK)
            continue; /* whoever opens it will say why */
        for (int k = 0; k < best; k++)
            if (formats[k].recognises(head, head_bytes))
                best = k;
    }
    tnas_free(head);
    *out = best < FORMAT_COUNT ? &formats[best] : NULL;
    return TNAS_OK;
}

static tnas_status open_files(tnas_files *files, const tnas_data_options *options,
                              tnas_dataset_source **out)
{
    const format *found;
    TNAS_TRY(find_format(files, &found));
    if (found != NULL)
        return found->open(files, options, out);
#define NAME_OF(name, recognises, opens) ", " #name
    static const char names[] = "" TNAS_DATA_FORMATS(NAME_OF);
#undef NAME_OF
    return tnas_fail(TNAS_ERR_INPUT, "%s: holds no data set: none of its %d files%s is one of %s",
                     tnas_files_location(files), tnas_files_count(files),
                     options->include[0] != '\0' ? " that --include leaves" : "", names + 2);
}

tnas_status tnas_dataset_source_open(const char *location, const tnas_data_options *options,
                                     tnas_dataset_source **out)
{
    *out = NULL;
    if (strncmp(location, BUILTIN_PREFIX, strlen(BUILTIN_PREFIX)) == 0)
        return open_builtin(location, out);
    tnas_files *files;
    TNAS_TRY(tnas_files_open(location, options->include, &files));
    const tnas_status status = open_files(files, options, out);
    if (status != TNAS_OK) {
        tnas_files_close(files);
        return status;
    }
    (*out)->files = files;
    (*out)->skips_bad = options->skip_bad;
    return TNAS_OK;
}

void tnas_dataset_source_destroy(tnas_dataset_source *source)
{
    if (source == NULL)
        return;
    tnas_files_close(source->files);
    tnas_free(source->samples);
    tnas_free(source->group_names);
    tnas_free(source->class_names);
    if (source->destroy != NULL)
        source->destroy(source);
    else
        tnas_free(source);
}

/* ---- what formats use ---- */

tnas_status tnas_dataset_source_skip(tnas_dataset_source *source, tnas_status status)
{
    if (!source->skips_bad || (status != TNAS_ERR_INPUT && status != TNAS_ERR_IO))
        return status;
    if (source->skipped_count++ == 0)
        snprintf(source->first_skipped, sizeof source->first_skipped, "%s", tnas_error_text());
    return TNAS_OK;
}

/* An array that doubles when `count` is a power of two. */
static void *grow(void *array, int count, size_t item_bytes)
{
    const bool full = count == 0 || (count >= 16 && (count & (count - 1)) == 0);
    if (!full)
        return array;
    return tnas_alloc_grow(array, (size_t)count, count == 0 ? 16 : 2 * (size_t)count, item_bytes);
}

tnas_sample *tnas_dataset_source_add(tnas_dataset_source *source)
{
    tnas_sample *bigger = grow(source->samples, source->sample_count, sizeof *bigger);
    if (bigger == NULL || source->sample_count == INT32_MAX / 2) {
        tnas_fail(TNAS_ERR_NOMEM, "%d samples", source->sample_count);
        return NULL;
    }
    source->samples = bigger;
    tnas_sample *const sample = &bigger[source->sample_count++];
    *sample = (tnas_sample){.file = -1, .record = -1, .group = -1};
    return sample;
}

static tnas_status fail_name(const char *what, const char *name, size_t name_bytes, int count_max)
{
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s \"%s\": must have 1 to %zu bytes, and there can be %d of them", what, name,
                     name_bytes - 1, count_max);
}

tnas_status tnas_dataset_source_group(tnas_dataset_source *source, const char *name, int32_t *out)
{
    /* Samples of a group mostly follow each other. */
    for (*out = source->group_count - 1; *out >= 0; (*out)--)
        if (strcmp(source->group_names[*out], name) == 0)
            return TNAS_OK;
    if (name[0] == '\0' || strlen(name) >= TNAS_GROUP_NAME_BYTES ||
        source->group_count == TNAS_GROUPS_MAX)
        return fail_name("group", name, TNAS_GROUP_NAME_BYTES, TNAS_GROUPS_MAX);
    void *bigger = grow(source->group_names, source->group_count, sizeof *source->group_names);
    if (bigger == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d groups", source->group_count);
    source->group_names = bigger;
    *out = source->group_count++;
    memcpy(source->group_names[*out], name, strlen(name) + 1);
    return TNAS_OK;
}

tnas_status tnas_dataset_source_class(tnas_dataset_source *source, const char *name, int16_t *out)
{
    for (*out = (int16_t)(source->class_count - 1); *out >= 0; (*out)--)
        if (strcmp(source->class_names[*out], name) == 0)
            return TNAS_OK;
    if (name[0] == '\0' || strlen(name) >= TNAS_CLASS_NAME_BYTES ||
        source->class_count == TNAS_CLASSES_MAX)
        return fail_name("class", name, TNAS_CLASS_NAME_BYTES, TNAS_CLASSES_MAX);
    void *bigger = grow(source->class_names, source->class_count, sizeof *source->class_names);
    if (bigger == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d classes", source->class_count);
    source->class_names = bigger;
    *out = (int16_t)source->class_count++;
    memcpy(source->class_names[*out], name, strlen(name) + 1);
    return TNAS_OK;
}

void tnas_dataset_source_place(const tnas_dataset_source *source, int sample,
                               char out[TNAS_PATH_BYTES])
{
    const tnas_sample *const s = &source->samples[sample];
    if (s->file >= 0)
        tnas_files_name(source->files, s->file, out);
    else
        snprintf(out, TNAS_PATH_BYTES, "%s", source->format);
    const size_t used = strlen(out);
    if (s->record >= 0)
        snprintf(out + used, TNAS_PATH_BYTES - used, ": %s %d", source->unit, (int)s->record);
}

uint64_t tnas_content_hash(const void *bytes, size_t byte_count)
{
    return tnas_hash_bytes(TNAS_HASH_START, bytes, byte_count);
}

uint64_t tnas_content_hash_continue(uint64_t hash, const void *bytes, size_t byte_count)
{
    return tnas_hash_bytes(hash, bytes, byte_count);
}
