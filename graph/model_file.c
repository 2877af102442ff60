/* Model files "tnm1", little-endian (docs/formats.md):
 *
 *   magic, version, type, operator count, input h w c      7 words of 32 bits
 *   one record per operator                                20 bytes
 *   int8 only: scale and zero point per tensor             8 bytes
 *   the constants, operator by operator
 *   64-bit FNV-1a of everything before
 *
 * Saving and loading walk the same parts in the same order. The checksum finds damage, not
 * malice: every field is checked as if somebody had written it on purpose. */
#include <math.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "common/io.h"
#include "graph/model.h"

static const uint8_t magic[4] = {'t', 'n', 'm', '1'};

enum {
    VERSION = 1,
    HEADER_BYTES = 28,
    OP_BYTES = 20,
    QUANT_BYTES = 8,
    CHECKSUM_BYTES = 8,
    FILE_BYTES_MAX = 1 << 30,
};

/* What of an operator's constants a file holds. */
enum { HOLDS_WEIGHTS = 1, HOLDS_BATCH_NORM = 2 };

static unsigned held_constants(const tnas_op_constants *k)
{
    const bool weights = k->weight != NULL || k->weight_s8 != NULL;
    return (weights ? HOLDS_WEIGHTS : 0u) | (k->bn_scale != NULL ? HOLDS_BATCH_NORM : 0u);
}

static size_t constant_bytes(const tnas_model *model, int op, unsigned held)
{
    if ((held & HOLDS_WEIGHTS) == 0)
        return 0;
    const size_t weights = (size_t)tnas_op_weight_count(&model->graph, op);
    const size_t channels = (size_t)model->graph.tensors[model->graph.ops[op].out].c;
    if (model->type == TNAS_MODEL_INT8)
        return weights + channels * (sizeof(float) + sizeof(int32_t));
    const size_t per_channel = (held & HOLDS_BATCH_NORM) != 0 ? 5 : 1;
    return (weights + channels * per_channel) * sizeof(float);
}

/* ---- Saving: into a block of the known size. ---- */

static uint8_t *put_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    return put_u16(put_u16(at, value & 0xffff), value >> 16);
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
    return put_u32(put_u32(at, (uint32_t)value), (uint32_t)(value >> 32));
}

static uint8_t *put_f32s(uint8_t *at, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        at = put_u32(at, bits);
    }
    return at;
}

static uint8_t *put_header(uint8_t *at, const tnas_model *model)
{
    const tnas_tensor *const in = &model->graph.tensors[0];
    memcpy(at, magic, sizeof magic);
    at = put_u32(at + sizeof magic, VERSION);
    at = put_u32(at, model->type);
    at = put_u32(at, (uint32_t)model->graph.op_count);
    at = put_u32(at, (uint32_t)in->h);
    at = put_u32(at, (uint32_t)in->w);
    return put_u32(at, (uint32_t)in->c);
}

static uint8_t *put_op(uint8_t *at, const tnas_model *model, int index)
{
    const tnas_op *const op = &model->graph.ops[index];
    const uint8_t window[] = {op->kernel_h, op->kernel_w,   op->stride_h, op->stride_w,
                              op->pad_top,  op->pad_bottom, op->pad_left, op->pad_right};
    *at++ = op->kind;
    *at++ = op->activation;
    at = put_u16(at, (uint16_t)op->in[0]);
    at = put_u16(at, (uint16_t)op->in[1]);
    memcpy(at, window, sizeof window);
    at = put_u32(at + sizeof window, (uint32_t)model->graph.tensors[op->out].c);
    return put_u16(at, held_constants(&model->constants[index]));
}

static uint8_t *put_constants(uint8_t *at, const tnas_model *model, int op)
{
    const tnas_op_constants *const k = &model->constants[op];
    const unsigned held = held_constants(k);
    const size_t weights = (size_t)tnas_op_weight_count(&model->graph, op);
    const size_t channels = (size_t)model->graph.tensors[model->graph.ops[op].out].c;
    if ((held & HOLDS_WEIGHTS) == 0)
        return at;
    if (model->type == TNAS_MODEL_INT8) {
        memcpy(at, k->weight_s8, weights);
        at = put_f32s(at + weights, k->weight_scale, channels);
        for (size_t c = 0; c < channels; c++)
            at = put_u32(at, (uint32_t)k->bias_s32[c]);
        return at;
    }
    at = put_f32s(at, k->weight, weights);
    at = put_f32s(at, k->bias, channels);
    if ((held & HOLDS_BATCH_NORM) == 0)
        return at;
    at = put_f32s(at, k->bn_scale, channels);
    at = put_f32s(at, k->bn_shift, channels);
    at = put_f32s(at, k->bn_mean, channels);
    return put_f32s(at, k->bn_var, channels);
}

