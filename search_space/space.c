/* Reads space files, JSON "tinynas-space" version 1. Every rule that does not depend on the
 * data is checked here, so that configuring and decoding can rely on it. */
#include "search_space/space.h"

#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "common/io.h"
#include "common/json.h"
#include "common/paths.h"

/* Together these keep every channel count and every side within the graph's 16 bits. */
enum {
    FILE_BYTES_MAX = 1 << 20,
    CHANNELS_MAX = 1024,
    DIVISOR_MAX = 64,
    KERNEL_MAX = 15,
    STRIDE_MAX = 8,
    INPUT_MAX = 4096,
};
static const double WIDTH_MIN = 0.05, WIDTH_MAX = 2.0, EXPAND_MAX = 12.0;
/* Middle channels of a block that takes them from its output may be fewer. */
static const double SQUEEZE_MIN = 0.05;

/* Factors are told apart, and printed, in hundredths. */
static long hundredths(double factor)
{
    return lround(factor * 100.0);
}

static const struct {
    const char *text;
    tnas_block_expand expand;
    bool widens;
} blocks[] = {
#define BLOCK(name, text, expand, width, what) {text, expand, width},
    TNAS_BLOCKS(BLOCK)
#undef BLOCK
};

tnas_block_expand tnas_block_expands(tnas_block_kind block)
{
    return blocks[block].expand;
}

/* The array `key` of 1 to max_count choices. */
static tnas_status read_list(const tnas_json_at *at, const char *key, int max_count,
                             tnas_json_at *list, int *count)
{
    TNAS_TRY(tnas_json_array(at, key, list));
    *count = tnas_json_length(list);
    if (*count < 1 || *count > max_count)
        return tnas_json_fail(list, "%d choices: must be 1 to %d", *count, max_count);
    return TNAS_OK;
}

static tnas_status read_int(const tnas_json_at *at, const char *key, int min, int max, int *out)
{
    int64_t value;
    TNAS_TRY(tnas_json_int(at, key, min, max, &value));
    *out = (int)value;
    return TNAS_OK;
}

/* A side for both, or [h, w]; key NULL: the place itself. */
static tnas_status read_window(const tnas_json_at *at, const char *key, int max, tnas_window *out)
{
    int h, w;
    tnas_json_at pair;
    const cJSON *const node =
        key == NULL ? at->node : cJSON_GetObjectItemCaseSensitive(at->node, key);
    if (cJSON_IsArray(node)) {
        TNAS_TRY(tnas_json_array(at, key, &pair));
        if (tnas_json_length(&pair) != 2)
            return tnas_json_fail(&pair, "must be a number or [h, w]");
        const tnas_json_at first = tnas_json_item(&pair, 0), second = tnas_json_item(&pair, 1);
        TNAS_TRY(read_int(&first, NULL, 1, max, &h));
        TNAS_TRY(read_int(&second, NULL, 1, max, &w));
    } else {
        TNAS_TRY(read_int(at, key, 1, max, &h));
        w = h;
    }
    *out = (tnas_window){(uint16_t)h, (uint16_t)w};
    return TNAS_OK;
}

static tnas_status read_kernel(const tnas_json_at *at, const char *key, tnas_window *out)
{
    TNAS_TRY(read_window(at, key, KERNEL_MAX, out));
    if (out->h % 2 == 0 || out->w % 2 == 0)
        return tnas_json_fail(at, "kernel %dx%d: both sides must be odd", out->h, out->w);
    return TNAS_OK;
}

static tnas_status check_order(const tnas_json_at *item, const tnas_window *before,
                               const tnas_window *window)
{
    const bool bigger = window->h > before->h || window->w > before->w;
    if (!bigger || window->h < before->h || window->w < before->w)
        return tnas_json_fail(item, "%dx%d after %dx%d: must be larger, and hold the one before",
                              window->h, window->w, before->h, before->w);
    return TNAS_OK;
}

static tnas_status read_kernels(const tnas_json_at *at, tnas_stage *stage)
{
    tnas_json_at list;
    TNAS_TRY(read_list(at, "kernel", TNAS_STAGE_CHOICES_MAX, &list, &stage->kernel_count));
    for (int i = 0; i < stage->kernel_count; i++) {
        const tnas_json_at item = tnas_json_item(&list, i);
        TNAS_TRY(read_kernel(&item, NULL, &stage->kernels[i]));
        if (i > 0)
            TNAS_TRY(check_order(&item, &stage->kernels[i - 1], &stage->kernels[i]));
    }
    return TNAS_OK;
}

