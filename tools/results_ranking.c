/* Does a supernet rank its networks as training them would? Networks of the small-image space, each
 * judged with inherited weights and again after a training of its own from scratch, on
 * Fashion-MNIST.
 *
 *   results_ranking DATA FOLDER NETWORKS EPOCHS [THREADS]
 * Networks lie at equal steps of rank by multiply-accumulates among 2,000 random ones, so that they
 * span the space; the smallest and the largest network of all are not among them. Both accuracies
 * are of the same validation images. What a network gave is kept in FOLDER/ranking.txt, so that a
 * run that was cut short goes on; the table goes to standard output, as Markdown. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/hash.h"
#include "common/io.h"
#include "common/rank.h"
#include "tools/recipes/search_lab.h"
#include "trainer/trainer.h"

enum { NETWORKS_MAX = 200, DRAWN = 2000, RESAMPLES = 2000, RANKED_WIDTH = 1 };

typedef struct ranked {
    tnas_arch arch;
    uint64_t hash;
    double macs, weights;
    double inherited, scratch; /* 0..1; scratch NAN: not trained yet */
} ranked;

typedef struct study {
    search_lab lab;
    tnas_recipe recipe;
    FILE *journal;
    int count;
    ranked nets[NETWORKS_MAX];
} study;

static int by_macs(const void *a, const void *b)
{
    const ranked *const left = a, *const right = b;
    if (left->macs != right->macs)
        return left->macs < right->macs ? -1 : 1;
    return left->hash < right->hash ? -1 : left->hash > right->hash;
}

static double weights_of(const tnas_graph *graph)
{
    double count = 0;
    for (int op = 0; op < graph->op_count; op++)
        count += (double)tnas_op_weight_count(graph, op);
    return count;
}

static tnas_status choose_networks(study *s)
{
    const tnas_gene_table *const genes = &s->lab.config->genes;
    ranked *const drawn = tnas_alloc_zero(DRAWN, sizeof *drawn);
    if (drawn == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "%d networks", DRAWN);
    tnas_rng rng = tnas_rng_stream(1, TNAS_RNG_SPACE, 7);
    for (int i = 0; i < DRAWN; i++) {
        tnas_graph graph;
        tnas_arch_sample(genes, &rng, &drawn[i].arch);
        tnas_space_decode(s->lab.config, &drawn[i].arch, &graph, NULL);
        drawn[i].hash = tnas_arch_hash(genes, &drawn[i].arch);
        drawn[i].macs = (double)tnas_graph_macs(&graph);
        drawn[i].weights = weights_of(&graph);
    }
    qsort(drawn, DRAWN, sizeof *drawn, by_macs);
    for (int i = 0; i < s->count; i++) {
        s->nets[i] = drawn[(2 * i + 1) * DRAWN / (2 * s->count)];
        s->nets[i].scratch = NAN;
    }
    tnas_free(drawn);
    return TNAS_OK;
}

/* "hash recipe accuracy" lines: what other recipes gave does not count. */
static uint64_t recipe_key(const study *s)
{
    tnas_recipe_value values[TNAS_RECIPE_VALUE_COUNT];
    tnas_recipe_list(&s->recipe, values);
    uint64_t key = TNAS_HASH_START;
    for (int i = 0; i < TNAS_RECIPE_VALUE_COUNT; i++)
        key = tnas_hash_bytes(key, &values[i].value, sizeof values[i].value);
    return key;
}

static tnas_status open_journal(study *s, const char *folder)
{
    char path[TNAS_PATH_BYTES];
    TNAS_TRY(tnas_path_join(path, folder, "ranking.txt"));
    s->journal = fopen(path, "a+");
    if (s->journal == NULL)
        return tnas_fail(TNAS_ERR_IO, "cannot open %s", path);
    unsigned long long hash, key;
    double accuracy;
    while (fscanf(s->journal, "%llx %llx %lf", &hash, &key, &accuracy) == 3)
        for (int i = 0; i < s->count; i++)
            if (s->nets[i].hash == hash && key == recipe_key(s))
                s->nets[i].scratch = accuracy;
    return TNAS_OK;
}

static tnas_status judge(study *s, const tnas_net *net, const tnas_store *store, double *accuracy)
{
    const search_lab *const lab = &s->lab;
    const tnas_images *const images = &lab->dataset->validation;
    tnas_bn_stats stats;
    TNAS_TRY(tnas_bn_stats_init(net, &stats));
    tnas_status status =
        tnas_engine_recalibrate(lab->engine, store, net, lab->calibration_images,
                                lab->work.recalibration_batches, lab->work.batch_images, &stats);
    int correct = 0;
    const tnas_batch batch = {
        .images = images->pixels, .labels = images->labels, .count = images->count};
    if (status == TNAS_OK)
        status = tnas_engine_count_correct(lab->engine, store, net, &stats, &batch, &correct);
    tnas_bn_stats_deinit(&stats);
    *accuracy = (double)correct / images->count;
    return status;
}

/* Inherited weights first, then those of a training that starts from random ones. */
static tnas_status measure(study *s, ranked *r, tnas_net *net, tnas_store *store)
{
    TNAS_TRY(judge(s, net, store, &r->inherited));
    if (!isnan(r->scratch))
        return TNAS_OK;
    const tnas_train_options options = {.seed = 1};
    tnas_store_init_random(store, r->hash);
    TNAS_TRY(
        tnas_train_net(net, store, s->lab.engine, &s->recipe, &s->lab.dataset->train, &options));
    TNAS_TRY(judge(s, net, store, &r->scratch));
    fprintf(s->journal, "%016llx %016llx %.9g\n", (unsigned long long)r->hash,
            (unsigned long long)recipe_key(s), r->scratch);
    fflush(s->journal);
    return TNAS_OK;
}

