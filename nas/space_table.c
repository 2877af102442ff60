#include "nas/space_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"

/* Below this share of feasible draws the mean says little, and the search would starve: such a
 * space is chosen only where there is no other. */
static const double feasible_share_min = 0.05;

/* Rows between two looks at the progress; of a small table all. */
enum { ROWS_AT_ONCE = 24 };

typedef struct pricing {
    const tnas_space_config *config;
    const tnas_estimator *estimator;
} pricing;

static tnas_status price(void *context, const tnas_arch *arch, tnas_cost *cost)
{
    const pricing *const p = context;
    tnas_graph graph;
    tnas_space_decode(p->config, arch, &graph, NULL);
    return tnas_estimate(p->estimator, &graph, cost);
}

int tnas_space_input_count(const tnas_space *space)
{
    return space->input_count > 0 ? space->input_count : 1;
}

/* The first inputs; they ascend. */
static int count_inputs(const tnas_space_task *task)
{
    int count = tnas_space_input_count(task->space);
    const tnas_window *const inputs = task->space->inputs;
    while (task->most_h > 0 && count > 1 &&
           (inputs[count - 1].h > task->most_h || inputs[count - 1].w > task->most_w))
        count--;
    return count;
}

static tnas_status configure(const tnas_space_task *task, int input, int width,
                             tnas_space_config *config)
{
    return tnas_space_configure(task->space, input, width, task->h, task->w, task->c,
                                task->class_count, config);
}

tnas_status tnas_space_row_score(const tnas_space_task *task, int input, int width,
                                 tnas_space_config *config, tnas_space_row *out)
{
    *out = (tnas_space_row){.input = input, .width = width};
    TNAS_TRY(configure(task, input, width, config));
    out->h = config->h;
    out->w = config->w;
    out->factor = config->width;
    out->networks = tnas_gene_cardinality(&config->genes);
    pricing p = {config, task->estimator};
    return tnas_space_score_compute(&config->genes, price, &p, task->seed, task->samples,
                                    &out->score);
}

typedef struct build {
    const tnas_space_task *task;
    tnas_space_config *configs; /* one for each worker */
    tnas_space_row *rows;
    int first;
} build;

static tnas_status score_row(void *context, int task, int worker)
{
    const build *const b = context;
    const int row = b->first + task, width_count = b->task->space->width_count;
    return tnas_space_row_score(b->task, row / width_count, row % width_count, &b->configs[worker],
                                &b->rows[row]);
}

static tnas_status score_rows(build *b, int row_count, tnas_pool *pool,
                              const tnas_progress *progress)
{
    while (b->first < row_count) {
        const int left = row_count - b->first;
        const int count = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        TNAS_TRY(tnas_pool_run(pool, count, score_row, b));
        b->first += count;
        tnas_progress_report(progress, "space", (long)b->first * b->task->samples,
                             (long)row_count * b->task->samples, "networks", NULL);
        if (tnas_progress_stop(progress))
            return tnas_fail(TNAS_ERR_STOPPED, "stopped while the space was drawn from");
    }
    return TNAS_OK;
}

static bool has_enough(const tnas_space_score *score)
{
    return score->feasible > 0 && score->feasible >= feasible_share_min * score->drawn;
}

/* Enough that fits goes before the mean; of equals the first, which is smaller. */
static bool is_better(const tnas_space_score *a, const tnas_space_score *b)
{
    if (has_enough(a) != has_enough(b))
        return has_enough(a);
    return a->feasible > 0 && a->mean_macs > b->mean_macs;
}

static void choose(tnas_space_table *table)
{
    table->chosen = TNAS_NONE;
    table->nearest = 0;
    for (int i = 0; i < table->row_count; i++) {
        const tnas_space_score *const score = &table->rows[i].score;
        table->drawn += score->drawn;
        if (score->nearest.cost.overshoot <
            table->rows[table->nearest].score.nearest.cost.overshoot)
            table->nearest = i;
        if (score->feasible > 0 &&
            (table->chosen == TNAS_NONE || is_better(score, &table->rows[table->chosen].score)))
            table->chosen = i;
    }
}

tnas_status tnas_space_table_build(const tnas_space_task *task, tnas_pool *pool,
                                   const tnas_progress *progress, tnas_space_table *out)
{
    *out = (tnas_space_table){.chosen = TNAS_NONE};
    const int row_count = count_inputs(task) * task->space->width_count;
    build b = {.task = task};
    b.rows = tnas_alloc_zero((size_t)row_count, sizeof *b.rows);
    b.configs = tnas_alloc_zero((size_t)tnas_pool_thread_count(pool), sizeof *b.configs);
    tnas_status status = TNAS_OK;
    if (b.rows == NULL || b.configs == NULL)
        status = tnas_fail(TNAS_ERR_NOMEM, "table of space %s", task->space->name);
    if (status == TNAS_OK)
        status = score_rows(&b, row_count, pool, progress);
    if (status == TNAS_OK) {
        out->row_count = row_count;
        out->rows = b.rows;
        b.rows = NULL;
        choose(out);
    }
    tnas_free(b.configs);
    tnas_free(b.rows);
    return status;
}

