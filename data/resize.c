/* Both methods are a weighted sum over a run of input pixels along each axis, with whole
 * weights of a common sum. The rows are summed first, then the columns:
 *
 *   out[y, x] = sum_j sum_i row_weight[y, j] * column_weight[x, i] * in[row[y] + j, col[x] + i]
 *               / (row_sum * column_sum), rounded
 *
 * area      with lengths in units of 1 / to, an input pixel is `to` long, an output pixel
 *           `from`; a weight is the length of their overlap; the sum is `from`
 * bilinear  the centre of output i lies at ((2 i + 1) from - to) / (2 to); two weights of the sum
 *           2 to */
#include "data/resize.h"

#include <assert.h>
#include <string.h>

#include "common/alloc.h"

/* How one axis is mapped. */
typedef struct axis {
    int32_t *first, *tap_count; /* [to] */
    uint32_t *weights;          /* [to, tap_max] */
    int tap_max;
    uint64_t sum;
} axis;

struct tnas_resizer {
    tnas_image_size from, to;
    axis rows, columns;
    uint32_t *line; /* [from.w, c], rows already summed */
};

tnas_resize_method tnas_resize_method_parse(const char *text)
{
    return strcmp(text, "bilinear") == 0 ? TNAS_RESIZE_BILINEAR : TNAS_RESIZE_AREA;
}

static void set_area_taps(axis *a, int from, int to, int i)
{
    const int64_t start = (int64_t)i * from, end = start + from; /* in units of 1 / to */
    const int64_t first = start / to, last = (end - 1) / to;
    a->first[i] = (int32_t)first;
    a->tap_count[i] = (int32_t)(last - first + 1);
    for (int64_t p = first; p <= last; p++) {
        const int64_t low = p * to > start ? p * to : start;
        const int64_t high = (p + 1) * to < end ? (p + 1) * to : end;
        a->weights[(int64_t)i * a->tap_max + p - first] = (uint32_t)(high - low);
    }
}

static void set_bilinear_taps(axis *a, int from, int to, int i)
{
    const int64_t last = (int64_t)(from - 1) * 2 * to;
    int64_t at = (int64_t)(2 * i + 1) * from - to; /* in units of 1 / (2 to) */
    at = at < 0 ? 0 : at > last ? last : at;
    const int64_t first = at / (2 * to), rest = at % (2 * to);
    uint32_t *const weights = a->weights + (int64_t)i * a->tap_max;
    a->first[i] = (int32_t)first;
    a->tap_count[i] = rest > 0 ? 2 : 1;
    weights[0] = (uint32_t)(2 * to - rest);
    weights[1] = (uint32_t)rest;
}

static bool make_axis(axis *a, int from, int to, tnas_resize_method method)
{
    a->tap_max = method == TNAS_RESIZE_AREA ? from / to + 2 : 2;
    a->sum = method == TNAS_RESIZE_AREA ? (uint64_t)from : 2 * (uint64_t)to;
    a->first = tnas_alloc_zero((size_t)to, sizeof *a->first);
    a->tap_count = tnas_alloc_zero((size_t)to, sizeof *a->tap_count);
    a->weights = tnas_alloc_zero((size_t)to * (size_t)a->tap_max, sizeof *a->weights);
    if (a->first == NULL || a->tap_count == NULL || a->weights == NULL)
        return false;
    for (int i = 0; i < to; i++)
        if (method == TNAS_RESIZE_AREA)
            set_area_taps(a, from, to, i);
        else
            set_bilinear_taps(a, from, to, i);
    return true;
}

static void free_axis(axis *a)
{
    tnas_free(a->first);
    tnas_free(a->tap_count);
    tnas_free(a->weights);
}

static tnas_status check_size(const tnas_image_size *size)
{
    if (size->h < 1 || size->h > TNAS_RESIZE_SIDE_MAX || size->w < 1 ||
        size->w > TNAS_RESIZE_SIDE_MAX || size->c < 1)
        return tnas_fail(TNAS_ERR_INPUT, "image of %dx%dx%d: sides must be 1 to %d", size->h,
                         size->w, size->c, TNAS_RESIZE_SIDE_MAX);
    return TNAS_OK;
}

tnas_status tnas_resizer_create(const tnas_image_size *from, const tnas_image_size *to,
                                tnas_resize_method method, tnas_resizer **out)
{
    *out = NULL;
    assert(from->c == to->c);
    TNAS_TRY(check_size(from));
    TNAS_TRY(check_size(to));
    tnas_resizer *resizer = tnas_alloc_zero(1, sizeof *resizer);
    bool ok = resizer != NULL;
    if (ok) {
        resizer->from = *from;
        resizer->to = *to;
        resizer->line = tnas_alloc_zero((size_t)from->w * (size_t)from->c, sizeof *resizer->line);
        ok = resizer->line != NULL && make_axis(&resizer->rows, from->h, to->h, method) &&
             make_axis(&resizer->columns, from->w, to->w, method);
    }
    if (!ok) {
        tnas_resizer_destroy(resizer);
        return tnas_fail(TNAS_ERR_NOMEM, "resizing %dx%d to %dx%d", from->h, from->w, to->h, to->w);
    }
    *out = resizer;
    return TNAS_OK;
}

void tnas_resizer_destroy(tnas_resizer *resizer)
{
    if (resizer == NULL)
        return;
    free_axis(&resizer->rows);
    free_axis(&resizer->columns);
    tnas_free(resizer->line);
    tnas_free(resizer);
}

/* line[w, c] = the rows that output row y covers, weighted. At most 255 * 2^15. */
static void sum_rows(const tnas_resizer *r, const uint8_t *in, int y)
{
    const size_t row_values = (size_t)r->from.w * (size_t)r->from.c;
    const uint32_t *const weights = r->rows.weights + (size_t)y * (size_t)r->rows.tap_max;
    memset(r->line, 0, row_values * sizeof *r->line);
    for (int j = 0; j < r->rows.tap_count[y]; j++) {
        const uint8_t *const row = in + (size_t)(r->rows.first[y] + j) * row_values;
        for (size_t i = 0; i < row_values; i++)
            r->line[i] += weights[j] * row[i];
    }
}

static void sum_columns(const tnas_resizer *r, uint8_t *out)
{
    const int c = r->from.c;
    const uint64_t divisor = r->rows.sum * r->columns.sum;
    for (int x = 0; x < r->to.w; x++) {
        const uint32_t *const weights = r->columns.weights + (size_t)x * (size_t)r->columns.tap_max;
        const uint32_t *const at = r->line + (size_t)r->columns.first[x] * (size_t)c;
        for (int k = 0; k < c; k++) {
            uint64_t sum = divisor / 2;
            for (int i = 0; i < r->columns.tap_count[x]; i++)
                sum += (uint64_t)weights[i] * at[(size_t)i * (size_t)c + (size_t)k];
            *out++ = (uint8_t)(sum / divisor);
        }
    }
}

void tnas_resizer_run(tnas_resizer *resizer, const uint8_t *in, uint8_t *out)
{
    const size_t out_row = (size_t)resizer->to.w * (size_t)resizer->to.c;
    for (int y = 0; y < resizer->to.h; y++) {
        sum_rows(resizer, in, y);
        sum_columns(resizer, out + (size_t)y * out_row);
    }
}
