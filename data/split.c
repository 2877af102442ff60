#include "data/split.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"

/* The last bytes of a sample hardly reach the top bits of its FNV-1a hash, and those decide.
 * Finaliser of MurmurHash3 (A. Appleby): a bijection in which every bit reaches every bit. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ (x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}

/* A sample that the test split has missed must not be the more likely to validate: each split
 * asks another hash. */
static uint64_t key_of(uint64_t hash, tnas_split to)
{
    return mix(to == TNAS_SPLIT_TEST ? hash ^ UINT64_C(0x9e3779b97f4a7c15) : hash);
}

static uint64_t threshold_of(double share)
{
    return (uint64_t)(share * 0x1p64);
}

/* ---- by content ---- */

typedef struct class_tally {
    int count, chosen;
    int lowest, highest; /* samples with the extreme keys */
    uint64_t lowest_key, highest_key;
} class_tally;

static void tally_sample(class_tally *tally, int sample, uint64_t key, bool chosen)
{
    if (tally->count == 0 || key < tally->lowest_key) {
        tally->lowest = sample;
        tally->lowest_key = key;
    }
    if (tally->count == 0 || key > tally->highest_key) {
        tally->highest = sample;
        tally->highest_key = key;
    }
    tally->count++;
    tally->chosen += chosen;
}

tnas_status tnas_split_by_content(tnas_dataset_source *source, const uint64_t *hashes,
                                  int class_count, double share, tnas_split to)
{
    if (share <= 0)
        return TNAS_OK;
    class_tally *tallies = tnas_alloc_zero((size_t)class_count, sizeof *tallies);
    if (tallies == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "split of %d samples", source->sample_count);
    for (int i = 0; i < source->sample_count; i++) {
        tnas_sample *const sample = &source->samples[i];
        if (sample->split != TNAS_SPLIT_TRAIN)
            continue;
        const uint64_t key = key_of(hashes[i], to);
        const bool chosen = key < threshold_of(share);
        tally_sample(&tallies[sample->label], i, key, chosen);
        sample->split = (int8_t)(chosen ? to : TNAS_SPLIT_TRAIN);
    }
    for (int k = 0; k < class_count; k++) {
        const class_tally *const tally = &tallies[k];
        if (tally->chosen == 0 && tally->count > 1)
            source->samples[tally->lowest].split = (int8_t)to;
        else if (tally->chosen == tally->count && tally->count > 0)
            source->samples[tally->highest].split = TNAS_SPLIT_TRAIN;
    }
    tnas_free(tallies);
    return TNAS_OK;
}

/* ---- by groups ---- */

static const char *named_groups(const tnas_data_options *options, tnas_split split)
{
    return split == TNAS_SPLIT_TEST         ? options->test_groups
           : split == TNAS_SPLIT_VALIDATION ? options->validation_groups
                                            : "";
}

static tnas_status fail_unknown_group(const char *flag, const char *name, size_t length,
                                      const tnas_grouping *grouping)
{
    char known[400] = "";
    for (int g = 0; g < grouping->group_count && strlen(known) < 300; g++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", g > 0 ? ", " : "",
                 grouping->names[g]);
    return tnas_fail(TNAS_ERR_USAGE, "--%s: there is no group %.*s among the %d: %s%s", flag,
                     (int)length, name, grouping->group_count, known,
                     strlen(known) >= 300 ? " ..." : "");
}

/* Every name of the list is a group, and none is in the other list. */
static tnas_status check_names(const tnas_data_options *options, const tnas_grouping *grouping,
                               tnas_split split)
{
    const char *const flag = split == TNAS_SPLIT_TEST ? "test-groups" : "validation-groups";
    for (const char *p = named_groups(options, split); *p != '\0'; p += *p == ',') {
        const size_t length = strcspn(p, ",");
        bool known = false;
        for (int g = 0; g < grouping->group_count && !known; g++)
            known = tnas_data_name_fits(p, length, grouping->names[g]);
        if (!known)
            return fail_unknown_group(flag, p, length, grouping);
        p += length;
    }
    return TNAS_OK;
}

static tnas_status check_lists(const tnas_data_options *options, const tnas_grouping *grouping)
{
    TNAS_TRY(check_names(options, grouping, TNAS_SPLIT_TEST));
    TNAS_TRY(check_names(options, grouping, TNAS_SPLIT_VALIDATION));
    for (int g = 0; g < grouping->group_count; g++)
        if (tnas_data_list_has(options->test_groups, grouping->names[g]) &&
            tnas_data_list_has(options->validation_groups, grouping->names[g]))
            return tnas_fail(TNAS_ERR_USAGE,
                             "group %s: must not be in --test-groups and in --validation-groups",
                             grouping->names[g]);
    return TNAS_OK;
}

