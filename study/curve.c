#include "study/curve.h"

/* Points that the study keeps, over all steps. */
enum { CURVE_POINTS = 200 };

void tnas_curve_keep(void *curve, long step, double loss, double right)
{
    tnas_curve *const c = curve;
    const long every = (c->steps + CURVE_POINTS - 1) / CURVE_POINTS;
    if (c->status != TNAS_OK || (step % every != 0 && step != c->steps))
        return;
    const tnas_curve_point point = {.step = step, .loss = loss, .right = right};
    c->status = tnas_db_put_curve(c->run->db, c->target, c->stage, &point);
    if (c->status == TNAS_OK)
        c->status = tnas_budget_count_time(c->run);
}
