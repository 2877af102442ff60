/* How fast a stage of work goes, from its reports: the one clock behind every rate and time left.
 */
#ifndef TNAS_COMMON_PACE_H
#define TNAS_COMMON_PACE_H

#include <stdbool.h>

typedef struct tnas_pace {
    char stage[64];
    double start_seconds; /* when the stage was first seen */
    double shown_seconds; /* when a report of it was last due */
    long first;  /* units done then: work of an earlier run says nothing about this one's rate */
    bool is_new; /* this report opens the stage */
    double rate; /* units a second; 0: not known yet */
    double seconds_left; /* of the stage; NAN: not known yet */
} tnas_pace;

/* Takes a report; a zeroed pace starts with it. True when it is to be shown: the first and the
 * last of a stage, and in between one every `interval_seconds`. */
bool tnas_pace_report(tnas_pace *pace, const char *stage, long done, long total,
                      double interval_seconds);

#endif
