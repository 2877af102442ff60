/* Which split a sample belongs to.
 *
 * What the data state stands, unless groups are named: then the named groups are the split and
 * nothing else is. What is missing is carved, by groups when --split-by names some, else by
 * content, and in both cases by a hash: a sample (group) is chosen when hash < share * 2^64. Each
 * is judged by itself, not by its rank among the others. So samples that are added, removed or
 * reordered never move another one across, and exact duplicates stay on one side. The price is that
 * a class of n samples gives n * share +- sqrt(n * share) of them, not exactly n * share.
 *
 * Where the threshold would leave one side empty, of a class (of all groups), the one with the
 * smallest or largest hash changes sides: each class keeps a training sample, and a class of two
 * or more gives one. */
#ifndef TNAS_DATA_SPLIT_H
#define TNAS_DATA_SPLIT_H

#include "data/source.h"

/* By --split-by: nothing for "content", the files, the groups that the format knows, or the part of
 * the file's name that a pattern names (data/pattern.h). TNAS_ERR_USAGE on another word;
 * TNAS_ERR_INPUT on a file whose name does not match. */
tnas_status tnas_grouping_make(const tnas_dataset_source *source, const tnas_data_options *options,
                               tnas_grouping *out);
void tnas_grouping_deinit(tnas_grouping *grouping);

/* Sets each sample's split from what is stated, named or carved by groups. What is left to carve by
 * content has the origin TNAS_SPLIT_ORIGIN_CONTENT. TNAS_ERR_USAGE on names that no group has. */
tnas_status tnas_split_by_groups(tnas_dataset_source *source, const tnas_data_options *options,
                                 const tnas_grouping *grouping,
                                 tnas_split_origin origins[TNAS_SPLIT_COUNT]);

/* Moves a share of the training samples to another split, class by class, by content.
 *   hashes [sample_count], tnas_content_hash of each */
tnas_status tnas_split_by_content(tnas_dataset_source *source, const uint64_t *hashes,
                                  int class_count, double share, tnas_split to);

#endif
