/* MCU profiles in JSON, "tinynas-mcu" version 1: part, clock and memories. Latency models:
 * profile_latency.c. */
#include "estimators/profile_internal.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/paths.h"

#define FORMAT "tinynas-mcu"
enum { VERSION = 1 };

static const double bytes_max = 1099511627776.0; /* 1 TiB */

tnas_status tnas_profile_text(const tnas_json_at *at, const char *key, char *out, size_t out_bytes)
{
    const char *text;
    TNAS_TRY(tnas_json_string(at, key, &text));
    if (strlen(text) >= out_bytes)
        return tnas_json_fail(at, "%s has %zu characters, at most %zu fit", key, strlen(text),
                              out_bytes - 1);
    for (const char *p = text; *p != '\0'; p++)
        if (*p == '"' || *p == '\\' || (unsigned char)*p < ' ')
            return tnas_json_fail(at,
                                  "%s must be free of quotes, backslashes and control "
                                  "characters",
                                  key);
    memcpy(out, text, strlen(text) + 1);
    return TNAS_OK;
}

static tnas_status read_bytes(const tnas_json_at *at, const char *key, size_t *out)
{
    int64_t value;
    TNAS_TRY(tnas_json_int(at, key, 1, (int64_t)bytes_max, &value));
    *out = (size_t)value;
    return TNAS_OK;
}

/* "0x24000000": eight digits in small letters, so that saving gives the same text again. */
static tnas_status read_address(const tnas_json_at *at, int64_t *out)
{
    *out = TNAS_NONE;
    if (!tnas_json_has(at, "address"))
        return TNAS_OK;
    const char *text;
    TNAS_TRY(tnas_json_string(at, "address", &text));
    char again[16];
    snprintf(again, sizeof again, "0x%08llx", strtoull(text, NULL, 16) & UINT32_MAX);
    if (strcmp(again, text) != 0)
        return tnas_json_fail(at, "address = \"%.20s\": must be 0x and eight hexadecimal digits",
                              text);
    *out = (int64_t)strtoull(text, NULL, 16);
    return TNAS_OK;
}

static tnas_status read_region(const tnas_json_at *at, tnas_mcu_region *region)
{
    TNAS_TRY(tnas_json_object(at, NULL, &(tnas_json_at){0}));
    TNAS_TRY(tnas_json_allow_keys(at, "name,address,bytes,arena,joined"));
    TNAS_TRY(tnas_profile_text(at, "name", region->name, sizeof region->name));
    TNAS_TRY(read_address(at, &region->address));
    TNAS_TRY(read_bytes(at, "bytes", &region->bytes));
    TNAS_TRY(tnas_json_bool(at, "arena", &region->arena));
    if (tnas_json_has(at, "joined"))
        TNAS_TRY(tnas_json_bool(at, "joined", &region->joined));
    return TNAS_OK;
}

/* A promise that addresses must keep. */
static tnas_status check_joined(const tnas_json_at *at, const tnas_mcu *mcu, int index)
{
    const tnas_mcu_region *const region = &mcu->regions[index], *const before = region - 1;
    if (!region->joined)
        return TNAS_OK;
    if (index == 0 || !region->arena || !before->arena)
        return tnas_json_fail(at, "joined: an arena must be allowed in this region and in one "
                                  "before it");
    if (region->address == TNAS_NONE || before->address == TNAS_NONE ||
        before->address + (int64_t)before->bytes != region->address)
        return tnas_json_fail(at, "joined: its address must be where %s ends", before->name);
    return TNAS_OK;
}

static tnas_status read_regions(const tnas_json_at *root, tnas_mcu *mcu)
{
    tnas_json_at list;
    TNAS_TRY(tnas_json_array(root, "regions", &list));
    mcu->region_count = tnas_json_length(&list);
    if (mcu->region_count < 1 || mcu->region_count > TNAS_MCU_REGIONS_MAX)
        return tnas_json_fail(&list, "%d regions: must be 1 to %d", mcu->region_count,
                              TNAS_MCU_REGIONS_MAX);
    bool any = false;
    for (int i = 0; i < mcu->region_count; i++) {
        const tnas_json_at at = tnas_json_item(&list, i);
        TNAS_TRY(read_region(&at, &mcu->regions[i]));
        TNAS_TRY(check_joined(&at, mcu, i));
        any = any || mcu->regions[i].arena;
    }
    return any ? TNAS_OK : tnas_json_fail(&list, "no region may hold an arena");
}

static tnas_status read_arena_pieces(const tnas_json_at *root, tnas_mcu *mcu)
{
    int64_t pieces = 1;
    if (tnas_json_has(root, "arena_pieces"))
        TNAS_TRY(tnas_json_int(root, "arena_pieces", 1, 2, &pieces));
    mcu->arena_pieces = (int)pieces;
    return TNAS_OK;
}

static tnas_status read_power(const tnas_json_at *root, tnas_mcu_power *out)
{
    const double power_max_mw = 1e6;
    if (!tnas_json_has(root, "power"))
        return TNAS_OK;
    tnas_json_at at;
    TNAS_TRY(tnas_json_object(root, "power", &at));
    TNAS_TRY(tnas_json_allow_keys(&at, "mw,low_mw,high_mw,source"));
    TNAS_TRY(tnas_json_number(&at, "low_mw", DBL_MIN, power_max_mw, &out->low_mw));
    TNAS_TRY(tnas_json_number(&at, "mw", out->low_mw, power_max_mw, &out->mw));
    TNAS_TRY(tnas_json_number(&at, "high_mw", out->mw, power_max_mw, &out->high_mw));
    return tnas_profile_text(&at, "source", out->source, sizeof out->source);
}

