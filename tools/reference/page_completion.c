/* Completion for bash, zsh and fish: commands, their options, and what can follow an option. */
#include <ctype.h>
#include <string.h>

#include "tools/reference/reference.h"

#include "estimators/runtimes.h"
#include "study/preset.h"

/* What an option's value is completed with. */
typedef enum completion {
    COMPLETE_NOTHING,
    COMPLETE_WORDS, /* words of complete_words */
    COMPLETE_PARTS, /* what `tinynas mcu list` says, or a file */
    COMPLETE_FOLDERS,
    COMPLETE_FILES
} completion;

/* Values that stand for a list of names, by flag; all others say it themselves. */
static completion completion_of(const tnas_option_entry *o)
{
    const char *const value = o->value;
    if (strcmp(o->flag, "mcu") == 0 || strcmp(o->flag, "from") == 0)
        return COMPLETE_PARTS;
    if (strcmp(o->flag, "preset") == 0 || strcmp(o->flag, "runtime") == 0 ||
        tnas_value_is_choice(value))
        return COMPLETE_WORDS;
    if (o->kind != TNAS_VALUE_TEXT)
        return COMPLETE_NOTHING;
    return strcmp(value, "DIR") == 0 ? COMPLETE_FOLDERS : COMPLETE_FILES;
}

/* Blanks between them. */
static void add_words(tnas_text *out, const tnas_option_entry *o)
{
    if (strcmp(o->flag, "preset") == 0) {
#define NAME(name, ...) tnas_text_add(out, #name " ");
        TNAS_PRESETS(NAME)
#undef NAME
    } else if (strcmp(o->flag, "runtime") == 0) {
        for (int i = 0; i < tnas_runtime_count(); i++)
            tnas_text_add(out, "%s ", tnas_runtime_at(i)->name);
    } else {
        for (const char *c = o->value; *c != '\0'; c++)
            tnas_text_add(out, "%c", *c == '|' ? ' ' : *c);
    }
}

/* The words that a command's first operand may be, "list show check new"; often none. */
static void add_verbs(tnas_text *out, tnas_command command)
{
    const char *list = tnas_command_entry_of(command)->operands, *word;
    int length;
    while ((length = tnas_next_alternative(&list, &word)) > 0) {
        int end = 0;
        while (end < length && islower((unsigned char)word[end]))
            end++;
        if (end > 0 && (end == length || word[end] == ' '))
            tnas_text_add(out, "%.*s ", end, word);
    }
}

static void add_command_names(tnas_text *out)
{
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++)
        tnas_text_add(out, "%s ", tnas_command_entry_of((tnas_command)c)->name);
}

#define PARTS_COMMAND                                                                              \
    "tinynas mcu list --format csv 2>/dev/null | sed '1d; s/,.*//; s/\"//g'" /* names alone */

/* ---- bash ---------------------------------------------------------------------------------- */

/* A flag may mean something else to another command: "search:--config|space:--config) ..." */
static void add_bash_value(tnas_text *out, tnas_option option)
{
    const tnas_option_entry *const o = tnas_option_entry_of(option);
    const char *separator = "    ";
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        if (!tnas_option_applies(option, (tnas_command)c))
            continue;
        tnas_text_add(out, "%s%s:--%s", separator, tnas_command_entry_of((tnas_command)c)->name,
                      o->flag);
        separator = "|";
    }
    tnas_text_add(out, ") ");
    switch (completion_of(o)) {
    case COMPLETE_WORDS:
        tnas_text_add(out, "COMPREPLY=($(compgen -W \"");
        add_words(out, o);
        tnas_text_add(out, "\" -- \"$word\"))");
        break;
    case COMPLETE_PARTS:
        tnas_text_add(out, "COMPREPLY=($(compgen -W \"$(" PARTS_COMMAND ")\" -- \"$word\") "
                           "$(compgen -f -X '!*.json' -- \"$word\"))");
        break;
    case COMPLETE_FOLDERS:
        tnas_text_add(out, "COMPREPLY=($(compgen -d -- \"$word\"))");
        break;
    case COMPLETE_FILES:
        tnas_text_add(out, "COMPREPLY=($(compgen -f -- \"$word\"))");
        break;
    case COMPLETE_NOTHING:
        tnas_text_add(out, "COMPREPLY=()");
        break;
    }
    tnas_text_add(out, "; return ;;\n");
}