static tnas_status measure_all(study *s)
{
    tnas_net *const net = tnas_alloc_zero(1, sizeof *net);
    if (net == NULL)
        return tnas_fail(TNAS_ERR_NOMEM, "network");
    tnas_status status = TNAS_OK;
    for (int i = 0; i < s->count && status == TNAS_OK; i++) {
        tnas_store *store;
        status = tnas_supernet_extract(s->lab.supernet, &s->nets[i].arch, net, &store);
        if (status == TNAS_OK)
            status = measure(s, &s->nets[i], net, store);
        tnas_store_destroy(store);
        fprintf(stderr, "network %d of %d: inherited %.2f %%, from scratch %.2f %%\n", i + 1,
                s->count, 100 * s->nets[i].inherited, 100 * s->nets[i].scratch);
    }
    tnas_free(net);
    return status;
}

/* ---- What came out ----------------------------------------------------------------------- */

typedef double column_fn(const ranked *r);

static double inherited(const ranked *r)
{
    return r->inherited;
}
static double macs(const ranked *r)
{
    return r->macs;
}
static double weights(const ranked *r)
{
    return r->weights;
}

/* Spearman's rank correlation of a column with the accuracy from scratch, of networks index[]. */
static tnas_status correlate(const study *s, column_fn *column, const int *index, double *rho)
{
    double x[NETWORKS_MAX], y[NETWORKS_MAX];
    for (int i = 0; i < s->count; i++) {
        x[i] = column(&s->nets[index[i]]);
        y[i] = s->nets[index[i]].scratch;
    }
    return tnas_rank_spearman(x, y, s->count, rho);
}

static int ascending(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* The correlation and its 90 % interval by resampling the networks. */
static tnas_status print_correlation(const study *s, const char *name, column_fn *column)
{
    static double resampled[RESAMPLES];
    int index[NETWORKS_MAX];
    double rho;
    for (int i = 0; i < s->count; i++)
        index[i] = i;
    TNAS_TRY(correlate(s, column, index, &rho));
    tnas_rng rng = tnas_rng_stream(1, TNAS_RNG_TEST, 9);
    for (int r = 0; r < RESAMPLES; r++) {
        for (int i = 0; i < s->count; i++)
            index[i] = (int)tnas_rng_below(&rng, (uint32_t)s->count);
        TNAS_TRY(correlate(s, column, index, &resampled[r]));
    }
    qsort(resampled, RESAMPLES, sizeof resampled[0], ascending);
    printf("| %s | %.3f | %.2f to %.2f |\n", name, rho, resampled[RESAMPLES / 20],
           resampled[RESAMPLES - RESAMPLES / 20]);
    return TNAS_OK;
}

static tnas_status print_all(const study *s)
{
    const search_lab *const lab = &s->lab;
    printf(
        "%d networks of the space %s at width %g, at equal steps of rank by MACs among %d random "
        "ones. Supernet: recipe %s, %d steps of %d images. From scratch: %d steps of %d "
        "images each, rate %g. Both judged on %d validation images.\n\n",
        s->count, lab->space.name, lab->config->width, DRAWN,
        tnas_supernet_recipe_text(lab->work.recipe), lab->work.supernet.steps,
        lab->work.supernet.batch, s->recipe.steps, s->recipe.batch, s->recipe.learning_rate,
        lab->dataset->validation.count);
    printf("| ranks of the accuracy from scratch against | Spearman | 90 %% interval, networks "
           "resampled |\n|---|---|---|\n");
    TNAS_TRY(print_correlation(s, "accuracy with inherited weights", inherited));
    TNAS_TRY(print_correlation(s, "multiply-accumulates", macs));
    TNAS_TRY(print_correlation(s, "weights", weights));
    printf("\n| MMAC | weights | inherited | from scratch |\n|---|---|---|---|\n");
    for (int i = 0; i < s->count; i++)
        printf("| %.2f | %.0f | %.2f %% | %.2f %% |\n", s->nets[i].macs * 1e-6, s->nets[i].weights,
               100 * s->nets[i].inherited, 100 * s->nets[i].scratch);
    return TNAS_OK;
}

static tnas_status run(study *s, const char *data, const char *folder, int epochs, int threads)
{
    TNAS_TRY(search_lab_open(data, folder, "small-image", RANKED_WIDTH, threads, false, &s->lab));
    s->recipe = s->lab.work.finetune;
    s->recipe.steps = epochs * s->lab.dataset->train.count / s->recipe.batch;
    TNAS_TRY(choose_networks(s));
    TNAS_TRY(open_journal(s, folder));
    TNAS_TRY(measure_all(s));
    return print_all(s);
}

int main(int argc, char **argv)
{
    static study s;
    const int epochs = argc > 4 ? atoi(argv[4]) : 0;
    s.count = argc > 3 ? atoi(argv[3]) : 0;
    if (s.count < 3 || s.count > NETWORKS_MAX || epochs < 1) {
        fprintf(stderr, "usage: results_ranking DATA FOLDER NETWORKS EPOCHS [THREADS]\n");
        return 2;
    }
    const int threads = argc > 5 ? atoi(argv[5]) : tnas_pool_default_threads();
    const tnas_status status = run(&s, argv[1], argv[2], epochs, threads);
    if (status != TNAS_OK)
        fprintf(stderr, "results_ranking: %s\n", tnas_error_text());
    if (s.journal != NULL)
        fclose(s.journal);
    search_lab_close(&s.lab);
    return status == TNAS_OK ? 0 : 1;
}
