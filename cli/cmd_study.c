/* tinynas study: what studies there are and what is in one. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/limits.h"
#include "cli/output.h"
#include "cli/study_rows.h"
#include "cli/study_show.h"
#include "cli/table.h"
#include "common/alloc.h"
#include "study/progress_file.h"
#include "study/run_config.h"

/* A line of `study list`. */
typedef struct study_line {
    char folder[TNAS_PATH_BYTES], data[256], space[256];
    int targets, finished, candidates;
    double accuracy_int8; /* the best of the finished targets; NAN */
    bool running;
} study_line;

static void read_name(tnas_store_db *db, const char *key, char *out, size_t out_bytes)
{
    bool found;
    char text[TNAS_PATH_BYTES];
    if (tnas_db_get_meta(db, key, text, sizeof text, &found) != TNAS_OK || !found)
        text[0] = '\0';
    const char *const slash = strrchr(text, '/'); /* the last part says enough */
    snprintf(out, out_bytes, "%.200s", slash != NULL ? slash + 1 : text);
}

static tnas_status read_target(tnas_store_db *db, const tnas_target_row *row, study_line *out)
{
    int count;
    TNAS_TRY(tnas_db_count_candidates(db, row->id, &count));
    out->candidates += count;
    if (!row->finished)
        return TNAS_OK;
    tnas_winner winner;
    bool found;
    TNAS_TRY(tnas_db_get_winner(db, row->id, &winner, &found));
    out->finished++;
    if (found && !(winner.accuracy_int8 <= out->accuracy_int8)) /* also the first, over NAN */
        out->accuracy_int8 = winner.accuracy_int8;
    return TNAS_OK;
}

static tnas_status read_line(const char *folder, study_line *out)
{
    *out = (study_line){.accuracy_int8 = NAN};
    snprintf(out->folder, sizeof out->folder, "%s", folder);
    tnas_store_db *db;
    TNAS_TRY(tnas_db_open_read(folder, &db));
    read_name(db, "data_location", out->data, sizeof out->data);
    read_name(db, "space", out->space, sizeof out->space);
    tnas_target_row *rows;
    tnas_status status = tnas_db_get_targets(db, &rows, &out->targets);
    for (int i = 0; status == TNAS_OK && i < out->targets; i++)
        status = read_target(db, &rows[i], out);
    tnas_free(rows);
    tnas_db_close(db);
    char who[320];
    out->running = tnas_study_is_running(folder, who);
    return status;
}

static void add_line(tnas_table *table, const study_line *line)
{
    char best[16] = "-";
    if (!isnan(line->accuracy_int8))
        snprintf(best, sizeof best, "%.2f %%", 100 * line->accuracy_int8);
    tnas_table_row(table, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s", line->folder, line->data, line->space,
                   line->targets, line->finished, line->candidates, best,
                   line->running                     ? "running"
                   : line->finished == line->targets ? "finished"
                                                     : "stopped");
}

static cJSON *line_object(const study_line *line)
{
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "study", line->folder);
    cJSON_AddStringToObject(o, "data", line->data);
    cJSON_AddStringToObject(o, "space", line->space);
    cJSON_AddNumberToObject(o, "targets", line->targets);
    cJSON_AddNumberToObject(o, "finished", line->finished);
    cJSON_AddNumberToObject(o, "candidates", line->candidates);
    tnas_json_add(o, "accuracy_int8", line->accuracy_int8);
    cJSON_AddBoolToObject(o, "running", line->running);
    return o;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(((const study_line *)a)->folder, ((const study_line *)b)->folder);
}

