/* Single layers that are worth measuring when a runtime meets a new part: the kinds and sizes of
 * which networks for microcontrollers consist, large maps with few channels and small ones with
 * many. */
#ifndef TNAS_EXPORT_MEASURE_LAYERS_H
#define TNAS_EXPORT_MEASURE_LAYERS_H

#include "graph/graph.h"

int tnas_measure_layer_count(void);
const char *tnas_measure_layer_name(int index); /* "dw3s1_24x24x48" */

/* A graph of that layer alone; ADD sums the input with itself. */
void tnas_measure_layer_graph(int index, tnas_graph *out);

#endif