static size_t file_bytes(const tnas_model *model)
{
    const tnas_graph *const graph = &model->graph;
    size_t bytes = HEADER_BYTES + (size_t)graph->op_count * OP_BYTES + CHECKSUM_BYTES;
    if (model->type == TNAS_MODEL_INT8)
        bytes += (size_t)graph->tensor_count * QUANT_BYTES;
    for (int op = 0; op < graph->op_count; op++)
        bytes += constant_bytes(model, op, held_constants(&model->constants[op]));
    return bytes;
}

tnas_status tnas_model_save(const tnas_model *model, const char *path)
{
    const tnas_graph *const graph = &model->graph;
    TNAS_TRY(tnas_graph_check(graph));
    const size_t byte_count = file_bytes(model);
    uint8_t *bytes = tnas_alloc_zero(byte_count, 1);
    if (bytes == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%zu bytes of model %s", byte_count, path);
    uint8_t *at = put_header(bytes, model);
    for (int op = 0; op < graph->op_count; op++)
        at = put_op(at, model, op);
    for (int t = 0; model->type == TNAS_MODEL_INT8 && t < graph->tensor_count; t++) {
        at = put_f32s(at, &model->quant[t].scale, 1);
        at = put_u32(at, (uint32_t)model->quant[t].zero_point);
    }
    for (int op = 0; op < graph->op_count; op++)
        at = put_constants(at, model, op);
    put_u64(at, tnas_hash_bytes(TNAS_HASH_START, bytes, (size_t)(at - bytes)));
    const tnas_status status = tnas_file_write(path, bytes, byte_count);
    tnas_free(bytes);
    return status;
}

/* ---- Loading ---- */

typedef struct reader {
    const char *path;
    const uint8_t *at, *end; /* end: where the checksum starts */
} reader;

static size_t bytes_left(const reader *r)
{
    return (size_t)(r->end - r->at);
}

static unsigned get_u16(reader *r)
{
    const unsigned value = r->at[0] | (unsigned)r->at[1] << 8;
    r->at += 2;
    return value;
}

static uint32_t get_u32(reader *r)
{
    const uint32_t low = get_u16(r);
    return low | (uint32_t)get_u16(r) << 16;
}

static float get_f32(reader *r)
{
    const uint32_t bits = get_u32(r);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* What a file may say of a number. */
typedef enum number_rule { FINITE, NOT_NEGATIVE, POSITIVE } number_rule;

static tnas_status get_f32s(reader *r, number_rule rule, int op, const char *what, float *out,
                            size_t count)
{
    static const char *const rule_texts[] = {"finite", "finite and not negative",
                                             "finite and positive"};
    for (size_t i = 0; i < count; i++) {
        const float value = get_f32(r);
        if (!isfinite(value) || (rule == NOT_NEGATIVE && value < 0) ||
            (rule == POSITIVE && value <= 0))
            return tnas_fail(TNAS_ERR_INPUT, "%s: operator %d: %s[%zu] = %g must be %s", r->path,
                             op, what, i, (double)value, rule_texts[rule]);
        out[i] = value;
    }
    return TNAS_OK;
}

/* Magic, version, and a checksum that fits; leaves the reader behind the version. */
static tnas_status open_file(reader *r, size_t byte_count)
{
    const uint8_t *const start = r->at;
    if (byte_count < HEADER_BYTES + CHECKSUM_BYTES || memcmp(start, magic, sizeof magic) != 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: not a tinynas model file", r->path);
    r->at += sizeof magic;
    const uint32_t version = get_u32(r);
    if (version != VERSION)
        return tnas_fail(TNAS_ERR_INPUT, "%s: version %u: this program reads version %d", r->path,
                         version, VERSION);
    reader checksum = {.at = r->end};
    const uint32_t low = get_u32(&checksum);
    const uint64_t stored = low | (uint64_t)get_u32(&checksum) << 32;
    if (stored != tnas_hash_bytes(TNAS_HASH_START, start, (size_t)(r->end - start)))
        return tnas_fail(TNAS_ERR_INPUT, "%s: truncated or damaged, the checksum does not fit",
                         r->path);
    return TNAS_OK;
}

static tnas_status read_header(reader *r, tnas_model_type *type, uint32_t *op_count,
                               tnas_graph *graph)
{
    *type = TNAS_MODEL_FLOAT;
    const uint32_t type_code = get_u32(r);
    *op_count = get_u32(r);
    const uint32_t h = get_u32(r), w = get_u32(r), c = get_u32(r);
    if (type_code != TNAS_MODEL_FLOAT && type_code != TNAS_MODEL_INT8)
        return tnas_fail(TNAS_ERR_INPUT, "%s: type %u is neither float nor int8", r->path,
                         type_code);
    if (*op_count < 1 || *op_count > TNAS_GRAPH_OPS_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %u operators: must be 1 to %d", r->path, *op_count,
                         TNAS_GRAPH_OPS_MAX);
    if (h > TNAS_SIDE_MAX || w > TNAS_SIDE_MAX || c > TNAS_SIDE_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: input %ux%ux%u: each must be 1 to %d", r->path, h, w,
                         c, TNAS_SIDE_MAX);
    if (bytes_left(r) < (size_t)*op_count * OP_BYTES)
        return tnas_fail(TNAS_ERR_INPUT, "%s: ends within its operators", r->path);
    *type = (tnas_model_type)type_code;
    tnas_graph_init(graph, (int32_t)h, (int32_t)w, (int32_t)c);
    return TNAS_OK;
}

static tnas_status read_op(reader *r, int index, tnas_graph *graph, unsigned *held)
{
    tnas_op op = {.kind = r->at[0], .activation = r->at[1]};
    r->at += 2;
    op.in[0] = (int16_t)get_u16(r);
    op.in[1] = (int16_t)get_u16(r);
    uint8_t *const window[] = {&op.kernel_h, &op.kernel_w,   &op.stride_h, &op.stride_w,
                               &op.pad_top,  &op.pad_bottom, &op.pad_left, &op.pad_right};
    for (int i = 0; i < 8; i++)
        *window[i] = *r->at++;
    const uint32_t out_c = get_u32(r);
    *held = get_u16(r);
    if (out_c > TNAS_SIDE_MAX || tnas_graph_append(graph, &op, (int32_t)out_c) == TNAS_NONE ||
        (uint32_t)graph->tensors[graph->tensor_count - 1].c != out_c)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: operator %d: kind %d from tensors %d, %d is impossible", r->path,
                         index, op.kind, op.in[0], op.in[1]);
    return TNAS_OK;
}

static tnas_status read_quant(reader *r, int tensor, tnas_quant *out)
{
    out->scale = get_f32(r);
    out->zero_point = (int32_t)get_u32(r);
    if (!isfinite(out->scale) || out->scale <= 0 || out->zero_point < INT8_MIN ||
        out->zero_point > INT8_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: tensor %d: scale %g must be positive, zero point %d in -128..127",
                         r->path, tensor, (double)out->scale, out->zero_point);
    return TNAS_OK;
}

/* vector: one constant per channel with its zero point where filters have a bias. */
static tnas_status read_int8_constants(reader *r, int op, bool vector, size_t weights,
                                       size_t channels, tnas_op_constants *k)
{
    for (size_t i = 0; i < weights; i++) {
        const int8_t weight = (int8_t)*r->at++;
        if (weight == INT8_MIN && !vector)
            return tnas_fail(TNAS_ERR_INPUT, "%s: operator %d: weight[%zu] = -128 is below -127",
                             r->path, op, i);
        k->weight_s8[i] = weight;
    }
    TNAS_TRY(get_f32s(r, POSITIVE, op, "weight_scale", k->weight_scale, channels));
    for (size_t c = 0; c < channels; c++) {
        k->bias_s32[c] = (int32_t)get_u32(r);
        if (vector && (k->bias_s32[c] < INT8_MIN || k->bias_s32[c] > INT8_MAX))
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s: operator %d: zero point[%zu] = %d must be in -128..127", r->path,
                             op, c, k->bias_s32[c]);
    }
    return TNAS_OK;
}

static tnas_status read_constants(reader *r, tnas_model *model, int op, unsigned held)
{
    const size_t weights = (size_t)tnas_op_weight_count(&model->graph, op);
    const size_t channels = (size_t)model->graph.tensors[model->graph.ops[op].out].c;
    const int kind = model->graph.ops[op].kind;
    const bool batch_norm = (held & HOLDS_BATCH_NORM) != 0;
    if (held > (HOLDS_WEIGHTS | HOLDS_BATCH_NORM) || held == HOLDS_BATCH_NORM ||
        (held != 0 && weights == 0) ||
        (batch_norm && (model->type == TNAS_MODEL_INT8 || !tnas_op_has(kind, TNAS_OP_FILTERS))))
        return tnas_fail(TNAS_ERR_INPUT, "%s: operator %d (%s) cannot hold constants %u", r->path,
                         op, tnas_op_kind_text(kind), held);
    if (held == 0)
        return TNAS_OK;
    if (bytes_left(r) < constant_bytes(model, op, held))
        return tnas_fail(TNAS_ERR_INPUT, "%s: ends within the constants of operator %d", r->path,
                         op);
    TNAS_TRY(tnas_model_add_constants(model, op, batch_norm));
    tnas_op_constants *const k = &model->constants[op];
    if (model->type == TNAS_MODEL_INT8)
        return read_int8_constants(r, op, tnas_op_has(kind, TNAS_OP_VECTOR), weights, channels, k);
    TNAS_TRY(get_f32s(r, FINITE, op, "weight", k->weight, weights));
    TNAS_TRY(get_f32s(r, FINITE, op, "bias", k->bias, channels));
    if (!batch_norm)
        return TNAS_OK;
    TNAS_TRY(get_f32s(r, FINITE, op, "bn_scale", k->bn_scale, channels));
    TNAS_TRY(get_f32s(r, FINITE, op, "bn_shift", k->bn_shift, channels));
    TNAS_TRY(get_f32s(r, FINITE, op, "bn_mean", k->bn_mean, channels));
    return get_f32s(r, NOT_NEGATIVE, op, "bn_var", k->bn_var, channels);
}

static tnas_status read_numbers(reader *r, const unsigned held[], tnas_model *model)
{
    const tnas_graph *const graph = &model->graph;
    if (model->type == TNAS_MODEL_INT8) {
        if (bytes_left(r) < (size_t)graph->tensor_count * QUANT_BYTES)
            return tnas_fail(TNAS_ERR_INPUT, "%s: ends within its scales", r->path);
        for (int t = 0; t < graph->tensor_count; t++)
            TNAS_TRY(read_quant(r, t, &model->quant[t]));
    }
    for (int op = 0; op < graph->op_count; op++)
        TNAS_TRY(read_constants(r, model, op, held[op]));
    if (bytes_left(r) != 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %zu bytes too long", r->path, bytes_left(r));
    return TNAS_OK;
}

static tnas_status read_model(reader *r, size_t byte_count, tnas_model **out)
{
    tnas_model_type type;
    uint32_t op_count;
    tnas_graph graph;
    unsigned held[TNAS_GRAPH_OPS_MAX];
    TNAS_TRY(open_file(r, byte_count));
    TNAS_TRY(read_header(r, &type, &op_count, &graph));
    for (int op = 0; op < (int)op_count; op++)
        TNAS_TRY(read_op(r, op, &graph, &held[op]));
    if (tnas_graph_check(&graph) != TNAS_OK)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %s", r->path, tnas_error_text());
    tnas_model *model;
    TNAS_TRY(tnas_model_create(type, &graph, &model));
    const tnas_status status = read_numbers(r, held, model);
    if (status != TNAS_OK) {
        tnas_model_destroy(model);
        return status;
    }
    *out = model;
    return TNAS_OK;
}

tnas_status tnas_model_load(const char *path, tnas_model **out)
{
    *out = NULL;
    uint8_t *bytes;
    size_t byte_count;
    TNAS_TRY(tnas_file_read(path, FILE_BYTES_MAX, &bytes, &byte_count));
    const size_t body = byte_count > CHECKSUM_BYTES ? byte_count - CHECKSUM_BYTES : 0;
    reader r = {.path = path, .at = bytes, .end = bytes + body};
    const tnas_status status = read_model(&r, byte_count, out);
    tnas_free(bytes);
    return status;
}
