/* What a study is: data, space, seed, and every number behind its supernet and its searches,
 * as keys and values. Stored when the study is made, compared when it is opened again: the
 * effective configuration that reproduces it. Private to study/. */
#ifndef TNAS_STUDY_SETTINGS_H
#define TNAS_STUDY_SETTINGS_H

#include "study/run_internal.h"

enum { TNAS_SETTINGS_ITEMS_MAX = 192 };

typedef struct tnas_settings {
    int count;
    struct {
        char key[80]; /* "space", "supernet.learning_rate", "search.population" */
        char value[256];
    } items[TNAS_SETTINGS_ITEMS_MAX];
} tnas_settings;

void tnas_settings_of(const tnas_run *run, tnas_settings *out);

tnas_status tnas_settings_store(const tnas_settings *settings, tnas_store_db *db);

/* TNAS_ERR_USAGE naming the first key that differs from the stored one. */
tnas_status tnas_settings_check(const tnas_settings *settings, tnas_store_db *db,
                                const char *folder);

#endif
