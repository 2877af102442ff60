#include "estimators/footprint.h"

enum { POINTER_BYTES = 4 };

/* Deepest call: entry function, tnrt_invoke, then one kernel. */
typedef struct code_sum {
    size_t code_bytes, common_stack_bytes, kernel_stack_bytes, front_end_stack_bytes;
} code_sum;

static void add_once(const tnas_code_sizes *sizes, int entry, bool counted[], size_t *code_bytes)
{
    if (!counted[entry])
        *code_bytes += (size_t)sizes->entries[entry].code_bytes;
    counted[entry] = true;
}

/* A function, and what it needs of the compiler's library, of which it calls one at a time. Returns
 * the stack of the deepest call. */
static size_t add_function(const tnas_code_sizes *sizes, const tnas_code_size *function,
                           bool counted[], size_t *code_bytes)
{
    size_t needed_stack_bytes = 0;
    add_once(sizes, (int)(function - sizes->entries), counted, code_bytes);
    for (int n = 0; n < function->need_count; n++) {
        add_once(sizes, function->needs[n], counted, code_bytes);
        needed_stack_bytes += (size_t)sizes->entries[function->needs[n]].stack_bytes;
    }
    return (size_t)function->stack_bytes + needed_stack_bytes;
}

static tnas_status find_function(const tnas_code_sizes *sizes, const char *name,
                                 const tnas_code_size **out)
{
    *out = tnas_code_sizes_find(sizes, name);
    return *out != NULL ? TNAS_OK
                        : tnas_fail(TNAS_ERR_INPUT,
                                    "%s is not in the code size table of \"%s\"; `make codesize` "
                                    "measures it",
                                    name, sizes->toolchain);
}

/* What every model links, and the kernels that the table names. */
static tnas_status sum_code(const tnas_schedule *schedule, const tnas_target *target,
                            const tnas_code_sizes *sizes, bool has_front_end, code_sum *out)
{
    static const char *const common[] = {"tnrt_invoke", "model_entry"};
    const tnas_code_size *function;
    *out = (code_sum){0};
    bool counted[TNAS_CODE_SIZES_MAX] = {false};
    for (size_t c = 0; c < sizeof common / sizeof common[0]; c++) {
        TNAS_TRY(find_function(sizes, common[c], &function));
        out->common_stack_bytes += add_function(sizes, function, counted, &out->code_bytes);
    }
    if (has_front_end) { /* runs before the network, not inside it */
        TNAS_TRY(find_function(sizes, TNAS_FRONT_END_FUNCTION, &function));
        out->front_end_stack_bytes = add_function(sizes, function, counted, &out->code_bytes);
    }
    uint64_t seen = 0; /* kernels with an index below 64 are looked up once */
    for (int s = 0; s < schedule->step_count; s++) {
        const int kernel = schedule->steps[s].kernel;
        const uint64_t bit = kernel < 64 ? (uint64_t)1 << kernel : 0;
        if ((seen & bit) != 0)
            continue;
        seen |= bit;
        TNAS_TRY(find_function(sizes, target->kernel_name(kernel), &function));
        const size_t stack_bytes = add_function(sizes, function, counted, &out->code_bytes);
        if (stack_bytes > out->kernel_stack_bytes)
            out->kernel_stack_bytes = stack_bytes;
    }
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
        TNAS_TRY(sum_code(schedule, target, sizes, false, &code));
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

tnas_status tnas_front_end_code_bytes(const tnas_code_sizes *sizes, size_t *code_bytes)
{
    const tnas_code_size *function;
    bool counted[TNAS_CODE_SIZES_MAX] = {false};
    *code_bytes = 0;
    TNAS_TRY(find_function(sizes, TNAS_FRONT_END_FUNCTION, &function));
    add_function(sizes, function, counted, code_bytes);
    return TNAS_OK;
}

tnas_status tnas_footprint_add_front_end(const tnas_schedule *schedule, const tnas_plan *plan,
                                         const tnas_runtime *runtime, const tnas_code_sizes *sizes,
                                         const tnas_front_end *front_end, tnas_footprint *out)
{
    code_sum code;
    TNAS_TRY(sum_code(schedule, runtime->target, sizes, true, &code));
    const tnas_placement *const input = &plan->tensors[0];
    const size_t needed_bytes =
        tnas_front_end_scratch_offset(front_end, input->offset_bytes, input->bytes) +
        front_end->scratch_bytes;
    out->features_table_bytes = front_end->table_bytes;
    out->features_code_bytes = code.code_bytes - out->code_bytes;
    out->flash_bytes += out->features_table_bytes + out->features_code_bytes;
    if (needed_bytes > out->arena_bytes)
        out->features_sram_bytes = needed_bytes - out->arena_bytes;
    out->sram_bytes += out->features_sram_bytes;
    if (code.front_end_stack_bytes > out->stack_bytes)
        out->stack_bytes = code.front_end_stack_bytes;
    return TNAS_OK;
}
