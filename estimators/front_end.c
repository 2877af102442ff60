#include "estimators/front_end.h"

#include <math.h>
#include <string.h>

#include "estimators/device_cores.h"
#include "graph/target.h"

size_t tnas_front_end_scratch_offset(const tnas_front_end *front_end, size_t input_offset_bytes,
                                     size_t input_bytes)
{
    return input_offset_bytes >= front_end->scratch_bytes ? 0 : input_offset_bytes + input_bytes;
}

double tnas_front_end_instructions(const tnas_front_end *f, const char *core)
{
    (void)core;
    return f->frames;
}

void tnas_front_end_predict(const tnas_front_end *front_end, const char *core, double clock_mhz,
                            tnas_front_end_time *out)
{
    (void)front_end;
    (void)core;
    (void)clock_mhz;
    *out = (tnas_front_end_time){0};
}
