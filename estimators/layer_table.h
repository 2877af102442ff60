/* Networks as tables of layers: CSV, one row an operator, as a converter's log or a reader of
 * .tflite files prints it. What a latency follows from is in it; weights and scales are not.
 *
 * Columns: model, op (TFLite's name or ours), in_h in_w in_c (the first input), out_h out_w
 * out_c are required; kernel_h kernel_w stride_h stride_w are 1 where empty; const_bytes tells an
 * addition of a constant from one of two tensors. Others are ignored. Neighbouring
 * rows of one model are a network; of two with one name the first counts. */
#ifndef TNAS_ESTIMATORS_LAYER_TABLE_H
#define TNAS_ESTIMATORS_LAYER_TABLE_H

#include "estimators/latency.h"

typedef struct tnas_layer_table tnas_layer_table;

/* Sizes that are not whole numbers within 1 and what a graph may have are errors that name
 * file and line. */
tnas_status tnas_layer_table_load(const char *path, tnas_layer_table **out);
void tnas_layer_table_destroy(tnas_layer_table *table);

typedef enum tnas_network_state {
    TNAS_NETWORK_UNKNOWN,     /* there is none of that name */
    TNAS_NETWORK_UNSUPPORTED, /* it has an operator whose cost is not known */
    TNAS_NETWORK_FOUND,
} tnas_network_state;

/* Features of a network of the table; x is written when it is found. */
tnas_network_state tnas_layer_table_features(const tnas_layer_table *table, const char *model,
                                             const tnas_memory_terms *memory, double *x);

#endif
