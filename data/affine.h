/* What the bytes of a data set mean: real value = scale * (u8 - zero), for all channels alike or
 * for each its own. Whoever feeds the exported network needs it. */
#ifndef TNAS_DATA_AFFINE_H
#define TNAS_DATA_AFFINE_H

#include <stdint.h>

#include "common/status.h"

enum { TNAS_AFFINE_CHANNELS_MAX = 64 };

typedef struct tnas_affine {
    int channel_count; /* 0: the data are bytes, nothing is mapped; 1: all alike; or c */
    char unit[32];     /* of the values, "" when not known */
    double scale[TNAS_AFFINE_CHANNELS_MAX], zero[TNAS_AFFINE_CHANNELS_MAX];
} tnas_affine;

/* Maps low..high to 0..255; a range without width becomes one of width 1 around it. */
void tnas_affine_set_range(tnas_affine *affine, int channel, double low, double high);

/* Can the device's single precision hold it? Each scale above 0, each zero finite; else
 * TNAS_ERR_INPUT with `location`, channel and values. */
tnas_status tnas_affine_check(const tnas_affine *affine, const char *location);

/* The byte of a real value: rounded to nearest, halves up, clipped to 0..255. */
uint8_t tnas_affine_to_byte(const tnas_affine *affine, int channel, double value);
double tnas_affine_to_value(const tnas_affine *affine, int channel, uint8_t byte);

#endif
