#include "data/pattern.h"

#include <string.h>

tnas_status tnas_pattern_check(const char *pattern)
{
    const char *const open = strchr(pattern, '{');
    const char *const close = open != NULL ? strchr(open, '}') : NULL;
    if (close == NULL || close == open + 1 || strchr(open + 1, '{') != NULL ||
        strchr(close + 1, '}') != NULL)
        return tnas_fail(TNAS_ERR_USAGE,
                         "--split-by %s: must be content, file, or a pattern with one {name} in "
                         "it, such as '{subject}_*'",
                         pattern);
    if ((open > pattern && open[-1] == '*') || close[1] == '*')
        return tnas_fail(TNAS_ERR_USAGE, "--split-by %s: a * beside {name} leaves its end open",
                         pattern);
    return TNAS_OK;
}

/* Wildcards with the text that follows each: the leftmost place of the text ends the wildcard,
 * the last text has to end the path. */
typedef struct matching {
    const char *pattern, *path;
    const char *start, *end; /* of the named part */
} matching;

static bool is_wild(char c)
{
    return c == '*' || c == '{';
}

static const char *find_text(const char *path, size_t from, const char *text, size_t length,
                             bool is_last)
{
    const size_t path_length = strlen(path), reach = strcspn(path, "/");
    if (is_last) {
        const bool fits = path_length >= from + length && path_length - length <= reach &&
                          memcmp(path + path_length - length, text, length) == 0;
        return fits ? path + path_length - length : NULL;
    }
    for (size_t at = from; at <= reach && at + length <= path_length; at++)
        if (memcmp(path + at, text, length) == 0)
            return path + at;
    return NULL;
}

/* One wildcard and the text behind it. */
static bool take_wildcard(matching *m)
{
    const bool named = *m->pattern == '{';
    m->pattern += named ? strcspn(m->pattern, "}") + 1 : 1;
    const size_t length = strcspn(m->pattern, "*{");
    const bool is_last = m->pattern[length] == '\0';
    if (is_last && length == 0 && !named) { /* a * at the end takes what is left */
        m->path += strlen(m->path);
        return true;
    }
    const char *const found = find_text(m->path, named ? 1 : 0, m->pattern, length, is_last);
    if (found == NULL)
        return false;
    if (named) {
        m->start = m->path;
        m->end = found;
    }
    m->path = found + length;
    m->pattern += length;
    return true;
}

bool tnas_pattern_match(const char *pattern, const char *path, char *out, size_t out_bytes)
{
    const char *const slash = strrchr(path, '/');
    matching m = {pattern, path, NULL, NULL};
    if (strchr(pattern, '/') == NULL && slash != NULL)
        m.path = slash + 1;
    for (; *m.pattern != '\0' && !is_wild(*m.pattern); m.pattern++, m.path++)
        if (*m.pattern != *m.path)
            return false;
    while (*m.pattern != '\0')
        if (!take_wildcard(&m))
            return false;
    const size_t length = m.start != NULL ? (size_t)(m.end - m.start) : 0;
    if (*m.path != '\0' || length == 0 || length >= out_bytes)
        return false;
    memcpy(out, m.start, length);
    out[length] = '\0';
    return true;
}
