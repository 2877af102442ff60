#include "export/generate_internal.h"

#include <string.h>

static const tnas_template_value *find(const tnas_template_value *values, int value_count,
                                       const char *key, size_t key_length)
{
    for (int i = 0; i < value_count; i++)
        if (strlen(values[i].key) == key_length && strncmp(values[i].key, key, key_length) == 0)
            return &values[i];
    return NULL;
}

void tnas_template_expand(const char *template, size_t byte_count,
                          const tnas_template_value *values, int value_count, tnas_text *out)
{
    const char *const end = template + byte_count;
    for (const char *at = template; at < end;) {
        const char *mark = memchr(at, '@', (size_t)(end - at));
        const char *const close =
            mark != NULL ? memchr(mark + 1, '@', (size_t)(end - mark - 1)) : NULL;
        const tnas_template_value *const value =
            close != NULL ? find(values, value_count, mark + 1, (size_t)(close - mark - 1)) : NULL;
        if (value == NULL) { /* a lone @ stands for itself */
            mark = mark != NULL ? mark + 1 : end;
            tnas_text_add(out, "%.*s", (int)(mark - at), at);
            at = mark;
            continue;
        }
        tnas_text_add(out, "%.*s%s", (int)(mark - at), at, value->value);
        at = close + 1;
    }
}
