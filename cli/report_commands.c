/* How to repeat, in the report: command lines that can be pasted into a shell, and the run
 * configuration that they start from. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/report_page.h"
#include "cli/shell_word.h"
#include "common/alloc.h"
#include "study/run_config.h"

enum { LINE_BYTES = 4 * TNAS_SHELL_WORD_BYTES };

static void add_line(cJSON *list, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void add_line(cJSON *list, const char *what, const char *format, ...)
{
    char *const line = tnas_alloc_zero(LINE_BYTES, 1);
    if (line == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, LINE_BYTES, format, arguments);
    va_end(arguments);
    cJSON *const o = cJSON_CreateObject();
    cJSON_AddItemToArray(list, o);
    cJSON_AddStringToObject(o, "what", what);
    cJSON_AddStringToObject(o, "line", line);
    tnas_free(line);
}

static void add_lines(cJSON *list, const char *folder, const tnas_target_row *target,
                      const char *data)
{
    char study_word[TNAS_SHELL_WORD_BYTES], images_word[TNAS_SHELL_WORD_BYTES],
        mcu_word[TNAS_SHELL_WORD_BYTES];
    const int id = target->id;
    const char *const study = tnas_shell_word(folder, study_word);
    const char *const images = tnas_shell_word(data, images_word);
    const char *const mcu = tnas_shell_word(target->target.mcu, mcu_word);
    add_line(list, "write the run configuration",
             "tinynas study show %s --target %d --config > run.json", study, id);
    add_line(list, "repeat the search in a new study: same candidates, winner and model",
             "tinynas search --config run.json --study repeated");
    if (target->finished) {
        add_line(list, "price the winner layer by layer",
                 "tinynas estimate %s --target %d --mcu %s --runtime %s --layers", study, id, mcu,
                 target->target.runtime);
        add_line(list, "count right answers on the test images",
                 "tinynas eval %s --target %d --data %s", study, id, images);
        add_line(list, "write the winner as C",
                 "tinynas export %s --target %d --mcu %s --out out/winner", study, id, mcu);
    }
    add_line(list, "write this report again", "tinynas report %s --target %d --out report.html",
             study, id);
}

tnas_status tnas_report_add_commands(const char *folder, const tnas_target_row *target, cJSON *out)
{
    tnas_run_config *const config = tnas_alloc_zero(1, sizeof *config);
    if (config == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "run configuration");
    char *text = NULL;
    tnas_status status = tnas_run_config_of_study(folder, target->id, config);
    if (status == TNAS_OK)
        status = tnas_run_config_print(config, &text);
    if (status == TNAS_OK) {
        add_lines(cJSON_AddArrayToObject(out, "commands"), folder, target, config->data);
        cJSON_AddStringToObject(out, "config", text);
    }
    tnas_free(text);
    tnas_free(config);
    return status;
}
