/* The definitions that estimators/runtimes.c lists, one file each. */
#ifndef TNAS_ESTIMATORS_RUNTIMES_INTERNAL_H
#define TNAS_ESTIMATORS_RUNTIMES_INTERNAL_H

#include "estimators/runtimes.h"

extern const tnas_runtime tnas_runtime_tinynas;    /* runtimes.c */
extern const tnas_runtime tnas_runtime_tinyengine; /* target_tinyengine.c */

#endif
