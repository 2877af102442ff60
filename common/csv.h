/* CSV files with a header line (libcsv underneath), held whole in memory. */
#ifndef TNAS_COMMON_CSV_H
#define TNAS_COMMON_CSV_H

#include <stdbool.h>

#include "common/status.h"

typedef struct tnas_csv tnas_csv;

/* Fails when the file cannot be read, has no header, or a row has another number of
 * fields than the header; the sentence names the line. */
tnas_status tnas_csv_load(const char *path, tnas_csv **out);
void tnas_csv_destroy(tnas_csv *csv);

int tnas_csv_row_count(const tnas_csv *csv); /* the header not counted */
int tnas_csv_column_count(const tnas_csv *csv);
const char *tnas_csv_column_name(const tnas_csv *csv, int column);
int tnas_csv_column(const tnas_csv *csv, const char *name); /* -1: there is none */
int tnas_csv_line(const tnas_csv *csv, int row);            /* line number in the file */

/* The field's text, "" when empty or when column is -1. Borrowed. */
const char *tnas_csv_text(const tnas_csv *csv, int row, int column);

/* A finite number; *present is false for an empty field or column -1. */
tnas_status tnas_csv_number(const tnas_csv *csv, int row, int column, double *out, bool *present);

#endif
