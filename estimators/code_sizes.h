/* Code sizes of the runtime's functions, per core: configs/codesize/CORE.csv, written by
 * `make codesize`, with the columns function, code_bytes, stack_bytes, needs, toolchain (the same
 * in every row). A row is a kernel of a variant, linked when a layer names it; a function that
 * every model links (tnrt_invoke, model_entry) or one of sound (model_features); or a member of the
 * compiler's library (libgcc.NAME), linked when a kernel in use needs it. */
#ifndef TNAS_ESTIMATORS_CODE_SIZES_H
#define TNAS_ESTIMATORS_CODE_SIZES_H

#include <stdbool.h>

#include "common/status.h"
#include "estimators/device_cores.h"

#define TNAS_CODE_SIZES_MAX       256
#define TNAS_CODE_SIZES_NEEDS_MAX 8

typedef struct tnas_code_size {
    char function[48];
    int code_bytes, stack_bytes;
    int need_count;
    int needs[TNAS_CODE_SIZES_NEEDS_MAX]; /* entries */
} tnas_code_size;

typedef struct tnas_code_sizes {
    char toolchain[320];            /* compiler, version and all flags */
    const tnas_device_core *device; /* NULL: a file that belongs to no core */
    int entry_count;
    tnas_code_size entries[TNAS_CODE_SIZES_MAX]; /* by function, ascending */
} tnas_code_sizes;

tnas_status tnas_code_sizes_load(const char *path, tnas_code_sizes *out);

/* The shipped table of a profile's core; of an unknown core, Cortex-M7's. path [TNAS_PATH_BYTES]
 * receives where it is; may be NULL. */
tnas_status tnas_code_sizes_load_for(const char *core, tnas_code_sizes *out, char *path);

/* Were the sizes measured for this core, with the compiler that builds for it? */
bool tnas_code_sizes_exact_for(const tnas_code_sizes *sizes, const char *core);

/* NULL: the table does not have it. */
const tnas_code_size *tnas_code_sizes_find(const tnas_code_sizes *sizes, const char *function);

#endif
