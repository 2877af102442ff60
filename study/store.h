/* The study's store: one SQLite file, one writer, write-ahead log.
 *
 *   meta        key, value             what the study is: data, space, recipe, seed, width
 *   class       id, name
 *   target      id, key, ...           one row per search that was asked for
 *   setting     target, key, value     the counts of a target's search and finish
 *   candidate   target, id, ...        every scored architecture in the order of scoring
 *   refused     target, hash, ...      some of those that were over a limit
 *   finalist    target, id, ...        those that were fine-tuned; one is chosen
 *   layer_loss  target, finalist, layer, ...    what int8 costs, layer by layer
 *   confusion   target, finalist, label, answer, count
 *   winner      target, ...            the result; there once the search has finished
 *   vector      target, id, ...        images that test vectors are made of
 *   curve       target, stage, step, ...        training curves
 * docs/formats.md explains every column. The version is SQLite's user_version: stores of earlier
 * versions are upgraded (study/migrate.c), later ones refused. A store is made in one transaction
 * together with what the study is: killed before, there is none.
 *
 * Accuracies are shares, NAN where there is none (NULL in the file). */
#ifndef TNAS_STUDY_STORE_H
#define TNAS_STUDY_STORE_H

#include <stdbool.h>

#include "common/io.h"
#include "data/dataset.h"
#include "nas/search.h"
#include "study/search_target.h"

#define TNAS_STORE_VERSION 3

typedef struct tnas_store_db tnas_store_db;

/* Opens study.db in the folder for writing, makes an empty file when there is none. A store of
 * an earlier version is upgraded. */
tnas_status tnas_db_open(const char *folder, tnas_store_db **out);
/* Opens a study for reading; nothing in the folder is changed, which may be read-only. A store
 * of an earlier version is upgraded in memory. */
tnas_status tnas_db_open_read(const char *folder, tnas_store_db **out);
/* The same, and *empty where nothing was ever stored, which tnas_db_open_read refuses. */
tnas_status tnas_db_open_look(const char *folder, tnas_store_db **out, bool *empty);
void tnas_db_close(tnas_store_db *db);

/* *empty: nothing was ever committed. Fails when the file is a store of another version. */
tnas_status tnas_db_check_version(tnas_store_db *db, bool *empty);
/* Inside a transaction: the tables and the version of a new store. */
tnas_status tnas_db_create_tables(tnas_store_db *db);

tnas_status tnas_db_begin(tnas_store_db *db);
tnas_status tnas_db_commit(tnas_store_db *db);

/* Writes or overwrites. */
tnas_status tnas_db_put_meta(tnas_store_db *db, const char *key, const char *value);
/* *found is false when the key is not there; value is cut to its size. */
tnas_status tnas_db_get_meta(tnas_store_db *db, const char *key, char *value, size_t value_bytes,
                             bool *found);

tnas_status tnas_db_put_classes(tnas_store_db *db, char (*names)[TNAS_CLASS_NAME_BYTES],
                                int class_count);
/* Release *names with tnas_free. */
tnas_status tnas_db_get_classes(tnas_store_db *db, char (**names)[TNAS_CLASS_NAME_BYTES],
                                int *class_count);

/* store_target.c: targets and their settings */

typedef struct tnas_target_row {
    int id;
    tnas_search_target target; /* rules_hash is in the key alone: 0 here */
    double clock_mhz;          /* NAN: of a store of version 1 */
    char latency_source[320];
    bool finished;
} tnas_target_row;

/* The target's row, made when it is new. */
tnas_status tnas_db_target(tnas_store_db *db, const tnas_search_target *target, int *id);
/* The clock of the part and what is behind its latencies, for those who show the study. */
tnas_status tnas_db_describe_target(tnas_store_db *db, int id, double clock_mhz,
                                    const char *latency_source);
