#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "cli/table.h"
#include "common/alloc.h"
#include "quant/image.h"
#include "study/study.h"

/* What an evaluation counts. */
typedef struct evaluation {
    int images, correct;
    int class_count;
    int *confusion; /* [label][winner]; NULL: not known */
    const char *what;
} evaluation;

static void print_result(const tnas_arguments *arguments, const evaluation *e)
{
    const double accuracy = (double)e->correct / e->images;
    cJSON *o = tnas_json_result("tinynas-eval");
    cJSON_AddStringToObject(o, "evaluated", e->what);
    cJSON_AddNumberToObject(o, "images", e->images);
    cJSON_AddNumberToObject(o, "correct", e->correct);
    cJSON_AddNumberToObject(o, "accuracy", accuracy);
    cJSON_AddNumberToObject(o, "accuracy_95_half_width",
                            tnas_wilson_half_width(accuracy, e->images));
    if (e->confusion != NULL) {
        cJSON *rows = cJSON_AddArrayToObject(o, "confusion");
        for (int label = 0; label < e->class_count; label++)
            cJSON_AddItemToArray(
                rows, cJSON_CreateIntArray(e->confusion + label * e->class_count, e->class_count));
    }
    tnas_result_print(arguments, o, NULL);
}

enum { CLASSES_SHOWN_MAX = 20 };

/* A row per label, a column per answer. */
static void print_confusion(const evaluation *e, char (*class_names)[TNAS_CLASS_NAME_BYTES])
{
    char headings[CLASSES_SHOWN_MAX][8];
    tnas_column columns[CLASSES_SHOWN_MAX + 2] = {{.heading = ""}, {.heading = "", .left = true}};
    for (int i = 0; i < e->class_count; i++) {
        snprintf(headings[i], sizeof headings[i], "%d", i);
        columns[i + 2].heading = headings[i];
    }
    tnas_table table;
    tnas_table_init(&table, columns, e->class_count + 2);
    for (int label = 0; label < e->class_count; label++) {
        char counts[CLASSES_SHOWN_MAX * 12] = "";
        for (int i = 0, used = 0; i < e->class_count; i++)
            used += snprintf(counts + used, sizeof counts - (size_t)used, "\t%d",
                             e->confusion[label * e->class_count + i]);
        tnas_table_row(&table, "%d\t%.11s%s", label, class_names[label], counts);
    }
    tnas_table_print(&table);
}

static void print_table(const tnas_arguments *arguments, const evaluation *e,
                        char (*class_names)[TNAS_CLASS_NAME_BYTES])
{
    const double accuracy = (double)e->correct / e->images;
    tnas_print_header(arguments);
    printf("accuracy   int8 %.2f %% +- %.2f (95 %%), %d of %d images, by %s\n", 100 * accuracy,
           100 * tnas_wilson_half_width(accuracy, e->images), e->correct, e->images, e->what);
    if (e->confusion == NULL || e->class_count > CLASSES_SHOWN_MAX)
        return;
    printf("rows are labels, columns the winning class\n");
    print_confusion(e, class_names);
}

static tnas_status check_shape(const tnas_dataset *dataset, const tnas_tensor *input,
                               const char *what)
{
    if (dataset->h == input->h && dataset->w == input->w && dataset->c == input->c)
        return TNAS_OK;
    return tnas_fail(TNAS_ERR_INPUT, "%s has images of %dx%dx%d, %s wants %dx%dx%d", dataset->name,
                     dataset->h, dataset->w, dataset->c, what, input->h, input->w, input->c);
}

static tnas_status classify(const tnas_arguments *arguments, const tnas_study *study,
                            const tnas_images *test, evaluation *e)
{
    int16_t *winners = tnas_alloc_zero((size_t)test->count, sizeof *winners);
    e->confusion = tnas_alloc_zero((size_t)study->class_count * (size_t)study->class_count,
                                   sizeof *e->confusion);
    e->class_count = study->class_count;
    tnas_pool *pool = NULL;
    tnas_image *image = NULL;
    tnas_status status = winners != NULL && e->confusion != NULL
                             ? tnas_image_build(study->model, &tnas_target_tinynas_c, &image)
                             : tnas_fail(TNAS_ERR_NOMEM, "evaluation");
    if (status == TNAS_OK)
        status = tnas_pool_create(tnas_arguments_threads(arguments), &pool);
    if (status == TNAS_OK)
        status = tnas_image_classify(image, pool, test->pixels, test->count, winners);
    e->images = test->count;
    for (int i = 0; status == TNAS_OK && i < test->count; i++) {
        e->correct += winners[i] == test->labels[i];
        e->confusion[test->labels[i] * study->class_count + winners[i]]++;
    }
    tnas_pool_destroy(pool);
    tnas_image_destroy(image);
    tnas_free(winners);
    return status;
}