void tnas_page_bash(tnas_text *out)
{
    tnas_text_add(
        out, "# bash completion of tinynas, written from cli/commands.h\n_tinynas()\n{\n"
             "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
             "    local command=${COMP_WORDS[1]} verbs= options=\n"
             "    if ((COMP_CWORD == 1)) || { ((COMP_CWORD == 2)) && [[ $command == help ]]; };"
             " then\n        COMPREPLY=($(compgen -W \"");
    add_command_names(out);
    tnas_text_add(out, "help --help --version\" -- \"$word\"))\n        return\n    fi\n"
                       "    case $command:$before in\n");
    for (int o = 0; o < TNAS_OPTION_COUNT; o++)
        if (tnas_option_entry_of((tnas_option)o)->kind != TNAS_VALUE_FLAG)
            add_bash_value(out, (tnas_option)o);
    tnas_text_add(out, "    esac\n    case $command in\n");
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        tnas_text_add(out, "    %s)\n        verbs=\"",
                      tnas_command_entry_of((tnas_command)c)->name);
        add_verbs(out, (tnas_command)c);
        tnas_text_add(out, "\"\n        options=\"");
        for (int o = 0; o < TNAS_OPTION_COUNT; o++)
            if (tnas_option_applies((tnas_option)o, (tnas_command)c))
                tnas_text_add(out, "--%s ", tnas_option_entry_of((tnas_option)o)->flag);
        tnas_text_add(out, "\" ;;\n");
    }
    tnas_text_add(out, "    esac\n"
                       "    if [[ $word == -* ]]; then\n"
                       "        COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
                       "    elif ((COMP_CWORD == 2)) && [[ -n $verbs ]]; then\n"
                       "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
                       "    else\n"
                       "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
                       "    fi\n}\n"
                       "complete -o filenames -F _tinynas tinynas\n");
}

/* ---- zsh ----------------------------------------------------------------------------------- */

/* Inside '...[...]...': a quote ends the string, brackets and colons mean something. */
static void add_zsh_text(tnas_text *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            tnas_text_add(out, "'\\''");
        else if (strchr("[]:\\", *text) != NULL)
            tnas_text_add(out, "\\%c", *text);
        else
            tnas_text_add(out, "%c", *text);
    }
}

static void add_zsh_option(tnas_text *out, const tnas_option_entry *o)
{
    tnas_text_add(out, " \\\n            '--%s[", o->flag);
    add_zsh_text(out, o->help);
    tnas_text_add(out, "]");
    if (o->kind != TNAS_VALUE_FLAG) {
        tnas_text_add(out, ":");
        add_zsh_text(out, o->value);
        tnas_text_add(out, ":");
        switch (completion_of(o)) {
        case COMPLETE_WORDS:
            tnas_text_add(out, "(");
            add_words(out, o);
            tnas_text_add(out, ")");
            break;
        case COMPLETE_PARTS:
            tnas_text_add(out, "_tinynas_parts");
            break;
        case COMPLETE_FOLDERS:
            tnas_text_add(out, "_files -/");
            break;
        case COMPLETE_FILES:
            tnas_text_add(out, "_files");
            break;
        case COMPLETE_NOTHING:
            tnas_text_add(out, " ");
            break;
        }
    }
    tnas_text_add(out, "'");
}

