/* What a byte count means here.
 *
 *   flash = weights + channels + table + code + front end   (+ reserve asked for by the user)
 *   SRAM  = arena + shared + front end                      (+ reserve)
 *   arena = activations + scratch + padding
 * weights   packed weights of all layers
 * channels  bias, multiplier and shift per output channel
 * table     layer descriptors and the model record
 * code      kernels named by the table, tnrt_invoke and the model's entry functions, from
 *           the measured size table of one compiler and its flags; "estimated" elsewhere
 * front end of sound features: tables and code; what the arena grows by to hold its scratch
 *           beside the input (estimators/front_end.h)
 * shared    what other runtimes keep beside the arena for the whole run; 0 for ours
 * Other runtimes have other parts of the same names (estimators/runtimes.h).
 * The arena holds the input and the output. The stack is a line of its own, as are start-up
 * code, libc and test vectors, which belong to the application. */
#ifndef TNAS_ESTIMATORS_FOOTPRINT_H
#define TNAS_ESTIMATORS_FOOTPRINT_H

#include <stddef.h>

#include "estimators/code_sizes.h"
#include "estimators/front_end.h"
#include "estimators/runtimes.h"

typedef struct tnas_footprint {
    size_t weights_bytes, channels_bytes, table_bytes, code_bytes;
    size_t features_table_bytes, features_code_bytes; /* of a front end; 0: there is none */
    size_t flash_bytes;                               /* their sum */
    size_t arena_bytes;                               /* what the plan needs */
    size_t live_bytes;          /* most bytes of live tensors at one step, without scratch */
    size_t scratch_bytes;       /* of the peak step */
    size_t shared_bytes;        /* beside the arena */
    size_t features_sram_bytes; /* that the arena grows by for a front end */
    size_t sram_bytes;          /* arena, shared and front end */
    size_t stack_bytes; /* deepest call of the model's entry function, from the size table; 0:
                         * not known of other runtimes */
} tnas_footprint;

/* graph, schedule, plan: as the runtime runs them (tnas_layout). `sizes` may be NULL for a
 * runtime that brings its own code bytes. Fails when a kernel of the schedule is not in the
 * size table. No heap. */
tnas_status tnas_footprint_compute(const tnas_graph *graph, const tnas_schedule *schedule,
                                   const tnas_plan *plan, const tnas_runtime *runtime,
                                   const tnas_code_sizes *sizes, tnas_footprint *out);

/* Code of a front end by itself; a network may need a part of the compiler's library, too. */
tnas_status tnas_front_end_code_bytes(const tnas_code_sizes *sizes, size_t *code_bytes);

/* Adds a front end to what tnas_footprint_compute found for our own runtime. Fails when the size
 * table lacks its functions. */
tnas_status tnas_footprint_add_front_end(const tnas_schedule *schedule, const tnas_plan *plan,
                                         const tnas_runtime *runtime, const tnas_code_sizes *sizes,
                                         const tnas_front_end *front_end, tnas_footprint *out);

#endif
