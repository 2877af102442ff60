#include "common/pace.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/progress.h"

bool tnas_pace_report(tnas_pace *pace, const char *stage, long done, long total,
                      double interval_seconds)
{
    const double now = tnas_clock_seconds();
    pace->is_new = strncmp(stage, pace->stage, sizeof pace->stage - 1) != 0;
    if (pace->is_new) {
        snprintf(pace->stage, sizeof pace->stage, "%s", stage);
        pace->start_seconds = now;
        pace->first = done;
    }
    if (!pace->is_new && done < total && now - pace->shown_seconds < interval_seconds)
        return false;
    pace->shown_seconds = now;
    const double elapsed = now - pace->start_seconds;
    const bool known = !pace->is_new && elapsed > 0 && done > pace->first;
    pace->rate = known ? (double)(done - pace->first) / elapsed : 0;
    pace->seconds_left = known ? (double)(total - done) / pace->rate : NAN;
    return true;
}
