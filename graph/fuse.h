/* Fusion: a depthwise convolution and the 1x1 convolution behind it as one step, strip by strip, so
 * that what lies between them is never whole (runtime/tnrt_strip.h). It costs time, a strip's
 * window being read once more, and so is done only where it lowers the peak. */
#ifndef TNAS_GRAPH_FUSE_H
#define TNAS_GRAPH_FUSE_H

#include "graph/schedule.h"

/* Joins steps of a schedule without joined ones as far as their bytes alive are the peak, or would
 * be. Does nothing on targets that cannot. */
tnas_status tnas_schedule_fuse(const tnas_graph *graph, const tnas_target *target,
                               tnas_schedule *schedule);

#endif