/* Ascending factors: widths and expansions. */
static tnas_status read_factors(const tnas_json_at *at, const char *key, double min, double max,
                                int max_count, double *factors, int *count)
{
    tnas_json_at list;
    TNAS_TRY(read_list(at, key, max_count, &list, count));
    for (int i = 0; i < *count; i++) {
        const tnas_json_at item = tnas_json_item(&list, i);
        TNAS_TRY(tnas_json_number(&item, NULL, min, max, &factors[i]));
        if (i > 0 && hundredths(factors[i]) <= hundredths(factors[i - 1]))
            return tnas_json_fail(&item, "%g after %g: must ascend by 0.01 or more", factors[i],
                                  factors[i - 1]);
    }
    return TNAS_OK;
}

/* Ascending whole numbers: depths, channels of the head. */
static tnas_status read_counts(const tnas_json_at *at, const char *key, int max, int *values,
                               int *count)
{
    tnas_json_at list;
    TNAS_TRY(read_list(at, key, TNAS_STAGE_CHOICES_MAX, &list, count));
    for (int i = 0; i < *count; i++) {
        const tnas_json_at item = tnas_json_item(&list, i);
        TNAS_TRY(read_int(&item, NULL, 1, max, &values[i]));
        if (i > 0 && values[i] <= values[i - 1])
            return tnas_json_fail(&item, "%d after %d: must ascend", values[i], values[i - 1]);
    }
    return TNAS_OK;
}

static tnas_status read_block(const tnas_json_at *at, tnas_block_kind *out)
{
    const char *text;
    TNAS_TRY(tnas_json_string(at, "block", &text));
    for (int kind = 0; kind < TNAS_BLOCK_KIND_COUNT; kind++)
        if (strcmp(blocks[kind].text, text) == 0) {
            *out = (tnas_block_kind)kind;
            return TNAS_OK;
        }
#define NAME(name, text, expand, width, what) " " text
    return tnas_json_fail(at, "block \"%s\" is none of" TNAS_BLOCKS(NAME), text);
#undef NAME
}

/* The factor of the middle channels; 1 where the file need not say. */
static tnas_status read_expands(const tnas_json_at *at, tnas_stage *stage)
{
    const tnas_block_expand expand = blocks[stage->block].expand;
    stage->expand_count = 1;
    stage->expands[0] = 1.0;
    if (expand == TNAS_EXPAND_IN || (expand == TNAS_EXPAND_OUT && tnas_json_has(at, "expand")))
        return read_factors(at, "expand", expand == TNAS_EXPAND_IN ? 1.0 : SQUEEZE_MIN, EXPAND_MAX,
                            TNAS_STAGE_CHOICES_MAX, stage->expands, &stage->expand_count);
    if (tnas_json_has(at, "expand"))
        return tnas_json_fail(at, "%s does not expand: remove the key \"expand\"",
                              blocks[stage->block].text);
    return TNAS_OK;
}

static tnas_status read_widths(const tnas_json_at *at, tnas_stage *stage)
{
    if (!tnas_json_has(at, "width"))
        return TNAS_OK;
    if (!blocks[stage->block].widens)
        return tnas_json_fail(at,
                              "%s: all blocks have the stage's channels, \"expand\" chooses those "
                              "between its convolutions: remove the key \"width\"",
                              blocks[stage->block].text);
    return read_factors(at, "width", WIDTH_MIN, 1.0, TNAS_STAGE_CHOICES_MAX, stage->widths,
                        &stage->width_count);
}

static tnas_status read_stage(const tnas_json_at *at, tnas_stage *stage)
{
    TNAS_TRY(tnas_json_object(at, NULL, &(tnas_json_at){0}));
    TNAS_TRY(tnas_json_allow_keys(at, "block,channels,stride,kernel,expand,depth,width"));
    TNAS_TRY(read_block(at, &stage->block));
    TNAS_TRY(read_int(at, "channels", 1, CHANNELS_MAX, &stage->channels));
    TNAS_TRY(read_window(at, "stride", STRIDE_MAX, &stage->stride));
    TNAS_TRY(read_kernels(at, stage));
    TNAS_TRY(read_counts(at, "depth", TNAS_DEPTH_MAX, stage->depths, &stage->depth_count));
    TNAS_TRY(read_widths(at, stage));
    return read_expands(at, stage);
}

/* Genes and operators that a configured space needs at most must fit their tables. */
static tnas_status check_room(const tnas_json_at *stages, const tnas_space *space)
{
    int genes = space->head_count > 1, positions = 0;
    for (int i = 0; i < space->stage_count; i++) {
        const tnas_stage *const stage = &space->stages[i];
        const int depth = stage->depths[stage->depth_count - 1];
        positions += depth;
        genes += stage->depth_count > 1;
        genes += depth *
                 ((stage->kernel_count > 1) + (stage->expand_count > 1) + (stage->width_count > 1));
    }
    if (positions > TNAS_POSITIONS_MAX)
        return tnas_json_fail(stages, "%d blocks at full depth: must be at most %d", positions,
                              TNAS_POSITIONS_MAX);
    if (genes > TNAS_GENES_MAX)
        return tnas_json_fail(stages, "%d genes: must be at most %d", genes, TNAS_GENES_MAX);
    return TNAS_OK;
}

