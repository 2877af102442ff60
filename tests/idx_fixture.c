#include "tests/idx_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"

const char *const file_names[FILE_COUNT] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                            "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/* Small random images of three classes in turn. */
void fill_split(idx_file *images, idx_file *labels, int count, tnas_rng *rng)
{
    *images = (idx_file){.magic = 0x803, .sizes = {(uint32_t)count, 3, 2}};
    *labels = (idx_file){.magic = 0x801, .sizes = {(uint32_t)count}};
    images->value_bytes = (size_t)count * 6;
    labels->value_bytes = (size_t)count;
    ck_assert_uint_le(images->value_bytes, sizeof images->values);
    for (size_t i = 0; i < images->value_bytes; i++)
        images->values[i] = (uint8_t)tnas_rng_below(rng, 256);
    for (int i = 0; i < count; i++)
        labels->values[i] = (uint8_t)(i % 3);
}

/* A fresh folder a call, below one temporary folder a process. */
void fresh_folder(char out[TNAS_PATH_BYTES])
{
    static char top[TNAS_PATH_BYTES];
    static int count;
    char name[16];
    if (count == 0)
        temporary_folder(top);
    snprintf(name, sizeof name, "set%d", count++);
    ck_ok(tnas_path_join(out, top, name));
    ck_ok(tnas_dir_create(out));
}

fixture *fixture_create(void)
{
    fixture *f = tnas_alloc_zero(1, sizeof *f);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 0);
    fresh_folder(f->folder);
    fill_split(&f->files[TRAIN_IMAGES], &f->files[TRAIN_LABELS], 40, &rng);
    fill_split(&f->files[TEST_IMAGES], &f->files[TEST_LABELS], 12, &rng);
    return f;
}

size_t encode(const idx_file *file, uint8_t *out)
{
    const uint32_t dims = file->magic & 0xff;
    size_t used = 0;
    for (uint32_t i = 0; i <= dims; i++) {
        const uint32_t word = i == 0 ? file->magic : file->sizes[i - 1];
        for (int shift = 24; shift >= 0; shift -= 8)
            out[used++] = (uint8_t)(word >> shift);
    }
    memcpy(out + used, file->values, file->value_bytes);
    return used + file->value_bytes;
}

void write_at(const char *folder, const char *name, const void *bytes, size_t byte_count)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    ck_ok(tnas_file_write(path, bytes, byte_count));
}

void write_file(const fixture *f, int file)
{
    uint8_t bytes[sizeof f->files[0].values + 32];
    write_at(f->folder, file_names[file], bytes, encode(&f->files[file], bytes));
}

void write_files(const fixture *f)
{
    for (int file = 0; file < FILE_COUNT; file++)
        write_file(f, file);
}

void remove_file(const fixture *f, const char *name)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, f->folder, name));
    ck_assert_int_eq(unlink(path), 0);
}

/* Loads what the fixture holds and expects the failure. */
void expect_failure(const fixture *f, tnas_status status, const char *part)
{
    tnas_dataset *dataset;
    write_files(f);
    ck_fails(status, part, load_share(f->folder, 0.2, &dataset));
    ck_assert_ptr_null(dataset);
}

tnas_status load_share(const char *location, double share, tnas_dataset **out)
{
    tnas_data_options options = tnas_data_options_default();
    options.validation_share = share;
    return tnas_dataset_load(location, &options, out);
}
