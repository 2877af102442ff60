/* Stage 1: which input size and width of the space a study is made for (nas/space_table.h). */
#include <stdio.h>
#include <string.h>

#include "nas/space_table.h"
#include "study/run_internal.h"

tnas_status tnas_run_price(void *context, const tnas_arch *arch, tnas_cost *cost)
{
    const tnas_run *const run = context;
    tnas_graph graph;
    tnas_space_decode(run->config, arch, &graph, NULL);
    return tnas_estimate(&run->estimator, &graph, cost);
}

static tnas_space_task task_of(const tnas_run *run)
{
    const tnas_dataset *const data = run->dataset;
    return (tnas_space_task){
        .space = &run->space,
        .estimator = &run->estimator,
        .h = data->h,
        .w = data->w,
        .c = data->c,
        .class_count = data->class_count,
        .most_h = data->own_h,
        .most_w = data->own_w,
        .seed = run->request->seed,
        .samples = run->work.space_samples,
    };
}

/* The data in the size that the space has now. What the study calls its data, and how it checks
 * that they are the same, stays as it was before there was a choice. */
static tnas_status fit_data(tnas_run *run)
{
    tnas_dataset *const before = run->dataset;
    if (before->h == run->config->h && before->w == run->config->w)
        return TNAS_OK;
    tnas_data_options options = before->options;
    snprintf(options.resize, sizeof options.resize, "%dx%d", run->config->h, run->config->w);
    TNAS_TRY(tnas_dataset_load(run->request->data, &options, &run->dataset));
    run->dataset->options = before->options;
    run->dataset->content_hash = before->content_hash;
    tnas_dataset_destroy(before);
    return TNAS_OK;
}

static tnas_status choose(tnas_run *run, const tnas_space_task *task, const tnas_space_table *table)
{
    if (table->chosen == TNAS_NONE)
        return tnas_space_table_fail(task, table);
    char why[TNAS_SPACE_REASON_BYTES];
    tnas_space_table_explain(table, why);
    const tnas_space_row *const row = &table->rows[table->chosen];
    run->input = row->input;
    run->width = row->width;
    tnas_progress_note(run->progress, "space %s: %ld networks of %d settings drawn; chosen %s",
                       run->space.name, table->drawn, table->row_count, why);
    tnas_progress_note(run->progress,
                       "space %s at %dx%d, width %g: %.3g networks, %.1f %% of those drawn fit",
                       run->space.name, row->h, row->w, row->factor, row->networks,
                       100.0 * row->score.feasible / row->score.drawn);
    TNAS_TRY(tnas_space_configure(&run->space, row->input, row->width, task->h, task->w, task->c,
                                  task->class_count, run->config));
    return fit_data(run);
}

tnas_status tnas_run_choose_space(tnas_run *run)
{
    const tnas_space_task task = task_of(run);
    tnas_space_table table;
    TNAS_TRY(tnas_space_table_build(&task, run->pool, run->progress, &table));
    const tnas_status status = choose(run, &task, &table);
    tnas_space_table_deinit(&table);
    return status;
}

tnas_status tnas_run_configure(tnas_run *run, int input, int width, const char *where)
{
    if (input < 0 || input >= tnas_space_input_count(&run->space) || width < 0 ||
        width >= run->space.width_count)
        return tnas_fail(TNAS_ERR_INPUT,
                         "space %s has no input %d with width %d: it has %d inputs and %d widths, "
                         "counted from 0",
                         run->space.name, input, width, tnas_space_input_count(&run->space),
                         run->space.width_count);
    run->input = input;
    run->width = width;
    const tnas_space_task task = task_of(run);
    tnas_space_row row;
    TNAS_TRY(tnas_space_row_score(&task, input, width, run->config, &row));
    if (row.score.feasible == 0)
        return tnas_space_fail_infeasible(&task, run->config, &row.score.nearest, row.score.drawn,
                                          where);
    return fit_data(run);
}
