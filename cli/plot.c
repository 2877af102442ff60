/* A square of logarithmic axes with one scale for both, so that the line of equality is the
 * diagonal and a relative error is a distance from it. */
#include "cli/plot.h"

#include <math.h>
#include <string.h>

#include "common/io.h"
#include "common/text.h"

enum { SIDE = 520, MARGIN = 70 };

/* The common range of both axes, as logarithms. */
typedef struct axes {
    double low, high;
} axes;

static double x_of(const axes *a, double ms)
{
    return MARGIN + SIDE * (log10(ms) - a->low) / (a->high - a->low);
}

static double y_of(const axes *a, double ms)
{
    return MARGIN + SIDE - SIDE * (log10(ms) - a->low) / (a->high - a->low);
}

static void add_escaped(tnas_text *svg, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '<')
            tnas_text_add(svg, "&lt;");
        else if (*c == '>')
            tnas_text_add(svg, "&gt;");
        else if (*c == '&')
            tnas_text_add(svg, "&amp;");
        else if (*c == '"')
            tnas_text_add(svg, "&quot;");
        else if (*c < ' ' || *c > '~') /* control characters and broken UTF-8 are not XML */
            tnas_text_add(svg, "?");
        else
            tnas_text_add(svg, "%c", *c);
    }
}

/* An interval of a model that knows next to nothing would squeeze the points together. */
static tnas_plot_point clip_interval(tnas_plot_point p)
{
    const double reach = 5;
    p.low = fmax(p.low, fmin(p.measured, p.predicted) / reach);
    p.high = fmin(p.high, fmax(p.measured, p.predicted) * reach);
    return p;
}

static axes find_axes(const tnas_plot_point *points, int count)
{
    axes a = {INFINITY, -INFINITY};
    for (int i = 0; i < count; i++) {
        const tnas_plot_point p = clip_interval(points[i]);
        a.low = fmin(a.low, log10(fmin(p.measured, p.low)));
        a.high = fmax(a.high, log10(fmax(p.measured, p.high)));
    }
    const double space = 0.05 * fmax(a.high - a.low, 0.2);
    return (axes){a.low - space, a.high + space};
}

/* Lines at 1, 2 and 5 times the powers of ten. */
static void add_grid(const axes *a, tnas_text *svg)
{
    static const double steps[] = {1, 2, 5};
    for (int power = (int)floor(a->low); power <= (int)ceil(a->high); power++)
        for (int i = 0; i < 3; i++) {
            const double ms = steps[i] * pow(10, power);
            if (log10(ms) < a->low || log10(ms) > a->high)
                continue;
            const double x = x_of(a, ms), y = y_of(a, ms);
            tnas_text_add(svg,
                          "<path class=\"grid\" d=\"M%.1f %d V%d M%d %.1f H%d\"/>\n"
                          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n"
                          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
                          x, MARGIN, MARGIN + SIDE, MARGIN, y, MARGIN + SIDE, x, MARGIN + SIDE + 18,
                          ms, MARGIN - 6, y + 4, ms);
        }
}

/* The band of +-10 % reaches over the frame's corners, which clip it. */
static void add_band(const axes *a, tnas_text *svg)
{
    const double low = pow(10, a->low), high = pow(10, a->high);
    tnas_text_add(svg,
                  "<polygon class=\"band\" clip-path=\"url(#frame)\" points=\"%.1f,%.1f %.1f,%.1f "
                  "%.1f,%.1f %.1f,%.1f\"/>\n"
                  "<path class=\"equal\" d=\"M%.1f %.1f L%.1f %.1f\"/>\n",
                  x_of(a, low), y_of(a, 1.1 * low), x_of(a, high), y_of(a, 1.1 * high),
                  x_of(a, high), y_of(a, 0.9 * high), x_of(a, low), y_of(a, 0.9 * low),
                  x_of(a, low), y_of(a, low), x_of(a, high), y_of(a, high));
}

static void add_point(const axes *a, const tnas_plot_point *p, tnas_text *svg)
{
    const double x = x_of(a, p->measured);
    tnas_text_add(svg,
                  "<g class=\"%s\"><path d=\"M%.1f %.1f V%.1f\"/>"
                  "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/><title>",
                  p->held_out ? "held-out" : "fitted", x, y_of(a, clip_interval(*p).low),
                  y_of(a, clip_interval(*p).high), x, y_of(a, p->predicted));
    add_escaped(svg, p->name);
    tnas_text_add(svg, ": measured %.4g ms, predicted %.4g (%.4g to %.4g), %+.1f %%</title></g>\n",
                  p->measured, p->predicted, p->low, p->high,
                  100 * (p->predicted / p->measured - 1));
}

static void add_frame(const char *title, tnas_text *svg)
{
    const int whole = SIDE + 2 * MARGIN, middle = MARGIN + SIDE / 2;
    tnas_text_add(svg,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                  "height=\"%d\">\n"
                  "<style>text { font: 12px sans-serif; fill: #333 } .grid { stroke: #e3e3e3 } "
                  ".band { fill: #cfe3f5; opacity: 0.6 } .equal { stroke: #888 } "
                  "g path { stroke: #d0651b } g circle { stroke: #d0651b; fill: #d0651b } "
                  ".held-out circle { fill: #fff } .frame { fill: none; stroke: #888 }</style>\n"
                  "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
                  "<clipPath id=\"frame\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
                  "</clipPath>\n<text x=\"%d\" y=\"28\" text-anchor=\"middle\">",
                  whole, whole, whole, whole, whole, whole, MARGIN, MARGIN, SIDE, SIDE, middle);
    add_escaped(svg, title);
    tnas_text_add(svg,
                  "</text>\n<text x=\"%d\" y=\"48\" text-anchor=\"middle\">band: +-10 %%, bars: 90 "
                  "%% intervals, rings: rows that the model has not seen</text>\n"
                  "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">measured, ms</text>\n"
                  "<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">"
                  "predicted, ms</text>\n",
                  middle, middle, MARGIN + SIDE + 42, middle);
}

tnas_status tnas_plot_save(const char *path, const char *title, const tnas_plot_point *points,
                           int count)
{
    const axes a = find_axes(points, count);
    tnas_text svg;
    tnas_text_init(&svg);
    add_frame(title, &svg);
    add_grid(&a, &svg);
    add_band(&a, &svg);
    tnas_text_add(&svg, "<rect class=\"frame\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
                  MARGIN, MARGIN, SIDE, SIDE);
    for (int i = 0; i < count; i++)
        add_point(&a, &points[i], &svg);
    tnas_text_add(&svg, "</svg>\n");
    const tnas_status status = svg.failed ? tnas_fail(TNAS_ERR_NOMEM, "plot %s", path)
                                          : tnas_file_write(path, svg.chars, svg.length);
    tnas_text_deinit(&svg);
    return status;
}
