/* A table for people: columns as wide as their widest cell. Where it is wider than the terminal
 * the columns of the highest ranks are left out, and a line below names them. */
#ifndef TNAS_CLI_TABLE_H
#define TNAS_CLI_TABLE_H

#include <stdbool.h>

#include "common/text.h"

enum { TNAS_TABLE_COLUMNS_MAX = 64 };

typedef struct tnas_column {
    const char *heading;
    bool left; /* text; figures stand at the right */
    bool cut;  /* of the last column: may lose its end before a column is left out */
    int rank;  /* 0: always there; of the others the highest goes first */
} tnas_column;

typedef struct tnas_table {
    const tnas_column *columns; /* [count], borrowed */
    int count;
    tnas_text cells; /* separated by tabs, rows by line ends */
} tnas_table;

void tnas_table_init(tnas_table *table, const tnas_column *columns, int count);
/* A row, its cells separated by tabs: "%d\t%s\t%.2f". */
void tnas_table_row(tnas_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints it to stdout and releases it. Says so where there was no memory for it. */
void tnas_table_print(tnas_table *table);

#endif
