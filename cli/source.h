/* A network with its numbers, as commands are given one: a study's winner, a .tflite file or a .tnm
 * file of `tinynas train`. */
#ifndef TNAS_CLI_SOURCE_H
#define TNAS_CLI_SOURCE_H

#include "cli/commands.h"
#include "graph/tflite.h"
#include "study/study.h"

enum { TNAS_SOURCE_NAME_BYTES = 128 };

typedef struct tnas_source {
    char name[TNAS_SOURCE_NAME_BYTES]; /* "dir/kws.tflite" is kws */
    tnas_model *model;                 /* owned by the study, where there is one */
    tnas_study *study;                 /* NULL: from a file */
    tnas_tflite_notes *notes;          /* of the import; NULL: a study, a .tnm file */
} tnas_source;

/* `what`: a study's folder, whose winner for the part called mcu_name (NULL: for any) is taken, or
 * a .tflite or .tnm file. Everything else is an error. */
tnas_status tnas_source_load(const tnas_arguments *arguments, const char *what,
                             const char *mcu_name, tnas_source **out);
void tnas_source_destroy(tnas_source *source);

bool tnas_is_model_path(const char *path); /* by its ending */

/* A graph file (a path, or NAME.json), or a name in configs/graphs. */
tnas_status tnas_named_graph_load(const char *name, tnas_graph *out);

/* The last part of a path, without .json, .tflite or .tnm. */
void tnas_path_name(const char *path, char out[TNAS_SOURCE_NAME_BYTES]);

#endif
