/* A tiny data set on disk in IDX format, for tests of what reads data sets. */
#ifndef TNAS_TESTS_TOY_DATA_H
#define TNAS_TESTS_TOY_DATA_H

enum { TOY_SIDE = 12, TOY_CLASSES = 3, TOY_TRAIN = 300, TOY_TEST = 60 };

/* Writes the four files into the folder: bright bars whose direction is the class. */
void write_toy_data(const char *folder);

/* Cuts the last `bytes` bytes off a file. */
void truncate_file(const char *folder, const char *name, int bytes);

/* Overwrites the byte at `at` of a file. */
void poke_file(const char *folder, const char *name, int at, int value);

#endif
