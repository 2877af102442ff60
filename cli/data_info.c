#include "cli/data_info.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "common/alloc.h"
#include "data/source.h"

typedef struct split_counts {
    int of[TNAS_SPLIT_COUNT];
} split_counts;

typedef struct info {
    const tnas_dataset *dataset;
    split_counts all;
    split_counts *classes; /* [class_count] */
    split_counts *groups;  /* [group_count] */
    int largest, smallest; /* classes, by training samples */
} info;

static tnas_status count_samples(info *in)
{
    const tnas_dataset *const d = in->dataset;
    const tnas_dataset_source *const source = d->source;
    in->classes = tnas_alloc_zero((size_t)d->class_count, sizeof *in->classes);
    in->groups = tnas_alloc_zero((size_t)d->grouping.group_count, sizeof *in->groups);
    if (in->classes == NULL || in->groups == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "counts of %s", d->name);
    for (int i = 0; i < source->sample_count; i++) {
        const int split = source->samples[i].split;
        if (split < 0)
            continue;
        in->all.of[split]++;
        in->classes[source->samples[i].label].of[split]++;
        if (d->grouping.group_count > 0)
            in->groups[d->grouping.groups[i]].of[split]++;
    }
    for (int k = 1; k < d->class_count; k++) {
        const int count = in->classes[k].of[TNAS_SPLIT_TRAIN];
        in->largest = count > in->classes[in->largest].of[TNAS_SPLIT_TRAIN] ? k : in->largest;
        in->smallest = count < in->classes[in->smallest].of[TNAS_SPLIT_TRAIN] ? k : in->smallest;
    }
    return TNAS_OK;
}

static double imbalance(const info *in)
{
    return (double)in->classes[in->largest].of[TNAS_SPLIT_TRAIN] /
           in->classes[in->smallest].of[TNAS_SPLIT_TRAIN];
}

/* ---- JSON and CSV ---- */

static void add_counts(cJSON *object, const split_counts *counts)
{
    for (int s = 0; s < TNAS_SPLIT_COUNT; s++)
        cJSON_AddNumberToObject(object, tnas_split_text((tnas_split)s), counts->of[s]);
}

static void add_rows(cJSON *o, const char *key, int count, const split_counts *counts,
                     const char *names, size_t name_bytes)
{
    cJSON *const rows = cJSON_AddArrayToObject(o, key);
    for (int i = 0; i < count; i++) {
        cJSON *const row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "name", names + (size_t)i * name_bytes);
        add_counts(row, &counts[i]);
        cJSON_AddItemToArray(rows, row);
    }
}

static void add_example(cJSON *o, const char *key, const tnas_dataset *d, const int example[2])
{
    if (example[0] < 0)
        return;
    cJSON *const places = cJSON_AddArrayToObject(o, key);
    for (int i = 0; i < 2; i++) {
        char place[TNAS_PATH_BYTES];
        tnas_dataset_source_place(d->source, example[i], place);
        cJSON_AddItemToArray(places, cJSON_CreateString(place));
    }
}

static void add_duplicates(cJSON *o, const tnas_dataset *d)
{
    const tnas_duplicates *const dup = &d->duplicates;
    cJSON *const object = cJSON_AddObjectToObject(o, "duplicates");
    cJSON_AddNumberToObject(object, "across_splits", dup->across_count);
    cJSON_AddNumberToObject(object, "inside_splits", dup->inside_count);
    cJSON_AddNumberToObject(object, "conflicting_labels", dup->conflict_count);
    add_example(object, "across_first", d, dup->across);
    add_example(object, "inside_first", d, dup->inside);
    add_example(object, "conflicting_first", d, dup->conflict);
}

static void add_affine(cJSON *o, const tnas_affine *affine)
{
    if (affine->channel_count == 0) {
        cJSON_AddNullToObject(o, "affine");
        return;
    }
    cJSON *const object = cJSON_AddObjectToObject(o, "affine");
    cJSON_AddStringToObject(object, "unit", affine->unit);
    cJSON_AddItemToObject(object, "scale",
                          cJSON_CreateDoubleArray(affine->scale, affine->channel_count));
    cJSON_AddItemToObject(object, "zero",
                          cJSON_CreateDoubleArray(affine->zero, affine->channel_count));
}

static void print_result(const tnas_arguments *arguments, const info *in)
{
    const tnas_dataset *const d = in->dataset;
    cJSON *const o = tnas_json_result("tinynas-data-info");
    cJSON_AddStringToObject(o, "name", d->name);
    cJSON_AddStringToObject(o, "data_format", d->format);
    const int shape[3] = {d->h, d->w, d->c};
    cJSON_AddItemToObject(o, "shape", cJSON_CreateIntArray(shape, 3));
    add_counts(o, &in->all);
    cJSON_AddNumberToObject(o, "skipped", d->skipped_count);
    char hash[20];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)d->content_hash);
    cJSON_AddStringToObject(o, "content_hash", hash);
    cJSON_AddNumberToObject(o, "imbalance", imbalance(in));
    add_affine(o, &d->affine);
    cJSON *const origins = cJSON_AddObjectToObject(o, "splits");
    for (int s = TNAS_SPLIT_VALIDATION; s < TNAS_SPLIT_COUNT; s++)
        cJSON_AddStringToObject(origins, tnas_split_text((tnas_split)s),
                                tnas_split_origin_text(d->origins[s]));
    add_duplicates(o, d);
    add_rows(o, "classes", d->class_count, in->classes, d->class_names[0], TNAS_CLASS_NAME_BYTES);
    if (d->grouping.group_count > 0)
        add_rows(o, "groups", d->grouping.group_count, in->groups, d->grouping.names[0],
                 TNAS_GROUP_NAME_BYTES);
    tnas_result_print(arguments, o, "classes");
}

