/* A text file with the name of a class per line, 1 to 47 bytes each. */
#ifndef TNAS_DATA_CLASS_LIST_H
#define TNAS_DATA_CLASS_LIST_H

#include "data/source.h"

/* Names the classes of `source` by the file of that path, where there is one, and then wants as
 * many names as there are classes (class_count). TNAS_ERR_INPUT naming the line. */
tnas_status tnas_class_list_read(tnas_dataset_source *source, const tnas_files *files,
                                 const char *path, int class_count);

#endif
