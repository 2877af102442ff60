/* Strict reading of the project's JSON files (cJSON underneath).
 *
 * Every file carries "format" and "version". A cursor knows its file and path, so each
 * failure reads `configs/x.json: stages[2].kernel = 4: must be odd`. Keys nobody asked
 * for are errors. */
#ifndef TNAS_COMMON_JSON_H
#define TNAS_COMMON_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/status.h"

typedef struct tnas_json {
    cJSON *root;
    char *file; /* for messages */
} tnas_json;

/* A place in a document. Borrowed: lives as long as the document. */
typedef struct tnas_json_at {
    const tnas_json *document;
    const cJSON *node;
    char path[160];
} tnas_json_at;

/* Reads a file whose root is an object with this format and version. */
tnas_status tnas_json_load(const char *file, const char *format, int version, tnas_json **out);
/* The same for a text in memory; `file` is what messages call it. */
tnas_status tnas_json_parse(const char *text, const char *file, const char *format, int version,
                            tnas_json **out);
void tnas_json_destroy(tnas_json *document);

tnas_json_at tnas_json_root(const tnas_json *document);

/* Fails on the first key of the object that is not in the comma-separated list or repeats.
 * "format" and "version" are always allowed at the root. */
tnas_status tnas_json_allow_keys(const tnas_json_at *at, const char *keys);

bool tnas_json_has(const tnas_json_at *at, const char *key);
int tnas_json_length(const tnas_json_at *at); /* items of an array or object */

tnas_status tnas_json_object(const tnas_json_at *at, const char *key, tnas_json_at *out);
tnas_status tnas_json_array(const tnas_json_at *at, const char *key, tnas_json_at *out);
tnas_json_at tnas_json_item(const tnas_json_at *at, int index); /* of an array or object */

/* The value under `key`; with key NULL the cursor's own value. */
tnas_status tnas_json_int(const tnas_json_at *at, const char *key, int64_t min, int64_t max,
                          int64_t *out);
tnas_status tnas_json_number(const tnas_json_at *at, const char *key, double min, double max,
                             double *out);
tnas_status tnas_json_bool(const tnas_json_at *at, const char *key, bool *out);
tnas_status tnas_json_string(const tnas_json_at *at, const char *key, const char **out);

/* A failure at this place: `FILE: PATH: sentence`. */
tnas_status tnas_json_fail(const tnas_json_at *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