static tnas_status read_stages(const tnas_json_at *root, tnas_space *space)
{
    tnas_json_at list;
    TNAS_TRY(read_list(root, "stages", TNAS_STAGES_MAX, &list, &space->stage_count));
    for (int i = 0; i < space->stage_count; i++) {
        const tnas_json_at item = tnas_json_item(&list, i);
        TNAS_TRY(read_stage(&item, &space->stages[i]));
    }
    return check_room(&list, space);
}

static tnas_status read_inputs(const tnas_json_at *root, tnas_space *space)
{
    if (!tnas_json_has(root, "inputs"))
        return TNAS_OK;
    tnas_json_at list;
    TNAS_TRY(read_list(root, "inputs", TNAS_SPACE_OPTIONS_MAX, &list, &space->input_count));
    for (int i = 0; i < space->input_count; i++) {
        const tnas_json_at item = tnas_json_item(&list, i);
        TNAS_TRY(read_window(&item, NULL, INPUT_MAX, &space->inputs[i]));
        if (i > 0)
            TNAS_TRY(check_order(&item, &space->inputs[i - 1], &space->inputs[i]));
    }
    return TNAS_OK;
}

static tnas_status read_stem(const tnas_json_at *root, tnas_space *space)
{
    tnas_json_at stem;
    TNAS_TRY(tnas_json_object(root, "stem", &stem));
    TNAS_TRY(tnas_json_allow_keys(&stem, "channels,kernel,stride"));
    TNAS_TRY(read_int(&stem, "channels", 1, CHANNELS_MAX, &space->stem_channels));
    TNAS_TRY(read_kernel(&stem, "kernel", &space->stem_kernel));
    return read_window(&stem, "stride", STRIDE_MAX, &space->stem_stride);
}

/* channels: a number, or a list to choose from. */
static tnas_status read_head(const tnas_json_at *root, tnas_space *space)
{
    if (!tnas_json_has(root, "head"))
        return TNAS_OK;
    tnas_json_at head;
    TNAS_TRY(tnas_json_object(root, "head", &head));
    TNAS_TRY(tnas_json_allow_keys(&head, "channels"));
    if (cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(head.node, "channels")))
        return read_counts(&head, "channels", CHANNELS_MAX, space->head_channels,
                           &space->head_count);
    space->head_count = 1;
    return read_int(&head, "channels", 1, CHANNELS_MAX, &space->head_channels[0]);
}

static tnas_status read_space(const tnas_json_at *root, tnas_space *space)
{
    TNAS_TRY(tnas_json_allow_keys(root, "name,inputs,widths,divisor,stem,head,stages"));
    const char *name;
    TNAS_TRY(tnas_json_string(root, "name", &name));
    if (name[0] == '\0' || strlen(name) >= sizeof space->name)
        return tnas_json_fail(root, "name \"%.60s\": must have 1 to %zu characters", name,
                              sizeof space->name - 1);
    memcpy(space->name, name, strlen(name) + 1);
    TNAS_TRY(read_inputs(root, space));
    TNAS_TRY(read_factors(root, "widths", WIDTH_MIN, WIDTH_MAX, TNAS_SPACE_OPTIONS_MAX,
                          space->widths, &space->width_count));
    TNAS_TRY(read_int(root, "divisor", 1, DIVISOR_MAX, &space->divisor));
    TNAS_TRY(read_stem(root, space));
    TNAS_TRY(read_head(root, space));
    return read_stages(root, space);
}

tnas_status tnas_space_parse(const char *text, const char *file, tnas_space *out)
{
    memset(out, 0, sizeof *out);
    tnas_json *document;
    TNAS_TRY(tnas_json_parse(text, file, "tinynas-space", 1, &document));
    const tnas_json_at root = tnas_json_root(document);
    tnas_space space = {.hash = tnas_hash_bytes(TNAS_HASH_START, text, strlen(text))};
    const tnas_status status = read_space(&root, &space);
    if (status == TNAS_OK)
        *out = space;
    tnas_json_destroy(document);
    return status;
}

tnas_status tnas_space_load(const char *name, tnas_space *out)
{
    memset(out, 0, sizeof *out);
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_find("spaces", name, path));
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, FILE_BYTES_MAX, &bytes, &byte_count));
    tnas_status status;
    if (memchr(bytes, 0, byte_count) != NULL)
        status = tnas_fail(TNAS_ERR_INPUT, "%s: not a text file, it holds a zero byte", path);
    else
        status = tnas_space_parse((const char *)bytes, path, out);
    tnas_free(bytes);
    return status;
}