/* Time spent on a target, in all runs. */
tnas_status tnas_db_add_seconds(tnas_store_db *db, int id, double seconds);
tnas_status tnas_db_get_seconds(tnas_store_db *db, int id, double *seconds);
/* All targets in order of their numbers. Release *rows with tnas_free. */
tnas_status tnas_db_get_targets(tnas_store_db *db, tnas_target_row **rows, int *count);
/* The target on this part (NULL: any) that finished last; *id is -1 when there is none. */
tnas_status tnas_db_find_finished(tnas_store_db *db, const char *mcu, int *id);

/* Writes or overwrites. */
tnas_status tnas_db_put_setting(tnas_store_db *db, int target, const char *key, const char *value);
tnas_status tnas_db_get_setting(tnas_store_db *db, int target, const char *key, char *value,
                                size_t value_bytes, bool *found);

/* store_candidates.c: what a search scored, and training curves */

typedef struct tnas_candidate_row {
    int id, generation;
    uint64_t hash;
    char *arch;
    bool predicted;       /* accuracy is the predictor's, not measured by inherited weights */
    double accuracy;      /* of the validation images */
    double accuracy_int8; /* inherited weights, int8 kernels; NAN unless rescored */
    bool on_front;
    int64_t macs;
    size_t flash_bytes, sram_bytes;
    double latency_ms, latency_upper_ms; /* NAN without a latency model */
} tnas_candidate_row;

/* Adds `candidate`; one that is there already stays as it is. TNAS_ERR_INPUT when another network
 * has its number, or the same network another number. */
tnas_status tnas_db_add_candidate(tnas_store_db *db, int target, int id, const char *arch,
                                  const tnas_candidate *candidate, bool predicted);
/* Its int8 accuracy. */
tnas_status tnas_db_rescore_candidate(tnas_store_db *db, int target, int id, double accuracy_int8);
/* These candidates and no others are on the target's front. Inside a transaction. */
tnas_status tnas_db_put_front(tnas_store_db *db, int target, const int *ids, int count);

/* Release with tnas_candidate_rows_free. */
tnas_status tnas_db_find_candidate(tnas_store_db *db, int target, uint64_t hash,
                                   tnas_candidate_row **row, bool *found);
tnas_status tnas_db_count_candidates(tnas_store_db *db, int target, int *count);
/* In the order of scoring. Release with tnas_candidate_rows_free. */
tnas_status tnas_db_get_candidates(tnas_store_db *db, int target, tnas_candidate_row **rows,
                                   int *count);

/* Architectures that were over a limit (nas/search.h keeps some), without number and accuracy:
 * these in place of what the target had. Inside a transaction. */
tnas_status tnas_db_clear_refused(tnas_store_db *db, int target);
tnas_status tnas_db_add_refused(tnas_store_db *db, int target, const char *arch,
                                const tnas_candidate *candidate);
/* By generation, then hash; id is -1. Release *rows with tnas_candidate_rows_free. */
tnas_status tnas_db_get_refused(tnas_store_db *db, int target, tnas_candidate_row **rows,
                                int *count);
void tnas_candidate_rows_free(tnas_candidate_row *rows, int count);

/* A point of a training curve. Stages: "supernet", "predictor", and of finalists what
 * tnas_curve_stage_of_finalist says. */
enum { TNAS_CURVE_STAGE_BYTES = 32, TNAS_CURVE_WINNER = 0 };
typedef struct tnas_curve_point {
    long step;
    double loss, right; /* right: share of the answers */
} tnas_curve_point;

/* "finalist-1" for its fine-tuning, "finalist-1-int8" for the quantisation-aware training after it;
 * of TNAS_CURVE_WINNER, which was trained again with the validation images, "winner",
 * "winner-int8". */
void tnas_curve_stage_of_finalist(int finalist, bool int8, char out[TNAS_CURVE_STAGE_BYTES]);

/* Writes or overwrites a point; target 0: of the supernet, which belongs to the study. */
tnas_status tnas_db_put_curve(tnas_store_db *db, int target, const char *stage,
                              const tnas_curve_point *point);
/* By step. Release *points with tnas_free. */
tnas_status tnas_db_get_curve(tnas_store_db *db, int target, const char *stage,
                              tnas_curve_point **points, int *count);

