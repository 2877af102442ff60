/* Words of command lines that are printed to be copied. */
#ifndef TNAS_CLI_SHELL_WORD_H
#define TNAS_CLI_SHELL_WORD_H

#include "common/io.h"

enum { TNAS_SHELL_WORD_BYTES = 4 * TNAS_PATH_BYTES + 3 };

/* A word as a POSIX shell reads it back: itself where that is safe, else in single quotes. Returns
 * out. */
const char *tnas_shell_word(const char *word, char out[TNAS_SHELL_WORD_BYTES]);

#endif