static void write_power(const tnas_mcu_power *power, tnas_text *text)
{
    if (power->mw > 0)
        tnas_text_add(text,
                      "  \"power\": {\"mw\": %.6g, \"low_mw\": %.6g, \"high_mw\": %.6g, "
                      "\"source\": \"%s\"},\n",
                      power->mw, power->low_mw, power->high_mw, power->source);
}

static tnas_status read_mcu(const tnas_json_at *root, tnas_mcu *mcu)
{
    TNAS_TRY(tnas_json_allow_keys(
        root, "part,core,note,clock_mhz,flash_bytes,power,arena_pieces,regions,latency_models"));
    TNAS_TRY(tnas_profile_text(root, "part", mcu->part, sizeof mcu->part));
    TNAS_TRY(tnas_profile_text(root, "core", mcu->core, sizeof mcu->core));
    if (tnas_json_has(root, "note"))
        TNAS_TRY(tnas_profile_text(root, "note", mcu->note, sizeof mcu->note));
    TNAS_TRY(tnas_json_number(root, "clock_mhz", 0.001, TNAS_CLOCK_MAX_MHZ, &mcu->clock_mhz));
    TNAS_TRY(read_bytes(root, "flash_bytes", &mcu->flash_bytes));
    TNAS_TRY(read_power(root, &mcu->power));
    TNAS_TRY(read_arena_pieces(root, mcu));
    TNAS_TRY(read_regions(root, mcu));
    return tnas_profile_read_models(root, mcu);
}

/* The file's name without folder and ".json". */
static void set_name(const char *path, tnas_mcu *mcu)
{
    const char *const slash = strrchr(path, '/');
    const char *const file = slash != NULL ? slash + 1 : path;
    const char *const suffix = strstr(file, ".json");
    const int length = suffix != NULL ? (int)(suffix - file) : (int)strlen(file);
    snprintf(mcu->name, sizeof mcu->name, "%.*s", length < 31 ? length : 31, file);
    snprintf(mcu->path, sizeof mcu->path, "%.511s", path);
}

tnas_status tnas_mcu_load(const char *name, tnas_mcu **out)
{
    *out = NULL;
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_find("mcus", name, path));
    tnas_json *document;
    TNAS_TRY(tnas_json_load(path, FORMAT, VERSION, &document));
    tnas_status status = TNAS_OK;
    tnas_mcu *mcu = tnas_alloc_zero(1, sizeof *mcu);
    if (mcu != NULL)
        mcu->models = tnas_alloc_zero(TNAS_MCU_MODELS_MAX, sizeof *mcu->models);
    if (mcu == NULL || mcu->models == NULL) {
        status = tnas_fail(TNAS_ERR_NOMEM, "profile %s", path);
        goto done;
    }
    set_name(path, mcu);
    const tnas_json_at root = tnas_json_root(document);
    status = read_mcu(&root, mcu);
    if (status != TNAS_OK)
        goto done;
    *out = mcu;
    mcu = NULL; /* the caller owns it now */
done:
    tnas_mcu_destroy(mcu);
    tnas_json_destroy(document);
    return status;
}

void tnas_mcu_destroy(tnas_mcu *mcu)
{
    if (mcu == NULL)
        return;
    tnas_free(mcu->models);
    tnas_free(mcu);
}

static void write_regions(const tnas_mcu *mcu, tnas_text *text)
{
    if (mcu->arena_pieces > 1)
        tnas_text_add(text, "  \"arena_pieces\": %d,\n", mcu->arena_pieces);
    tnas_text_add(text, "  \"regions\": [");
    for (int i = 0; i < mcu->region_count; i++) {
        const tnas_mcu_region *const region = &mcu->regions[i];
        tnas_text_add(text, "%s\n    {\"name\": \"%s\", ", i > 0 ? "," : "", region->name);
        if (region->address != TNAS_NONE)
            tnas_text_add(text, "\"address\": \"0x%08llx\", ", (unsigned long long)region->address);
        tnas_text_add(text, "\"bytes\": %zu, \"arena\": %s%s}", region->bytes,
                      region->arena ? "true" : "false", region->joined ? ", \"joined\": true" : "");
    }
    tnas_text_add(text, "\n  ],\n");
}

tnas_status tnas_mcu_save(const tnas_mcu *mcu, const char *path)
{
    tnas_text text;
    tnas_text_init(&text);
    tnas_text_add(&text,
                  "{\n  \"format\": \"" FORMAT "\",\n  \"version\": %d,\n  \"part\": \"%s\",\n"
                  "  \"core\": \"%s\",\n",
                  VERSION, mcu->part, mcu->core);
    if (mcu->note[0] != '\0')
        tnas_text_add(&text, "  \"note\": \"%s\",\n", mcu->note);
    tnas_text_add(&text, "  \"clock_mhz\": %.6g,\n  \"flash_bytes\": %zu,\n", mcu->clock_mhz,
                  mcu->flash_bytes);
    write_power(&mcu->power, &text);
    write_regions(mcu, &text);
    tnas_profile_write_models(mcu, &text);
    tnas_text_add(&text, "}\n");
    const tnas_status status = text.failed ? tnas_fail(TNAS_ERR_NOMEM, "profile %s", path)
                                           : tnas_file_write(path, text.chars, text.length);
    tnas_text_deinit(&text);
    return status;
}
