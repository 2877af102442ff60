/* What names say of the split: folders train/, val/ and test/, x_test.npy, t10k-labels-idx1-ubyte,
 * test_batch.bin. One list of words for all formats. */
#ifndef TNAS_DATA_SPLIT_WORDS_H
#define TNAS_DATA_SPLIT_WORDS_H

#include "data/dataset.h"

/* The split that a word names, in whatever case; TNAS_SPLIT_NONE: it names none. */
tnas_split tnas_split_of_word(const char *word, size_t length);

/* A folder counts as a whole, a file's name by its words, between what is no letter: nothing in
 * contest/x_train.npy says "test". The test split wins over validation; TNAS_SPLIT_TRAIN where
 * neither is named. */
tnas_split tnas_split_of_path(const char *path);

#endif
