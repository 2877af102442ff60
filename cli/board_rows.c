#include "cli/board_rows.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/paths.h"

static tnas_status check_plain(const char *what, const char *text)
{
    if (text[0] == '\0' || strlen(text) >= TNAS_RUNTIME_BYTES)
        return tnas_fail(TNAS_ERR_USAGE, "%s \"%.80s\": must have 1 to %d characters", what, text,
                         TNAS_RUNTIME_BYTES - 1);
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            return tnas_fail(
                TNAS_ERR_USAGE,
                "%s \"%s\": must be free of quotes, backslashes and control characters", what,
                text);
    return TNAS_OK;
}

tnas_status tnas_runtime_spell(const char *what, const char *text, char out[TNAS_RUNTIME_BYTES])
{
    TNAS_TRY(check_plain(what, text));
    size_t i = 0;
    for (; text[i] != '\0'; i++)
        out[i] = text[i] == ' ' || text[i] == '_' ? '-' : (char)tolower((unsigned char)text[i]);
    out[i] = '\0';
    return TNAS_OK;
}

tnas_status tnas_arguments_runtime(const tnas_arguments *arguments, char out[TNAS_RUNTIME_BYTES])
{
    const char *const given = arguments->text[TNAS_OPTION_runtime];
    if (arguments->given[TNAS_OPTION_runtime_version])
        TNAS_TRY(check_plain("--runtime-version", arguments->text[TNAS_OPTION_runtime_version]));
    return tnas_runtime_spell("--runtime", given != NULL ? given : "tinynas", out);
}

tnas_status tnas_arguments_graphs(const tnas_arguments *arguments, char out[TNAS_PATH_BYTES])
{
    if (!arguments->given[TNAS_OPTION_graphs])
        return tnas_config_path("graphs", out);
    const char *const graphs = arguments->text[TNAS_OPTION_graphs];
    if (strlen(graphs) >= TNAS_PATH_BYTES)
        return tnas_fail(TNAS_ERR_USAGE, "--graphs has %zu characters, at most %d fit",
                         strlen(graphs), TNAS_PATH_BYTES - 1);
    snprintf(out, TNAS_PATH_BYTES, "%s", graphs);
    return TNAS_OK;
}

/* "STM32H743 TinyEngine 0363956 (8 rows), ..." of what a file holds. */
static void list_contents(const tnas_measurements *rows, char *out, size_t out_bytes)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < rows->count && used < out_bytes; i++) {
        const tnas_measurement *const row = &rows->rows[i];
        int first = TNAS_NONE, count = 0;
        for (int k = 0; k < rows->count; k++) {
            const tnas_measurement *const other = &rows->rows[k];
            if (strcmp(row->mcu, other->mcu) != 0 || strcmp(row->runtime, other->runtime) != 0 ||
                strcmp(row->version, other->version) != 0)
                continue;
            first = first == TNAS_NONE ? k : first;
            count++;
        }
        if (first == i)
            used += (size_t)snprintf(out + used, out_bytes - used, "%s%s%s%s%s%s (%d)",
                                     used > 0 ? ", " : "", row->mcu, row->mcu[0] != '\0' ? " " : "",
                                     row->runtime, row->version[0] != '\0' ? " " : "", row->version,
                                     count);
    }
}

static tnas_status fail_without_rows(const char *path, const tnas_mcu *mcu,
                                     const tnas_measurement_query *query)
{
    /* Of the runtime, when the file has any. */
    const tnas_measurement_query of_runtime = {.runtime = query->runtime}, everything = {0};
    tnas_measurements all;
    TNAS_TRY(tnas_measurements_load(path, &of_runtime, &all));
    if (all.count == 0) {
        tnas_measurements_deinit(&all);
        TNAS_TRY(tnas_measurements_load(path, &everything, &all));
    }
    char contents[600];
    list_contents(&all, contents, sizeof contents);
    const bool empty = all.count == 0;
    tnas_measurements_deinit(&all);
    if (empty)
        return tnas_fail(TNAS_ERR_INPUT, "%s: no row has a latency or cycles", path);
    return tnas_fail(TNAS_ERR_INPUT,
                     "%s: no row of %s (%s) with runtime %s%s%s; it has %s; --part P takes the "
                     "rows of a part of the same die",
                     path, mcu->name, mcu->part, query->runtime, query->version != NULL ? " " : "",
                     query->version != NULL ? query->version : "", contents);
}

static bool any_states_version(const tnas_measurements *rows)
{
    for (int i = 0; i < rows->count; i++)
        if (rows->rows[i].version[0] != '\0')
            return true;
    return false;
}

