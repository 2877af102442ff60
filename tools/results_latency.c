/* Held-out errors and coverage of the latency models, as docs/latency-model.md has them. Rows
 * that are not shipped are read from $SHARED/boards; without it those lines say SKIP.
 *
 *   results_latency */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/alloc.h"
#include "tools/recipes/few_shot.h"
#include "tools/recipes/hand_on.h"
#include "tools/recipes/held_out.h"
#include "tools/recipes/refit.h"

enum { ROWS_MAX = 256 };

/* Held-out rows of several lines, for the coverage. */
typedef struct pool {
    int count, covered, lines, rejected;
} pool;

static void add_to_pool(pool *p, const tnas_held_out *h)
{
    p->count += h->count;
    p->covered += h->covered;
    p->lines++;
    p->rejected += tnas_binomial_p(h->covered, h->count) < 0.05;
}

static void print_pool(const char *what, const pool *p)
{
    printf("coverage of the 90 %% interval, %s left out: %d of %d rows, %.1f %%; the binomial test "
           "rejects 90 %% in %d of %d profiles\n",
           what, p->covered, p->count, 100.0 * p->covered / p->count, p->rejected, p->lines);
}

static void print_head(const char *title)
{
    printf("\n%s\n%-13s %-26s %-20s %4s %6s %6s %6s %6s %6s %6s %6s %6s  %s\n", title, "part",
           "runtime", "version", "rows", "MACs", "mean", "median", "worst", "in 10%", "cover",
           "width", "p", "worst network");
}

static void print_line(const char *part, const char *runtime, const char *version,
                       const tnas_held_out *h)
{
    printf("%-13s %-26s %-20s %4d %5.1f%% %5.1f%% ", part, runtime, version, h->count,
           100 * h->macs_only, 100 * h->mean);
    if (isnan(h->median))
        printf("%6s ", "");
    else
        printf("%5.1f%% ", 100 * h->median);
    printf("%5.1f%% %5.0f%% %5.0f%% %5.1f%% %6.3f  %s\n", 100 * h->worst, 100 * h->within_10,
           100.0 * h->covered / h->count, 100 * h->half_width,
           tnas_binomial_p(h->covered, h->count), h->worst_model);
}

/* Groups that are single networks say again what leaving a network out says. */
static bool has_larger_groups(const tnas_measurements *rows, tnas_grouping grouping)
{
    for (int i = 0; i < rows->count; i++)
        for (int k = 0; k < i; k++)
            if (grouping(rows, i) == grouping(rows, k) &&
                !tnas_same_network(rows->rows[i].x, rows->rows[k].x))
                return true;
    return grouping == tnas_group_by_network;
}

static tnas_status hold_out_recipe(const tnas_recipe *recipe, tnas_grouping grouping, pool *p)
{
    tnas_latency_model prior;
    tnas_recipe_rows rows;
    TNAS_TRY(tnas_recipe_prior(recipe, &prior));
    TNAS_TRY(tnas_recipe_rows_load(recipe, &rows));
    tnas_held_out held = {0};
    tnas_status status = TNAS_OK;
    if (has_larger_groups(&rows.all, grouping))
        status = tnas_hold_out(&rows.all, &prior, grouping, &held);
    tnas_recipe_rows_deinit(&rows);
    TNAS_TRY(status);
    if (held.count == 0)
        return TNAS_OK;
    print_line(recipe->mcu, recipe->runtime, recipe->version, &held);
    add_to_pool(p, &held);
    return TNAS_OK;
}

static tnas_status hold_out_all(const char *title, tnas_grouping grouping, const char *what,
                                pool *everything)
{
    pool p = {0};
    print_head(title);
    for (int i = 0; i < tnas_recipe_count(); i++) {
        const tnas_recipe *const recipe = tnas_recipe_at(i);
        if (!tnas_recipe_available(recipe))
            printf("SKIP %s %s %s: its rows are in $SHARED/boards\n", recipe->mcu, recipe->runtime,
                   recipe->version);
        else
            TNAS_TRY(hold_out_recipe(recipe, grouping, &p));
    }
    print_pool(what, &p);
    everything->count += p.count;
    everything->covered += p.covered;
    everything->lines += p.lines;
    everything->rejected += p.rejected;
    return TNAS_OK;
}

/* Rows split in two by a text in the network's name. */
static void split(const tnas_measurements *rows, const char *text, tnas_measurements *with,
                  tnas_measurements *without)
{
    with->memory = without->memory = rows->memory;
    with->count = without->count = 0;
    for (int i = 0; i < rows->count; i++) {
        const bool has = strstr(rows->rows[i].model, text) != NULL;
        tnas_measurements *const side = has ? with : without;
        side->rows[side->count++] = rows->rows[i];
    }
}

/* GAP8: fitted on MobileNetV1, tested on V2 and V3. */
static tnas_status other_generation(const tnas_recipe *recipe, tnas_measurement *storage)
{
    tnas_latency_model prior;
    tnas_recipe_rows rows;
    TNAS_TRY(tnas_recipe_prior(recipe, &prior));
    TNAS_TRY(tnas_recipe_rows_load(recipe, &rows));
    tnas_measurements v1 = {.rows = storage}, others = {.rows = storage + ROWS_MAX};
    split(&rows.all, "mobilenet_v1", &v1, &others);
    tnas_held_out held;
    const tnas_status status = tnas_hold_out_pair(&v1, &others, &prior, &held);
    if (status == TNAS_OK)
        print_line(recipe->mcu, recipe->runtime, recipe->version, &held);
    tnas_recipe_rows_deinit(&rows);
    return status;
}

