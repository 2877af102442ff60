/* Search quality on Fashion-MNIST: strategies against each other at equal numbers of measured
 * candidates, five seeds each, on one supernet.
 *
 *   results_search DATA FOLDER [THREADS]
 * The supernet is FOLDER/supernet.bin, trained first when it is not there. Accuracies of networks
 * are kept in a journal beside it, so that a network is judged once for all seeds and strategies,
 * and a run that was cut short goes on. A search chooses on the first validation images; its five
 * most accurate are judged again on the others, which had no part in the choice. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/rank.h"
#include "study/rescore.h"
#include "tools/recipes/search_lab.h"
#include "tools/recipes/zero_cost.h"

enum { SEEDS = 5, MEASURED = 160, CONFIRMED = 5 };

typedef struct contest {
    const char *name;
    tnas_strategy strategy;
    int population, parents, generations, screen_after;
    bool predicted_breed;
} contest;

/* Each gets MEASURED measurements; those with a predictor look at more candidates for them. */
static const contest contests[] = {
    {"random", TNAS_STRATEGY_RANDOM, 16, 4, 10, 0, false},
    {"evolution", TNAS_STRATEGY_EVOLUTION, 16, 4, 10, 0, false},
    {"evolution, predictor", TNAS_STRATEGY_EVOLUTION, 40, 8, 100, 80, false},
    {"evolution, predictor, predicted breed", TNAS_STRATEGY_EVOLUTION, 40, 8, 100, 80, true},
    {"nsga2", TNAS_STRATEGY_NSGA2, 16, 4, 10, 0, false},
    {"nsga2, predictor", TNAS_STRATEGY_NSGA2, 40, 8, 100, 80, false},
    {"nsga2, predictor, predicted breed", TNAS_STRATEGY_NSGA2, 40, 8, 100, 80, true},
};

enum { CONTEST_COUNT = sizeof contests / sizeof contests[0], ON_THE_SUPERNET = 2 };

/* What a search found. */
typedef struct outcome {
    int candidates;
    double highest;   /* most accurate measured candidate */
    double confirmed; /* mean of the five most accurate on the other images */
    double volume;    /* share of (error, latency) that the measured front dominates */
} outcome;

/* The area that is dominated within error 0..0.2 and latency 0..40 ms. */
static double dominated_share(const tnas_candidate *scored, int count)
{
    enum { COLUMNS = 400 };
    double area = 0;
    for (int column = 0; column < COLUMNS; column++) {
        const double latency_ms = 40.0 * (column + 0.5) / COLUMNS;
        double best = 0.8;
        for (int i = 0; i < count; i++)
            if (scored[i].source == TNAS_SCORE_MEASURED && scored[i].cost.latency_ms <= latency_ms)
                best = fmax(best, scored[i].accuracy);
        area += (best - 0.8) / 0.2 / COLUMNS;
    }
    return area;
}

/* The measured candidates that are most accurate, best first; fewer than CONFIRMED are not there.
 */
static void find_best(const tnas_candidate *scored, int count, const tnas_candidate **best)
{
    for (int place = 0; place < CONFIRMED; place++)
        best[place] = NULL;
    for (int i = 0; i < count; i++) {
        const tnas_candidate *next = &scored[i];
        for (int place = 0; place < CONFIRMED && next->source == TNAS_SCORE_MEASURED; place++) {
            if (best[place] != NULL && best[place]->accuracy >= next->accuracy)
                continue;
            const tnas_candidate *const pushed = best[place];
            best[place] = next;
            if (pushed == NULL)
                break;
            next = pushed;
        }
    }
}

static tnas_status look(search_lab *lab, const tnas_search *search, outcome *out)
{
    const tnas_candidate *const scored = tnas_search_scored(search);
    const tnas_candidate *best[CONFIRMED];
    out->candidates = tnas_search_scored_count(search);
    find_best(scored, out->candidates, best);
    out->highest = best[0]->accuracy;
    out->volume = dominated_share(scored, out->candidates);
    out->confirmed = 0;
    for (int place = 0; place < CONFIRMED; place++) {
        double accuracy;
        TNAS_TRY(search_lab_confirm(lab, &best[place]->arch, &accuracy));
        out->confirmed += accuracy / CONFIRMED;
    }
    return TNAS_OK;
}

