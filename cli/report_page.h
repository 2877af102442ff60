/* The report of a study: one HTML file with everything in it (docs/report.md). */
#ifndef TNAS_CLI_REPORT_PAGE_H
#define TNAS_CLI_REPORT_PAGE_H

#include <cjson/cJSON.h>

#include "cli/commands.h"
#include "cli/priced.h"
#include "study/store.h"

/* report_network.c: adds "network": the layers of the winner, its tensors in the arena over the
 * steps, its price; or null and "network_missing", a sentence that says why. */
tnas_status tnas_report_add_network(const char *folder, const tnas_target_row *target, cJSON *out);

/* report_others.c: adds "others": measured candidates of the study's other targets that are over a
 * limit of this one, priced for its part; nothing where the space of the study cannot be read. */
tnas_status tnas_report_add_others(const char *folder, const tnas_target_row *target,
                                   const tnas_priced *winner, cJSON *out);

/* report_boards.c: adds "boards": what the shipped measurements of the target's part say about the
 * latency models of its profile, "board_models" how good those are at networks that they have not
 * seen; "boards_missing" says so when no row is of the target's runtime. */
tnas_status tnas_report_add_boards(const tnas_target_row *target, cJSON *out);

/* report_commands.c: adds "commands": {what, line} each, quoted for a shell, and "config", the run
 * configuration that repeats the search. */
tnas_status tnas_report_add_commands(const char *folder, const tnas_target_row *target, cJSON *out);

/* report_page.c: the page with this object in it, written whole or not at all. No byte of the
 * object can end the element that it stands in. */
tnas_status tnas_report_write(const cJSON *data, const char *path, size_t *byte_count);

#endif