static tnas_status gap8_generations(void)
{
    tnas_measurement *storage = tnas_alloc_zero(2 * ROWS_MAX, sizeof *storage);
    if (storage == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "rows of GAP8");
    print_head("Fitted on MobileNetV1, tested on V2 and V3");
    tnas_status status = TNAS_OK;
    for (int i = 0; i < tnas_recipe_count() && status == TNAS_OK; i++)
        if (strcmp(tnas_recipe_at(i)->mcu, "gap8") == 0)
            status = other_generation(tnas_recipe_at(i), storage);
    tnas_free(storage);
    return status;
}

/* Rows of one resolution of MobileNetV1's layers are left out together. */
static int group_by_resolution(const tnas_measurements *rows, int row)
{
    return (int)sqrt(rows->rows[row].x[TNAS_FEATURE_conv1_pixel] +
                     rows->rows[row].x[TNAS_FEATURE_dw_pixel]);
}

static tnas_status layers(void)
{
    pool p = {0};
    const tnas_recipe *const recipe =
        tnas_recipe_find("stm32h743", "cmsis-nn-(uint8-intq-fork)", "");
    print_head(
        "Single layers, all of one output resolution left out (layers without one together)");
    return hold_out_recipe(recipe, group_by_resolution, &p);
}

/* What the model of all others says of the networks that a recipe sets apart. */
static tnas_status set_apart(const tnas_recipe *recipe)
{
    tnas_recipe everything = *recipe;
    everything.apart = NULL;
    tnas_latency_model model;
    tnas_recipe_rows rows;
    TNAS_TRY(tnas_recipe_fit(recipe, &model));
    TNAS_TRY(tnas_recipe_rows_load(&everything, &rows));
    for (int i = 0; i < rows.all.count; i++) {
        const tnas_measurement *const row = &rows.all.rows[i];
        if (strstr(row->model, recipe->apart) == NULL)
            continue;
        tnas_latency predicted;
        tnas_latency_predict(&model, row->x, &predicted);
        printf("%-13s %-26s %-20s %-24s measured %8.2f ms, predicted %8.2f ms, %+.0f %%\n",
               recipe->mcu, recipe->runtime, recipe->version, row->model, row->latency_ms,
               tnas_cycles_to_ms(predicted.cycles, row->clock_mhz),
               100 * (predicted.cycles / row->cycles - 1));
    }
    tnas_recipe_rows_deinit(&rows);
    return TNAS_OK;
}

static tnas_status all_set_apart(void)
{
    printf("\nSet apart: neither fitted nor judged above\n");
    for (int i = 0; i < tnas_recipe_count(); i++)
        if (tnas_recipe_at(i)->apart != NULL && tnas_recipe_available(tnas_recipe_at(i)))
            TNAS_TRY(set_apart(tnas_recipe_at(i)));
    return TNAS_OK;
}

static tnas_status few_shot(void)
{
    static const char *const runtimes[] = {"x-cube-ai", "bosch-hale", "plumerai"};
    print_head("MLPerf Tiny: a kin's four networks as the prior, 1 to 3 of the four measured");
    for (size_t i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++)
        for (int measured = 1; measured <= 3; measured++) {
            tnas_held_out held;
            int pairs;
            char part[32], version[32];
            TNAS_TRY(tnas_few_shot_mlperf(runtimes[i], measured, &pairs, &held));
            snprintf(part, sizeof part, "%d pairs", pairs);
            snprintf(version, sizeof version, "%d measured", measured);
            print_line(part, runtimes[i], version, &held);
        }
    return TNAS_OK;
}

static tnas_status factors(void)
{
    printf("\nOne factor between two parts, each network left out\n");
    for (int i = 0; i < tnas_hand_on_count(); i++) {
        const tnas_hand_on *const h = tnas_hand_on_at(i);
        int count;
        double mean;
        if (h->ratio_kin.file == TNAS_ROWS_COUNTED) /* one row, of one network, to leave out */
            continue;
        TNAS_TRY(tnas_hand_on_ratio_error(h, &count, &mean));
        if (count > 0)
            printf("%-13s from %-10s %-16s %2d networks, %.1f %%\n", h->ratio.mcu, h->ratio_kin.mcu,
                   h->ratio.runtime, count, 100 * mean);
    }
    return TNAS_OK;
}

static tnas_status print_all(void)
{
    pool p = {0};
    TNAS_TRY(hold_out_all("One network left out, with all rows of the same body",
                          tnas_group_by_network, "a network", &p));
    TNAS_TRY(hold_out_all("One architecture left out", tnas_group_by_architecture,
                          "an architecture", &p));
    print_pool("either", &p);
    TNAS_TRY(gap8_generations());
    TNAS_TRY(layers());
    TNAS_TRY(factors());
    TNAS_TRY(few_shot());
    return all_set_apart();
}

int main(void)
{
    const tnas_status status = print_all();
    if (status != TNAS_OK)
        fprintf(stderr, "results_latency: %s\n", tnas_error_text());
    return tnas_status_exit_code(status);
}
