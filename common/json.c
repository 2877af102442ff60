#include "common/json.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "common/io.h"

enum { JSON_BYTES_MAX = 64 * 1024 * 1024 };

tnas_status tnas_json_fail(const tnas_json_at *at, const char *format, ...)
{
    char sentence[TNAS_ERROR_TEXT_BYTES / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return tnas_fail(TNAS_ERR_INPUT, "%s: %s%s%s", at->document->file, at->path,
                     at->path[0] != '\0' ? ": " : "", sentence);
}

static int line_of(const char *text, const char *place)
{
    int line = 1;
    for (const char *p = text; p < place; p++)
        line += *p == '\n';
    return line;
}

static tnas_status check_header(const tnas_json *document, const char *format, int version)
{
    const tnas_json_at root = tnas_json_root(document);
    if (!cJSON_IsObject(document->root))
        return tnas_json_fail(&root, "must be a JSON object");
    const char *found_format;
    int64_t found_version;
    TNAS_TRY(tnas_json_string(&root, "format", &found_format));
    TNAS_TRY(tnas_json_int(&root, "version", 0, INT32_MAX, &found_version));
    if (strcmp(found_format, format) != 0)
        return tnas_json_fail(&root, "format = \"%s\": must be \"%s\"", found_format, format);
    if (found_version != version)
        return tnas_json_fail(&root, "version = %lld: this program reads version %d",
                              (long long)found_version, version);
    return TNAS_OK;
}

tnas_status tnas_json_parse(const char *text, const char *file, const char *format, int version,
                            tnas_json **out)
{
    *out = NULL;
    tnas_json *document = tnas_alloc_zero(1, sizeof *document);
    char *name = tnas_strdup(file);
    if (document == NULL || name == NULL) {
        tnas_free(document);
        tnas_free(name);
        return tnas_fail(TNAS_ERR_NOMEM, "content of %s", file);
    }
    document->file = name;
    const char *end = text;
    document->root = cJSON_ParseWithOpts(text, &end, 1);
    tnas_status status;
    if (document->root == NULL)
        status = tnas_fail(TNAS_ERR_INPUT, "%s: line %d: not valid JSON near `%.20s`", file,
                           line_of(text, end), end);
    else
        status = check_header(document, format, version);
    if (status != TNAS_OK) {
        tnas_json_destroy(document);
        return status;
    }
    *out = document;
    return TNAS_OK;
}

tnas_status tnas_json_load(const char *file, const char *format, int version, tnas_json **out)
{
    *out = NULL;
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(file, JSON_BYTES_MAX, &bytes, &byte_count));
    tnas_status status;
    if (memchr(bytes, 0, byte_count) != NULL)
        status = tnas_fail(TNAS_ERR_INPUT, "%s: not a text file, it holds a zero byte", file);
    else
        status = tnas_json_parse((const char *)bytes, file, format, version, out);
    tnas_free(bytes);
    return status;
}

void tnas_json_destroy(tnas_json *document)
{
    if (document == NULL)
        return;
    cJSON_Delete(document->root);
    tnas_free(document->file);
    tnas_free(document);
}

tnas_json_at tnas_json_root(const tnas_json *document)
{
    return (tnas_json_at){.document = document, .node = document->root};
}

static bool in_list(const char *keys, const char *key)
{
    const size_t length = strlen(key);
    for (const char *p = keys; *p != '\0';) {
        const size_t item = strcspn(p, ",");
        if (item == length && memcmp(p, key, length) == 0)
            return true;
        p += item;
        p += *p == ',';
    }
    return false;
}

tnas_status tnas_json_allow_keys(const tnas_json_at *at, const char *keys)
{
    const bool is_root = at->node == at->document->root;
    const cJSON *child;
    cJSON_ArrayForEach(child, at->node)
    {
        if (child->string == NULL) /* an array */
            continue;
        if (!in_list(keys, child->string) && !(is_root && in_list("format,version", child->string)))
            return tnas_json_fail(at, "unknown key \"%s\"; known here: %s", child->string, keys);
        if (cJSON_GetObjectItemCaseSensitive(at->node, child->string) != child)
            return tnas_json_fail(at, "key \"%s\" is there twice", child->string);
    }
    return TNAS_OK;
}

