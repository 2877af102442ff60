#include <stdio.h>
#include <string.h>

#include "cli/data_info.h"
#include "cli/limits.h"
#include "cli/output.h"
#include "common/alloc.h"
#include "common/io.h"
#include "common/text.h"
#include "data/dataset.h"

/* The names of the classes that the labels define, where a reader of IDX files looks for them. */
static tnas_status write_classes(const tnas_dataset *dataset, const tnas_images *images,
                                 const char *folder)
{
    int count = 0;
    for (int i = 0; i < images->count; i++)
        count = images->labels[i] >= count ? images->labels[i] + 1 : count;
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder, "classes.txt"));
    tnas_text text;
    tnas_text_init(&text);
    for (int k = 0; k < count; k++)
        tnas_text_add(&text, "%s\n", dataset->class_names[k]);
    const tnas_status status = text.failed ? tnas_fail(TNAS_ERR_NOMEM, "class names")
                                           : tnas_file_write(path, text.chars, text.length);
    tnas_text_deinit(&text);
    return status;
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
    if (status == TNAS_OK)
        status = write_classes(dataset, &test, folder);
    if (status == TNAS_OK && !tnas_wants_table(arguments)) {
        cJSON *o = tnas_json_result("tinynas-data-write");
        cJSON_AddStringToObject(o, "folder", folder);
        cJSON_AddNumberToObject(o, "images", test.count);
        tnas_result_print(arguments, o, NULL);
    } else if (status == TNAS_OK) {
        printf("wrote %d test images to %s/images.idx, labels.idx and classes.txt\n", test.count,
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
    const bool allow_duplicates = options.allow_duplicates;
    options.allow_duplicates = !writes || allow_duplicates; /* info tells of them */
    TNAS_TRY(tnas_dataset_load(arguments->operands[1], &options, &dataset));
    dataset->options.allow_duplicates = allow_duplicates;
    const tnas_status status =
        writes ? write(arguments, dataset) : tnas_data_info_print(arguments, dataset);
    tnas_dataset_destroy(dataset);
    return status;
}
