/* Runs of the program, for tests of what its users meet: results, sentences, exit codes. */
#ifndef TNAS_TESTS_PROGRAM_H
#define TNAS_TESTS_PROGRAM_H

#include <cjson/cJSON.h>
#include <sys/types.h>

enum { OUTPUT_BYTES = 1 << 17 };

typedef struct outcome {
    int exit_code;
    char out[OUTPUT_BYTES], err[OUTPUT_BYTES];
} outcome;

/* The program under test: $TINYNAS. */
const char *program(void);

/* A whole file as text. out [OUTPUT_BYTES] */
void read_text(const char *path, char *out);

/* Starts `tinynas <words>` with stdout and stderr in files of the folder; waits for it. */
pid_t start(const char *folder, const char *words);
void finish(const char *folder, pid_t child, outcome *o);

/* One folder for outputs, per test process; "" before the first run. */
extern char scratch[];

/* `tinynas <words>`, to its end. The outcome holds until the next run. */
outcome *run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fails unless the run ended with this code and its sentence holds the part, on one line. */
void check_failure(const outcome *o, int exit_code, const char *part);

/* Fails unless the run ended well with one JSON value on stdout. Release with cJSON_Delete. */
cJSON *check_json(const outcome *o);

double number(const cJSON *json, const char *key);
const char *text_of(const cJSON *json, const char *key);

#endif
