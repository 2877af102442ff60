/* All that a study knows about one target, as one JSON object: what `tinynas report` shows.
 *
 *   study       name, folder, data, space, seed, supernet_steps, classes, target_count
 *   target      id, mcu, runtime, clock_mhz, latency_source, finished, limits, seconds
 *   candidates  one array per column, in the order of scoring: thousands take little space
 *   refused     some of those over a limit, likewise, without an accuracy
 *   curves      training curves: stage, step[], loss[], right[]
 *   finalists   every column; layer_loss and confusion of the chosen one
 *   winner      finalist, draws, seconds; null before the search has finished
 * Accuracies are shares. What is not known is null. */
#ifndef TNAS_STUDY_STUDY_REPORT_H
#define TNAS_STUDY_STUDY_REPORT_H

#include <cjson/cJSON.h>

#include "study/store.h"

/* Reads the study; nothing in its folder is changed, a search may be running. Release *out with
 * cJSON_Delete. */
tnas_status tnas_study_report(const char *folder, const tnas_target_row *target, cJSON **out);

/* Columns of rows that the report tells from candidates: count, generation, arch, what they cost.
 */
void tnas_report_add_costs(cJSON *o, const tnas_candidate_row *rows, int count);

#endif
