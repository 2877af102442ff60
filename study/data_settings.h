/* How the data are read, as a study stores it and as a run configuration says it. Private to
 * study/. */
#ifndef TNAS_STUDY_DATA_SETTINGS_H
#define TNAS_STUDY_DATA_SETTINGS_H

#include "common/json.h"
#include "data/dataset.h"
#include "data/features.h"
#include "study/store.h"

/* "data.test_share" and so on, a field each. */
enum { TNAS_DATA_KEY_BYTES = 64 };
void tnas_data_setting_key(tnas_data_field field, char out[TNAS_DATA_KEY_BYTES]);

/* The options of a study; those that it does not have are the defaults. */
tnas_status tnas_data_settings_load(tnas_store_db *db, tnas_data_options *out);

/* What the bytes mean, as a text to compare: "none" or a hash. */
void tnas_affine_text(const tnas_affine *affine, char out[24]);

/* What an export carries on: the configuration of sound features ("" when the data are no sounds)
 * and the affine, digit by digit. *features is NULL without. */
enum { TNAS_AFFINE_TEXT_BYTES = 8192 };
void tnas_affine_print(const tnas_affine *affine, char out[TNAS_AFFINE_TEXT_BYTES]);
tnas_status tnas_data_meaning_load(tnas_store_db *db, tnas_affine *affine,
                                   tnas_sound_features **features);

/* The object "data_options" of a run configuration, over what *out holds; it says only what is
 * not the default. */
tnas_status tnas_data_settings_read(const tnas_json_at *root, tnas_data_options *out);
void tnas_data_settings_add(cJSON *root, const tnas_data_options *options);

#endif
