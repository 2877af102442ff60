/* Runtimes whose memory is modelled: the rules by which each places a network, and what it
 * adds to it. One list: whoever prices a network for a runtime looks here, by the name that
 * measurements and latency models use too.
 *
 * "tinynas" and its variants are exact: rules and bytes are those of our own runtime. "tinyengine"
 * follows the published code generator byte by byte. The others are closed or decided at start-up;
 * their bytes are rules plus coefficients fitted to published figures (docs/memory-models.md), and
 * the errors of that fit are printed with every figure. */
#ifndef TNAS_ESTIMATORS_RUNTIMES_H
#define TNAS_ESTIMATORS_RUNTIMES_H

#include "graph/plan.h"

typedef struct tnas_code_sizes tnas_code_sizes; /* estimators/code_sizes.h */

typedef struct tnas_runtime {
    const char *name;
    const tnas_target *target;

    /* The graph as the runtime executes it: padding as operators of their own, say. NULL: the
     * graph as it is. Scheduling, planning and pricing take the result. */
    tnas_status (*lower)(const tnas_graph *graph, tnas_graph *out);

    /* RAM beside the arena for the whole run: buffers that layers share, the interpreter and
     * its records. NULL: none. */
    size_t (*shared_bytes)(const tnas_graph *graph);

    /* Code, when it does not come from the measured table of our own kernels. NULL: it does. */
    size_t (*code_bytes)(const tnas_graph *graph);

    /* Where the bytes come from, a line for the reader: "exact" only where it is, and the errors
     * of fitted bytes, each published network left out in turn. */
    const char *memory_source;

    bool latency_only; /* its memory is not modelled; bytes are weights and tensors alone */
} tnas_runtime;

#define TNAS_RUNTIME_OWN "tinynas" /* the best variant for a part */

/* The rules for a runtime of which a profile knows latencies alone; in no list. */
extern const tnas_runtime tnas_runtime_latency_only;

/* NULL: none of that name. Names are in small letters with hyphens, as in profiles. "tinynas" is
 * the variant of our runtime for the part's core, plain C where it has no better one or `core`
 * is NULL; "tinynas-c" and so on name one. */
const tnas_runtime *tnas_runtime_find(const char *name, const char *core);

/* The same, failing with the names there are. `what` opens the sentence: "--runtime x". */
tnas_status tnas_runtime_need(const char *name, const char *core, const char *what,
                              const tnas_runtime **out);

/* All of them, for lists: 0 <= index < count. */
int tnas_runtime_count(void);
const tnas_runtime *tnas_runtime_at(int index);

/* A network as a runtime runs it. 40 KiB: for the stack or the heap, not for a loop's copy. */
typedef struct tnas_layout {
    tnas_graph graph; /* lowered */
    tnas_schedule schedule;
    tnas_plan plan;
} tnas_layout;

tnas_status tnas_runtime_lay_out(const tnas_runtime *runtime, const tnas_graph *graph,
                                 tnas_layout *out);

/* Wider weights while the constants grow by no more than flash_bytes (graph/widen.h). */
tnas_status tnas_layout_widen(const tnas_runtime *runtime, size_t flash_bytes, tnas_layout *layout);

/* One row of a layer table. */
typedef struct tnas_step_bytes {
    size_t weights, channels; /* in flash */
    size_t live;              /* in the arena while the step runs, scratch included */
    size_t scratch;
    bool is_peak; /* the step with the most live bytes, the first of equals */
} tnas_step_bytes;

/* steps [layout->schedule.step_count] */
void tnas_layout_steps(const tnas_runtime *runtime, const tnas_layout *layout,
                       tnas_step_bytes *steps);

#endif
