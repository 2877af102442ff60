/* Which features of a sound the network sees. */
#ifndef TNAS_DATA_FEATURES_H
#define TNAS_DATA_FEATURES_H

typedef struct tnas_feature_options {
    int sample_rate_hz; /* 0: that of the files */
} tnas_feature_options;

#endif
