#include "cli/shell_word.h"

#include <stdio.h>
#include <string.h>

const char *tnas_shell_word(const char *word, char out[TNAS_SHELL_WORD_BYTES])
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_./:=,+@%-";
    if (word[0] != '\0' && word[0] != '-' && strspn(word, safe) == strlen(word)) {
        snprintf(out, TNAS_SHELL_WORD_BYTES, "%s", word);
        return out;
    }
    char *end = out;
    *end++ = '\'';
    for (const char *at = word; *at != '\0' && end < out + TNAS_SHELL_WORD_BYTES - 6; at++) {
        if (*at == '\'') {
            memcpy(end, "'\\''", 4);
            end += 4;
        } else {
            *end++ = *at;
        }
    }
    *end++ = '\'';
    *end = '\0';
    return out;
}
