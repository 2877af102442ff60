/* What the two halves of a profile's reader share: profile.c (part, clock, memories) and
 * profile_latency.c (latency models). */
#ifndef TNAS_ESTIMATORS_PROFILE_INTERNAL_H
#define TNAS_ESTIMATORS_PROFILE_INTERNAL_H

#include "common/json.h"
#include "common/text.h"
#include "estimators/mcu.h"

#define TNAS_CLOCK_MAX_MHZ 10000.0

/* A text that can be written back as it is: no quotes, backslashes, control characters. */
tnas_status tnas_profile_text(const tnas_json_at *at, const char *key, char *out, size_t out_bytes);

/* The key "latency_models". mcu->models is allocated and zero. */
tnas_status tnas_profile_read_models(const tnas_json_at *root, tnas_mcu *mcu);
void tnas_profile_write_models(const tnas_mcu *mcu, tnas_text *text);

#endif
