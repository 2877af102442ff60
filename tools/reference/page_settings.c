/* docs/reference/settings.md: the numbers and words that decide what a search does. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "estimators/compare.h"
#include "estimators/device_cores.h"
#include "estimators/runtimes.h"
#include "graph/graph.h"
#include "nas/search.h"
#include "search_space/space.h"
#include "study/preset.h"
#include "study/work.h"
#include "supernet/supernet.h"
#include "tools/reference/reference.h"
#include "trainer/finish.h"
#include "trainer/recipe.h"

typedef struct field_text {
    const char *name, *type, *value, *min, *max, *help;
} field_text;

#define FIELD(name, type, value, min, max, help) {#name, #type, #value, #min, #max, help},
static const field_text recipe_fields[] = {TNAS_RECIPE_FIELDS(FIELD)};
static const field_text finish_fields[] = {TNAS_FINISH_FIELDS(FIELD)};
static const field_text evolution_fields[] = {TNAS_EVOLUTION_FIELDS(FIELD)};
#undef FIELD

typedef struct word_text {
    const char *word, *what;
} word_text;

#define WORD(name, text, what) {text, what},
static const word_text optimizers[] = {TNAS_OPTIMIZERS(WORD)};
static const word_text recipes[] = {TNAS_SUPERNET_RECIPES(WORD)};
static const word_text families[] = {TNAS_FAMILIES(WORD)};
static const word_text roles[] = {TNAS_ROW_ROLES(WORD)};
static const word_text strategies[] = {TNAS_STRATEGIES(WORD)};
#undef WORD
static const word_text blocks[] = {
#define WORD(name, text, expands, residual, what) {text, what},
    TNAS_BLOCKS(WORD)
#undef WORD
};
static const word_text operators[] = {
#define WORD(name, text, inputs, has, what) {text, what},
    TNAS_OPS(WORD)
#undef WORD
};

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof(array)[0]))

static void add_words(tnas_text *out, const char *title, const word_text *words, int count)
{
    tnas_text_add(out, "\n## %s\n\n| word | meaning |\n|---|---|\n", title);
    for (int i = 0; i < count; i++)
        tnas_text_add(out, "| `%s` | %s |\n", words[i].word, words[i].what);
}

/* A field of words has an enumeration as its type: TNAS_OPTIMIZER_SGD is the word sgd. */
static void add_default(tnas_text *out, const char *value)
{
    for (const char *c = strrchr(value, '_') + 1; *c != '\0'; c++)
        tnas_text_add(out, "%c", tolower((unsigned char)*c));
}

static void add_fields(tnas_text *out, const char *title, const field_text *fields, int count)
{
    tnas_text_add(out,
                  "\n## %s\n\n| field | default | smallest | largest | meaning |\n"
                  "|---|---|---|---|---|\n",
                  title);
    for (int i = 0; i < count; i++) {
        const field_text *const f = &fields[i];
        const bool number = strcmp(f->type, "int") == 0 || strcmp(f->type, "double") == 0;
        tnas_text_add(out, "| `%s` | ", f->name);
        if (number)
            tnas_text_add(out, "%s | %s | %s", f->value, f->min, f->max);
        else
            add_default(out, f->value);
        tnas_text_add(out, "%s | %s |\n", number ? "" : " | |", f->help);
    }
}

