/* A folder of IDX files that a test changes before it writes them. */
#ifndef TNAS_TESTS_IDX_FIXTURE_H
#define TNAS_TESTS_IDX_FIXTURE_H

#include "data/dataset.h"
#include "tests/testing.h"

typedef struct idx_file {
    uint32_t magic;
    uint32_t sizes[4]; /* as many as the magic's last byte says */
    uint8_t values[8192];
    size_t value_bytes;
} idx_file;

enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, FILE_COUNT };
extern const char *const file_names[FILE_COUNT];

typedef struct fixture {
    char folder[TNAS_PATH_BYTES];
    idx_file files[FILE_COUNT];
} fixture;

/* 40 training and 12 test images of 3x2 in three classes in turn; release with tnas_free. */
fixture *fixture_create(void);

/* Small random images of three classes in turn. */
void fill_split(idx_file *images, idx_file *labels, int count, tnas_rng *rng);

/* A fresh folder a call, below one temporary folder a process. */
void fresh_folder(char out[TNAS_PATH_BYTES]);

size_t encode(const idx_file *file, uint8_t *out);
void write_at(const char *folder, const char *name, const void *bytes, size_t byte_count);
void write_file(const fixture *f, int file);
void write_files(const fixture *f);
void remove_file(const fixture *f, const char *name);

/* Loads what the fixture holds and expects the failure. */
void expect_failure(const fixture *f, tnas_status status, const char *part);

/* Default options but for the validation share. */
tnas_status load_share(const char *location, double share, tnas_dataset **out);

#endif
