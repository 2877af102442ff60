/* The instruction sets for which code is compiled more than once, and which of them runs here. */
#ifndef TNAS_COMMON_PROCESSOR_H
#define TNAS_COMMON_PROCESSOR_H

#include <stdbool.h>

#include "common/status.h"

/* Ascending; GENERIC is what the compiler assumes of every processor of the kind. */
#define TNAS_ISAS(X) X(GENERIC, "generic") X(V2, "v2") X(V3, "v3") X(V4, "v4")

typedef enum tnas_isa {
#define TNAS_ISA_ENUM(name, text) TNAS_ISA_##name,
    TNAS_ISAS(TNAS_ISA_ENUM)
#undef TNAS_ISA_ENUM
        TNAS_ISA_COUNT
} tnas_isa;

/* -1: unknown. */
int tnas_isa_parse(const char *text);

/* Has this processor what the compiler may use at that level (v2 to v4: of x86-64)? */
bool tnas_isa_runs(tnas_isa isa);

/* The highest that runs, or the one that TINYNAS_ISA names. */
tnas_status tnas_isa_choose(tnas_isa *out);

#endif
