/* SPDX-License-Identifier: 0BSD */
/* Which taps of a window exist, along one side of the image. */
#ifndef TNRT_WINDOW_H
#define TNRT_WINDOW_H

#include <stdint.h>

typedef struct tnrt_taps {
    int32_t first, count; /* taps first .. first + count - 1 lie inside the image */
    int32_t at;           /* the pixel under tap `first` */
} tnrt_taps;

/* The window of output position `out` over `extent` pixels, `pad` of which precede the first. */
static inline tnrt_taps tnrt_taps_inside(int32_t out, int32_t stride, int32_t pad, int32_t kernel,
                                         int32_t extent)
{
    tnrt_taps taps;
    const int32_t start = out * stride - pad;
    const int32_t end = start + kernel < extent ? start + kernel : extent;
    taps.at = start < 0 ? 0 : start;
    taps.first = taps.at - start;
    taps.count = end > taps.at ? end - taps.at : 0;
    return taps;
}

#endif
