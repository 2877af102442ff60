/* Labels and splits from folders: [train/|val/|test/] CLASS/ ... FILE.
 *
 * A single folder around everything is passed over, as long as it is not a split's own. Classes
 * are numbered by name. Names of split folders are train, training, val, valid, validation, test,
 * testing, in any case; where one of them is there, all files lie in one. */
#ifndef TNAS_DATA_CLASS_FOLDER_H
#define TNAS_DATA_CLASS_FOLDER_H

#include "data/source.h"

typedef struct tnas_class_folders {
    char prefix[TNAS_PATH_BYTES]; /* "" or "images/" */
    bool has_splits;
} tnas_class_folders;

/* Finds the layout and the classes. Fails when there are no folders, or other ones than splits. */
tnas_status tnas_class_folders_find(tnas_dataset_source *source, const tnas_files *files,
                                    tnas_class_folders *out);

/* Adds a file as a sample with label and stated split. TNAS_ERR_INPUT when it lies in no class
 * folder. */
tnas_status tnas_class_folders_add(const tnas_class_folders *folders, tnas_dataset_source *source,
                                   const tnas_files *files, int file);

/* After the last file: fails on a class folder without samples; with --skip-bad a class that has
 * none at all is dropped. */
tnas_status tnas_class_folders_check(const tnas_class_folders *folders, tnas_dataset_source *source,
                                     const tnas_files *files);

#endif
