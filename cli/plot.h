/* Plots as self-contained SVG files. */
#ifndef TNAS_CLI_PLOT_H
#define TNAS_CLI_PLOT_H

#include <stdbool.h>

#include "common/status.h"

/* One point of a prediction plot; all values in ms, above 0. */
typedef struct tnas_plot_point {
    const char *name; /* its tooltip; escaped here */
    double measured, predicted, low, high;
    bool held_out; /* drawn as a ring instead of a disc */
} tnas_plot_point;

/* Predicted over measured on logarithmic axes, with the line of equality, a band of +-10 % and
 * each point's interval. Written whole or not at all. */
tnas_status tnas_plot_save(const char *path, const char *title, const tnas_plot_point *points,
                           int count);

#endif
