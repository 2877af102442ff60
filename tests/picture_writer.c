#include "tests/picture_writer.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "common/alloc.h"

typedef struct growing {
    uint8_t *bytes;
    size_t used;
} growing;

static void append(png_structp png, png_bytep bytes, size_t byte_count)
{
    growing *const to = png_get_io_ptr(png);
    to->bytes = tnas_alloc_grow(to->bytes, to->used, to->used + byte_count, 1);
    memcpy(to->bytes + to->used, bytes, byte_count);
    to->used += byte_count;
}

static void flush(png_structp png)
{
    (void)png;
}

typedef struct png_form {
    int bits, colour_type, row_bytes, interlaced;
    const uint8_t *palette;
} png_form;

static uint8_t *write_form(const uint8_t *rows, int h, int w, const png_form *form,
                           size_t *byte_count)
{
    growing to = {NULL, 0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(png, &to, append, flush);
    png_set_IHDR(png, info, (uint32_t)w, (uint32_t)h, form->bits, form->colour_type,
                 form->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    if (form->palette != NULL)
        png_set_PLTE(png, info, (png_const_colorp)(const void *)form->palette, 256);
    png_write_info(png, info);
    const int passes = png_set_interlace_handling(png);
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < h; y++)
            png_write_row(png, rows + (size_t)y * (size_t)form->row_bytes);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    *byte_count = to.used;
    return to.bytes;
}

static int colour_type_of(int c)
{
    static const int types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    return types[c];
}

uint8_t *png_bytes(const uint8_t *pixels, int h, int w, int c, size_t *byte_count)
{
    const png_form form = {8, colour_type_of(c), w * c, 0, NULL};
    return write_form(pixels, h, w, &form, byte_count);
}

uint8_t *png_bytes_16(const uint8_t *pixels, int h, int w, int c, size_t *byte_count)
{
    const png_form form = {16, colour_type_of(c), 2 * w * c, 0, NULL};
    return write_form(pixels, h, w, &form, byte_count);
}

uint8_t *png_bytes_palette(const uint8_t *indices, int h, int w, const uint8_t *palette,
                           int interlaced, size_t *byte_count)
{
    const png_form form = {8, PNG_COLOR_TYPE_PALETTE, w, interlaced, palette};
    return write_form(indices, h, w, &form, byte_count);
}

uint8_t *jpeg_bytes(const uint8_t *pixels, int h, int w, int c, int quality, size_t *byte_count)
{
    tjhandle jpeg = tjInitCompress();
    unsigned char *bytes = NULL;
    unsigned long used = 0;
    if (tjCompress2(jpeg, pixels, w, 0, h, c == 1 ? TJPF_GRAY : TJPF_RGB, &bytes, &used,
                    c == 1 ? TJSAMP_GRAY : TJSAMP_444, quality, TJFLAG_ACCURATEDCT) != 0)
        abort();
    uint8_t *copy = tnas_alloc_zero(used, 1);
    memcpy(copy, bytes, used);
    tjFree(bytes);
    tjDestroy(jpeg);
    *byte_count = used;
    return copy;
}

void write_bytes(const char *folder, const char *name, const void *bytes, size_t byte_count)
{
    char path[TNAS_PATH_BYTES], parent[TNAS_PATH_BYTES];
    if (tnas_path_join(path, folder, name) != TNAS_OK)
        abort();
    memcpy(parent, path, sizeof parent);
    *strrchr(parent, '/') = '\0';
    if (tnas_dir_create(parent) != TNAS_OK || tnas_file_write(path, bytes, byte_count) != TNAS_OK)
        abort();
}

void write_png(const char *folder, const char *name, const uint8_t *pixels, int h, int w, int c)
{
    size_t byte_count;
    uint8_t *bytes = png_bytes(pixels, h, w, c, &byte_count);
    write_bytes(folder, name, bytes, byte_count);
    tnas_free(bytes);
}

void write_jpeg(const char *folder, const char *name, const uint8_t *pixels, int h, int w, int c)
{
    size_t byte_count;
    uint8_t *bytes = jpeg_bytes(pixels, h, w, c, 95, &byte_count);
    write_bytes(folder, name, bytes, byte_count);
    tnas_free(bytes);
}