static tnas_status compete(search_lab *lab, const contest *c, uint64_t seed, outcome *out)
{
    tnas_evolution evolution = tnas_evolution_default();
    evolution.population = c->population;
    evolution.parents = c->parents;
    evolution.generations = c->generations;
    evolution.screen_after = c->screen_after;
    evolution.predicted_breed = c->predicted_breed;
    const tnas_search_config config = search_lab_config(lab, c->strategy, &evolution, seed);
    tnas_search *search = NULL;
    tnas_status status = search_lab_run(lab, &config, MEASURED, &search);
    if (status == TNAS_OK)
        status = look(lab, search, out);
    tnas_search_destroy(search);
    return status;
}

typedef struct summary {
    double mean, deviation, least, most;
} summary;

static summary summarise(const outcome *outcomes, size_t member_at)
{
    summary s = {.least = INFINITY, .most = -INFINITY};
    double squares = 0;
    for (int i = 0; i < SEEDS; i++) {
        const double value = *(const double *)((const char *)&outcomes[i] + member_at);
        s.mean += value / SEEDS;
        s.least = fmin(s.least, value);
        s.most = fmax(s.most, value);
    }
    for (int i = 0; i < SEEDS; i++) {
        const double value = *(const double *)((const char *)&outcomes[i] + member_at);
        squares += (value - s.mean) * (value - s.mean);
    }
    s.deviation = sqrt(squares / (SEEDS - 1));
    return s;
}

static void print_row(const contest *c, const outcome *outcomes)
{
    const summary highest = summarise(outcomes, offsetof(outcome, highest));
    const summary confirmed = summarise(outcomes, offsetof(outcome, confirmed));
    const summary volume = summarise(outcomes, offsetof(outcome, volume));
    printf("| %s | %d | %.2f ± %.2f (%.2f..%.2f) | %.2f ± %.2f | %.4f ± %.4f |\n", c->name,
           outcomes[0].candidates, 100 * highest.mean, 100 * highest.deviation, 100 * highest.least,
           100 * highest.most, 100 * confirmed.mean, 100 * confirmed.deviation, volume.mean,
           volume.deviation);
    fflush(stdout);
}

/* The table of the first `count` contests. */
static tnas_status compare(search_lab *lab, int count)
{
    printf("| strategy | candidates | highest %% | five best, confirmed %% | dominated share |\n");
    printf("|---|---|---|---|---|\n");
    for (int i = 0; i < count; i++) {
        outcome outcomes[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            TNAS_TRY(compete(lab, &contests[i], (uint64_t)seed + 1, &outcomes[seed]));
            fprintf(stderr, "%s, seed %d: %d candidates, %.2f %%, confirmed %.2f %%, volume %.4f\n",
                    contests[i].name, seed + 1, outcomes[seed].candidates,
                    100 * outcomes[seed].highest, 100 * outcomes[seed].confirmed,
                    outcomes[seed].volume);
        }
        print_row(&contests[i], outcomes);
    }
    return TNAS_OK;
}

/* Of the networks of one random search: what would have been known without measuring them. */
enum { CHEAP_FIGURES = 7 };
static const char *const cheap_names[CHEAP_FIGURES] = {
    "multiply-accumulates",       "weight bytes", "flash bytes", "latency", "synflow", "naswot",
    "int8 accuracy, same weights"};

static tnas_status fill_figures(search_lab *lab, const tnas_supernet *fresh,
                                const tnas_candidate *c, double out[CHEAP_FIGURES])
{
    const tnas_rescorer rescorer = {
        .supernet = lab->supernet,
        .engine = lab->engine,
        .pool = lab->pool,
        .calibration_images = lab->calibration_images,
        .recalibration_batches = lab->work.recalibration_batches,
        .batch_images = lab->work.batch_images,
        .range_images = lab->work.recalibration_batches * lab->work.batch_images,
        .images = &lab->dataset->validation,
        .image_count = lab->validation_images,
    };
    zero_cost cheap;
    TNAS_TRY(zero_cost_score(lab, fresh, &c->arch, &cheap));
    const double known[CHEAP_FIGURES - 1] = {(double)c->cost.macs,
                                             (double)c->cost.footprint.weights_bytes,
                                             (double)c->cost.footprint.flash_bytes,
                                             c->cost.latency_ms,
                                             cheap.synflow,
                                             cheap.naswot};
    memcpy(out, known, sizeof known);
    return tnas_rescore(&rescorer, &c->arch, &out[CHEAP_FIGURES - 1]);
}

