#include "study/work.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

#define KIND_OF(type)                                                                              \
    _Generic((type){0}, int : TNAS_WORK_COUNT, double : TNAS_WORK_NUMBER, default : TNAS_WORK_WORD)

typedef struct field_list {
    tnas_work_field *fields;
    int count;
} field_list;

static void add(field_list *list, tnas_work_field field, const char *section, const char *name)
{
    assert(list->count < TNAS_WORK_FIELDS_MAX);
    snprintf(field.key, sizeof field.key, "%.14s%s%.47s", section, section[0] != '\0' ? "." : "",
             name);
    list->fields[list->count++] = field;
}

static void add_recipe(field_list *list, tnas_work_scope scope, const char *section, size_t at)
{
    static const tnas_work_kind kinds[] = {[TNAS_RECIPE_WHOLE] = TNAS_WORK_COUNT,
                                           [TNAS_RECIPE_REAL] = TNAS_WORK_NUMBER,
                                           [TNAS_RECIPE_OPTIMIZER] = TNAS_WORK_WORD};
    const tnas_recipe any = tnas_recipe_default();
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(&any, values);
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++) {
        const tnas_recipe_value *const v = &values[i];
        const tnas_work_field field = {
            .scope = scope,
            .kind = kinds[v->kind],
            .at = at + v->at,
            .words = v->kind == TNAS_RECIPE_OPTIMIZER ? TNAS_OPTIMIZER_WORDS : NULL,
            .min = v->min,
            .max = v->max};
        add(list, field, section, v->name);
    }
}

