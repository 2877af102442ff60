#include "estimators/footprint.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/csv.h"
#include "common/paths.h"

enum { POINTER_BYTES = 4, KERNELS_MAX = 64 };

/* Deepest call: entry function, tnrt_invoke, then one kernel. */
typedef struct code_sum {
    size_t code_bytes, common_stack_bytes, kernel_stack_bytes;
} code_sum;

/* What every model links. */
static bool is_common(const char *function)
{
    return strcmp(function, "tnrt_invoke") == 0 || strncmp(function, "model_", 6) == 0;
}

static int find_kernel(const tnas_target *target, const char *function)
{
    for (int k = 0; k < target->kernel_count; k++)
        if (strcmp(target->kernel_name(k), function) == 0)
            return k;
    return TNAS_NONE;
}

static tnas_status sum_code(const tnas_schedule *schedule, const tnas_target *target,
                            const tnas_code_sizes *sizes, code_sum *out)
{
    *out = (code_sum){0};
    bool missing[KERNELS_MAX] = {false}; /* named by the table, not yet found in `sizes` */
    if (target->kernel_count > KERNELS_MAX)
        return tnas_fail(TNAS_ERR_INTERNAL, "target %s: %d kernels, at most %d are counted",
                         target->name, target->kernel_count, KERNELS_MAX);
    for (int s = 0; s < schedule->step_count; s++)
        missing[schedule->steps[s].kernel] = true;
    for (int e = 0; e < sizes->entry_count; e++) {
        const size_t stack = (size_t)sizes->entries[e].stack_bytes;
        const int kernel = find_kernel(target, sizes->entries[e].function);
        if (is_common(sizes->entries[e].function)) {
            out->common_stack_bytes += stack;
        } else if (kernel != TNAS_NONE && missing[kernel]) {
            missing[kernel] = false;
            if (stack > out->kernel_stack_bytes)
                out->kernel_stack_bytes = stack;
        } else {
            continue;
        }
        out->code_bytes += (size_t)sizes->entries[e].code_bytes;
    }
    for (int k = 0; k < target->kernel_count; k++)
        if (missing[k])
            return tnas_fail(TNAS_ERR_INPUT,
                             "%s is not in the code size table of \"%s\"; `make codesize` measures "
                             "it",
                             target->kernel_name(k), sizes->toolchain);
    return TNAS_OK;
}

static size_t live_tensor_bytes(const tnas_graph *graph, const tnas_schedule *schedule,
                                const tnas_plan *plan, int step)
{
    return tnas_plan_live_bytes(graph, schedule, plan, step) - plan->scratch[step].bytes;
}

tnas_status tnas_footprint_compute(const tnas_graph *graph, const tnas_schedule *schedule,
                                   const tnas_plan *plan, const tnas_runtime *runtime,
                                   const tnas_code_sizes *sizes, tnas_footprint *out)
{
    *out = (tnas_footprint){0};
    const tnas_target *const target = runtime->target;
    code_sum code = {0};
    if (runtime->code_bytes != NULL)
        code.code_bytes = runtime->code_bytes(graph);
    else
        TNAS_TRY(sum_code(schedule, target, sizes, &code));
    const tnas_packed_bytes packed = tnas_schedule_packed_bytes(graph, schedule, target);
    out->weights_bytes = packed.weights;
    out->channels_bytes = packed.channels;
    out->table_bytes = target->table_bytes(graph, POINTER_BYTES);
    out->code_bytes = code.code_bytes;
    out->flash_bytes =
        out->weights_bytes + out->channels_bytes + out->table_bytes + out->code_bytes;
    out->arena_bytes = plan->arena_bytes;
    out->shared_bytes = runtime->shared_bytes != NULL ? runtime->shared_bytes(graph) : 0;
    out->sram_bytes = out->arena_bytes + out->shared_bytes;
    out->live_bytes = live_tensor_bytes(graph, schedule, plan, plan->peak_step);
    out->scratch_bytes = plan->scratch[plan->peak_step].bytes;
    out->stack_bytes = code.common_stack_bytes + code.kernel_stack_bytes;
    return TNAS_OK;
}