static tnas_status eval_study(const tnas_arguments *arguments, const char *folder)
{
    tnas_study *study;
    TNAS_TRY(tnas_arguments_study(arguments, folder, NULL, &study));
    const char *const data = arguments->text[TNAS_OPTION_data];
    tnas_dataset *dataset = NULL;
    tnas_images test = {0};
    evaluation e = {.what = "the kernels of this program"};
    tnas_data_options options = study->data_options;
    tnas_status status = tnas_arguments_data(arguments, &options);
    if (status == TNAS_OK)
        status = tnas_dataset_load(data != NULL ? data : study->data, &options, &dataset);
    if (status == TNAS_OK)
        status = check_shape(dataset, &study->model->graph.tensors[0], folder);
    if (status == TNAS_OK && dataset->class_count != study->class_count)
        status = tnas_fail(TNAS_ERR_INPUT, "%s has %d classes, the study %d", dataset->name,
                           dataset->class_count, study->class_count);
    if (status == TNAS_OK)
        status = tnas_dataset_read_test(dataset, &test);
    if (status == TNAS_OK)
        status = classify(arguments, study, &test, &e);
    if (status == TNAS_OK) {
        if (tnas_wants_table(arguments))
            print_table(arguments, &e, study->class_names);
        else
            print_result(arguments, &e);
    }
    tnas_free(e.confusion);
    tnas_images_deinit(&test);
    tnas_dataset_destroy(dataset);
    tnas_study_destroy(study);
    return status;
}

static bool is_runner_name(const char *name)
{
    static const char ending[] = "_host";
    const size_t length = strlen(name), ending_length = sizeof ending - 1;
    return name[0] != '.' && length > ending_length &&
           strcmp(name + length - ending_length, ending) == 0;
}

/* The one runner that `make` in an export folder builds: build/NAME_host. */
static tnas_status find_runner(const char *folder, char out[TNAS_PATH_BYTES])
{
    char build[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(build, folder, "build"));
    DIR *const dir = opendir(build);
    int runner_count = 0;
    tnas_status status = TNAS_OK;
    for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (is_runner_name(entry->d_name) && runner_count++ == 0)
            status = tnas_path_join(out, build, entry->d_name);
    if (dir != NULL)
        closedir(dir);
    if (status == TNAS_OK && runner_count != 1)
        status = tnas_fail(TNAS_ERR_INPUT,
                           "%s is neither a study nor an export with a built runner "
                           "(build/NAME_host); in an export, run make first",
                           folder);
    return status;
}

/* Runs `runner images labels` and reads its one JSON line. */
static tnas_status run_runner(const char *runner, const char *folder, char *out, size_t out_bytes)
{
    char images[TNAS_PATH_BYTES], labels[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(images, folder, "images.idx"));
    TNAS_TRY(tnas_path_join(labels, folder, "labels.idx"));
    int ends[2];
    if (pipe(ends) != 0)
        return tnas_fail(TNAS_ERR_IO, "cannot run %s: %s", runner, strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl(runner, runner, images, labels, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t used = 0;
    ssize_t got = 0;
    while (used + 1 < out_bytes && (got = read(ends[0], out + used, out_bytes - 1 - used)) > 0)
        used += (size_t)got;
    out[used] = '\0';
    close(ends[0]);
    int code = 1;
    if (child < 0 || waitpid(child, &code, 0) != child || code != 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s failed on the test images", runner);
    return TNAS_OK;
}

static void remove_images(const char *folder)
{
    char path[TNAS_PATH_BYTES];
    if (tnas_path_join(path, folder, "images.idx") == TNAS_OK)
        unlink(path);
    if (tnas_path_join(path, folder, "labels.idx") == TNAS_OK)
        unlink(path);
    rmdir(folder);
}

static tnas_status feed_runner(const char *runner, tnas_dataset *dataset, char *out,
                               size_t out_bytes)
{
    char folder[] = "/tmp/tinynas-eval-XXXXXX";
    tnas_images test;
    TNAS_TRY(tnas_dataset_read_test(dataset, &test));
    tnas_status status =
        mkdtemp(folder) != NULL
            ? tnas_images_save_idx(&test, dataset->h, dataset->w, dataset->c, folder)
            : tnas_fail(TNAS_ERR_IO, "cannot create %s", folder);
    tnas_images_deinit(&test);
    if (status == TNAS_OK)
        status = run_runner(runner, folder, out, out_bytes);
    remove_images(folder);
    return status;
}

static tnas_status eval_export(const tnas_arguments *arguments, const char *folder)
{
    TNAS_TRY(tnas_arguments_require(arguments, TNAS_OPTION_data, "data"));
    char runner[TNAS_PATH_BYTES], text[4096];
    TNAS_TRY(find_runner(folder, runner));
    tnas_dataset *dataset;
    tnas_data_options options = tnas_data_options_default();
    TNAS_TRY(tnas_arguments_data(arguments, &options));
    TNAS_TRY(tnas_dataset_load(arguments->text[TNAS_OPTION_data], &options, &dataset));
    tnas_status status = feed_runner(runner, dataset, text, sizeof text);
    tnas_dataset_destroy(dataset);
    TNAS_TRY(status);
    cJSON *answer = cJSON_Parse(text);
    const cJSON *images = cJSON_GetObjectItem(answer, "images");
    const cJSON *correct = cJSON_GetObjectItem(answer, "correct");
    if (cJSON_IsNumber(images) && cJSON_IsNumber(correct) && images->valueint > 0) {
        const evaluation e = {
            .images = images->valueint, .correct = correct->valueint, .what = "the exported C"};
        if (tnas_wants_table(arguments))
            print_table(arguments, &e, NULL);
        else
            print_result(arguments, &e);
    } else {
        status = tnas_fail(TNAS_ERR_INPUT, "%s answered \"%.80s\", not counts", runner, text);
    }
    cJSON_Delete(answer);
    return status;
}

tnas_status tnas_cmd_eval(const tnas_arguments *arguments)
{
    const char *folder;
    TNAS_TRY(tnas_arguments_operand(arguments, "STUDY or EXPORT folder", &folder));
    return tnas_is_study(folder) ? eval_study(arguments, folder) : eval_export(arguments, folder);
}