int tnas_work_list(tnas_work_field out[TNAS_WORK_FIELDS_MAX])
{
    field_list list = {.fields = out};
#define ADD_FIELD(reach, name, type, member, list_of_words, least, most, help)                     \
    add(&list,                                                                                     \
        (tnas_work_field){.scope = TNAS_WORK_##reach,                                              \
                          .kind = TNAS_WORK_##type,                                                \
                          .at = offsetof(tnas_plan_of_work, member),                               \
                          .words = (list_of_words),                                                \
                          .min = (least),                                                          \
                          .max = (most)},                                                          \
        "", name);
    TNAS_WORK_FIELDS(ADD_FIELD)
#undef ADD_FIELD
    add_recipe(&list, TNAS_WORK_STUDY, "supernet", offsetof(tnas_plan_of_work, supernet));
    add_recipe(&list, TNAS_WORK_TARGET, "finetune", offsetof(tnas_plan_of_work, finetune));
#define ADD_EVOLUTION_FIELD(name, type, value, least, most, help)                                  \
    add(&list,                                                                                     \
        (tnas_work_field){.scope = TNAS_WORK_TARGET,                                               \
                          .kind = KIND_OF(type),                                                   \
                          .at = offsetof(tnas_plan_of_work, evolution.name),                       \
                          .min = (least),                                                          \
                          .max = (most)},                                                          \
        "search", #name);
    TNAS_EVOLUTION_FIELDS(ADD_EVOLUTION_FIELD)
#undef ADD_EVOLUTION_FIELD
#define ADD_FINISH_FIELD(name, type, value, least, most, help)                                     \
    add(&list,                                                                                     \
        (tnas_work_field){.scope = TNAS_WORK_TARGET,                                               \
                          .kind = KIND_OF(type),                                                   \
                          .at = offsetof(tnas_plan_of_work, finish.name),                          \
                          .min = (least),                                                          \
                          .max = (most)},                                                          \
        "finish", #name);
    TNAS_FINISH_FIELDS(ADD_FINISH_FIELD)
#undef ADD_FINISH_FIELD
    return list.count;
}

bool tnas_work_find(const char *key, tnas_work_field *out)
{
    tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    for (int i = 0; i < count; i++)
        if (strcmp(fields[i].key, key) == 0) {
            *out = fields[i];
            return true;
        }
    return false;
}

/* Word number `index` of "|a|b". */
static void copy_word(const char *words, int index, char out[TNAS_WORK_TEXT_BYTES])
{
    const char *at = words;
    for (int i = 0; i <= index && at != NULL; i++)
        at = strchr(i == 0 ? at : at + 1, '|');
    assert(at != NULL);
    snprintf(out, TNAS_WORK_TEXT_BYTES, "%.*s", (int)strcspn(at + 1, "|"), at + 1);
}

void tnas_work_text(const tnas_plan_of_work *work, const tnas_work_field *field,
                    char out[TNAS_WORK_TEXT_BYTES])
{
    const char *const member = (const char *)work + field->at;
    double number;
    int whole;
    switch (field->kind) {
    case TNAS_WORK_NUMBER:
        memcpy(&number, member, sizeof number);
        tnas_number_text(number, out);
        break;
    case TNAS_WORK_COUNT:
        memcpy(&whole, member, sizeof whole);
        snprintf(out, TNAS_WORK_TEXT_BYTES, "%d", whole);
        break;
    case TNAS_WORK_WORD:
        memcpy(&whole, member, sizeof whole);
        copy_word(field->words, whole, out);
        break;
    }
}

static tnas_status parse_word(const tnas_work_field *field, const char *text, int *out)
{
    int index = 0;
    for (const char *at = field->words; at != NULL; at = strchr(at + 1, '|'), index++)
        if (strcspn(at + 1, "|") == strlen(text) && strncmp(at + 1, text, strlen(text)) == 0) {
            *out = index;
            return TNAS_OK;
        }
    return tnas_fail(TNAS_ERR_USAGE, "%s = %s: must be one of %s", field->key, text,
                     field->words + 1);
}

static tnas_status parse_number(const tnas_work_field *field, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(*out))
        return tnas_fail(TNAS_ERR_USAGE, "%s = %s: must be a number", field->key, text);
    if (field->kind == TNAS_WORK_COUNT && *out != floor(*out))
        return tnas_fail(TNAS_ERR_USAGE, "%s = %s: must be a whole number", field->key, text);
    if (*out < field->min || *out > field->max)
        return tnas_fail(TNAS_ERR_USAGE, "%s = %s: must be within %.9g..%.9g", field->key, text,
                         field->min, field->max);
    return TNAS_OK;
}

tnas_status tnas_work_set(tnas_plan_of_work *work, const char *key, const char *text)
{
    _Static_assert(sizeof(tnas_supernet_recipe) == sizeof(int), "words are stored as int");
    tnas_work_field field;
    if (!tnas_work_find(key, &field))
        return tnas_fail(TNAS_ERR_USAGE, "%s = %s: there is no such count or recipe field", key,
                         text);
    char *const member = (char *)work + field.at;
    double number = 0;
    int whole = 0;
    if (field.kind == TNAS_WORK_WORD) {
        TNAS_TRY(parse_word(&field, text, &whole));
        memcpy(member, &whole, sizeof whole);
        return TNAS_OK;
    }
    TNAS_TRY(parse_number(&field, text, &number));
    if (field.kind == TNAS_WORK_COUNT) {
        whole = (int)number;
        memcpy(member, &whole, sizeof whole);
    } else {
        memcpy(member, &number, sizeof number);
    }
    return TNAS_OK;
}

tnas_status tnas_work_check(const tnas_plan_of_work *work, int validation_count)
{
    TNAS_TRY(tnas_recipe_check(&work->supernet, "supernet"));
    TNAS_TRY(tnas_recipe_check(&work->finetune, "finetune"));
    if (work->finetune.shards != work->supernet.shards)
        return tnas_fail(TNAS_ERR_USAGE, "finetune.shards = %d must equal supernet.shards = %d",
                         work->finetune.shards, work->supernet.shards);
    TNAS_TRY(tnas_evolution_check(&work->evolution));
    if (work->validation_images > validation_count)
        return tnas_fail(TNAS_ERR_USAGE,
                         "search.validation_images = %d: there are %d validation images",
                         work->validation_images, validation_count);
    return TNAS_OK;
}

static int find_override(const tnas_overrides *overrides, const char *key)
{
    for (int i = 0; i < overrides->count; i++)
        if (strcmp(overrides->items[i].key, key) == 0)
            return i;
    return -1;
}

tnas_status tnas_overrides_put(tnas_overrides *overrides, const char *key, const char *text)
{
    tnas_plan_of_work scratch = {0};
    TNAS_TRY(tnas_work_set(&scratch, key, text));
    int at = find_override(overrides, key);
    if (at < 0)
        at = overrides->count++;
    assert(at < TNAS_WORK_FIELDS_MAX);
    snprintf(overrides->items[at].key, sizeof overrides->items[at].key, "%s", key);
    snprintf(overrides->items[at].text, sizeof overrides->items[at].text, "%s", text);
    return TNAS_OK;
}

const char *tnas_overrides_text(const tnas_overrides *overrides, const char *key)
{
    const int at = overrides != NULL ? find_override(overrides, key) : -1;
    return at >= 0 ? overrides->items[at].text : NULL;
}

tnas_status tnas_overrides_apply(const tnas_overrides *overrides, tnas_plan_of_work *work)
{
    if (overrides == NULL)
        return TNAS_OK;
    const double parents_share = (double)work->evolution.parents / work->evolution.population;
    for (int i = 0; i < overrides->count; i++)
        TNAS_TRY(tnas_work_set(work, overrides->items[i].key, overrides->items[i].text));
    if (tnas_overrides_text(overrides, "search.population") != NULL &&
        tnas_overrides_text(overrides, "search.parents") == NULL) {
        const int parents = (int)(parents_share * work->evolution.population + 0.5);
        work->evolution.parents = parents < 1 ? 1 : parents;
    }
    return TNAS_OK;
}