static void add_augmentations(tnas_text *out)
{
    tnas_text_add(out, "\n## Augmentations\n\nEach has a probability (0 to 1) and an amount; both "
                       "are 0, off, by default. They apply in this order.\n\n"
                       "| name | amount in | largest | what it does |\n|---|---|---|---|\n");
#define ROW(id, name, unit, largest, what)                                                         \
    tnas_text_add(out, "| `%s` | %s | %d | %s |\n", #name, unit, largest, what);
    TNAS_AUGMENTATIONS(ROW)
#undef ROW
}

static const char *const preset_names[] = {
#define NAME(name, ...) #name,
    TNAS_PRESETS(NAME)
#undef NAME
};

static void add_presets(tnas_text *out)
{
    tnas_text_add(out, "\n## Presets\n\nWork as counts, never as time. Training stops at the steps "
                       "or the epochs, whichever is less.\n\n"
                       "| preset | supernet steps | epochs | fine-tuning steps | epochs | "
                       "population | parents | generations | validation images | networks drawn "
                       "per space |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < COUNT_OF(preset_names); i++) {
        const tnas_preset *const p = tnas_preset_find(preset_names[i]);
        tnas_text_add(out, "| `%s` | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n", p->name,
                      p->supernet_steps_max, p->supernet_epochs_max, p->finetune_steps_max,
                      p->finetune_epochs_max, p->population, p->parents, p->generations,
                      p->validation_images_max, p->space_samples);
    }
}

/* The words of "|uniform|sandwich". */
static void add_choice(tnas_text *out, const char *words)
{
    const char *word;
    int length;
    for (bool first = true; (length = tnas_next_alternative(&words, &word)) > 0; first = false)
        tnas_text_add(out, "%s`%.*s`", first ? "" : ", ", length, word);
}

/* What a preset leaves open stands for a large data set. */
static void add_work(tnas_text *out)
{
    static tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    tnas_plan_of_work work;
    const int count = tnas_work_list(fields);
    tnas_preset_resolve(tnas_preset_find("quick"), 1000000, 1000000, &work);
    tnas_text_add(out,
                  "\n## Keys of a run configuration\n\nFor `tinynas search --config` "
                  "([formats.md](../formats.md)). A key of scope study is the same for all "
                  "searches of a study, for its supernet rests on it; one of scope target may "
                  "differ between them. The default is the preset quick's, for many images.\n\n"
                  "| key | scope | default | value |\n|---|---|---|---|\n");
    for (int i = 0; i < count; i++) {
        const tnas_work_field *const f = &fields[i];
        char text[TNAS_WORK_TEXT_BYTES];
        tnas_work_text(&work, f, text);
        tnas_text_add(out, "| `%s` | %s | ", f->key,
                      f->scope == TNAS_WORK_STUDY ? "study" : "target");
        if (f->kind == TNAS_WORK_NUMBER)
            tnas_text_add(out, "%.9g | %.9g to %.9g |\n", strtod(text, NULL), f->min, f->max);
        else if (f->kind == TNAS_WORK_COUNT)
            tnas_text_add(out, "%s | whole, %.15g to %.15g |\n", text, f->min, f->max);
        else {
            tnas_text_add(out, "%s | ", text);
            add_choice(out, f->words);
            tnas_text_add(out, " |\n");
        }
    }
}

static void add_runtimes(tnas_text *out)
{
    tnas_text_add(out, "\n## Runtimes\n\nFor `--runtime`; `tinynas` is the best variant of our own "
                       "for the part's core. Profiles may hold latencies of others, whose "
                       "memory is then not modelled.\n\n"
                       "| runtime | where its bytes come from |\n|---|---|\n");
    for (int i = 0; i < tnas_runtime_count(); i++)
        tnas_text_add(out, "| `%s` | %s |\n", tnas_runtime_at(i)->name,
                      tnas_runtime_at(i)->memory_source);
}

static void add_cores(tnas_text *out)
{
    tnas_text_add(out, "\n## Cores\n\nThe first whose word is in a profile's `core` is it.\n\n"
                       "| code sizes | word | compiler and flags | emulated board |\n"
                       "|---|---|---|---|\n");
    for (int i = 0; i < tnas_device_core_count(); i++) {
        const tnas_device_core *const core = tnas_device_core_at(i);
        tnas_text_add(out, "| `configs/codesize/%s.csv` | %s | `%sgcc %s`%s | %s |\n", core->name,
                      core->words, core->cross, core->flags, core->stand_in ? " (stand-in)" : "",
                      core->board);
    }
}

static void add_features(tnas_text *out)
{
    tnas_text_add(out, "\n## Terms of the latency model\n\nCycles per unit without a runtime's own "
                       "prior ([latency-model.md](../latency-model.md)); 0: not used unless a "
                       "prior names it.\n\n| term | cycles | deviation of the logarithm | per |\n"
                       "|---|---|---|---|\n");
#define ROW(name, c0, tau, per)                                                                    \
    tnas_text_add(out, "| `%s` | %s | %s | %s |\n", #name, #c0, #tau, per);
    TNAS_FEATURES(ROW)
#undef ROW
}

void tnas_page_settings(tnas_text *out)
{
    tnas_text_add(out, "# Settings\n\n<!-- `make docs` writes this page from the tables in the "
                       "code. -->\n\nThe numbers and words that decide what a search, an estimate "
                       "and a training do. A study keeps those that were in force.\n");
    add_presets(out);
    add_work(out);
    add_fields(out, "Training recipe", recipe_fields, COUNT_OF(recipe_fields));
    add_words(out, "Optimisers", optimizers, COUNT_OF(optimizers));
    add_augmentations(out);
    add_words(out, "Supernet recipes", recipes, COUNT_OF(recipes));
    add_fields(out, "Finish", finish_fields, COUNT_OF(finish_fields));
    add_words(out, "Strategies of a search", strategies, COUNT_OF(strategies));
    add_fields(out, "Evolution", evolution_fields, COUNT_OF(evolution_fields));
    add_words(out, "Blocks of a search space", blocks, COUNT_OF(blocks));
    add_words(out, "Operators of a graph", operators, COUNT_OF(operators));
    tnas_text_add(out, "\n## Built-in data sets\n\n`builtin:NAME`: %s.\n", tnas_builtin_names());
    add_runtimes(out);
    add_cores(out);
    add_features(out);
    add_words(out, "Families of networks", families, COUNT_OF(families));
    add_words(out, "What a measured row was to the model", roles, COUNT_OF(roles));
}
