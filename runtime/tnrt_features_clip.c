/* SPDX-License-Identifier: 0BSD */
/* The frames of a clip, one after another; those at its ends reach over it into silence. */
#include "tnrt_features.h"

void tnrt_features_clip(const tnrt_features *features, const int16_t *samples, void *scratch,
                        int8_t *out)
{
    int32_t start = features->first_sample;
    for (int32_t frame = 0; frame < features->frames; frame++) {
        tnrt_features_frame(features, samples, features->clip_samples, start, scratch, out);
        start += features->hop_samples;
        out += features->features;
    }
}
