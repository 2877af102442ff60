/* What a user may say about a data set beside where it is: one table, from which the command
 * line's options, the keys of run configurations and the settings of a study are made. */
#ifndef TNAS_DATA_OPTIONS_H
#define TNAS_DATA_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/status.h"

#define TNAS_DATA_TEXT_BYTES 256

/* The table. KIND: NUMBER (double), COUNT (int), FLAG (bool), TEXT (one of `value` where that has a
 * |, else any). `commands` and DEFAULT(text) are for the reader of the table: the command line
 * gives the commands that take the options and lets DEFAULT drop the text. field              flag
 * KIND    value  min  max  commands  default  help */
#define TNAS_DATA_FIELDS(X, commands, DEFAULT)                                                     \
    X(include, "include", TEXT, "GLOB", 0, 0, commands, DEFAULT(""),                               \
      "only the files whose name (or path, when it has a /) matches")                              \
    X(validation_share, "validation-share", NUMBER, "X", 0, 0.5, commands, DEFAULT("0.1"),         \
      "share of the training samples that judge candidates (0.1)")                                 \
    X(test_share, "test-share", NUMBER, "X", 0, 0.5, commands, DEFAULT("0.2"),                     \
      "share that becomes the test split where the data state none (0.2)")                         \
    X(split_by, "split-by", TEXT, "KEY", 0, 0, commands, DEFAULT("content"),                       \
      "content, file, what the format knows, or a name's part: '*_{speaker}_*'")                   \
    X(test_groups, "test-groups", TEXT, "A,B", 0, 0, commands, DEFAULT(""),                        \
      "these groups of --split-by are the test split, and nothing else is")                        \
    X(validation_groups, "validation-groups", TEXT, "A,B", 0, 0, commands, DEFAULT(""),            \
      "these groups are the validation split, and nothing else is")                                \
    X(allow_duplicates, "allow-duplicates", FLAG, "", 0, 0, commands, DEFAULT("false"),            \
      "accept samples that two splits share")                                                      \
    X(skip_bad, "skip-bad", FLAG, "", 0, 0, commands, DEFAULT("false"),                            \
      "leave out samples that cannot be read, and count them")                                     \
    X(resize, "resize", TEXT, "HxW", 0, 0, commands, DEFAULT(""),                                  \
      "height and width that images are brought to (as they are)")                                 \
    X(resize_method, "resize-method", TEXT, "area|bilinear", 0, 0, commands, DEFAULT("area"),      \
      "area: mean of what a pixel covers (default); bilinear: of four neighbours")                 \
    X(colour, "colour", TEXT, "auto|grey|rgb", 0, 0, commands, DEFAULT("auto"),                    \
      "channels of image files; auto: grey when all of them are")                                  \
    X(value_range, "value-range", TEXT, "LOW,HIGH", 0, 0, commands, DEFAULT(""),                   \
      "real values that become 0 and 255 (smallest and largest of the training samples)")          \
    X(window, "window", COUNT, "N", 0, 65536, commands, DEFAULT("0"),                              \
      "of sensor CSV: rows that make a sample")                                                    \
    X(stride, "stride", COUNT, "N", 0, 65536, commands, DEFAULT("0"),                              \
      "of sensor CSV: rows from a window to the next (0: half a window)")                          \
    X(label_column, "label-column", TEXT, "NAME", 0, 0, commands, DEFAULT(""),                     \
      "of sensor CSV: the column with the class (found where it is plain)")                        \
    X(columns, "columns", TEXT, "A,B", 0, 0, commands, DEFAULT(""),                                \
      "of sensor CSV: the columns that are the input (all numbers but time)")                      \
    X(decimate, "decimate", COUNT, "N", 1, 1024, commands, DEFAULT("1"),                           \
      "of sensor CSV: keep every N-th row of a window (1)")                                        \
    X(features, "features", TEXT, "KEY=N,...", 0, 0, commands, DEFAULT(""),                        \
      "of sounds: frames=40,bands=32,coefficients=0 and so on (docs/sound.md)")

typedef enum tnas_data_kind {
    TNAS_DATA_NUMBER,
    TNAS_DATA_COUNT,
    TNAS_DATA_FLAG,
    TNAS_DATA_TEXT
} tnas_data_kind;

typedef enum tnas_data_field {
#define TNAS_DATA_ENUM(field, flag, kind, value, min, max, commands, fallback, help)               \
    TNAS_DATA_FIELD_##field,
    TNAS_DATA_FIELDS(TNAS_DATA_ENUM, , )
#undef TNAS_DATA_ENUM
        TNAS_DATA_FIELD_COUNT
} tnas_data_field;

#define TNAS_DATA_MEMBER_NUMBER(field) double field;
#define TNAS_DATA_MEMBER_COUNT(field)  int field;
#define TNAS_DATA_MEMBER_FLAG(field)   bool field;
#define TNAS_DATA_MEMBER_TEXT(field)   char field[TNAS_DATA_TEXT_BYTES];

typedef struct tnas_data_options {
#define TNAS_DATA_MEMBER(field, flag, kind, value, min, max, commands, fallback, help)             \
    TNAS_DATA_MEMBER_##kind(field)
    TNAS_DATA_FIELDS(TNAS_DATA_MEMBER, , )
#undef TNAS_DATA_MEMBER
} tnas_data_options;

/* A line of the table, for whoever makes options, keys or settings of it. */
typedef struct tnas_data_field_info {
    const char *name, *flag; /* "test_share", "test-share" */
    tnas_data_kind kind;
    const char *value; /* with a |: what it may be */
    double min, max;
    const char *fallback, *help;
} tnas_data_field_info;

const tnas_data_field_info *tnas_data_field_describe(tnas_data_field field);

tnas_data_options tnas_data_options_default(void);

/* Sets a field from its text ("true" and "false" for flags). TNAS_ERR_USAGE with the sentence
 * `--flag text: rule`. */
tnas_status tnas_data_options_set(tnas_data_options *options, tnas_data_field field,
                                  const char *text);

/* The text that sets a field to what it is. */
void tnas_data_options_text(const tnas_data_options *options, tnas_data_field field,
                            char out[TNAS_DATA_TEXT_BYTES]);

/* Ranges, words and forms, and what goes together. TNAS_ERR_USAGE. */
tnas_status tnas_data_options_check(const tnas_data_options *options);

/* Height and width of `resize`; 0 and 0: images keep their size. Of checked options. */
void tnas_data_options_size(const tnas_data_options *options, int *h, int *w);

/* Is `item` that name, or does it match it as a glob? */
bool tnas_data_name_fits(const char *name, size_t length, const char *item);

/* Does `item` fit one of the comma-separated names? */
bool tnas_data_list_has(const char *list, const char *item);

#endif