/* *out is empty when no row is of this part and version. */
static tnas_status load_part(const char *path, tnas_measurement_query query, const char *version,
                             tnas_measurements *out)
{
    query.version = version;
    TNAS_TRY(tnas_measurements_load(path, &query, out));
    if (out->count > 0 || version == NULL)
        return TNAS_OK;
    tnas_measurements_deinit(out);
    query.version = NULL;
    TNAS_TRY(tnas_measurements_load(path, &query, out));
    if (any_states_version(out))
        tnas_measurements_deinit(out);
    return TNAS_OK;
}

/* A measurement cost time on a board; a profile or a plot over it would be one slip of a finger. */
static tnas_status check_not_overwritten(const tnas_arguments *arguments)
{
    static const struct {
        tnas_option option;
        const char *flag;
    } outputs[] = {{TNAS_OPTION_out, "out"}, {TNAS_OPTION_plot, "plot"}};
    const char *const path = arguments->text[TNAS_OPTION_measurements];
    struct stat rows, output;
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
        const tnas_option option = outputs[i].option;
        if (arguments->given[option] && stat(path, &rows) == 0 &&
            stat(arguments->text[option], &output) == 0 && rows.st_dev == output.st_dev &&
            rows.st_ino == output.st_ino)
            return tnas_fail(TNAS_ERR_USAGE,
                             "--%s %s: is the file of the measurements, and would replace it",
                             outputs[i].flag, arguments->text[option]);
    }
    return TNAS_OK;
}

tnas_status tnas_board_rows_load(const tnas_arguments *arguments, const tnas_mcu *mcu,
                                 double clock_mhz, const tnas_memory_terms *memory,
                                 tnas_measurements *out)
{
    const char *const path = arguments->text[TNAS_OPTION_measurements];
    const char *const version = arguments->text[TNAS_OPTION_runtime_version];
    char graphs[TNAS_PATH_BYTES], runtime[TNAS_RUNTIME_BYTES];
    TNAS_TRY(check_not_overwritten(arguments));
    TNAS_TRY(tnas_arguments_graphs(arguments, graphs));
    TNAS_TRY(tnas_arguments_runtime(arguments, runtime));
    const char *const part = arguments->text[TNAS_OPTION_part];
    tnas_measurement_query query = {
        .mcu = part != NULL ? part : mcu->name,
        .runtime = runtime,
        .graphs = graphs,
        .memory = memory,
        .networks_only = arguments->given[TNAS_OPTION_networks],
        .assumed_clock_mhz =
            arguments->given[TNAS_OPTION_clock] ? arguments->number[TNAS_OPTION_clock] : clock_mhz,
    };
    TNAS_TRY(load_part(path, query, version, out));
    if (out->count > 0)
        return TNAS_OK;
    tnas_measurements_deinit(out);
    if (part == NULL)
        query.mcu = mcu->part;
    TNAS_TRY(load_part(path, query, version, out));
    if (out->count > 0)
        return TNAS_OK;
    tnas_measurements_deinit(out);
    query.version = version;
    return fail_without_rows(path, mcu, &query);
}

cJSON *tnas_board_rows_without_graph(const tnas_measurements *rows)
{
    cJSON *const names = cJSON_CreateArray();
    for (int i = 0; i < rows->count; i++) {
        const tnas_measurement *const row = &rows->rows[i];
        if (row->has_graph && row->cycles > 0)
            continue;
        char name[128];
        tnas_measurement_name(row, name, sizeof name);
        bool known = false;
        for (const cJSON *n = names->child; n != NULL; n = n->next)
            known = known || strcmp(n->valuestring, name) == 0;
        if (!known)
            cJSON_AddItemToArray(names, cJSON_CreateString(name));
    }
    return names;
}

void tnas_board_rows_print_left_out(const tnas_measurements *rows)
{
    cJSON *names = tnas_board_rows_without_graph(rows);
    if (names->child != NULL)
        printf("left out   no graph of");
    for (const cJSON *n = names->child; n != NULL; n = n->next)
        printf(" %s%s", n->valuestring, n->next != NULL ? "," : "\n");
    cJSON_Delete(names);
    if (rows->other_rows > 0)
        printf("passed     over %d row%s of other parts, runtimes or versions, or without a time\n",
               rows->other_rows, rows->other_rows == 1 ? "" : "s");
    if (rows->ignored_columns[0] != '\0')
        printf("ignored    columns %s\n", rows->ignored_columns);
}