/* store_finalists.c: what the finish made of the best candidates */

/* A fine-tuned, quantised network. Accuracies are shares of the validation images and, once all
 * finalists have met it, of the test set's test_count images. */
typedef struct tnas_finalist {
    int id;
    int candidate; /* number of the candidate; -1: of a store of version 1, not known */
    char arch[TNAS_ARCH_TEXT_BYTES];
    double accuracy_supernet;
    double validation_float, validation_int8;
    double test_float, test_int8; /* NAN before */
    int test_count;
    int64_t macs;
    size_t flash_bytes, sram_bytes, stack_bytes;
    bool has_latency;
    double latency_ms, latency_low_ms, latency_high_ms, latency_upper_ms;
    char model[64]; /* file of the int8 model in the study's folder: "targets/1/model.tnm" */
    bool chosen;
} tnas_finalist;

/* Writes or overwrites. */
tnas_status tnas_db_put_finalist(tnas_store_db *db, int target, const tnas_finalist *finalist);
/* By id. Release *finalists with tnas_free. */
tnas_status tnas_db_get_finalists(tnas_store_db *db, int target, tnas_finalist **finalists,
                                  int *count);

/* What int8 costs a layer. */
typedef struct tnas_layer_loss {
    int layer;          /* operator of the graph */
    char name[48];      /* "conv2d 3x3, 16" */
    double sqnr_db;     /* signal to noise of the network's answers with this layer alone in int8 */
    double accuracy;    /* with this layer alone in int8; NAN: not measured */
    bool before_tuning; /* of the network as it was before quantisation-aware fine-tuning */
} tnas_layer_loss;

/* Writes or overwrites. */
tnas_status tnas_db_put_layer_loss(tnas_store_db *db, int target, int finalist,
                                   const tnas_layer_loss *loss);
/* By before_tuning (those first), then layer. Release *losses with tnas_free. */
tnas_status tnas_db_get_layer_losses(tnas_store_db *db, int target, int finalist,
                                     tnas_layer_loss **losses, int *count);

/* counts: [label][answer], class_count each way; those that are 0 take no row. Of the test
 * images for the chosen finalist. */
tnas_status tnas_db_put_confusion(tnas_store_db *db, int target, int finalist, const int *counts,
                                  int class_count);
/* Into counts, all 0 when there is none. */
tnas_status tnas_db_get_confusion(tnas_store_db *db, int target, int finalist, int *counts,
                                  int class_count);

/* What a finished search found: its chosen finalist, seen with its target. */
typedef struct tnas_winner {
    char mcu[64], runtime[48];
    char profile[TNAS_PATH_BYTES]; /* file of the part's profile */
    int finalist;
    char arch[TNAS_ARCH_TEXT_BYTES];
    double accuracy_supernet, accuracy_validation, accuracy_float, accuracy_int8;
    int test_count;
    int64_t macs;
    size_t flash_bytes, sram_bytes, stack_bytes;
    bool has_latency;
    double latency_ms, latency_low_ms, latency_high_ms, latency_upper_ms;
    char model[64];
    int candidates; /* scored */
    tnas_draw_counts draws;
    double seconds;
} tnas_winner;

/* What the winner has of its finalist: all but part, profile, runtime, candidates, draws, seconds.
 */
void tnas_winner_take_finalist(tnas_winner *winner, const tnas_finalist *finalist);

/* Stores what is not the finalist's: finalist, candidates, draws, seconds. */
tnas_status tnas_db_put_winner(tnas_store_db *db, int target, const tnas_winner *winner);
tnas_status tnas_db_get_winner(tnas_store_db *db, int target, tnas_winner *out, bool *found);

tnas_status tnas_db_put_vector(tnas_store_db *db, int target, int id, const uint8_t *pixels,
                               size_t byte_count);
/* All vectors one after the other, each byte_count bytes. Release with tnas_free. */
tnas_status tnas_db_get_vectors(tnas_store_db *db, int target, size_t byte_count, uint8_t **pixels,
                                int *count);

#endif
