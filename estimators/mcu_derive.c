#include "estimators/mcu_derive.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "estimators/measurements.h"

/* Without a measurement, kin parts' cycles are off by 16-25 % on average: a deviation of 0.3 of
 * the logarithm. Another clock moves memories' share of the time: a quarter of the clocks' own
 * ratio is allowed for. */
static const double unmeasured_shift_tau = 0.3, clock_tau = 0.25;
/* What a kin's prior says of single terms is that much less certain here. */
static const double unmeasured_term_tau = 0.15;

static tnas_status check_text(const char *what, const char *text, size_t bytes)
{
    if (text[0] == '\0' || strlen(text) >= bytes)
        return tnas_fail(TNAS_ERR_USAGE, "%s \"%s\": must have 1 to %zu characters", what, text,
                         bytes - 1);
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            return tnas_fail(TNAS_ERR_USAGE,
                             "%s \"%s\": must be free of quotes, backslashes and control "
                             "characters",
                             what, text);
    return TNAS_OK;
}

static void make_prior(const tnas_mcu *kin, const tnas_latency_model *from, double clock_mhz,
                       tnas_latency_model *out)
{
    const double clock = clock_tau * log(clock_mhz / from->clock_mhz);
    const double shift = unmeasured_shift_tau * unmeasured_shift_tau + clock * clock;
    const int s = TNAS_LATENCY_SHIFT;
    if (from->row_count > 0) {
        tnas_latency_hand_on(from, out);
        out->covariance[s][s] = shift;
        snprintf(out->source, sizeof out->source,
                 "prior, 0 measurements; handed on from %s at %g MHz (%d row%s)", kin->name,
                 from->clock_mhz, from->row_count, from->row_count == 1 ? "" : "s");
    } else { /* a prior's own doubts stay */
        *out = *from;
        out->covariance[s][s] += shift;
        for (int f = 0; f < TNAS_FEATURE_COUNT; f++)
            out->covariance[f][f] += unmeasured_term_tau * unmeasured_term_tau;
        snprintf(out->source, sizeof out->source,
                 "prior, 0 measurements; handed on from %s, itself a prior", kin->name);
    }
    memcpy(out->version, from->version, sizeof out->version);
    out->clock_mhz = clock_mhz;
}

static void set_memories(const tnas_mcu_change *change, tnas_mcu *mcu)
{
    if (change->flash_bytes > 0)
        mcu->flash_bytes = change->flash_bytes;
    if (change->sram_bytes == 0)
        return;
    mcu->region_count = 1;
    mcu->regions[0] = (tnas_mcu_region){
        .name = "SRAM", .bytes = change->sram_bytes, .address = TNAS_NONE, .arena = true};
    mcu->arena_pieces = 1;
}

tnas_status tnas_mcu_derive(const tnas_mcu *kin, const tnas_mcu_change *change, tnas_mcu **out)
{
    *out = NULL;
    tnas_mcu *mcu = tnas_alloc_zero(1, sizeof *mcu);
    tnas_latency_model *models = tnas_alloc_zero(TNAS_MCU_MODELS_MAX, sizeof *models);
    const char *const part = change->part != NULL ? change->part : change->name;
    tnas_status status = mcu != NULL && models != NULL
                             ? TNAS_OK
                             : tnas_fail(TNAS_ERR_NOMEM, "profile %s", change->name);
    if (status == TNAS_OK)
        status = check_text("the name", change->name, sizeof mcu->name);
    if (status == TNAS_OK)
        status = check_text("--part", part, sizeof mcu->part);
    if (status != TNAS_OK) {
        tnas_free(mcu);
        tnas_free(models);
        return status;
    }
    *mcu = *kin;
    mcu->models = models;
    snprintf(mcu->name, sizeof mcu->name, "%s", change->name);
    snprintf(mcu->part, sizeof mcu->part, "%s", part);
    snprintf(mcu->note, sizeof mcu->note,
             "Made from the profile of %s. Its latency models are priors: `tinynas calibrate` with "
             "measurements of this part replaces them.",
             kin->name);
    mcu->power = (tnas_mcu_power){0}; /* the kin's says nothing of this part */
    if (change->clock_mhz > 0)
        mcu->clock_mhz = change->clock_mhz;
    set_memories(change, mcu);
    for (int i = 0; i < kin->model_count; i++)
        make_prior(kin, &kin->models[i], mcu->clock_mhz, &models[i]);
    *out = mcu;
    return TNAS_OK;
}