void tnas_page_zsh(tnas_text *out)
{
    tnas_text_add(out, "#compdef tinynas\n# zsh completion of tinynas, written from "
                       "cli/commands.h\n_tinynas_parts()\n{\n"
                       "    local -a parts\n    parts=(${(f)\"$(" PARTS_COMMAND ")\"})\n"
                       "    compadd -a parts\n    _files -g '*.json'\n}\n"
                       "_tinynas()\n{\n    local -a commands\n    commands=(\n");
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        tnas_text_add(out, "        '%s:", tnas_command_entry_of((tnas_command)c)->name);
        add_zsh_text(out, tnas_command_entry_of((tnas_command)c)->summary);
        tnas_text_add(out, "'\n");
    }
    tnas_text_add(out, "        'help:explain a command'\n    )\n"
                       "    if ((CURRENT == 2)) || { ((CURRENT == 3)) && [[ $words[2] == help ]] };"
                       " then\n        _describe command commands\n        return\n    fi\n"
                       "    local command=$words[2]\n    shift words\n    ((CURRENT--))\n"
                       "    case $command in\n");
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        tnas_text_add(out, "    %s)\n        _arguments",
                      tnas_command_entry_of((tnas_command)c)->name);
        for (int o = 0; o < TNAS_OPTION_COUNT; o++)
            if (tnas_option_applies((tnas_option)o, (tnas_command)c))
                add_zsh_option(out, tnas_option_entry_of((tnas_option)o));
        tnas_text verbs;
        tnas_text_init(&verbs);
        add_verbs(&verbs, (tnas_command)c);
        if (verbs.length > 0)
            tnas_text_add(out, " \\\n            '1:what:(%s)'", verbs.chars);
        out->failed = out->failed || verbs.failed;
        tnas_text_deinit(&verbs);
        tnas_text_add(out, " \\\n            '*:file:_files' ;;\n");
    }
    tnas_text_add(out, "    esac\n}\n_tinynas \"$@\"\n");
}

/* ---- fish ---------------------------------------------------------------------------------- */

static void add_fish_text(tnas_text *out, const char *text)
{
    for (; *text != '\0'; text++)
        tnas_text_add(out, *text == '\'' || *text == '\\' ? "\\%c" : "%c", *text);
}

static void add_fish_option(tnas_text *out, const char *command, const tnas_option_entry *o)
{
    tnas_text_add(out, "complete -c tinynas -n '__fish_seen_subcommand_from %s' -l %s", command,
                  o->flag);
    if (o->kind != TNAS_VALUE_FLAG)
        tnas_text_add(out, " -r");
    switch (completion_of(o)) {
    case COMPLETE_WORDS:
        tnas_text_add(out, " -f -a '");
        add_words(out, o);
        tnas_text_add(out, "'");
        break;
    case COMPLETE_PARTS:
        tnas_text_add(out, " -a '(__tinynas_parts)'");
        break;
    case COMPLETE_FOLDERS:
        tnas_text_add(out, " -f -a '(__fish_complete_directories)'");
        break;
    case COMPLETE_FILES:
        tnas_text_add(out, " -F");
        break;
    case COMPLETE_NOTHING:
        tnas_text_add(out, " -f");
        break;
    }
    tnas_text_add(out, " -d '");
    add_fish_text(out, o->help);
    tnas_text_add(out, "'\n");
}

void tnas_page_fish(tnas_text *out)
{
    tnas_text_add(out, "# fish completion of tinynas, written from cli/commands.h\n"
                       "function __tinynas_parts\n    " PARTS_COMMAND "\nend\n");
    for (int c = 0; c < TNAS_COMMAND_COUNT; c++) {
        const tnas_command_entry *const entry = tnas_command_entry_of((tnas_command)c);
        tnas_text_add(out, "complete -c tinynas -n __fish_use_subcommand -f -a %s -d '",
                      entry->name);
        add_fish_text(out, entry->summary);
        tnas_text_add(out, "'\n");
        tnas_text verbs;
        tnas_text_init(&verbs);
        add_verbs(&verbs, (tnas_command)c);
        if (verbs.length > 0)
            tnas_text_add(out, "complete -c tinynas -n '__fish_seen_subcommand_from %s' -a '%s'\n",
                          entry->name, verbs.chars);
        out->failed = out->failed || verbs.failed;
        tnas_text_deinit(&verbs);
        for (int o = 0; o < TNAS_OPTION_COUNT; o++)
            if (tnas_option_applies((tnas_option)o, (tnas_command)c))
                add_fish_option(out, entry->name, tnas_option_entry_of((tnas_option)o));
    }
    tnas_text_add(out, "complete -c tinynas -n __fish_use_subcommand -f -a help -d 'explain a "
                       "command'\n");
    tnas_text_add(out, "complete -c tinynas -n '__fish_seen_subcommand_from help' -f -a '");
    add_command_names(out);
    tnas_text_add(out, "'\n");
}
