#include <stdio.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "common/alloc.h"
#include "common/io.h"
#include "data/dataset.h"

typedef struct class_counts {
    int train, validation;
} class_counts;

static void count_classes(const tnas_dataset *dataset, class_counts *counts)
{
    for (int i = 0; i < dataset->train.count; i++)
        counts[dataset->train.labels[i]].train++;
    for (int i = 0; i < dataset->validation.count; i++)
        counts[dataset->validation.labels[i]].validation++;
}

static void info_result(const tnas_arguments *arguments, const tnas_dataset *dataset,
                        const class_counts *counts)
{
    cJSON *o = tnas_json_result("tinynas-data-info");
    cJSON_AddStringToObject(o, "name", dataset->name);
    cJSON_AddStringToObject(o, "data_format", dataset->format);
    const int shape[3] = {dataset->h, dataset->w, dataset->c};
    cJSON_AddItemToObject(o, "shape", cJSON_CreateIntArray(shape, 3));
    cJSON_AddNumberToObject(o, "train", dataset->train.count);
    cJSON_AddNumberToObject(o, "validation", dataset->validation.count);
    cJSON_AddNumberToObject(o, "test", dataset->test_count);
    char hash[20];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)dataset->content_hash);
    cJSON_AddStringToObject(o, "content_hash", hash);
    cJSON *classes = cJSON_AddArrayToObject(o, "classes");
    for (int i = 0; i < dataset->class_count; i++) {
        cJSON *c = cJSON_CreateObject();
        cJSON_AddStringToObject(c, "name", dataset->class_names[i]);
        cJSON_AddNumberToObject(c, "train", counts[i].train);
        cJSON_AddNumberToObject(c, "validation", counts[i].validation);
        cJSON_AddItemToArray(classes, c);
    }
    tnas_result_print(arguments, o, "classes");
}

static void info_table(const tnas_arguments *arguments, const tnas_dataset *dataset,
                       const class_counts *counts)
{
    tnas_print_header(arguments);
    printf("data       %s, %s, %dx%dx%d, %d classes, content %016llx\n", dataset->name,
           dataset->format, dataset->h, dataset->w, dataset->c, dataset->class_count,
           (unsigned long long)dataset->content_hash);
    printf("images     %d to train, %d to validate, %d to test (pixels not read)\n",
           dataset->train.count, dataset->validation.count, dataset->test_count);
    for (int i = 0; i < dataset->class_count; i++)
        printf("class %3d  %-24s %6d train %6d validation\n", i, dataset->class_names[i],
               counts[i].train, counts[i].validation);
}

static tnas_status info(const tnas_arguments *arguments, const tnas_dataset *dataset)
{
    class_counts *counts = tnas_alloc_zero((size_t)dataset->class_count, sizeof *counts);
    if (counts == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "class counts");
    count_classes(dataset, counts);
    if (tnas_wants_table(arguments))
        info_table(arguments, dataset, counts);
    else
        info_result(arguments, dataset, counts);
    tnas_free(counts);
    return TNAS_OK;
}

static tnas_status write(const tnas_arguments *arguments, tnas_dataset *dataset)
{
    const char *const folder = arguments->text[TNAS_OPTION_out];
    if (folder == NULL)
        return tnas_fail(TNAS_ERR_USAGE, "tinynas data write needs --out");
    tnas_images test;
    TNAS_TRY(tnas_dataset_read_test(dataset, &test));
    tnas_status status = tnas_dir_create(folder);
    if (status == TNAS_OK)
        status = tnas_images_save_idx(&test, dataset->h, dataset->w, dataset->c, folder);
    if (status == TNAS_OK && !tnas_wants_table(arguments)) {
        cJSON *o = tnas_json_result("tinynas-data-write");
        cJSON_AddStringToObject(o, "folder", folder);
        cJSON_AddNumberToObject(o, "images", test.count);
        tnas_result_print(arguments, o, NULL);
    } else if (status == TNAS_OK) {
        printf("wrote %d test images to %s/images.idx and %s/labels.idx\n", test.count, folder,
               folder);
    }
    tnas_images_deinit(&test);
    return status;
}

tnas_status tnas_cmd_data(const tnas_arguments *arguments)
{
    const bool writes =
        arguments->operand_count == 2 && strcmp(arguments->operands[0], "write") == 0;
    if (!writes && (arguments->operand_count != 2 || strcmp(arguments->operands[0], "info") != 0))
        return tnas_fail(TNAS_ERR_USAGE,
                         "tinynas data: must be `info DATA` or `write DATA --out DIR`");
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    TNAS_TRY(tnas_arguments_data(arguments, &options));
    TNAS_TRY(tnas_dataset_load(arguments->operands[1], &options, &dataset));
    const tnas_status status = writes ? write(arguments, dataset) : info(arguments, dataset);
    tnas_dataset_destroy(dataset);
    return status;
}