/* Every folder below `parent` that is a study, or `parent` itself. Release *out with tnas_free. */
static tnas_status find_studies(const char *parent, study_line **out, int *count)
{
    enum { LINES_MAX = 4096 };
    *count = 0;
    *out = tnas_alloc_zero(LINES_MAX, sizeof **out);
    if (*out == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "list of studies");
    if (tnas_is_study(parent))
        return read_line(parent, &(*out)[(*count)++]);
    DIR *const dir = opendir(parent);
    if (dir == NULL)
        return tnas_fail(TNAS_ERR_INPUT, "cannot read folder %s: %s", parent, strerror(errno));
    const struct dirent *entry;
    tnas_status status = TNAS_OK;
    while (status == TNAS_OK && *count < LINES_MAX && (entry = readdir(dir)) != NULL) {
        char folder[TNAS_PATH_BYTES];
        if (entry->d_name[0] == '.' || tnas_path_join(folder, parent, entry->d_name) != TNAS_OK ||
            !tnas_is_study(folder))
            continue;
        status = read_line(folder, &(*out)[(*count)++]);
    }
    closedir(dir);
    qsort(*out, (size_t)*count, sizeof **out, compare_lines);
    return status;
}

static void print_list(const tnas_arguments *arguments, const study_line *lines, int count)
{
    if (!tnas_wants_table(arguments)) {
        cJSON *const o = tnas_json_result("tinynas-studies");
        cJSON *const rows = cJSON_AddArrayToObject(o, "studies");
        for (int i = 0; i < count; i++)
            cJSON_AddItemToArray(rows, line_object(&lines[i]));
        tnas_result_print(arguments, o, "studies");
        return;
    }
    static const tnas_column columns[] = {
        {.heading = "study", .left = true},
        {.heading = "data", .left = true, .rank = 2},
        {.heading = "space", .left = true, .rank = 4},
        {.heading = "targets", .rank = 1},
        {.heading = "finished", .rank = 5},
        {.heading = "candidates", .rank = 3},
        {.heading = "best int8"},
        {.heading = "state", .left = true},
    };
    tnas_table table;
    tnas_table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (int i = 0; i < count; i++)
        add_line(&table, &lines[i]);
    tnas_table_print(&table);
}

static tnas_status list(const tnas_arguments *arguments)
{
    if (arguments->operand_count > 2)
        return tnas_fail(TNAS_ERR_USAGE, "tinynas study list takes one folder");
    const char *const parent = arguments->operand_count == 2 ? arguments->operands[1] : "studies";
    study_line *lines;
    int count;
    const tnas_status status = find_studies(parent, &lines, &count);
    if (status == TNAS_OK)
        print_list(arguments, lines, count);
    tnas_free(lines);
    return status;
}

static tnas_status print_config(const tnas_arguments *arguments, const char *folder)
{
    const int target =
        arguments->given[TNAS_OPTION_target] ? (int)arguments->number[TNAS_OPTION_target] : 0;
    tnas_run_config config;
    char *text;
    TNAS_TRY(tnas_run_config_of_study(folder, target, &config));
    TNAS_TRY(tnas_run_config_print(&config, &text));
    fputs(text, stdout);
    tnas_free(text);
    return TNAS_OK;
}

static tnas_status show(const tnas_arguments *arguments, const char *folder)
{
    return arguments->given[TNAS_OPTION_show_config] ? print_config(arguments, folder)
                                                     : tnas_study_show(arguments, folder);
}

tnas_status tnas_cmd_study(const tnas_arguments *arguments)
{
    static const struct {
        const char *verb;
        tnas_status (*run)(const tnas_arguments *arguments, const char *folder);
    } verbs[] = {
        {"show", show}, {"trials", tnas_study_print_trials}, {"pareto", tnas_study_print_pareto}};
    const char *const verb = arguments->operand_count > 0 ? arguments->operands[0] : "";
    if (strcmp(verb, "list") == 0)
        return list(arguments);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verb, verbs[i].verb) != 0)
            continue;
        return arguments->operand_count == 2
                   ? verbs[i].run(arguments, arguments->operands[1])
                   : tnas_fail(TNAS_ERR_USAGE, "tinynas study %s needs one study's folder", verb);
    }
    return tnas_fail(
        TNAS_ERR_USAGE,
        "tinynas study %s: must be list [DIR], show STUDY, trials STUDY or pareto STUDY", verb);
}
