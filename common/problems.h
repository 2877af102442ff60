/* A list of problems in one sentence, so that the user learns of everything at once: as many as
 * there is room for, then how many more there are. */
#ifndef TNAS_COMMON_PROBLEMS_H
#define TNAS_COMMON_PROBLEMS_H

#include <stddef.h>

typedef struct tnas_problems {
    int count, listed_count;
    size_t bytes;
    char text[800]; /* "first; second; and 3 more" */
} tnas_problems;    /* {0} to begin with */

void tnas_problems_add(tnas_problems *problems, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The sentence, with what had no room counted; after the last one has been added. */
const char *tnas_problems_text(tnas_problems *problems);

#endif
