/* The page and its data: the page travels inside the program (report/, scripts/report_page.sh),
 * the data are put where it says TINYNAS-DATA. */
#include "cli/report_page.h"

#include <string.h>

#include "common/alloc.h"
#include "common/io.h"
#include "export/embedded.h"

static const tnas_embedded_file *find_page(void)
{
    for (int i = 0; i < tnas_embedded_file_count; i++)
        if (strcmp(tnas_embedded_files[i].path, "report/page.html") == 0)
            return &tnas_embedded_files[i];
    return NULL;
}

/* JSON in a script element ends at a "<": within JSON it is only ever part of a text, where it may
 * be written as an escape. Release with tnas_free. */
static char *escape_markup(const char *json)
{
    size_t extra = 0;
    for (const char *at = json; *at != '\0'; at++)
        extra += *at == '<' || *at == '>' || *at == '&' ? 5 : 0;
    char *const text = tnas_alloc_zero(strlen(json) + extra + 1, 1);
    if (text == NULL)
        return NULL;
    char *end = text;
    for (const char *at = json; *at != '\0'; at++) {
        static const char hex[] = "0123456789abcdef";
        if (*at != '<' && *at != '>' && *at != '&') {
            *end++ = *at;
            continue;
        }
        memcpy(end, "\\u00", 4);
        end[4] = hex[(unsigned char)*at >> 4];
        end[5] = hex[*at & 15];
        end += 6;
    }
    *end = '\0';
    return text;
}

static tnas_status write_around(const char *path, const char *json, size_t *byte_count)
{
    static const char marker[] = "TINYNAS-DATA";
    const tnas_embedded_file *const page = find_page();
    const char *const at =
        page == NULL ? NULL : memmem(page->bytes, page->byte_count, marker, sizeof marker - 1);
    if (at == NULL)
        return tnas_fail(TNAS_ERR_INTERNAL, "the page of the report has no place for its data");
    const size_t before = (size_t)(at - (const char *)page->bytes);
    const size_t behind = before + sizeof marker - 1;
    const tnas_file_part parts[] = {
        {page->bytes, before},
        {json, strlen(json)},
        {page->bytes + behind, page->byte_count - behind},
    };
    *byte_count = 0;
    for (int i = 0; i < 3; i++)
        *byte_count += parts[i].byte_count;
    return tnas_file_write_parts(path, parts, 3);
}

tnas_status tnas_report_write(const cJSON *data, const char *path, size_t *byte_count)
{
    char *const printed = cJSON_PrintUnformatted(data);
    char *const json = printed != NULL ? escape_markup(printed) : NULL;
    cJSON_free(printed);
    if (json == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "report %s", path);
    const tnas_status status = write_around(path, json, byte_count);
    tnas_free(json);
    return status;
}
