#include "tests/toy_spaces.h"

#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "tests/testing.h"

/* Every block, windows of unequal sides, expand 1 beside others, fixed and chosen depths. */
const char mixed_space[] =
    "{\"format\": \"tinynas-space\", \"version\": 1, \"name\": \"mixed\", \"widths\": [0.5, 1, "
    "1.5],"
    " \"divisor\": 4, \"stem\": {\"channels\": 8, \"kernel\": [3, 5], \"stride\": [2, 1]},"
    " \"head\": {\"channels\": 24}, \"stages\": ["
    "{\"block\": \"resblock\", \"channels\": 8, \"stride\": 1, \"kernel\": [3, [3, 5]],"
    " \"depth\": [1, 2]},"
    "{\"block\": \"mbconv\", \"channels\": 12, \"stride\": [1, 2], \"kernel\": [[1, 3], 3, [5, 7]],"
    " \"expand\": [1, 2, 3.5], \"depth\": [1, 3, 4]},"
    "{\"block\": \"dsconv\", \"channels\": 20, \"stride\": 2, \"kernel\": [5], \"depth\": [2]},"
    "{\"block\": \"mbconv\", \"channels\": 20, \"stride\": 1, \"kernel\": [3], \"expand\": [4],"
    " \"depth\": [1]}]}";

/* 2 depths; block 0: 2 kernels; block 1: 2 kernels: 2 + 2 * 2 networks. Width 1 of 1x1 kernels
 * along w: a one-dimensional signal. */
const char tiny_space[] =
    "{\"format\": \"tinynas-space\", \"version\": 1, \"name\": \"tiny\", \"widths\": [1],"
    " \"divisor\": 1, \"stem\": {\"channels\": 4, \"kernel\": [5, 1], \"stride\": [2, 1]},"
    " \"stages\": [{\"block\": \"dsconv\", \"channels\": 4, \"stride\": [2, 1],"
    " \"kernel\": [[3, 1], [5, 1]], \"depth\": [1, 2]}]}";

/* Per-block widths after each kind of neighbour, a head to choose, resblocks with fewer channels in
 * their middle, factors that differ only where a block reads many channels. */
const char flexible_space[] =
    "{\"format\": \"tinynas-space\", \"version\": 1, \"name\": \"flexible\", \"widths\": [0.5, 1],"
    " \"divisor\": 4, \"stem\": {\"channels\": 12, \"kernel\": 3, \"stride\": 2},"
    " \"head\": {\"channels\": [16, 24, 25, 40]}, \"stages\": ["
    "{\"block\": \"dsconv\", \"channels\": 12, \"stride\": 1, \"kernel\": [3],"
    " \"width\": [0.3, 0.7, 1], \"depth\": [1, 2]},"
    "{\"block\": \"mbconv\", \"channels\": 24, \"stride\": 2, \"kernel\": [3, 5],"
    " \"expand\": [1, 1.2, 2, 4], \"width\": [0.5, 0.75, 1], \"depth\": [1, 3]},"
    "{\"block\": \"resblock\", \"channels\": 20, \"stride\": 1, \"kernel\": [1, 3],"
    " \"expand\": [0.5, 1, 1.5], \"depth\": [1, 2]}]}";

char *replaced(const char *text, const char *from, const char *to)
{
    const char *const at = strstr(text, from);
    ck_assert_msg(at != NULL, "%s is not in the text", from);
    char *const out = tnas_alloc_zero(strlen(text) + strlen(to) + 1, 1);
    sprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}
