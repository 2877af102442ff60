/* The reference for users, printed from the tables in the code: nothing in it is written twice.
 *
 *   docs/reference/commands.md, settings.md   committed; `make docs` writes them again
 *   man pages, completion of bash, zsh, fish  written where `make install` takes them from
 * Every function appends to a text; memory that is short shows in out->failed. */
#ifndef TNAS_TOOLS_REFERENCE_REFERENCE_H
#define TNAS_TOOLS_REFERENCE_REFERENCE_H

#include "cli/commands.h"
#include "common/text.h"

typedef struct tnas_command_entry {
    const char *name, *operands, *summary;
} tnas_command_entry;

typedef enum tnas_value_kind {
    TNAS_VALUE_TEXT,
    TNAS_VALUE_NUMBER,
    TNAS_VALUE_COUNT,
    TNAS_VALUE_FLAG
} tnas_value_kind;

typedef struct tnas_option_entry {
    const char *flag;
    tnas_value_kind kind;
    const char *value; /* "DIR", "upper|mean", "" */
    double min, max;
    const char *fallback; /* NULL: none */
    const char *help;
} tnas_option_entry;

const tnas_command_entry *tnas_command_entry_of(tnas_command command);
const tnas_option_entry *tnas_option_entry_of(tnas_option option);

/* The next alternative of "a|b|c", or of "info DATA | write DATA"; *list moves on. Returns its
 * length without blanks around it, and its start in *word; 0 at the end. */
int tnas_next_alternative(const char **list, const char **word);

/* Is the value one of fixed words ("table|json|csv"), in small letters? */
bool tnas_value_is_choice(const char *value);

void tnas_page_commands(tnas_text *out); /* Markdown */
void tnas_page_settings(tnas_text *out);
void tnas_page_manual(tnas_text *out); /* tinynas.1, mdoc(7) */
void tnas_page_manual_of(tnas_command command, tnas_text *out);
void tnas_page_bash(tnas_text *out);
void tnas_page_zsh(tnas_text *out);
void tnas_page_fish(tnas_text *out);

#endif
