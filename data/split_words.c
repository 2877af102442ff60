#include "data/split_words.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define MNIST_TEST "t10k" /* the one word with digits in it */

static const struct {
    const char *word;
    tnas_split split;
} words[] = {
    {"train", TNAS_SPLIT_TRAIN},           {"training", TNAS_SPLIT_TRAIN},
    {"val", TNAS_SPLIT_VALIDATION},        {"valid", TNAS_SPLIT_VALIDATION},
    {"validation", TNAS_SPLIT_VALIDATION}, {"test", TNAS_SPLIT_TEST},
    {"testing", TNAS_SPLIT_TEST},          {MNIST_TEST, TNAS_SPLIT_TEST},
};

tnas_split tnas_split_of_word(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].word) == length && strncasecmp(word, words[i].word, length) == 0)
            return words[i].split;
    return TNAS_SPLIT_NONE;
}

/* Bytes of the folder, or of the file name's word, that `at` begins with; 0: no word does. */
static size_t part_length(const char *at)
{
    size_t length = strcspn(at, "/");
    if (at[length] == '/')
        return length;
    if (strncasecmp(at, MNIST_TEST, strlen(MNIST_TEST)) == 0)
        return strlen(MNIST_TEST);
    for (length = 0; isalpha((unsigned char)at[length]);)
        length++;
    return length;
}

tnas_split tnas_split_of_path(const char *path)
{
    tnas_split found = TNAS_SPLIT_TRAIN;
    for (size_t length; *path != '\0'; path += length + (path[length] != '\0')) {
        length = part_length(path);
        const tnas_split split = tnas_split_of_word(path, length);
        if (split == TNAS_SPLIT_TEST)
            return split;
        if (split == TNAS_SPLIT_VALIDATION)
            found = split;
    }
    return found;
}