/* ---- table ---- */

static void print_example(const tnas_dataset *d, const char *what, int count, const int example[2])
{
    char first[TNAS_PATH_BYTES], second[TNAS_PATH_BYTES];
    printf("           %d %s", count, what);
    if (count > 0) {
        tnas_dataset_source_place(d->source, example[0], first);
        tnas_dataset_source_place(d->source, example[1], second);
        printf(", the first: %s = %s", first, second);
    }
    printf("\n");
}

static void print_duplicates(const tnas_dataset *d)
{
    const tnas_duplicates *const dup = &d->duplicates;
    if (dup->across_count + dup->inside_count + dup->conflict_count == 0) {
        printf("duplicates none\n");
        return;
    }
    printf("duplicates %s\n", dup->across_count > 0 && !d->options.allow_duplicates
                                  ? "refused by other commands unless --allow-duplicates"
                                  : "");
    print_example(d, "across splits", dup->across_count, dup->across);
    print_example(d, "inside a split", dup->inside_count, dup->inside);
    print_example(d, "with another label", dup->conflict_count, dup->conflict);
}

static void print_affine(const tnas_affine *affine)
{
    if (affine->channel_count == 0)
        printf("values     bytes as stored\n");
    for (int k = 0; k < affine->channel_count; k++)
        printf("%-10s channel %d: %.9g * (u8 - %.9g)%s%s, %.6g to %.6g\n", k == 0 ? "values" : "",
               k, affine->scale[k], affine->zero[k], affine->unit[0] != '\0' ? " " : "",
               affine->unit, tnas_affine_to_value(affine, k, 0),
               tnas_affine_to_value(affine, k, 255));
}

static void print_groups(const info *in)
{
    const tnas_grouping *const grouping = &in->dataset->grouping;
    enum { GROUPS_SHOWN = 100 };
    for (int g = 0; g < grouping->group_count && g < GROUPS_SHOWN; g++)
        printf("group      %-28s %6d train %6d validation %6d test\n", grouping->names[g],
               in->groups[g].of[TNAS_SPLIT_TRAIN], in->groups[g].of[TNAS_SPLIT_VALIDATION],
               in->groups[g].of[TNAS_SPLIT_TEST]);
    if (grouping->group_count > GROUPS_SHOWN)
        printf("           and %d groups more\n", grouping->group_count - GROUPS_SHOWN);
}

static void print_table(const tnas_arguments *arguments, const info *in)
{
    const tnas_dataset *const d = in->dataset;
    tnas_print_header(arguments);
    printf("data       %s, %s, %dx%dx%d, %d classes, content %016llx\n", d->name, d->format, d->h,
           d->w, d->c, d->class_count, (unsigned long long)d->content_hash);
    print_affine(&d->affine);
    printf("samples    %d to train, %d to validate, %d to test\n", in->all.of[TNAS_SPLIT_TRAIN],
           in->all.of[TNAS_SPLIT_VALIDATION], in->all.of[TNAS_SPLIT_TEST]);
    printf("validation %s\n", tnas_split_origin_text(d->origins[TNAS_SPLIT_VALIDATION]));
    printf("test       %s\n", tnas_split_origin_text(d->origins[TNAS_SPLIT_TEST]));
    if (d->skipped_count > 0)
        printf("left out   %d, the first: %s\n", d->skipped_count, d->source->first_skipped);
    print_groups(in);
    for (int k = 0; k < d->class_count; k++)
        printf("class %3d  %-28s %6d train %6d validation %6d test\n", k, d->class_names[k],
               in->classes[k].of[TNAS_SPLIT_TRAIN], in->classes[k].of[TNAS_SPLIT_VALIDATION],
               in->classes[k].of[TNAS_SPLIT_TEST]);
    printf("imbalance  %.3g (%s to %s, of the training samples)\n", imbalance(in),
           d->class_names[in->largest], d->class_names[in->smallest]);
    print_duplicates(d);
}

tnas_status tnas_data_info_print(const tnas_arguments *arguments, const tnas_dataset *dataset)
{
    info in = {.dataset = dataset};
    const tnas_status status = count_samples(&in);
    if (status == TNAS_OK && tnas_wants_table(arguments))
        print_table(arguments, &in);
    else if (status == TNAS_OK)
        print_result(arguments, &in);
    tnas_free(in.classes);
    tnas_free(in.groups);
    return status;
}