bool tnas_json_has(const tnas_json_at *at, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(at->node, key) != NULL;
}

int tnas_json_length(const tnas_json_at *at)
{
    return cJSON_GetArraySize(at->node);
}

tnas_json_at tnas_json_item(const tnas_json_at *at, int index)
{
    tnas_json_at item = {.document = at->document, .node = cJSON_GetArrayItem(at->node, index)};
    snprintf(item.path, sizeof item.path, "%.140s[%d]", at->path, index);
    return item;
}

/* The child `key`, or the place itself when key is NULL. */
static tnas_status find(const tnas_json_at *at, const char *key, tnas_json_at *out)
{
    if (key == NULL && at == out)
        return TNAS_OK;
    *out = (tnas_json_at){.document = at->document};
    if (key == NULL) {
        *out = *at;
        return TNAS_OK;
    }
    const cJSON *child = cJSON_GetObjectItemCaseSensitive(at->node, key);
    if (child == NULL)
        return tnas_json_fail(at, "key \"%s\" is missing", key);
    *out = (tnas_json_at){.document = at->document, .node = child};
    snprintf(out->path, sizeof out->path, "%.120s%s%.38s", at->path, at->path[0] != '\0' ? "." : "",
             key);
    return TNAS_OK;
}

tnas_status tnas_json_object(const tnas_json_at *at, const char *key, tnas_json_at *out)
{
    TNAS_TRY(find(at, key, out));
    return cJSON_IsObject(out->node) ? TNAS_OK : tnas_json_fail(out, "must be an object");
}

tnas_status tnas_json_array(const tnas_json_at *at, const char *key, tnas_json_at *out)
{
    TNAS_TRY(find(at, key, out));
    return cJSON_IsArray(out->node) ? TNAS_OK : tnas_json_fail(out, "must be an array");
}

tnas_status tnas_json_number(const tnas_json_at *at, const char *key, double min, double max,
                             double *out)
{
    *out = 0;
    tnas_json_at place;
    TNAS_TRY(find(at, key, &place));
    if (!cJSON_IsNumber(place.node))
        return tnas_json_fail(&place, "must be a number");
    const double value = place.node->valuedouble;
    if (!isfinite(value) || value < min || value > max)
        return tnas_json_fail(&place, "%g is outside %g..%g", value, min, max);
    *out = value;
    return TNAS_OK;
}

tnas_status tnas_json_int(const tnas_json_at *at, const char *key, int64_t min, int64_t max,
                          int64_t *out)
{
    *out = 0;
    tnas_json_at place;
    TNAS_TRY(find(at, key, &place));
    if (!cJSON_IsNumber(place.node))
        return tnas_json_fail(&place, "must be a whole number");
    const double value = place.node->valuedouble;
    if (!isfinite(value) || value != floor(value))
        return tnas_json_fail(&place, "%g must be a whole number", value);
    if (value < (double)min || value > (double)max)
        return tnas_json_fail(&place, "%.0f is outside %lld..%lld", value, (long long)min,
                              (long long)max);
    *out = (int64_t)value;
    return TNAS_OK;
}

tnas_status tnas_json_bool(const tnas_json_at *at, const char *key, bool *out)
{
    *out = false;
    tnas_json_at place;
    TNAS_TRY(find(at, key, &place));
    if (!cJSON_IsBool(place.node))
        return tnas_json_fail(&place, "must be true or false");
    *out = cJSON_IsTrue(place.node);
    return TNAS_OK;
}

tnas_status tnas_json_string(const tnas_json_at *at, const char *key, const char **out)
{
    *out = "";
    tnas_json_at place;
    TNAS_TRY(find(at, key, &place));
    if (!cJSON_IsString(place.node))
        return tnas_json_fail(&place, "must be a text");
    *out = place.node->valuestring;
    return TNAS_OK;
}
