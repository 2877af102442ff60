/* The option of its space that a study searches, for those who read the study. */
#ifndef TNAS_STUDY_STUDY_SPACE_H
#define TNAS_STUDY_STUDY_SPACE_H

#include "search_space/space.h"
#include "study/store.h"

/* Configures *out, which is large, as the study did whose network `like` is one of the space's.
 * TNAS_ERR_INPUT when the file of the space is gone or holds another one. */
tnas_status tnas_study_space_load(tnas_store_db *db, const tnas_graph *like,
                                  tnas_space_config *out);

#endif
