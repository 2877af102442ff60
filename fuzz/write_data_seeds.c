/* Writes data sets in one file, that the fuzzer starts from: write_data_seeds FOLDER. */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/picture_writer.h"

enum { SIDE = 4 };

static void add(struct archive *archive, const char *name, const void *bytes, size_t byte_count)
{
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)byte_count);
    archive_write_header(archive, entry);
    archive_write_data(archive, bytes, byte_count);
    archive_entry_free(entry);
}

static struct archive *start(const char *folder, const char *name)
{
    char path[4096];
    struct archive *archive = archive_write_new();
    snprintf(path, sizeof path, "%s/%s", folder, name);
    archive_write_set_format_pax_restricted(archive);
    archive_write_open_filename(archive, path);
    return archive;
}

static void end(struct archive *archive)
{
    archive_write_close(archive);
    archive_write_free(archive);
}

/* Two classes, PNG and JPEG; and each as a file of its own. */
static void write_pictures(const char *folder)
{
    struct archive *archive = start(folder, "pictures.tar");
    for (int i = 0; i < 8; i++) {
        uint8_t pixels[SIDE * SIDE * 3];
        char name[32];
        size_t byte_count;
        for (size_t p = 0; p < sizeof pixels; p++)
            pixels[p] = (uint8_t)(37 * i + 11 * (int)p);
        uint8_t *bytes = i % 2 == 0 ? png_bytes(pixels, SIDE, SIDE, 3, &byte_count)
                                    : jpeg_bytes(pixels, SIDE, SIDE, 1, 90, &byte_count);
        snprintf(name, sizeof name, "%s/%d", i % 4 < 2 ? "a" : "b", i);
        add(archive, name, bytes, byte_count);
        snprintf(name, sizeof name, "picture%d", i);
        if (i < 2)
            write_bytes(folder, name, bytes, byte_count);
        tnas_free(bytes);
    }
    end(archive);
}

static void add_array(struct archive *archive, const char *name, const char *header,
                      const void *values, size_t byte_count)
{
    uint8_t bytes[1024] = "\x93NUMPY\x01\x00\x50";
    memset(bytes + 10, ' ', 80);
    memcpy(bytes + 10, header, strlen(header));
    memcpy(bytes + 90, values, byte_count);
    add(archive, name, bytes, 90 + byte_count);
}

static void write_arrays(const char *folder)
{
    struct archive *archive = start(folder, "arrays.tar");
    float values[12 * 6];
    uint8_t labels[12];
    for (int i = 0; i < 12 * 6; i++)
        values[i] = (float)(i * 7 % 31);
    for (int i = 0; i < 12; i++)
        labels[i] = (uint8_t)(i % 2);
    add_array(archive, "x.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 3, 2), }",
              values, sizeof values);
    add_array(archive, "y.npy", "{'descr': '|u1', 'fortran_order': False, 'shape': (12,), }",
              labels, sizeof labels);
    end(archive);
}

static void write_idx(const char *folder)
{
    struct archive *archive = start(folder, "idx.tar");
    uint8_t images[16 + 12 * 4] = "\0\0\x08\x03\0\0\0\x0c\0\0\0\x02\0\0\0\x02";
    uint8_t labels[8 + 12] = "\0\0\x08\x01\0\0\0\x0c";
    for (int i = 0; i < 48; i++)
        images[16 + i] = (uint8_t)(i * 5);
    for (int i = 0; i < 12; i++)
        labels[8 + i] = (uint8_t)(i % 2);
    add(archive, "train-images-idx3-ubyte", images, sizeof images);
    add(archive, "train-labels-idx1-ubyte", labels, sizeof labels);
    end(archive);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    write_pictures(argv[1]);
    write_arrays(argv[1]);
    write_idx(argv[1]);
    return 0;
}
