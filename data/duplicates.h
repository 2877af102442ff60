/* Samples with the same content: across splits they make an accuracy too good, with different
 * labels they make one of them wrong. */
#ifndef TNAS_DATA_DUPLICATES_H
#define TNAS_DATA_DUPLICATES_H

#include "data/source.h"

/* hashes [sample_count] of the content; samples of split TNAS_SPLIT_NONE are left out. */
tnas_status tnas_duplicates_find(const tnas_dataset_source *source, const uint64_t *hashes,
                                 tnas_duplicates *out);

/* TNAS_ERR_INPUT with count and first example when splits share samples. */
tnas_status tnas_duplicates_refuse(const tnas_dataset_source *source, const char *name,
                                   const tnas_duplicates *duplicates);

#endif
