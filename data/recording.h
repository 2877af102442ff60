/* The rows of a sensor recording: a CSV file with a header line, through libcsv.
 *
 *   x_acc,y_acc,z_acc,timestamp,label
 *   -8.27,-2.08,-5.09,1657544418323,SEATED
 *
 * Which column is the label and which are channels is settled by the first file, from the options,
 * the names, and what the first row holds; the other files must have the same columns. */
#ifndef TNAS_DATA_RECORDING_H
#define TNAS_DATA_RECORDING_H

#include "data/source.h"

enum { TNAS_COLUMNS_MAX = 256, TNAS_COLUMN_NAME_BYTES = 64 };

typedef char tnas_column_name[TNAS_COLUMN_NAME_BYTES];

/* Zeros: nothing is settled. */
typedef struct tnas_sensor_columns {
    int count, label;                                      /* label: a column */
    int channel_count, channels[TNAS_AFFINE_CHANNELS_MAX]; /* columns */
    tnas_column_name names[TNAS_COLUMNS_MAX];
} tnas_sensor_columns;

/* Zeros: empty. */
typedef struct tnas_recording {
    int row_count, capacity;
    float *values;   /* [row_count, channel_count] */
    int16_t *labels; /* [row_count], numbered by `classes`; not set without */
} tnas_recording;

/* Reads a file into *into, whose arrays grow from call to call; settles *columns when they are not,
 * by the options, which may be NULL when they are.
 * Labels get their numbers from `classes`, which may be NULL. Fails with TNAS_ERR_INPUT naming
 * file, line, value and rule; with TNAS_ERR_USAGE, which --skip-bad does not forgive, on options
 * that name columns the header does not have. */
tnas_status tnas_recording_read(tnas_files *files, int file, const tnas_data_options *options,
                                tnas_sensor_columns *columns, tnas_dataset_source *classes,
                                tnas_recording *into);
void tnas_recording_deinit(tnas_recording *recording); /* empty again */

#endif
