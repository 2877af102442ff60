#include "cli/report.h"

#include <math.h>
#include <stdio.h>

#include "cli/output.h"
#include "cli/screen.h"

static void print_verdict(bool fits)
{
    printf("%s%s%s", tnas_screen_paint(stdout, fits ? TNAS_PAINT_GOOD : TNAS_PAINT_BAD),
           fits ? "FITS" : "OVER", tnas_screen_paint(stdout, TNAS_PAINT_NONE));
}

void tnas_report_bytes(const char *name, size_t used_bytes, size_t reserve_bytes,
                       size_t limit_bytes, const char *where)
{
    char a[32], b[32], c[32];
    const long long total = (long long)(used_bytes + reserve_bytes);
    const long long slack = (long long)limit_bytes - total;
    printf("%-10s %12s of %12s bytes, slack %s (%.1f %%)  ", name, tnas_with_commas(total, a),
           tnas_with_commas((long long)limit_bytes, b), tnas_with_commas(slack, c),
           100.0 * (double)slack / (double)limit_bytes);
    print_verdict(slack >= 0);
    if (where != NULL)
        printf(" %s", where);
    if (reserve_bytes > 0)
        printf(", reserve of %s counted", tnas_with_commas((long long)reserve_bytes, a));
    printf("\n");
}

const char *tnas_ms_text(double ms, char out[24])
{
    const int decimals = ms < 0.1 ? 4 : ms < 1 ? 3 : ms < 100 ? 2 : ms < 1000 ? 1 : 0;
    snprintf(out, 24, "%.*f", decimals, ms);
    return out;
}

/* "+- 3.11", or "-2.02 +8.48" of an interval too wide to be called symmetric. */
static void print_error(const tnas_latency_line *line)
{
    const double near_symmetric = 0.3, half = 0.5 * (line->high_ms - line->low_ms);
    char a[24], b[24];
    if (half <= near_symmetric * line->ms)
        printf("+- %s", tnas_ms_text(half, a));
    else
        printf("-%s +%s", tnas_ms_text(line->ms - line->low_ms, a),
               tnas_ms_text(line->high_ms - line->ms, b));
}

void tnas_report_latency(const tnas_latency_line *line)
{
    char a[24], b[24], c[24];
    printf("latency    %s ms ", tnas_ms_text(line->ms, a));
    print_error(line);
    printf(" (90 %%), %s\n", line->facts);
    printf("           within %s..%s ms, one-sided %s", tnas_ms_text(line->low_ms, a),
           tnas_ms_text(line->high_ms, b), tnas_ms_text(line->upper_ms, c));
    const double tested = line->limit_at_mean ? line->ms : line->upper_ms;
    if (isfinite(line->limit_ms)) {
        printf("; limit %g, tested at %s: ", line->limit_ms,
               line->limit_at_mean ? "the mean" : "the upper end");
        print_verdict(tested <= line->limit_ms);
    }
    printf("\n");
}
