/* MCU profiles: configs/mcus/NAME.json (docs/formats.md). A part's memories, clock and the
 * latency models that measurements of it gave. */
#ifndef TNAS_ESTIMATORS_MCU_H
#define TNAS_ESTIMATORS_MCU_H

#include "estimators/latency.h"

#define TNAS_MCU_REGIONS_MAX 8
#define TNAS_MCU_MODELS_MAX  32

typedef struct tnas_mcu_region {
    char name[24];
    size_t bytes;
    int64_t address; /* TNAS_NONE: not said */
    bool arena;      /* the arena may lie here */
    bool joined;     /* starts where the region before it ends: an arena may span both */
} tnas_mcu_region;

/* Power of the part while it computes: measured energy over measured time of published runs,
 * which hardly differs between networks. The energy run may have had another supply than the
 * timed one, so a figure is good to some ten per cent. */
typedef struct tnas_mcu_power {
    double mw, low_mw, high_mw; /* median, smallest, largest; 0: not known */
    char source[128];
} tnas_mcu_power;

typedef struct tnas_mcu {
    char name[32], part[48], core[64];
    char note[256]; /* for the reader, "" when there is none */
    double clock_mhz;
    size_t flash_bytes;
    tnas_mcu_power power;
    int arena_pieces; /* 1; 2: a runtime that can may use two regions that are not joined */
    int region_count;
    tnas_mcu_region regions[TNAS_MCU_REGIONS_MAX];
    int model_count;
    tnas_latency_model *models; /* [TNAS_MCU_MODELS_MAX] */
    char path[512];
} tnas_mcu;

/* A name (configs/mcus) or a file. An unknown name lists the known ones. */
tnas_status tnas_mcu_load(const char *name, tnas_mcu **out);
void tnas_mcu_destroy(tnas_mcu *mcu);

/* Loading and saving gives the same bytes again. Numbers of latency models keep six digits:
 * more would only record which BLAS fitted them. */
tnas_status tnas_mcu_save(const tnas_mcu *mcu, const char *path);

/* The model of a runtime; NULL when the profile has none. The newest version when several. */
const tnas_latency_model *tnas_mcu_latency_model(const tnas_mcu *mcu, const char *runtime);

/* Makes the model the only one of its runtime, in the place of the first or at the end. */
tnas_status tnas_mcu_replace_latency_models(tnas_mcu *mcu, const tnas_latency_model *model);

/* Replaces the model of the same runtime and version, or adds it. Fails when the profile is
 * full. */
tnas_status tnas_mcu_set_latency_model(tnas_mcu *mcu, const tnas_latency_model *model);

#endif
