/* A search's winner as the commands print it in JSON. */
#ifndef TNAS_CLI_WINNER_JSON_H
#define TNAS_CLI_WINNER_JSON_H

#include <cjson/cJSON.h>

#include "study/store.h"

/* Adds the network, its accuracies and costs, how many networks were drawn for it and which share
 * of them each limit refused, and the seconds spent. What is not known is null. */
void tnas_winner_add_json(cJSON *o, const tnas_winner *winner);

#endif