static tnas_status correlate(search_lab *lab, const tnas_supernet *fresh, const tnas_search *search)
{
    enum { NETWORKS = 100 };
    double figures[CHEAP_FIGURES][NETWORKS], accuracies[NETWORKS];
    double loss = 0;
    for (int i = 0; i < NETWORKS; i++) {
        const tnas_candidate *const c = &tnas_search_scored(search)[i];
        double of_one[CHEAP_FIGURES];
        TNAS_TRY(fill_figures(lab, fresh, c, of_one));
        accuracies[i] = c->accuracy;
        for (int figure = 0; figure < CHEAP_FIGURES; figure++)
            figures[figure][i] = of_one[figure];
        loss += (c->accuracy - of_one[CHEAP_FIGURES - 1]) / NETWORKS;
    }
    printf("\nOf %d random networks within the limits, against inherited accuracy:\n\n", NETWORKS);
    printf("| figure | Spearman | Kendall |\n|---|---|---|\n");
    for (int figure = 0; figure < CHEAP_FIGURES; figure++) {
        double rho;
        TNAS_TRY(tnas_rank_spearman(figures[figure], accuracies, NETWORKS, &rho));
        printf("| %s | %.2f | %.2f |\n", cheap_names[figure], rho,
               tnas_rank_kendall(figures[figure], accuracies, NETWORKS));
    }
    printf("\nInt8 is %.2f points below float on average.\n", 100 * loss);
    return TNAS_OK;
}

static tnas_status compare_cheap(search_lab *lab)
{
    tnas_evolution evolution = tnas_evolution_default();
    evolution.population = contests[0].population;
    evolution.parents = contests[0].parents;
    evolution.generations = contests[0].generations;
    const tnas_search_config config = search_lab_config(lab, TNAS_STRATEGY_RANDOM, &evolution, 1);
    tnas_supernet *fresh;
    tnas_search *search = NULL;
    TNAS_TRY(tnas_supernet_create(lab->config, tnas_supernet_recipe_kernels(lab->work.recipe), 2,
                                  &fresh));
    tnas_status status = search_lab_run(lab, &config, MEASURED, &search);
    if (status == TNAS_OK)
        status = correlate(lab, fresh, search);
    tnas_search_destroy(search);
    tnas_supernet_destroy(fresh);
    return status;
}

static tnas_status compare_all(search_lab *lab)
{
    printf("On the supernet: %d measured candidates a search, %d validation images to choose by "
           "and %d "
           "to confirm with, %d seeds.\n\n",
           MEASURED, lab->validation_images,
           lab->dataset->validation.count - lab->validation_images, SEEDS);
    TNAS_TRY(compare(lab, ON_THE_SUPERNET));
    TNAS_TRY(compare_cheap(lab));
    tnas_predictor_report report;
    TNAS_TRY(search_lab_imitate(lab, &report));
    printf("\nOn a formula: a predictor of %d measured networks (held-out Spearman %.2f, Kendall "
           "%.2f, "
           "RMSE %.2f points), that error added to each network as noise; confirmed without the "
           "noise. %d measured candidates a search, %d seeds.\n\n",
           report.samples, report.spearman, report.kendall, 100 * report.rmse, MEASURED, SEEDS);
    return compare(lab, CONTEST_COUNT);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: results_search DATA FOLDER [THREADS]\n");
        return 2;
    }
    search_lab lab;
    tnas_status status = search_lab_open(argv[1], argv[2], SEARCH_LAB_SPACE, SEARCH_LAB_WIDEST,
                                         argc > 3 ? atoi(argv[3]) : 2, true, &lab);
    if (status == TNAS_OK)
        status = compare_all(&lab);
    search_lab_close(&lab);
    if (status != TNAS_OK)
        fprintf(stderr, "results_search: %s\n", tnas_error_text());
    return tnas_status_exit_code(status);
}
