/* Supernet recipes beside each other at equal time (docs/supernet.md).
 *
 *   results_supernet DATA SECONDS SEEDS RECIPE...
 * A training step of every phase of every recipe is timed first, the recipes taking turns and the
 * fastest of each counting; from that follow the steps that SECONDS pay for. Seconds are those that
 * the threads work, of all processors together. Then every recipe
 * trains a supernet of the small-image space at width 0.5 with every seed of SEEDS (3: 1 to 3; 2-3:
 * 2 and 3), and its networks are judged on the validation images with recalibrated batch norm: the
 * smallest, the largest, the mean of 20 random ones and the best of 100. One line per run, and a
 * table of the means. A recipe may be followed by @RATE, another learning rate, and that by :STEPS,
 * which are then not measured. Threads are as many as the processor has. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/alloc.h"
#include "study/preset.h"
#include "study/train_supernet.h"

enum {
    RECIPES_MAX = 16,
    TIMED_STEPS = 8,
    RANDOM_MEAN = 20,
    RANDOM_BEST = 100,
    VALIDATION_IMAGES = 2000,
    RECALIBRATION_BATCHES = 8,
    BATCH_IMAGES = 64
};

#define SPACE "small-image"
#define WIDTH 0.5

typedef struct entry {
    tnas_supernet_recipe recipe;
    double learning_rate;
    double step_seconds; /* mean over the recipe's steps */
    int steps;
} entry;

/* Accuracies by inherited weights. */
typedef struct figures {
    double seconds, smallest, largest, mean, best;
} figures;

typedef struct bench {
    tnas_dataset *dataset;
    tnas_space_config *config;
    tnas_pool *pool;
    tnas_engine *engine;
    tnas_recipe numbers;
    int entry_count;
    entry entries[RECIPES_MAX];
} bench;

/* What all threads have worked: unlike the time on the wall it hardly depends on what else runs. */
static double worked_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void must(tnas_status status, const char *what)
{
    if (status == TNAS_OK)
        return;
    fprintf(stderr, "results_supernet: %s: %s\n", what, tnas_error_text());
    exit(1);
}

static void parse_entry(bench *b, const char *word)
{
    entry *const e = &b->entries[b->entry_count++];
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "@:"), word);
    must(tnas_supernet_recipe_parse(name, &e->recipe), word);
    const char *const rate = strchr(word, '@');
    e->learning_rate = rate != NULL ? atof(rate + 1) : b->numbers.learning_rate;
    const char *const steps = strchr(word, ':');
    e->steps = steps != NULL ? atoi(steps + 1) : 0;
}

static void set_up(bench *b, const char *data)
{
    must(tnas_dataset_load(data, NULL, &b->dataset), data);
    tnas_space space;
    must(tnas_space_load(SPACE, &space), SPACE);
    b->config = tnas_alloc_zero(1, sizeof *b->config);
    if (b->config == NULL)
        exit(1);
    int width = 0;
    while (space.widths[width] < WIDTH)
        width++;
    must(tnas_space_configure(&space, 0, width, b->dataset->h, b->dataset->w, b->dataset->c,
                              b->dataset->class_count, b->config),
         SPACE);
    const long threads = sysconf(_SC_NPROCESSORS_ONLN);
    must(tnas_pool_create(threads > 0 ? (int)threads : 1, &b->pool), "threads");
    tnas_plan_of_work work;
    tnas_preset_resolve(tnas_preset_find("standard"), b->dataset->train.count,
                        b->dataset->validation.count, &work);
    b->numbers = work.supernet;
    const tnas_engine_config engine = {.pool = b->pool, .shards = b->numbers.shards};
    must(tnas_engine_create(&engine, &b->engine), "engine");
}

static tnas_supernet *make_supernet(const bench *b, const entry *e, uint64_t seed)
{
    tnas_supernet *supernet;
    must(tnas_supernet_create(b->config, tnas_supernet_recipe_kernels(e->recipe), seed, &supernet),
         "supernet");
    return supernet;
}

