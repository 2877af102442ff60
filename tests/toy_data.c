#include "tests/toy_data.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/testing.h"

static FILE *open_file(const char *folder, const char *name, const char *mode)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    FILE *const file = fopen(path, mode);
    ck_assert_ptr_nonnull(file);
    return file;
}

static void put_u32(FILE *file, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(value >> shift & 0xff), file);
}

/* A bar across, down or along the diagonal, at a random place, on noise. */
static void draw(tnas_rng *rng, int class_index, uint8_t pixels[TOY_SIDE][TOY_SIDE])
{
    for (int y = 0; y < TOY_SIDE; y++)
        for (int x = 0; x < TOY_SIDE; x++)
            pixels[y][x] = (uint8_t)tnas_rng_below(rng, 60);
    const int at = 2 + (int)tnas_rng_below(rng, TOY_SIDE - 4);
    for (int i = 0; i < TOY_SIDE; i++) {
        const int y = class_index == 0 ? at : i;
        const int x = class_index == 1 ? at : class_index == 0 ? i : (i + at) % TOY_SIDE;
        pixels[y][x] = 230;
    }
}

static void write_split(const char *folder, const char *images, const char *labels, int count,
                        uint64_t index)
{
    FILE *const image_file = open_file(folder, images, "wb");
    FILE *const label_file = open_file(folder, labels, "wb");
    put_u32(image_file, 0x803);
    put_u32(image_file, (uint32_t)count);
    put_u32(image_file, TOY_SIDE);
    put_u32(image_file, TOY_SIDE);
    put_u32(label_file, 0x801);
    put_u32(label_file, (uint32_t)count);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, index);
    for (int i = 0; i < count; i++) {
        uint8_t pixels[TOY_SIDE][TOY_SIDE];
        draw(&rng, i % TOY_CLASSES, pixels);
        fwrite(pixels, 1, sizeof pixels, image_file);
        fputc(i % TOY_CLASSES, label_file);
    }
    fclose(image_file);
    fclose(label_file);
}

void write_toy_data(const char *folder)
{
    write_split(folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", TOY_TRAIN, 1000);
    write_split(folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", TOY_TEST, 1001);
}

void truncate_file(const char *folder, const char *name, int bytes)
{
    char path[TNAS_PATH_BYTES];
    ck_ok(tnas_path_join(path, folder, name));
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(truncate(path, info.st_size - bytes), 0);
}

void poke_file(const char *folder, const char *name, int at, int value)
{
    FILE *const file = open_file(folder, name, "r+b");
    fseek(file, at, SEEK_SET);
    fputc(value, file);
    fclose(file);
}
