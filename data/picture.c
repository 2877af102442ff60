#include "data/picture.h"

#include <png.h>
#include <string.h>
#include <turbojpeg.h>

#include "common/alloc.h"
#include "data/source.h"

static const uint8_t png_magic[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

static bool is_jpeg(const uint8_t *bytes, size_t byte_count)
{
    return byte_count >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

static bool is_png(const uint8_t *bytes, size_t byte_count)
{
    return byte_count >= sizeof png_magic && memcmp(bytes, png_magic, sizeof png_magic) == 0;
}

bool tnas_picture_recognises(const uint8_t *head, size_t head_bytes)
{
    return is_jpeg(head, head_bytes) || is_png(head, head_bytes);
}

static tnas_status check_size(const char *name, long h, long w)
{
    if (h < 1 || w < 1 || h > TNAS_PICTURE_SIDE_MAX || w > TNAS_PICTURE_SIDE_MAX ||
        (size_t)h * (size_t)w > TNAS_PICTURE_PIXELS_MAX)
        return tnas_fail(TNAS_ERR_INPUT,
                         "%s: an image of %ldx%ld: sides are 1 to %d, pixels %zu Mi", name, h, w,
                         TNAS_PICTURE_SIDE_MAX, TNAS_PICTURE_PIXELS_MAX >> 20);
    return TNAS_OK;
}

/* ---- JPEG ---- */

static tnas_status fail_jpeg(const char *name, const char *reason)
{
    return tnas_fail(TNAS_ERR_INPUT, "%s: a JPEG that cannot be read: %s", name, reason);
}

/* A header that ends with the bytes at hand is cut, or they were not all. */
static tnas_status read_jpeg_header(const uint8_t *bytes, size_t byte_count, bool is_whole,
                                    const char *name, tnas_picture_header *out, bool *needs_more)
{
    tjhandle jpeg = tjInitDecompress();
    if (jpeg == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "decoder of %s", name);
    int subsampling, colours = 0;
    tnas_status status = TNAS_OK;
    const bool failed = tjDecompressHeader3(jpeg, bytes, (unsigned long)byte_count, &out->w,
                                            &out->h, &subsampling, &colours) != 0;
    if (failed || out->h < 1) {
        *needs_more = !is_whole;
        status = is_whole ? fail_jpeg(name, failed ? tjGetErrorStr2(jpeg) : "it has no header")
                          : TNAS_OK;
    } else if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
        status = tnas_fail(TNAS_ERR_INPUT, "%s: a CMYK JPEG: must be grey, YCbCr or RGB", name);
    } else {
        out->is_grey = colours == TJCS_GRAY;
        status = check_size(name, out->h, out->w);
    }
    tjDestroy(jpeg);
    return status;
}

/* Bytes between two markers are common in photographs and harm nothing; all else does. */
static bool is_harmless(tjhandle jpeg)
{
    return tjGetErrorCode(jpeg) == TJERR_WARNING &&
           strstr(tjGetErrorStr2(jpeg), "extraneous bytes") != NULL;
}

static tnas_status decode_jpeg(const uint8_t *bytes, size_t byte_count, const char *name,
                               const tnas_picture_header *header, int c, uint8_t *pixels)
{
    tjhandle jpeg = tjInitDecompress();
    if (jpeg == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "decoder of %s", name);
    tnas_status status = TNAS_OK;
    if (tjDecompress2(jpeg, bytes, (unsigned long)byte_count, pixels, header->w, 0, header->h,
                      c == 1 ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS) != 0 &&
        !is_harmless(jpeg))
        status = fail_jpeg(name, tjGetErrorStr2(jpeg));
    tjDestroy(jpeg);
    return status;
}

/* ---- PNG ---- */

static uint32_t read_be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Signature, then the IHDR chunk: length, type, width, height, bits, colour type. */
static tnas_status read_png_header(const uint8_t *bytes, size_t byte_count, const char *name,
                                   tnas_picture_header *out)
{
    enum { HEADER_BYTES = 33, COLOUR_BIT = 2 };
    if (byte_count < HEADER_BYTES || memcmp(bytes + 12, "IHDR", 4) != 0)
        return tnas_fail(TNAS_ERR_INPUT, "%s: a PNG that cannot be read: no header in %zu bytes",
                         name, byte_count);
    out->is_grey = (bytes[25] & COLOUR_BIT) == 0;
    const uint32_t w = read_be32(bytes + 16), h = read_be32(bytes + 20);
    TNAS_TRY(check_size(name, (long)h, (long)w));
    out->h = (int)h;
    out->w = (int)w;
    return TNAS_OK;
}

typedef struct png_reading {
    const uint8_t *bytes;
    size_t byte_count, used;
    char reason[120];
    bool is_nomem;
    png_structp png;
    png_infop info;
    png_bytep row; /* [w, 4] or less: a row, before alpha and colour are settled */
} png_reading;

static void give_bytes(png_structp png, png_bytep out, size_t wanted)
{
    png_reading *const reading = png_get_io_ptr(png);
    if (wanted > reading->byte_count - reading->used)
        png_error(png, "the file ends too early");
    memcpy(out, reading->bytes + reading->used, wanted);
    reading->used += wanted;
}

static void keep_reason(png_structp png, png_const_charp reason)
{
    png_reading *const reading = png_get_error_ptr(png);
    strncpy(reading->reason, reason, sizeof reading->reason - 1);
    png_longjmp(png, 1);
}

static void ignore_warning(png_structp png, png_const_charp reason)
{
    (void)png;
    (void)reason;
}

/* One row of 8-bit grey, grey-alpha, RGB or RGBA to [w, c]. */
static void settle_row(const uint8_t *row, int w, int channels, int c, uint8_t *out)
{
    const bool has_alpha = channels == 2 || channels == 4, has_colour = channels >= 3;
    for (int x = 0; x < w; x++, row += channels, out += c) {
        const int alpha = has_alpha ? row[channels - 1] : 255;
        int colours[3];
        for (int k = 0; k < 3; k++)
            colours[k] = (row[has_colour ? k : 0] * alpha + 127) / 255;
        if (c == 1)
            out[0] =
                has_colour
                    ? (uint8_t)((299 * colours[0] + 587 * colours[1] + 114 * colours[2] + 500) /
                                1000)
                    : (uint8_t)colours[0];
        else
            for (int k = 0; k < 3; k++)
                out[k] = (uint8_t)colours[k];
    }
}

/* Calls of libpng that may jump back; nothing is owned by a local of this function. */
static void run_png(png_reading *r, const tnas_picture_header *header, int c, uint8_t *pixels)
{
    png_set_read_fn(r->png, r, give_bytes);
    png_set_user_limits(r->png, TNAS_PICTURE_SIDE_MAX, TNAS_PICTURE_SIDE_MAX);
    png_read_info(r->png, r->info);
    png_set_expand(r->png);
    png_set_scale_16(r->png);
    const int passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    const int h = (int)png_get_image_height(r->png, r->info);
    const int w = (int)png_get_image_width(r->png, r->info);
    const int channels = png_get_channels(r->png, r->info);
    const size_t row_bytes = png_get_rowbytes(r->png, r->info);
    if (h != header->h || w != header->w || row_bytes != (size_t)w * (size_t)channels)
        png_error(r->png, "its header has changed");
    const size_t kept_rows = passes > 1 ? (size_t)h : 1;
    r->row = tnas_alloc_zero(kept_rows, row_bytes);
    r->is_nomem = r->row == NULL;
    if (r->is_nomem)
        png_error(r->png, "out of memory");
    for (int pass = 0; pass < passes; pass++)
        for (int y = 0; y < h; y++) {
            uint8_t *const row = passes > 1 ? r->row + (size_t)y * row_bytes : r->row;
            png_read_row(r->png, row, NULL);
            if (pass == passes - 1)
                settle_row(row, w, channels, c, pixels + (size_t)y * (size_t)w * (size_t)c);
        }
    png_read_end(r->png, NULL);
}

static tnas_status decode_png(const uint8_t *bytes, size_t byte_count, const char *name,
                              const tnas_picture_header *header, int c, uint8_t *pixels)
{
    png_reading r = {.bytes = bytes, .byte_count = byte_count};
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &r, keep_reason, ignore_warning);
    r.info = r.png != NULL ? png_create_info_struct(r.png) : NULL;
    tnas_status status = TNAS_OK;
    if (r.info == NULL)
        status = tnas_fail(TNAS_ERR_NOMEM, "decoder of %s", name);
    else if (setjmp(png_jmpbuf(r.png)) == 0)
        run_png(&r, header, c, pixels);
    else
        status = tnas_fail(r.is_nomem ? TNAS_ERR_NOMEM : TNAS_ERR_INPUT,
                           "%s: a PNG that cannot be read: %s", name, r.reason);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    tnas_free(r.row);
    return status;
}

