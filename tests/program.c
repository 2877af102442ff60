#include "tests/program.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/testing.h"

const char *program(void)
{
    const char *const path = getenv("TINYNAS");
    return path != NULL ? path : "./tinynas";
}

void read_text(const char *path, char *text)
{
    FILE *const file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, OUTPUT_BYTES - 1, file)] = '\0';
    fclose(file);
}

pid_t start(const char *folder, const char *words)
{
    char command[4 * TNAS_PATH_BYTES];
    snprintf(command, sizeof command, "exec %s %s >%s/out 2>%s/err", program(), words, folder,
             folder);
    const pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return child;
}

void finish(const char *folder, pid_t child, outcome *o)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    o->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, "out"));
    read_text(path, o->out);
    ck_ok(tnas_path_join(path, folder, "err"));
    read_text(path, o->err);
}

char scratch[TNAS_PATH_BYTES];

outcome *run(const char *format, ...)
{
    static outcome o;
    char words[6000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    if (scratch[0] == '\0')
        temporary_folder(scratch);
    finish(scratch, start(scratch, words), &o);
    return &o;
}

void check_failure(const outcome *o, int exit_code, const char *part)
{
    ck_assert_msg(o->exit_code == exit_code, "exit %d, wanted %d: %s", o->exit_code, exit_code,
                  o->err);
    ck_assert_msg(strstr(o->err, part) != NULL, "\"%s\" lacks \"%s\"", o->err, part);
    ck_assert_str_eq(o->out, "");
}

cJSON *check_json(const outcome *o)
{
    ck_assert_msg(o->exit_code == 0, "exit %d: %s", o->exit_code, o->err);
    cJSON *const json = cJSON_ParseWithOpts(o->out, NULL, 1);
    ck_assert_msg(json != NULL, "not one JSON value: %s", o->out);
    return json;
}

double number(const cJSON *json, const char *key)
{
    const cJSON *const item = cJSON_GetObjectItem(json, key);
    ck_assert_msg(cJSON_IsNumber(item), "%s is not a number", key);
    return item->valuedouble;
}

const char *text_of(const cJSON *json, const char *key)
{
    const cJSON *const item = cJSON_GetObjectItem(json, key);
    ck_assert_msg(cJSON_IsString(item), "%s is not a text", key);
    return item->valuestring;
}
