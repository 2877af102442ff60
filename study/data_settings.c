#include "study/data_settings.h"

#include <stdio.h>
#include <string.h>

#include "common/hash.h"
#include "common/text.h"

void tnas_data_setting_key(tnas_data_field field, char out[TNAS_DATA_KEY_BYTES])
{
    snprintf(out, TNAS_DATA_KEY_BYTES, "data.%.50s", tnas_data_field_describe(field)->name);
}

tnas_status tnas_data_settings_load(tnas_store_db *db, tnas_data_options *out)
{
    *out = tnas_data_options_default();
    for (int i = 0; i < TNAS_DATA_FIELD_COUNT; i++) {
        char key[TNAS_DATA_KEY_BYTES], text[TNAS_DATA_TEXT_BYTES];
        bool found;
        tnas_data_setting_key((tnas_data_field)i, key);
        TNAS_TRY(tnas_db_get_meta(db, key, text, sizeof text, &found));
        if (found)
            TNAS_TRY(tnas_data_options_set(out, (tnas_data_field)i, text));
    }
    return TNAS_OK;
}

void tnas_affine_text(const tnas_affine *affine, char out[24])
{
    const size_t bytes = (size_t)affine->channel_count * sizeof affine->scale[0];
    const uint64_t hash = tnas_hash_bytes(tnas_hash_bytes(TNAS_HASH_START, affine->scale, bytes),
                                          affine->zero, bytes);
    if (affine->channel_count == 0)
        snprintf(out, 24, "none");
    else
        snprintf(out, 24, "%016llx", (unsigned long long)hash);
}

/* "unit;scale,zero;scale,zero ..." */
void tnas_affine_print(const tnas_affine *affine, char out[TNAS_AFFINE_TEXT_BYTES])
{
    size_t length = (size_t)snprintf(out, TNAS_AFFINE_TEXT_BYTES, "%.31s", affine->unit);
    for (int k = 0; k < affine->channel_count; k++)
        length += (size_t)snprintf(out + length, TNAS_AFFINE_TEXT_BYTES - length, ";%.17g,%.17g",
                                   affine->scale[k], affine->zero[k]);
}

static tnas_status parse_affine(const char *text, tnas_affine *out)
{
    const size_t unit_length = strcspn(text, ";");
    *out = (tnas_affine){0};
    snprintf(out->unit, sizeof out->unit, "%.*s", (int)(unit_length < 31 ? unit_length : 31), text);
    for (text += unit_length; *text == ';' && out->channel_count < TNAS_AFFINE_CHANNELS_MAX;
         out->channel_count++) {
        const int k = out->channel_count;
        if (sscanf(text, ";%lf,%lf", &out->scale[k], &out->zero[k]) != 2)
            return tnas_fail(TNAS_ERR_INPUT,
                             "study: data_affine_values: \"%.40s\": must be "
                             "scale,zero",
                             text);
        text += 1 + strcspn(text + 1, ";");
    }
    return TNAS_OK;
}

tnas_status tnas_data_meaning_load(tnas_store_db *db, tnas_affine *affine,
                                   tnas_sound_features **features)
{
    char text[TNAS_AFFINE_TEXT_BYTES], sound[TNAS_SOUND_TEXT_BYTES];
    bool found;
    *affine = (tnas_affine){0};
    *features = NULL;
    TNAS_TRY(tnas_db_get_meta(db, "data_affine_values", text, sizeof text, &found));
    if (found)
        TNAS_TRY(parse_affine(text, affine));
    TNAS_TRY(tnas_db_get_meta(db, "data_features", sound, sizeof sound, &found));
    if (!found || sound[0] == '\0')
        return TNAS_OK;
    tnas_sound_config config = tnas_sound_defaults;
    TNAS_TRY(tnas_sound_config_parse(sound, &config));
    return tnas_sound_features_create(&config, features);
}

/* ---- run configurations ---- */

static tnas_status value_text(const tnas_json_at *at, char out[TNAS_DATA_TEXT_BYTES])
{
    char number[64];
    if (cJSON_IsBool(at->node)) {
        snprintf(out, TNAS_DATA_TEXT_BYTES, "%s", cJSON_IsTrue(at->node) ? "true" : "false");
    } else if (cJSON_IsNumber(at->node)) {
        tnas_number_text(at->node->valuedouble, number);
        snprintf(out, TNAS_DATA_TEXT_BYTES, "%s", number);
    } else if (cJSON_IsString(at->node) && strlen(at->node->valuestring) < TNAS_DATA_TEXT_BYTES) {
        snprintf(out, TNAS_DATA_TEXT_BYTES, "%s", at->node->valuestring);
    } else {
        return tnas_json_fail(at, "must be a number, true, false or a text of at most %d bytes",
                              TNAS_DATA_TEXT_BYTES - 1);
    }
    return TNAS_OK;
}

static tnas_status read_field(const tnas_json_at *item, tnas_data_options *out)
{
    char text[TNAS_DATA_TEXT_BYTES];
    for (int i = 0; i < TNAS_DATA_FIELD_COUNT; i++) {
        const tnas_data_field field = (tnas_data_field)i;
        if (strcmp(tnas_data_field_describe(field)->name, item->node->string) != 0)
            continue;
        TNAS_TRY(value_text(item, text));
        if (tnas_data_options_set(out, field, text) != TNAS_OK)
            return tnas_fail(TNAS_ERR_INPUT, "%s: data_options.%s: %s", item->document->file,
                             item->node->string, tnas_error_text());
        return TNAS_OK;
    }
    return tnas_fail(TNAS_ERR_INPUT, "%s: unknown key \"data_options.%s\"", item->document->file,
                     item->node->string);
}

tnas_status tnas_data_settings_read(const tnas_json_at *root, tnas_data_options *out)
{
    tnas_json_at at;
    if (!tnas_json_has(root, "data_options"))
        return TNAS_OK;
    TNAS_TRY(tnas_json_object(root, "data_options", &at));
    for (int i = 0; i < tnas_json_length(&at); i++) {
        const tnas_json_at item = tnas_json_item(&at, i);
        TNAS_TRY(read_field(&item, out));
    }
    return TNAS_OK;
}

static void add_field(cJSON *object, tnas_data_field field, const char *text)
{
    const tnas_data_field_info *const info = tnas_data_field_describe(field);
    if (info->kind == TNAS_DATA_TEXT)
        cJSON_AddStringToObject(object, info->name, text);
    else
        cJSON_AddRawToObject(object, info->name, text);
}

void tnas_data_settings_add(cJSON *root, const tnas_data_options *options)
{
    const tnas_data_options defaults = tnas_data_options_default();
    cJSON *object = NULL;
    for (int i = 0; i < TNAS_DATA_FIELD_COUNT; i++) {
        char text[TNAS_DATA_TEXT_BYTES], fallback[TNAS_DATA_TEXT_BYTES];
        tnas_data_options_text(options, (tnas_data_field)i, text);
        tnas_data_options_text(&defaults, (tnas_data_field)i, fallback);
        if (strcmp(text, fallback) == 0)
            continue;
        if (object == NULL)
            object = cJSON_AddObjectToObject(root, "data_options");
        add_field(object, (tnas_data_field)i, text);
    }
}