/* ---- either ---- */

tnas_status tnas_picture_read_header(const uint8_t *bytes, size_t byte_count, bool is_whole,
                                     const char *name, tnas_picture_header *out, bool *needs_more)
{
    *out = (tnas_picture_header){0};
    *needs_more = false;
    if (is_jpeg(bytes, byte_count))
        return read_jpeg_header(bytes, byte_count, is_whole, name, out, needs_more);
    if (is_png(bytes, byte_count))
        return read_png_header(bytes, byte_count, name, out);
    return byte_count == 0
               ? tnas_fail(TNAS_ERR_INPUT, "%s: is empty: must be a JPEG or PNG image", name)
               : tnas_fail(TNAS_ERR_INPUT,
                           "%s: begins with bytes 0x%02x%02x: must be a JPEG or PNG image", name,
                           bytes[0], byte_count > 1 ? bytes[1] : 0);
}

tnas_status tnas_picture_decode(const uint8_t *bytes, size_t byte_count, const char *name,
                                const tnas_picture_header *header, int c, uint8_t *pixels)
{
    tnas_picture_header now;
    bool needs_more;
    TNAS_TRY(tnas_picture_read_header(bytes, byte_count, true, name, &now, &needs_more));
    if (now.h != header->h || now.w != header->w)
        return tnas_fail(
            TNAS_ERR_INPUT,
            "%s: an image of %dx%d, but of %dx%d when the data set was opened: it must "
            "not change meanwhile",
            name, now.h, now.w, header->h, header->w);
    return is_jpeg(bytes, byte_count) ? decode_jpeg(bytes, byte_count, name, header, c, pixels)
                                      : decode_png(bytes, byte_count, name, header, c, pixels);
}
