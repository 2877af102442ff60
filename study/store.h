/* The study's store: one SQLite file, one writer, write-ahead log.
 *
 *   meta       key, value           what the study is: data, space, recipe, seed, width
 *   class      id, name
 *   target     id, key, ...         one row per search that was asked for
 *   candidate  target, id, ...      every scored architecture in the order of scoring
 *   winner     target, ...          the result; there once the search has finished
 *   vector     target, id, ...      images that test vectors are made of
 * The version is SQLite's user_version; other versions are refused. A store is made in one
 * transaction together with what the study is: killed before, there is none. */
#ifndef TNAS_STUDY_STORE_H
#define TNAS_STUDY_STORE_H

#include <stdbool.h>

#include "common/io.h"
#include "data/dataset.h"
#include "nas/search.h"
#include "study/search_target.h"

#define TNAS_STORE_VERSION 1

typedef struct tnas_store_db tnas_store_db;

/* Opens study.db in the folder for writing, makes an empty file when there is none. */
tnas_status tnas_db_open(const char *folder, tnas_store_db **out);
/* Opens a study for reading; nothing in the folder is changed, which may be read-only. */
tnas_status tnas_db_open_read(const char *folder, tnas_store_db **out);
void tnas_db_close(tnas_store_db *db);

/* *empty: nothing was ever committed. Fails when the file is a store of another version. */
tnas_status tnas_db_check_version(tnas_store_db *db, bool *empty);
/* Inside a transaction: the tables and the version of a new store. */
tnas_status tnas_db_create_tables(tnas_store_db *db);

tnas_status tnas_db_begin(tnas_store_db *db);
tnas_status tnas_db_commit(tnas_store_db *db);

tnas_status tnas_db_put_meta(tnas_store_db *db, const char *key, const char *value);
/* *found is false when the key is not there; value is cut to its size. */
tnas_status tnas_db_get_meta(tnas_store_db *db, const char *key, char *value, size_t value_bytes,
                             bool *found);

tnas_status tnas_db_put_classes(tnas_store_db *db, char (*names)[TNAS_CLASS_NAME_BYTES],
                                int class_count);
/* Release *names with tnas_free. */
tnas_status tnas_db_get_classes(tnas_store_db *db, char (**names)[TNAS_CLASS_NAME_BYTES],
                                int *class_count);

/* The target's row, made when it is new. */
tnas_status tnas_db_target(tnas_store_db *db, const tnas_search_target *target, int *id);
/* The target on this part (NULL: any) that finished last; *id is -1 when there is none. */
tnas_status tnas_db_find_finished(tnas_store_db *db, const char *mcu, int *id);

tnas_status tnas_db_add_candidate(tnas_store_db *db, int target, int id, const char *arch,
                                  const tnas_candidate *candidate);
/* The stored accuracy of a candidate by its hash. */
tnas_status tnas_db_find_accuracy(tnas_store_db *db, int target, uint64_t hash, double *accuracy,
                                  bool *found);

/* What a finished search found. Accuracies are shares of test_count images. */
typedef struct tnas_winner {
    char mcu[64], runtime[48];
    char profile[TNAS_PATH_BYTES]; /* file of the part's profile */
    char arch[TNAS_ARCH_TEXT_BYTES];
    double accuracy_supernet, accuracy_validation, accuracy_float, accuracy_int8;
    int test_count;
    int64_t macs;
    size_t flash_bytes, sram_bytes, stack_bytes;
    bool has_latency;
    double latency_ms, latency_low_ms, latency_high_ms, latency_upper_ms;
    int candidates; /* scored */
    tnas_draw_counts draws;
    double seconds;
} tnas_winner;

tnas_status tnas_db_put_winner(tnas_store_db *db, int target, const tnas_winner *winner);
tnas_status tnas_db_get_winner(tnas_store_db *db, int target, tnas_winner *out, bool *found);

tnas_status tnas_db_put_vector(tnas_store_db *db, int target, int id, const uint8_t *pixels,
                               size_t byte_count);
/* All vectors one after the other, each byte_count bytes. Release with tnas_free. */
tnas_status tnas_db_get_vectors(tnas_store_db *db, int target, size_t byte_count, uint8_t **pixels,
                                int *count);

#endif