/* A split whose groups are named is these groups and nothing else. */
static void take_stated(tnas_dataset_source *source, const tnas_data_options *options,
                        const tnas_grouping *grouping)
{
    for (int i = 0; i < source->sample_count; i++) {
        tnas_sample *const sample = &source->samples[i];
        sample->split = sample->stated;
        if (sample->split > 0 && named_groups(options, (tnas_split)sample->split)[0] != '\0')
            sample->split = TNAS_SPLIT_TRAIN;
        for (int s = TNAS_SPLIT_VALIDATION; s <= TNAS_SPLIT_TEST; s++)
            if (grouping->group_count > 0 &&
                tnas_data_list_has(named_groups(options, (tnas_split)s),
                                   grouping->names[grouping->groups[i]]))
                sample->split = (int8_t)s;
    }
}

/* A group belongs to a split as a whole: that of its samples; TRAIN where they are in several. */
static void carve_groups(tnas_dataset_source *source, const tnas_grouping *grouping, double share,
                         tnas_split to, bool *has_train, bool *chosen)
{
    class_tally tally = {0};
    memset(has_train, 0, (size_t)grouping->group_count);
    memset(chosen, 0, (size_t)grouping->group_count);
    for (int i = 0; i < source->sample_count; i++)
        if (source->samples[i].split == TNAS_SPLIT_TRAIN)
            has_train[grouping->groups[i]] = true;
    for (int g = 0; g < grouping->group_count; g++) {
        if (!has_train[g])
            continue;
        const char *const name = grouping->names[g];
        const uint64_t key = key_of(tnas_content_hash(name, strlen(name)), to);
        chosen[g] = key < threshold_of(share);
        tally_sample(&tally, g, key, chosen[g]);
    }
    if (tally.chosen == 0 && tally.count > 1)
        chosen[tally.lowest] = true;
    else if (tally.chosen == tally.count && tally.count > 0)
        chosen[tally.highest] = false;
    for (int i = 0; i < source->sample_count; i++)
        if (source->samples[i].split == TNAS_SPLIT_TRAIN && chosen[grouping->groups[i]])
            source->samples[i].split = (int8_t)to;
}

static tnas_status carve(tnas_dataset_source *source, const tnas_grouping *grouping, double share,
                         tnas_split to)
{
    bool *flags = tnas_alloc_zero(2 * (size_t)grouping->group_count, sizeof *flags);
    if (flags == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d groups", grouping->group_count);
    carve_groups(source, grouping, share, to, flags, flags + grouping->group_count);
    tnas_free(flags);
    return TNAS_OK;
}

static bool has_split(const tnas_dataset_source *source, tnas_split split)
{
    for (int i = 0; i < source->sample_count; i++)
        if (source->samples[i].split == split)
            return true;
    return false;
}

/* The split that is missing, or how it came about. */
static tnas_status settle_split(tnas_dataset_source *source, const tnas_data_options *options,
                                const tnas_grouping *grouping, tnas_split split,
                                tnas_split_origin *origin)
{
    const double share = split == TNAS_SPLIT_TEST ? options->test_share : options->validation_share;
    *origin = named_groups(options, split)[0] != '\0' ? TNAS_SPLIT_ORIGIN_NAMED
              : has_split(source, split)              ? TNAS_SPLIT_ORIGIN_STATED
              : share <= 0                            ? TNAS_SPLIT_ORIGIN_NONE
              : grouping->group_count > 0             ? TNAS_SPLIT_ORIGIN_GROUPS
                                                      : TNAS_SPLIT_ORIGIN_CONTENT;
    return *origin == TNAS_SPLIT_ORIGIN_GROUPS ? carve(source, grouping, share, split) : TNAS_OK;
}

tnas_status tnas_split_by_groups(tnas_dataset_source *source, const tnas_data_options *options,
                                 const tnas_grouping *grouping,
                                 tnas_split_origin origins[TNAS_SPLIT_COUNT])
{
    TNAS_TRY(check_lists(options, grouping));
    take_stated(source, options, grouping);
    origins[TNAS_SPLIT_TRAIN] = TNAS_SPLIT_ORIGIN_STATED;
    TNAS_TRY(settle_split(source, options, grouping, TNAS_SPLIT_TEST, &origins[TNAS_SPLIT_TEST]));
    return settle_split(source, options, grouping, TNAS_SPLIT_VALIDATION,
                        &origins[TNAS_SPLIT_VALIDATION]);
}