/* Seconds of TIMED_STEPS steps of a phase, its networks alone. */
static double time_phase(const bench *b, const entry *e, const tnas_supernet_phase *phase)
{
    tnas_supernet *const supernet = make_supernet(b, e, 1);
    tnas_supernet_phase alone = *phase;
    alone.teacher_share = 0; /* costs nothing in a step: it has said everything before */
    tnas_net *const nets = tnas_alloc_zero(TNAS_UNITS_MAX, sizeof *nets);
    float *const grads = tnas_alloc_zero(supernet->store->value_count, sizeof *grads);
    const tnas_supernet_sampler sampler = {
        .supernet = supernet, .phase = &alone, .seed = 1, .nets = nets};
    const tnas_images *const train = &b->dataset->train;
    const tnas_batch batch = {
        .images = train->pixels, .labels = train->labels, .count = b->numbers.batch};
    double started = 0;
    for (long step = -2; step < TIMED_STEPS; step++) { /* the first ones reserve memory */
        if (step == 0)
            started = worked_seconds();
        tnas_unit units[TNAS_UNITS_MAX];
        tnas_unit_result results[TNAS_UNITS_MAX];
        int unit_count;
        must(tnas_supernet_units((void *)&sampler, step & 15, units, &unit_count), "units");
        must(
            tnas_engine_step(b->engine, supernet->store, units, unit_count, &batch, grads, results),
            "step");
    }
    const double seconds = (worked_seconds() - started) / TIMED_STEPS;
    tnas_free(grads);
    tnas_free(nets);
    tnas_supernet_destroy(supernet);
    return seconds;
}

static void plan_steps(bench *b, double seconds)
{
    enum { ROUNDS = 3 };
    double fastest[RECIPES_MAX][TNAS_PHASES_MAX];
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < b->entry_count; i++) {
            if (b->entries[i].steps > 0)
                continue;
            const tnas_supernet_phase *phases;
            const int count = tnas_supernet_phases(b->entries[i].recipe, &phases);
            for (int p = 0; p < count; p++) {
                const double now = time_phase(b, &b->entries[i], &phases[p]);
                if (round == 0 || now < fastest[i][p])
                    fastest[i][p] = now;
            }
        }
    for (int i = 0; i < b->entry_count; i++) {
        entry *const e = &b->entries[i];
        if (e->steps > 0)
            continue;
        const tnas_supernet_phase *phases;
        const int count = tnas_supernet_phases(e->recipe, &phases);
        for (int p = 0; p < count; p++)
            e->step_seconds += phases[p].step_share * fastest[i][p];
        e->steps = (int)lround(seconds / e->step_seconds);
        fprintf(stderr, "%-12s rate %.3g: %.1f ms a step, %d steps\n",
                tnas_supernet_recipe_text(e->recipe), e->learning_rate, 1000 * e->step_seconds,
                e->steps);
    }
}

/* What the table was made with. */
static void print_circumstances(const bench *b, double seconds)
{
    char line[256] = "", model[128] = "an unnamed processor", day[32];
    FILE *const file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL)
            snprintf(model, sizeof model, "%.*s", (int)strcspn(strchr(line, ':') + 2, "\n"),
                     strchr(line, ':') + 2);
    if (file != NULL)
        fclose(file);
    const time_t now = time(NULL);
    strftime(day, sizeof day, "%Y-%m-%d", gmtime(&now));
    printf("%s, %s, %d threads; %g worked seconds a run; %d training and %d validation images.\n\n",
           day, model, tnas_pool_thread_count(b->pool), seconds, b->dataset->train.count,
           VALIDATION_IMAGES);
}

static double judge(const bench *b, const tnas_supernet *supernet, const tnas_arch *arch)
{
    tnas_net *const net = tnas_alloc_zero(1, sizeof *net);
    if (net == NULL)
        exit(1);
    must(tnas_supernet_view(supernet, arch, net), "view");
    tnas_bn_stats stats;
    must(tnas_bn_stats_init(net, &stats), "statistics");
    must(tnas_engine_recalibrate(b->engine, supernet->store, net, b->dataset->train.pixels,
                                 RECALIBRATION_BATCHES, BATCH_IMAGES, &stats),
         "recalibration");
    const tnas_images *const images = &b->dataset->validation;
    const int count = images->count < VALIDATION_IMAGES ? images->count : VALIDATION_IMAGES;
    const tnas_batch batch = {.images = images->pixels, .labels = images->labels, .count = count};
    int correct;
    must(tnas_engine_count_correct(b->engine, supernet->store, net, &stats, &batch, &correct),
         "judging");
    tnas_bn_stats_deinit(&stats);
    tnas_free(net);
    return 100.0 * correct / count;
}