static tnas_status read_size(const tnas_csv *csv, const char *path, int row, const char *column,
                             int *out)
{
    double value;
    bool present;
    TNAS_TRY(tnas_csv_number(csv, row, tnas_csv_column(csv, column), &value, &present));
    if (!present || value < 0 || value > INT_MAX || value != floor(value))
        return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s must be a whole number of bytes", path,
                         tnas_csv_line(csv, row), column);
    *out = (int)value;
    return TNAS_OK;
}

static tnas_status read_row(const tnas_csv *csv, const char *path, int row, tnas_code_sizes *out)
{
    const char *const function = tnas_csv_text(csv, row, tnas_csv_column(csv, "function"));
    const char *const toolchain = tnas_csv_text(csv, row, tnas_csv_column(csv, "toolchain"));
    const int line = tnas_csv_line(csv, row), e = out->entry_count;
    if (function[0] == '\0' || strlen(function) >= sizeof out->entries[e].function)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line %d: function = \"%s\": must have 1 to %zu "
                         "characters",
                         path, line, function, sizeof out->entries[e].function - 1);
    if (strlen(toolchain) >= sizeof out->toolchain)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line %d: toolchain has %zu characters: must be at most %zu", path,
                         line, strlen(toolchain), sizeof out->toolchain - 1);
    if (e == 0)
        snprintf(out->toolchain, sizeof out->toolchain, "%s", toolchain);
    else if (strcmp(toolchain, out->toolchain) != 0)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: line %d: toolchain = \"%s\": must be that of the "
                         "first row, \"%s\"",
                         path, line, toolchain, out->toolchain);
    for (int k = 0; k < e; k++)
        if (strcmp(out->entries[k].function, function) == 0)
            return tnas_fail(TNAS_ERR_INPUT, "%s: line %d: %s stands twice", path, line, function);
    memcpy(out->entries[e].function, function, strlen(function) + 1);
    TNAS_TRY(read_size(csv, path, row, "code_bytes", &out->entries[e].code_bytes));
    TNAS_TRY(read_size(csv, path, row, "stack_bytes", &out->entries[e].stack_bytes));
    out->entry_count++;
    return TNAS_OK;
}

static tnas_status read_table(const tnas_csv *csv, const char *path, tnas_code_sizes *out)
{
    static const char *const columns[] = {"function", "code_bytes", "stack_bytes", "toolchain"};
    for (size_t c = 0; c < sizeof columns / sizeof columns[0]; c++)
        if (tnas_csv_column(csv, columns[c]) < 0)
            return tnas_fail(TNAS_ERR_INPUT, "%s: column \"%s\" is required", path, columns[c]);
    const int row_count = tnas_csv_row_count(csv);
    if (row_count < 1 || row_count > TNAS_CODE_SIZES_MAX)
        return tnas_fail(TNAS_ERR_INPUT, "%s: %d functions: must be 1 to %d", path, row_count,
                         TNAS_CODE_SIZES_MAX);
    for (int row = 0; row < row_count; row++)
        TNAS_TRY(read_row(csv, path, row, out));
    return TNAS_OK;
}

tnas_status tnas_code_sizes_load(const char *path, tnas_code_sizes *out)
{
    *out = (tnas_code_sizes){0};
    tnas_csv *csv;
    TNAS_TRY(tnas_csv_load(path, &csv));
    const tnas_status status = read_table(csv, path, out);
    tnas_csv_destroy(csv);
    return status;
}

tnas_status tnas_code_sizes_load_default(tnas_code_sizes *out, char *path)
{
    char found[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_config_path("codesize.csv", found));
    if (path != NULL)
        memcpy(path, found, sizeof found);
    return tnas_code_sizes_load(found, out);
}

bool tnas_code_sizes_exact_for(const tnas_code_sizes *sizes, const char *core)
{
    static const char flag[] = "-mcpu=";
    const char *const at = strstr(sizes->toolchain, flag);
    if (at == NULL)
        return false;
    char name[48];
    const size_t length = strcspn(at + strlen(flag), " ");
    snprintf(name, sizeof name, "%.*s", (int)length, at + strlen(flag));
    return strcasestr(core, name) != NULL;
}
