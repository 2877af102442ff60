/* What --split-by means for each sample. */
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "data/pattern.h"
#include "data/split.h"

/* Where the name of a sample's group comes from. */
typedef enum group_origin { BY_FILE, BY_FORMAT, BY_PATTERN } group_origin;

static tnas_status choose_origin(const tnas_dataset_source *source, const char *key,
                                 group_origin *out)
{
    const bool by_format = source->group_word != NULL && strcmp(key, source->group_word) == 0;
    *out = by_format ? BY_FORMAT : strcmp(key, "file") == 0 ? BY_FILE : BY_PATTERN;
    if (*out != BY_FORMAT && source->files == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "--split-by %s: %s data have no files", key,
                         source->format);
    if (*out != BY_PATTERN || strchr(key, '{') != NULL)
        return *out == BY_PATTERN ? tnas_pattern_check(key) : TNAS_OK;
    return tnas_fail(
        TNAS_ERR_USAGE,
        "--split-by %s: must be content, file%s%s, or a pattern with one {name} in it, "
        "such as '{subject}_*'",
        key, source->group_word != NULL ? ", " : "",
        source->group_word != NULL ? source->group_word : "");
}

/* The group of a file's samples. */
static tnas_status name_group(const tnas_dataset_source *source, const char *key,
                              group_origin origin, int file, char out[TNAS_GROUP_NAME_BYTES])
{
    const char *const path = tnas_files_path(source->files, file);
    if (origin == BY_FILE) {
        const size_t length = strlen(path), longest = TNAS_GROUP_NAME_BYTES - 1;
        /* The end tells more than the start. */
        snprintf(out, TNAS_GROUP_NAME_BYTES, "%s",
                 path + (length > longest ? length - longest : 0));
        return TNAS_OK;
    }
    if (tnas_pattern_match(key, path, out, TNAS_GROUP_NAME_BYTES))
        return TNAS_OK;
    char name[TNAS_PATH_BYTES];
    tnas_files_name(source->files, file, name);
    return tnas_fail(TNAS_ERR_INPUT, "%s: does not match --split-by %s", name, key);
}

/* Open addressing over names, so that a set of a million files does not take all day. */
typedef struct name_table {
    int32_t *slots; /* [slot_count], group + 1 */
    uint32_t slot_count;
} name_table;

static int find_or_add(name_table *table, tnas_grouping *grouping, const char *name)
{
    uint64_t at = tnas_content_hash(name, strlen(name));
    for (;; at++) {
        int32_t *const slot = &table->slots[at & (table->slot_count - 1)];
        if (*slot == 0) {
            *slot = grouping->group_count + 1;
            memcpy(grouping->names[grouping->group_count], name, strlen(name) + 1);
            return grouping->group_count++;
        }
        if (strcmp(grouping->names[*slot - 1], name) == 0)
            return *slot - 1;
    }
}

static tnas_status group_files(const tnas_dataset_source *source, const char *key,
                               group_origin origin, tnas_grouping *out)
{
    const int file_count = tnas_files_count(source->files);
    name_table table = {.slot_count = 64};
    while (table.slot_count < 2u * (uint32_t)file_count)
        table.slot_count *= 2;
    int32_t *of_file = tnas_alloc_zero((size_t)file_count, sizeof *of_file); /* group + 1 */
    table.slots = tnas_alloc_zero(table.slot_count, sizeof *table.slots);
    out->names = tnas_alloc_zero((size_t)file_count, sizeof *out->names);
    tnas_status status = TNAS_OK;
    if (of_file == NULL || table.slots == NULL || out->names == NULL)
        status = tnas_fail(TNAS_ERR_NOMEM, "groups of %d files", file_count);
    for (int i = 0; status == TNAS_OK && i < source->sample_count; i++) {
        const int file = source->samples[i].file;
        char name[TNAS_GROUP_NAME_BYTES];
        if (of_file[file] == 0) {
            status = name_group(source, key, origin, file, name);
            of_file[file] = status == TNAS_OK ? find_or_add(&table, out, name) + 1 : 0;
        }
        out->groups[i] = of_file[file] - 1;
    }
    tnas_free(of_file);
    tnas_free(table.slots);
    return status;
}

static tnas_status copy_groups(const tnas_dataset_source *source, tnas_grouping *out)
{
    out->names = tnas_alloc_zero((size_t)source->group_count, sizeof *out->names);
    if (out->names == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d groups", source->group_count);
    out->group_count = source->group_count;
    memcpy(out->names, source->group_names, (size_t)source->group_count * sizeof *out->names);
    for (int i = 0; i < source->sample_count; i++)
        out->groups[i] = source->samples[i].group;
    return TNAS_OK;
}

tnas_status tnas_grouping_make(const tnas_dataset_source *source, const tnas_data_options *options,
                               tnas_grouping *out)
{
    *out = (tnas_grouping){0};
    if (strcmp(options->split_by, "content") == 0)
        return TNAS_OK;
    group_origin origin;
    TNAS_TRY(choose_origin(source, options->split_by, &origin));
    out->groups = tnas_alloc_zero((size_t)source->sample_count, sizeof *out->groups);
    tnas_status status =
        out->groups == NULL
            ? tnas_fail(TNAS_ERR_NOMEM, "groups of %d samples", source->sample_count)
        : origin == BY_FORMAT ? copy_groups(source, out)
                              : group_files(source, options->split_by, origin, out);
    if (status != TNAS_OK)
        tnas_grouping_deinit(out);
    return status;
}

void tnas_grouping_deinit(tnas_grouping *grouping)
{
    tnas_free(grouping->groups);
    tnas_free(grouping->names);
    *grouping = (tnas_grouping){0};
}