static figures run(const bench *b, const entry *e, uint64_t seed)
{
    tnas_supernet *const supernet = make_supernet(b, e, seed);
    tnas_recipe numbers = b->numbers;
    numbers.steps = e->steps;
    numbers.learning_rate = e->learning_rate;
    const tnas_supernet_training training = {.supernet = supernet,
                                             .recipe = e->recipe,
                                             .numbers = &numbers,
                                             .engine = b->engine,
                                             .images = &b->dataset->train,
                                             .options = {.seed = seed}};
    figures f = {0};
    const double started = worked_seconds();
    must(tnas_supernet_train(&training), "training");
    f.seconds = worked_seconds() - started;
    const tnas_gene_table *const genes = &b->config->genes;
    tnas_arch arch;
    tnas_arch_smallest(genes, &arch);
    f.smallest = judge(b, supernet, &arch);
    tnas_arch_largest(genes, &arch);
    f.largest = judge(b, supernet, &arch);
    for (int i = 0; i < RANDOM_BEST; i++) {
        tnas_rng rng = tnas_rng_stream(1, TNAS_RNG_TEST, (uint64_t)i); /* the same for all */
        tnas_arch_sample(genes, &rng, &arch);
        const double accuracy = judge(b, supernet, &arch);
        f.mean += i < RANDOM_MEAN ? accuracy / RANDOM_MEAN : 0;
        f.best = accuracy > f.best ? accuracy : f.best;
    }
    tnas_supernet_destroy(supernet);
    return f;
}

static void print_figures(const entry *e, const char *seed, const figures *f)
{
    printf("| %s | %.3g | %d | %s | %.0f | %.2f | %.2f | %.2f | %.2f |\n",
           tnas_supernet_recipe_text(e->recipe), e->learning_rate, e->steps, seed, f->seconds,
           f->smallest, f->largest, f->mean, f->best);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "results_supernet DATA SECONDS SEEDS RECIPE[@RATE]...\n");
        return 2;
    }
    bench b = {.entry_count = 0};
    set_up(&b, argv[1]);
    const char *const range = strchr(argv[3], '-');
    const int last = atoi(range != NULL ? range + 1 : argv[3]);
    const int first = range != NULL ? atoi(argv[3]) : 1;
    const int seeds = last - first + 1;
    for (int i = 4; i < argc && b.entry_count < RECIPES_MAX; i++)
        parse_entry(&b, argv[i]);
    plan_steps(&b, atof(argv[2]));
    print_circumstances(&b, atof(argv[2]));
    printf(
        "| recipe | rate | steps | seed | seconds | smallest | largest | mean of %d | best of %d "
        "|\n|---|---|---|---|---|---|---|---|---|\n",
        RANDOM_MEAN, RANDOM_BEST);
    figures means[RECIPES_MAX] = {{0}};
    for (int seed = first; seed <= last; seed++)
        for (int i = 0; i < b.entry_count; i++) {
            const figures f = run(&b, &b.entries[i], (uint64_t)seed);
            char text[16];
            snprintf(text, sizeof text, "%d", seed);
            print_figures(&b.entries[i], text, &f);
            means[i].seconds += f.seconds / seeds;
            means[i].smallest += f.smallest / seeds;
            means[i].largest += f.largest / seeds;
            means[i].mean += f.mean / seeds;
            means[i].best += f.best / seeds;
        }
    for (int i = 0; i < b.entry_count && seeds > 1; i++)
        print_figures(&b.entries[i], "mean", &means[i]);
    tnas_engine_destroy(b.engine);
    tnas_pool_destroy(b.pool);
    tnas_dataset_destroy(b.dataset);
    tnas_free(b.config);
    return 0;
}
