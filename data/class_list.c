#include "data/class_list.h"

#include <string.h>

#include "common/alloc.h"

enum { LIST_BYTES_MAX = 1024 * 1024 };

/* One line, without its end; line numbers start at 1. */
static tnas_status take_name(const char *path, int line, const char *start, size_t length,
                             char out[TNAS_CLASS_NAME_BYTES])
{
    if (length == 0 || length >= TNAS_CLASS_NAME_BYTES)
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d has %zu bytes: a class name has 1 to %d",
                         path, line, length, TNAS_CLASS_NAME_BYTES - 1);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)start[i] < 0x20 || start[i] == 0x7f)
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s: line %d has the control character 0x%02x: a class name is plain "
                             "text",
                             path, line, (unsigned char)start[i]);
    memcpy(out, start, length);
    out[length] = '\0';
    return TNAS_OK;
}

static tnas_status parse(tnas_dataset_source *source, const char *path, const char *text,
                         int class_count)
{
    int count = 0;
    while (*text != '\0') {
        const size_t line_length = strcspn(text, "\n");
        const size_t length = line_length - (line_length > 0 && text[line_length - 1] == '\r');
        const char *const start = text;
        text += line_length + (text[line_length] == '\n');
        if (length == 0 && text[strspn(text, "\r\n")] == '\0')
            break; /* empty lines at the end */
        if (count < class_count) {
            char name[TNAS_CLASS_NAME_BYTES];
            TNAS_TRY(take_name(path, count + 1, start, length, name));
            int16_t number;
            TNAS_TRY(tnas_dataset_source_class(source, name, &number));
            if (number != count)
                return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s is the name of line %d already",
                                 path, count + 1, name, number + 1);
        }
        count++;
    }
    if (count != class_count)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %d names, but the training labels define %d classes",
                         path, count, class_count);
    return TNAS_OK;
}

tnas_status tnas_class_list_read(tnas_dataset_source *source, const tnas_files *files,
                                 const char *path, int class_count)
{
    const int file = tnas_files_find(files, path);
    if (file < 0)
        return TNAS_OK;
    char name[TNAS_PATH_BYTES];
    uint8_t *text;
    size_t byte_count;
    tnas_files_name(files, file, name);
    TNAS_TRY(tnas_files_read(files, file, LIST_BYTES_MAX, &text, &byte_count));
    const tnas_status status = parse(source, name, (const char *)text, class_count);
    tnas_free(text);
    return status;
}