void tnas_space_table_deinit(tnas_space_table *table)
{
    tnas_free(table->rows);
    table->rows = NULL;
}

/* The best of the rows but the chosen one; TNAS_NONE: nothing fits elsewhere. */
static int find_second(const tnas_space_table *table)
{
    int second = TNAS_NONE;
    for (int i = 0; i < table->row_count; i++)
        if (i != table->chosen && table->rows[i].score.feasible > 0 &&
            (second == TNAS_NONE || is_better(&table->rows[i].score, &table->rows[second].score)))
            second = i;
    return second;
}

void tnas_space_table_explain(const tnas_space_table *table, char out[TNAS_SPACE_REASON_BYTES])
{
    if (table->chosen == TNAS_NONE) {
        snprintf(out, TNAS_SPACE_REASON_BYTES, "no network that was drawn fits");
        return;
    }
    const tnas_space_row *const row = &table->rows[table->chosen];
    const int second = find_second(table);
    const bool enough = has_enough(&row->score);
    int used = snprintf(out, TNAS_SPACE_REASON_BYTES,
                        "%dx%d, width %g: its networks that fit compute most, %.3f MMAC on average",
                        row->h, row->w, row->factor, row->score.mean_macs * 1e-6);
    if (second != TNAS_NONE) {
        const tnas_space_row *const other = &table->rows[second];
        used += snprintf(out + used, TNAS_SPACE_REASON_BYTES - (size_t)used,
                         " (next: %dx%d, width %g, %.3f%s)", other->h, other->w, other->factor,
                         other->score.mean_macs * 1e-6,
                         enough && !has_enough(&other->score) ? ", of which too few fit" : "");
    }
    if (!enough)
        snprintf(out + used, TNAS_SPACE_REASON_BYTES - (size_t)used,
                 "; below %g %% fit in every space", 100 * feasible_share_min);
}

/* "flash needs 61440 of 49152 bytes (1.25 times the limit)" for every limit that is exceeded. */
static void describe_overshoot(const tnas_limits *limits, const tnas_cost *cost, char *out,
                               size_t out_bytes)
{
    out[0] = '\0';
    for (int i = 0; i < TNAS_LIMIT_COUNT; i++) {
        if ((cost->over & (1u << i)) == 0)
            continue;
        const size_t used = strlen(out);
        const double value = tnas_cost_value(cost, limits, i);
        const double limit = tnas_limit_value(limits, i);
        const bool is_time = i == TNAS_LIMIT_INDEX_LATENCY;
        snprintf(out + used, out_bytes - used, "%s%s needs %.*f of %.*f %s (%.2f times the limit)",
                 used > 0 ? ", " : "", tnas_limit_text(i), is_time ? 3 : 0, value, is_time ? 3 : 0,
                 limit, is_time ? "ms" : "bytes", value / limit);
    }
}

tnas_status tnas_space_fail_infeasible(const tnas_space_task *task, const tnas_space_config *config,
                                       const tnas_candidate *nearest, long drawn, const char *where)
{
    const tnas_estimator *const estimator = task->estimator;
    tnas_limits limits = estimator->limits;
    tnas_limits_clip(estimator->mcu, estimator->runtime, &limits);
    char over[512], arch[TNAS_ARCH_TEXT_BYTES];
    describe_overshoot(&limits, &nearest->cost, over, sizeof over);
    tnas_arch_print(&config->genes, &nearest->arch, arch);
    return tnas_fail(TNAS_ERR_INFEASIBLE,
                     "none of %ld networks of space %s%s meets the limits on %s; the nearest "
                     "(width %g, %.160s%s): %s",
                     drawn, task->space->name, where, estimator->mcu->name, config->width, arch,
                     strlen(arch) > 160 ? "..." : "", over);
}

tnas_status tnas_space_table_fail(const tnas_space_task *task, const tnas_space_table *table)
{
    const tnas_space_row *const row = &table->rows[table->nearest];
    tnas_space_config *config = tnas_alloc_zero(1, sizeof *config);
    if (config == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "space %s", task->space->name);
    tnas_status status = configure(task, row->input, row->width, config);
    if (status == TNAS_OK)
        status = tnas_space_fail_infeasible(task, config, &row->score.nearest, table->drawn, "");
    tnas_free(config);
    return status;
}
