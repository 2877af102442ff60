/* Stage 1 of TinyNAS: which input size and width of the space suit the limits. The space whose
 * random networks, of those that fit, have most multiply-accumulates is expected to hold the
 * most accurate ones (Lin et al., "MCUNet", NeurIPS 2020, section 3.1). No training. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "study/run_internal.h"

/* Below this share of feasible draws the mean says little, and the search would starve. */
static const double feasible_share_min = 0.05;

tnas_status tnas_run_price(void *context, const tnas_arch *arch, tnas_cost *cost)
{
    const tnas_run *const run = context;
    tnas_graph graph;
    tnas_space_decode(run->config, arch, &graph, NULL);
    return tnas_estimate(&run->estimator, &graph, cost);
}

static tnas_status configure(tnas_run *run, int input, int width)
{
    const tnas_dataset *const data = run->dataset;
    return tnas_space_configure(&run->space, input, width, data->h, data->w, data->c,
                                data->class_count, run->config);
}

static int input_options(const tnas_space *space)
{
    return space->input_count > 0 ? space->input_count : 1;
}

/* "flash 61,440 of 49,152 bytes (1.25 x)" for every limit that is exceeded. */
static void describe_overshoot(const tnas_run *run, const tnas_cost *cost, char *out,
                               size_t out_bytes)
{
    static const char *const texts[] = {
#define TEXT(name, text) text,
        TNAS_LIMIT_KINDS(TEXT)
#undef TEXT
    };
    const tnas_limits *const limits = &run->estimator.limits;
    out[0] = '\0';
    for (int i = 0; i < TNAS_LIMIT_COUNT; i++) {
        if ((cost->over & (1u << i)) == 0)
            continue;
        const size_t used = strlen(out);
        const double value = tnas_cost_value(cost, limits, i);
        const double limit = tnas_limit_value(limits, i);
        const bool is_time = i == TNAS_LIMIT_INDEX_LATENCY;
        snprintf(out + used, out_bytes - used, "%s%s needs %.*f of %.*f %s (%.2f times the limit)",
                 used > 0 ? ", " : "", texts[i], is_time ? 3 : 0, value, is_time ? 3 : 0, limit,
                 is_time ? "ms" : "bytes", value / limit);
    }
}

static tnas_status fail_infeasible(tnas_run *run, const tnas_candidate *nearest, int width,
                                   long drawn)
{
    char over[512], arch[TNAS_ARCH_TEXT_BYTES];
    describe_overshoot(run, &nearest->cost, over, sizeof over);
    tnas_arch_print(&run->config->genes, &nearest->arch, arch);
    return tnas_fail(TNAS_ERR_INFEASIBLE,
                     "none of %ld networks of space %s meets the limits on %s; the nearest (width "
                     "%g, %.160s%s): %s",
                     drawn, run->space.name, run->mcu->name, run->space.widths[width], arch,
                     strlen(arch) > 160 ? "..." : "", over);
}

static tnas_status score_option(tnas_run *run, int input, int width, tnas_space_score *score)
{
    TNAS_TRY(configure(run, input, width));
    return tnas_space_score_compute(&run->config->genes, tnas_run_price, run, run->request->seed,
                                    run->work.space_samples, score);
}

tnas_status tnas_run_choose_space(tnas_run *run)
{
    int best_input = TNAS_NONE, best_width = TNAS_NONE, nearest_width = 0;
    double best_macs = -1;
    bool best_enough = false;
    long drawn = 0;
    tnas_candidate nearest = {.cost.overshoot = INFINITY};
    for (int input = 0; input < input_options(&run->space); input++) {
        for (int width = 0; width < run->space.width_count; width++) {
            tnas_space_score score;
            TNAS_TRY(score_option(run, input, width, &score));
            drawn += score.drawn;
            tnas_progress_note(run->progress,
                               "space %s at %dx%d, width %g: %.1f %% of %d networks fit, on "
                               "average %.2f MMAC",
                               run->space.name, run->config->h, run->config->w, run->config->width,
                               100.0 * score.feasible / score.drawn, score.drawn,
                               score.mean_macs * 1e-6);
            if (score.nearest.cost.overshoot < nearest.cost.overshoot) {
                nearest = score.nearest;
                nearest_width = width;
            }
            if (score.feasible == 0)
                continue;
            const bool enough = score.feasible >= feasible_share_min * score.drawn;
            if ((enough && !best_enough) ||
                (enough == best_enough && score.mean_macs > best_macs)) {
                best_input = input;
                best_width = width;
                best_macs = score.mean_macs;
                best_enough = enough;
            }
        }
    }
    if (best_input == TNAS_NONE)
        return fail_infeasible(run, &nearest, nearest_width, drawn);
    run->input = best_input;
    run->width = best_width;
    TNAS_TRY(configure(run, best_input, best_width));
    tnas_progress_note(run->progress, "chosen: %dx%d, width %g, %.3g networks", run->config->h,
                       run->config->w, run->config->width,
                       tnas_gene_cardinality(&run->config->genes));
    return TNAS_OK;
}

/* The option an existing study was trained for; its supernet serves no other. */
tnas_status tnas_run_configure(tnas_run *run, int input, int width)
{
    if (input < 0 || input >= input_options(&run->space) || width < 0 ||
        width >= run->space.width_count)
        return tnas_fail(TNAS_ERR_INPUT, "the study's space option %d, %d does not exist in %s",
                         input, width, run->space.name);
    run->input = input;
    run->width = width;
    tnas_space_score score;
    TNAS_TRY(score_option(run, input, width, &score));
    if (score.feasible == 0)
        return fail_infeasible(run, &score.nearest, width, score.drawn);
    return TNAS_OK;
}
