/* What a study is, as keys and values: data, space, seed, and the counts behind its supernet.
 * Stored when the study is made, compared when it is opened again. And the counts of a target,
 * stored with it. Together they are the effective configuration that reproduces a result.
 * Private to study/. */
#ifndef TNAS_STUDY_SETTINGS_H
#define TNAS_STUDY_SETTINGS_H

#include "study/run_internal.h"

/* Inside a transaction: what the study is. */
tnas_status tnas_settings_store(tnas_run *run);

/* TNAS_ERR_USAGE naming the first of data, space and seed that differs from the stored one. */
tnas_status tnas_settings_check(tnas_run *run);

/* Inside a transaction: of a new target, stores its counts; of an old one, reads them, for a
 * budget may have changed them since they were asked for. */
tnas_status tnas_settings_of_target(tnas_run *run);

#endif
