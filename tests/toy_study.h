/* Small searches on the toy data, and what two studies have in common. */
#ifndef TNAS_TESTS_TOY_STUDY_H
#define TNAS_TESTS_TOY_STUDY_H

#include "study/study.h"

/* A smoke search for an stm32h743 with limits that bind. */
tnas_search_request toy_request(const char *data, const char *folder);

/* Every table of the study but the times, as one text. Release with free. */
char *study_content(const char *folder);

void check_same_file(const char *folder_a, const char *folder_b, const char *name);
/* A search with all that a search may have, in few steps: a predictor that is always believed,
 * finalists that learn from the largest network and are trained again for int8. */
void rich_overrides(tnas_overrides *overrides);

/* Every row of every table but the times is the same, and every file but the store's own. */
void check_same_study(const char *a, const char *b);

#endif
