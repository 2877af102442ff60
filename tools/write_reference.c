/* Writes the reference that the tables in the code make.
 *
 *   write_reference FOLDER     its pages, man1 and completion */
#include <stdio.h>

#include "common/io.h"
#include "tools/reference/reference.h"

static tnas_status save(const char *folder, const char *name, tnas_text *text)
{
    char path[TNAS_PATH_BYTES];
    tnas_status status = text->failed ? tnas_fail(TNAS_ERR_NOMEM, "text of %s", name)
                                      : tnas_path_join(path, folder, name);
    if (status == TNAS_OK)
        status = tnas_file_write(path, text->chars, text->length);
    tnas_text_deinit(text);
    return status;
}

static const struct {
    const char *name;
    void (*print)(tnas_text *out);
} pages[] = {
    {"pages/commands.md", tnas_page_commands}, {"pages/settings.md", tnas_page_settings},
    {"man1/tinynas.1", tnas_page_manual},      {"completion/tinynas.bash", tnas_page_bash},
    {"completion/_tinynas", tnas_page_zsh},    {"completion/tinynas.fish", tnas_page_fish},
};

static tnas_status write_all(const char *folder)
{
    static const char *const parts[] = {"pages", "man1", "completion"};
    tnas_text text;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char path[TNAS_PATH_BYTES];
        TNAS_TRY(tnas_path_join(path, folder, parts[i]));
        TNAS_TRY(tnas_dir_create(path));
    }
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        tnas_text_init(&text);
        pages[i].print(&text);
        TNAS_TRY(save(folder, pages[i].name, &text));
    }
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        char name[64];
        snprintf(name, sizeof name, "man1/tinynas-%s.1", tnas_command_name((tnas_command)c));
        tnas_text_init(&text);
        tnas_page_manual_of((tnas_command)c, &text);
        TNAS_TRY(save(folder, name, &text));
    }
    return TNAS_OK;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: write_reference FOLDER\n");
        return 2;
    }
    if (write_all(argv[1]) == TNAS_OK)
        return 0;
    fprintf(stderr, "write_reference: %s\n", tnas_error_text());
    return 1;
}
