/* What an answer sheet is worth: the number that a search maximises. */
#ifndef TNAS_TRAINER_METRIC_H
#define TNAS_TRAINER_METRIC_H

#include "data/dataset.h"
#include "nn/engine.h"

/*  name     text      what it is */
#define TNAS_METRICS(X)                                                                            \
    X(ACCURACY, "accuracy", "share of right answers")                                              \
    X(MACRO_F1, "macro-f1", "mean over the classes of F1: rare classes count as much as others")

typedef enum tnas_metric {
#define TNAS_METRIC_ENUM(name, text, what) TNAS_METRIC_##name,
    TNAS_METRICS(TNAS_METRIC_ENUM)
#undef TNAS_METRIC_ENUM
        TNAS_METRIC_COUNT
} tnas_metric;

/* F1 of class c is 2 tp / (2 tp + fp + fn), 0..1. The mean is over the classes that have labels or
 * answers. confusion: [label][answer], counts. */
double tnas_macro_f1(const int *confusion, int classes);

/* 0..1; labels and answers [count]. 0 without images. */
double tnas_metric_score(tnas_metric metric, const int16_t *labels, const int16_t *answers,
                         int count);

/* What a float network scores on the first `count` images. */
tnas_status tnas_metric_judge(tnas_metric metric, tnas_engine *engine, const tnas_store *store,
                              const tnas_net *net, const tnas_bn_stats *stats,
                              const tnas_images *images, int count, double *score);

#endif
