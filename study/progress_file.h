/* Where a search is, in a small file of the study's folder, for those who watch it from another
 * terminal: rewritten about once a second, never synced, no part of the study. */
#ifndef TNAS_STUDY_PROGRESS_FILE_H
#define TNAS_STUDY_PROGRESS_FILE_H

#include "common/io.h"
#include "common/pace.h"
#include "common/progress.h"
#include "common/status.h"

/* A progress that writes the file and forwards to another. */
typedef struct tnas_progress_file {
    tnas_progress progress; /* what the stages get */
    const tnas_progress *forward;
    char path[TNAS_PATH_BYTES]; /* "": not yet */
    int target;
    tnas_pace pace;
} tnas_progress_file;

void tnas_progress_file_init(tnas_progress_file *file, const tnas_progress *forward);
/* From here on reports are written to the folder. */
tnas_status tnas_progress_file_open(tnas_progress_file *file, const char *folder, int target);
/* Removes the file. */
void tnas_progress_file_close(tnas_progress_file *file);

/* What it says. */
typedef struct tnas_progress_state {
    int target;
    char stage[48], unit[24], remark[160];
    long done, total;
    double rate;         /* units a second; 0: not known yet */
    double seconds_left; /* of the stage; NAN: not known */
} tnas_progress_state;

/* *found is false when there is no such file, or one that was being replaced. */
tnas_status tnas_progress_file_read(const char *folder, tnas_progress_state *out, bool *found);

/* Is a process writing this study? With its name, "HOST process N". */
bool tnas_study_is_running(const char *folder, char who[320]);

#endif
