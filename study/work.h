/* The plan of work of a search: every count and recipe field behind its supernet, its candidates
 * and its finish. A preset fills it (study/preset.h), a run configuration and the command line
 * override single fields by their keys, the study stores it.
 *
 * Fields are listed once: those below, those of the recipes (trainer/recipe.h) under
 * "supernet." and "finetune.", those of the evolution (nas/search.h) under "search.", those of the
 * finish (trainer/finish.h) under "finish.". Keys,
 * texts, ranges, comparison and configuration files come from the list. */
#ifndef TNAS_STUDY_WORK_H
#define TNAS_STUDY_WORK_H

#include <stddef.h>

#include "nas/search.h"
#include "supernet/supernet.h"
#include "trainer/finish.h"
#include "trainer/metric.h"

/* Words of a field that is an enum counted from 0: "|uniform|sandwich". */
#define TNAS_WORK_WORD_3(name, text, what) "|" text
#define TNAS_SUPERNET_RECIPE_WORDS         "" TNAS_SUPERNET_RECIPES(TNAS_WORK_WORD_3)
#define TNAS_OPTIMIZER_WORDS               "" TNAS_OPTIMIZERS(TNAS_WORK_WORD_3)
#define TNAS_STRATEGY_WORDS                "" TNAS_STRATEGIES(TNAS_WORK_WORD_3)
#define TNAS_METRIC_WORDS                  "" TNAS_METRICS(TNAS_WORK_WORD_3)

/* Scope STUDY: a study has one value, which its supernet rests on. TARGET: each search may have
 * its own. Kinds: COUNT (int), NUMBER (double), WORD (enum).
 *  scope   key                           kind   member                 words  min  max    help */
#define TNAS_WORK_FIELDS(X)                                                                        \
    X(STUDY, "choice.samples", COUNT, space_samples, NULL, 1, 1000000,                             \
      "random networks behind the choice of input size and width")                                 \
    X(STUDY, "supernet.recipe", WORD, recipe, TNAS_SUPERNET_RECIPE_WORDS, 0, 0,                    \
      "how the networks of the supernet take turns (docs/supernet.md)")                            \
    X(TARGET, "search.strategy", WORD, strategy, TNAS_STRATEGY_WORDS, 0, 0,                        \
      "how candidates are found")                                                                  \
    X(TARGET, "search.metric", WORD, metric, TNAS_METRIC_WORDS, 0, 0,                              \
      "what candidates and finalists are judged by, on the validation images")                     \
    X(TARGET, "search.min_accuracy", NUMBER, min_accuracy, NULL, 0, 1,                             \
      "the fastest network that has it is wanted; 0: the most accurate")                           \
    X(TARGET, "search.tie_sigmas", NUMBER, tie_sigmas, NULL, 0, 10,                                \
      "accuracies so near the best count as equal, and the cheapest is taken; 0: none do")         \
    X(TARGET, "search.validation_images", COUNT, validation_images, NULL, 1, 100000000,            \
      "behind each candidate's accuracy")                                                          \
    X(TARGET, "search.recalibration_batches", COUNT, recalibration_batches, NULL, 1, 100000,       \
      "batches behind a network's batch-norm statistics")                                          \
    X(TARGET, "search.batch_images", COUNT, batch_images, NULL, 1, 4096, "images of such a batch") \
    X(TARGET, "finish.finalists", COUNT, finalists, NULL, 1, TNAS_FINALISTS_MAX,                   \
      "candidates that are fine-tuned; the best of them wins")                                     \
    X(TARGET, "finish.calibration_images", COUNT, calibration_images, NULL, 1, 1000000,            \
      "training images behind the int8 ranges")

enum { TNAS_FINALISTS_MAX = 16 };

typedef struct tnas_plan_of_work {
    tnas_supernet_recipe recipe;
    tnas_recipe supernet, finetune;
    tnas_evolution evolution;
    double min_accuracy, tie_sigmas;
    tnas_strategy strategy;
    tnas_metric metric;
    int space_samples;
    int validation_images;
    int recalibration_batches, batch_images;
    int calibration_images;
    int finalists;
    tnas_finish_recipe finish;
} tnas_plan_of_work;

typedef enum tnas_work_scope { TNAS_WORK_STUDY, TNAS_WORK_TARGET } tnas_work_scope;
typedef enum tnas_work_kind { TNAS_WORK_COUNT, TNAS_WORK_NUMBER, TNAS_WORK_WORD } tnas_work_kind;

typedef struct tnas_work_field {
    tnas_work_scope scope;
    char key[64]; /* "supernet.learning_rate", "finetune.augment.shift.amount" */
    tnas_work_kind kind;
    size_t at;         /* of the member in the plan */
    const char *words; /* of a WORD: "|uniform|sandwich" */
    double min, max;   /* of the others */
} tnas_work_field;

enum { TNAS_WORK_FIELDS_MAX = 192, TNAS_WORK_TEXT_BYTES = 64 };

/* All fields, the study's first among equals of a section; returns how many. */
int tnas_work_list(tnas_work_field out[TNAS_WORK_FIELDS_MAX]);
bool tnas_work_find(const char *key, tnas_work_field *out);

/* "2500", "0.3", "uniform": sets the field to the same value again. */
void tnas_work_text(const tnas_plan_of_work *work, const tnas_work_field *field,
                    char out[TNAS_WORK_TEXT_BYTES]);
/* TNAS_ERR_USAGE with the sentence `KEY = TEXT: must be ...`. */
tnas_status tnas_work_set(tnas_plan_of_work *work, const char *key, const char *text);

/* What goes together: batches and shards, parents and population, images that there are.
 * TNAS_ERR_USAGE. */
tnas_status tnas_work_check(const tnas_plan_of_work *work, int validation_count);

/* Fields that a user set, over a preset. */
typedef struct tnas_overrides {
    int count;
    struct {
        char key[64], text[TNAS_WORK_TEXT_BYTES];
    } items[TNAS_WORK_FIELDS_MAX];
} tnas_overrides;

/* Adds or replaces; TNAS_ERR_USAGE when there is no such field or the value breaks its rule. */
tnas_status tnas_overrides_put(tnas_overrides *overrides, const char *key, const char *text);
/* The text of a field that is overridden; NULL: it is not. */
const char *tnas_overrides_text(const tnas_overrides *overrides, const char *key);
/* A population that is set alone keeps the share that are parents. */
tnas_status tnas_overrides_apply(const tnas_overrides *overrides, tnas_plan_of_work *work);

#endif
