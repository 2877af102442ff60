/* Where the networks of measurements are: folders of graph files (MODEL.json, else MODEL.tflite)
 * and tables of layers (FILE.csv), one or several in one text, separated by commas. */
#ifndef TNAS_ESTIMATORS_NETWORKS_H
#define TNAS_ESTIMATORS_NETWORKS_H

#include "estimators/layer_table.h"

typedef struct tnas_networks tnas_networks;

/* `places` NULL or "": none. Tables are read at once, graphs when they are asked for. Fails
 * when a place is neither a folder nor a table that can be read. */
tnas_status tnas_networks_open(const char *places, tnas_networks **out);
void tnas_networks_close(tnas_networks *networks);

/* Features of the first network of that name, in the order of the places. */
tnas_status tnas_networks_features(const tnas_networks *networks, const char *model,
                                   const tnas_memory_terms *memory, double *x,
                                   tnas_network_state *out);

#endif
