/* Search quality on Fashion-MNIST: strategies against each other at equal numbers of measured
 * candidates, five seeds each, on one supernet.
 *
 *   results_search DATA FOLDER [THREADS]
 * The supernet is FOLDER/supernet.bin, trained first when it is not there. Accuracies of networks
 * are kept in a journal beside it, so that a network is judged once for all seeds and strategies,
 * and a run that was cut short goes on. A search chooses on the first validation images; what it
 * found is judged again on the others, which had no part in the choice. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "tools/recipes/search_lab.h"

enum { SEEDS = 5, MEASURED = 200 };

typedef struct contest {
    const char *name;
    tnas_strategy strategy;
    int population, parents, generations, screen_after;
    bool predicted_breed;
} contest;

/* Each gets MEASURED measurements; those with a predictor look at more candidates for them. */
static const contest contests[] = {
    {"random", TNAS_STRATEGY_RANDOM, 20, 5, 10, 0, false},
    {"evolution", TNAS_STRATEGY_EVOLUTION, 20, 5, 10, 0, false},
    {"evolution, predictor", TNAS_STRATEGY_EVOLUTION, 100, 20, 100, 100, false},
    {"evolution, predictor, predicted breed", TNAS_STRATEGY_EVOLUTION, 100, 20, 100, 100, true},
    {"nsga2", TNAS_STRATEGY_NSGA2, 20, 5, 10, 0, false},
    {"nsga2, predictor", TNAS_STRATEGY_NSGA2, 100, 20, 100, 100, false},
    {"nsga2, predictor, predicted breed", TNAS_STRATEGY_NSGA2, 100, 20, 100, 100, true},
};

enum { CONTEST_COUNT = sizeof contests / sizeof contests[0] };

/* What a search found. */
typedef struct outcome {
    int candidates;
    double highest;   /* most accurate measured candidate */
    double confirmed; /* the same network on the other images */
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

static tnas_status look(search_lab *lab, const tnas_search *search, outcome *out)
{
    const tnas_candidate *const scored = tnas_search_scored(search);
    const tnas_candidate *best = NULL;
    out->candidates = tnas_search_scored_count(search);
    for (int i = 0; i < out->candidates; i++)
        if (scored[i].source == TNAS_SCORE_MEASURED &&
            (best == NULL || scored[i].accuracy > best->accuracy))
            best = &scored[i];
    out->highest = best->accuracy;
    out->volume = dominated_share(scored, out->candidates);
    return search_lab_confirm(lab, &best->arch, &out->confirmed);
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

static tnas_status compare(search_lab *lab)
{
    printf("%d measured candidates a search, %d validation images, %d seeds\n", MEASURED,
           lab->validation_images, SEEDS);
    printf("| strategy | candidates | highest %% | on other images %% | dominated share |\n");
    printf("|---|---|---|---|---|\n");
    for (int i = 0; i < CONTEST_COUNT; i++) {
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

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: results_search DATA FOLDER [THREADS]\n");
        return 2;
    }
    search_lab lab;
    tnas_status status = search_lab_open(argv[1], argv[2], SEARCH_LAB_WIDEST,
                                         argc > 3 ? atoi(argv[3]) : 2, true, &lab);
    if (status == TNAS_OK)
        status = compare(&lab);
    search_lab_close(&lab);
    if (status != TNAS_OK)
        fprintf(stderr, "results_search: %s\n", tnas_error_text());
    return tnas_status_exit_code(status);
}
