/* Training throughput on the elastic nets of $SHARED/bench_train, beside a PyTorch peer.
 *
 *   bench_train NETS_FOLDER NET MODES THREADS PAIRS SECONDS [PEER WORD...]
 * The peer is a process that reads "PHASE MODE SECONDS" lines and answers images per second
 * (bench/torch_peer.py). Ours and the peer's measurements alternate, so that both see the same
 * noise; the peer sleeps in a read while ours runs. One line per cell:
 *   bench-train NET MODE THREADS ours_images_per_s torch_images_per_s ratio
 * with the medians of the pairs, then the memory of a step, of both. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/io.h"
#include "common/progress.h"
#include "common/text.h"
#include <cjson/cJSON.h>

#include "supernet/supernet.h"
#include "trainer/sgd.h"

enum { SAMPLES_MAX = 64, PAIRS_MAX = 101, IMAGES = 1024, WARM_UP_SECONDS = 1 };

typedef struct bench {
    tnas_space_config config;
    tnas_supernet *supernet;
    tnas_pool *pool;
    tnas_engine *engine;
    tnas_sgd sgd;
    tnas_recipe recipe;
    float *grads;
    int batch;
    uint8_t *images; /* [IMAGES, h, w, c] noise */
    int16_t *labels;
    int sample_count;
    tnas_net *fixed[4];             /* max, mid, max3, min */
    tnas_net *samples[SAMPLES_MAX]; /* the random sub-networks of the net file, in order */
} bench;

static const char *const fixed_names[4] = {"max", "mid", "max3", "min"};

static void die(const char *what)
{
    fprintf(stderr, "bench_train: %s: %s\n", what, tnas_error_text());
    exit(1);
}

static void must(tnas_status status, const char *what)
{
    if (status != TNAS_OK)
        die(what);
}

static int int_of(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItem(object, key)->valueint;
}

/* "[3, 5, 7]" of an array of numbers. */
static void add_list(tnas_text *text, const cJSON *list)
{
    const cJSON *item;
    const char *before = "[";
    cJSON_ArrayForEach(item, list)
    {
        tnas_text_add(text, "%s%d", before, item->valueint);
        before = ", ";
    }
    tnas_text_add(text, "]");
}

/* The net file's blocks as one of our search spaces: consecutive blocks of a stage share it. */
static void write_space(const cJSON *net, tnas_text *text)
{
    const cJSON *const stem = cJSON_GetObjectItem(net, "stem");
    const cJSON *const head = cJSON_GetObjectItem(net, "head");
    const cJSON *const blocks = cJSON_GetObjectItem(net, "blocks");
    tnas_text_add(text,
                  "{\"format\": \"tinynas-space\", \"version\": 1, \"name\": \"bench\", "
                  "\"widths\": [1.0], \"divisor\": 8, \"stem\": {\"channels\": %d, \"kernel\": "
                  "%d, \"stride\": %d}, \"head\": {\"channels\": %d}, \"stages\": [",
                  int_of(stem, "cout"), int_of(stem, "k"), int_of(stem, "stride"),
                  int_of(head, "cout"));
    const int block_count = cJSON_GetArraySize(blocks);
    for (int i = 0; i < block_count;) {
        const cJSON *const first = cJSON_GetArrayItem(blocks, i);
        int depth = 0;
        while (i + depth < block_count &&
               int_of(cJSON_GetArrayItem(blocks, i + depth), "stage") == int_of(first, "stage"))
            depth++;
        tnas_text_add(text, "%s{\"block\": \"mbconv\", \"channels\": %d, \"stride\": %d",
                      i > 0 ? ", " : "", int_of(first, "cout"), int_of(first, "stride"));
        tnas_text_add(text, ", \"kernel\": ");
        add_list(text, cJSON_GetObjectItem(net, "kernels"));
        tnas_text_add(text, ", \"expand\": ");
        add_list(text, cJSON_GetObjectItem(net, "expands"));
        tnas_text_add(text, ", \"depth\": [");
        for (int d = int_of(net, "depth_min"); d <= depth; d++)
            tnas_text_add(text, "%d%s", d, d < depth ? ", " : "");
        tnas_text_add(text, "]}");
        i += depth;
    }
    tnas_text_add(text, "]}");
}

static void set_gene(const tnas_gene_table *genes, tnas_arch *arch, const char *name, int value)
{
    char wanted[16];
    snprintf(wanted, sizeof wanted, "%d", value);
    for (int gene = 0; gene < genes->gene_count; gene++) {
        if (strcmp(genes->genes[gene].name, name) != 0)
            continue;
        for (int choice = 0; choice < genes->genes[gene].choice_count; choice++)
            if (strcmp(genes->genes[gene].choices[choice], wanted) == 0)
                arch->choice[gene] = (uint8_t)choice;
    }
}

/* A configuration {depth [stage], k [block], e [block]} of the net file as a view. */
static tnas_net *make_net(const bench *b, const cJSON *net, const cJSON *config)
{
    const tnas_gene_table *const genes = &b->config.genes;
    tnas_arch arch = {0};
    const cJSON *item;
    int index = 0;
    char name[32];
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(config, "depth"))
    {
        snprintf(name, sizeof name, "s%d.depth", index++);
        set_gene(genes, &arch, name, item->valueint);
    }
    index = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(net, "blocks"))
    {
        snprintf(name, sizeof name, "s%d.b%d.kernel", int_of(item, "stage"), int_of(item, "pos"));
        set_gene(genes, &arch, name,
                 cJSON_GetArrayItem(cJSON_GetObjectItem(config, "k"), index)->valueint);
        snprintf(name, sizeof name, "s%d.b%d.expand", int_of(item, "stage"), int_of(item, "pos"));
        set_gene(genes, &arch, name,
                 cJSON_GetArrayItem(cJSON_GetObjectItem(config, "e"), index)->valueint);
        index++;
    }
    tnas_arch_normalize(genes, &arch);
    tnas_net *const view = tnas_alloc_zero(1, sizeof *view);
    must(tnas_supernet_view(b->supernet, &arch, view), "view");
    const double mmacs = cJSON_GetObjectItem(config, "mmacs") != NULL
                             ? cJSON_GetObjectItem(config, "mmacs")->valuedouble
                             : NAN;
    if (fabs((double)tnas_graph_macs(&view->graph) * 1e-6 - mmacs) > 0.01)
        fprintf(stderr, "bench_train: %.3f MMAC, the net file says %.3f\n",
                (double)tnas_graph_macs(&view->graph) * 1e-6, mmacs);
    return view;
}

static cJSON *read_net(const char *folder, const char *name)
{
    char path[TNAS_PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    uint8_t *bytes;
    size_t count;
    must(tnas_file_read(path, 1 << 24, &bytes, &count), "net file");
    cJSON *const net = cJSON_Parse((const char *)bytes);
    tnas_free(bytes);
    if (net == NULL)
        exit(1);
    return net;
}

static void make_images(bench *b)
{
    const size_t image_bytes = (size_t)b->config.h * (size_t)b->config.w * (size_t)b->config.c;
    b->images = tnas_alloc_zero(IMAGES, image_bytes);
    b->labels = tnas_alloc_zero(IMAGES, sizeof *b->labels);
    tnas_rng rng = tnas_rng_stream(1, TNAS_RNG_TEST, 0);
    for (size_t i = 0; i < IMAGES * image_bytes; i++)
        b->images[i] = (uint8_t)tnas_rng_below(&rng, 256);
    for (int i = 0; i < IMAGES; i++)
        b->labels[i] = (int16_t)tnas_rng_below(&rng, (uint32_t)b->config.class_count);
}

static void set_up(bench *b, const char *folder, const char *name, int threads)
{
    cJSON *const net = read_net(folder, name);
    tnas_text text;
    tnas_text_init(&text);
    write_space(net, &text);
    tnas_space space;
    must(tnas_space_parse(text.chars, name, &space), "space");
    tnas_text_deinit(&text);
    const cJSON *const input = cJSON_GetObjectItem(net, "input");
    must(tnas_space_configure(&space, 0, 0, cJSON_GetArrayItem(input, 0)->valueint,
                              cJSON_GetArrayItem(input, 1)->valueint,
                              cJSON_GetArrayItem(input, 2)->valueint, int_of(net, "classes"),
                              &b->config),
         "configure");
    b->batch = int_of(net, "batch");
    must(tnas_supernet_create(&b->config, TNAS_KERNEL_CROP, 1, &b->supernet), "supernet");
    must(tnas_pool_create(threads, &b->pool), "threads");
    b->recipe = tnas_recipe_default();
    b->recipe.learning_rate = 0.01;
    const tnas_engine_config engine = {.pool = b->pool, .shards = b->recipe.shards};
    must(tnas_engine_create(&engine, &b->engine), "engine");
    must(tnas_sgd_init(&b->sgd, b->supernet->store), "sgd");
    b->grads = tnas_alloc_zero(b->supernet->store->value_count, sizeof *b->grads);
    make_images(b);
    const cJSON *const subnets = cJSON_GetObjectItem(net, "subnets");
    for (int i = 0; i < 4; i++) {
        cJSON *const subnet = cJSON_GetObjectItem(subnets, fixed_names[i]);
        cJSON *const config = cJSON_GetObjectItem(subnet, "config");
        cJSON_AddNumberToObject(config, "mmacs", cJSON_GetObjectItem(subnet, "mmacs")->valuedouble);
        b->fixed[i] = make_net(b, net, config);
    }
    const cJSON *sample;
    cJSON_ArrayForEach(sample, cJSON_GetObjectItem(net, "samples"))
    {
        if (b->sample_count < SAMPLES_MAX)
            b->samples[b->sample_count++] = make_net(b, net, sample);
    }
    cJSON_Delete(net);
}

/* The networks of one step, as the peer has them: step n of a mode; returns their number. */
static int list_units(const bench *b, const char *mode, int n, tnas_unit units[4])
{
    for (int i = 0; i < 4; i++)
        if (strcmp(mode, fixed_names[i]) == 0) {
            units[0] = (tnas_unit){.net = b->fixed[i], .weight = 1, .teacher = TNAS_NONE};
            return 1;
        }
    if (strcmp(mode, "random") == 0) {
        const tnas_net *const net = b->samples[n % 8];
        units[0] = (tnas_unit){.net = net, .weight = 1, .teacher = TNAS_NONE};
        return 1;
    }
    const tnas_net *const nets[4] = {b->fixed[0], b->fixed[3], b->samples[0], b->samples[1]};
    for (int i = 0; i < 4; i++)
        units[i] = (tnas_unit){.net = nets[i], .weight = 1, .teacher = i == 0 ? TNAS_NONE : 0};
    return 4;
}

static void run_step(bench *b, const char *mode, int n)
{
    tnas_unit units[4];
    tnas_unit_result results[4];
    const int count = list_units(b, mode, n, units);
    const tnas_batch batch = {.images = b->images, .labels = b->labels, .count = b->batch};
    tnas_store *const store = b->supernet->store;
    must(tnas_engine_step(b->engine, store, units, count, &batch, b->grads, results), "step");
    tnas_sgd_update(&b->sgd, store->values, b->grads, tnas_sgd_norm(b->grads, store->value_count),
                    b->recipe.learning_rate, &b->recipe);
}

static void run_forward(bench *b, const char *mode, int n)
{
    tnas_unit units[4];
    const int count = list_units(b, mode, n, units);
    for (int i = 0; i < count; i++) {
        tnas_bn_stats stats;
        must(tnas_bn_stats_init(units[i].net, &stats), "statistics");
        must(tnas_engine_recalibrate(b->engine, b->supernet->store, units[i].net, b->images,
                                     b->recipe.shards, b->batch / b->recipe.shards, &stats),
             "forward");
        tnas_bn_stats_deinit(&stats);
    }
}

/* Images per second of a phase over at least `seconds`; whole rounds of 8 steps in the random
 * mode, whose steps differ. */
static double measure(bench *b, const char *phase, const char *mode, double seconds)
{
    const int whole = strcmp(mode, "random") == 0 ? 8 : 1;
    const double started = tnas_clock_seconds();
    double elapsed = 0;
    int steps = 0;
    for (; elapsed < seconds || steps % whole != 0; elapsed = tnas_clock_seconds() - started) {
        if (strcmp(phase, "fwd") == 0)
            run_forward(b, mode, steps++);
        else
            run_step(b, mode, steps++);
    }
    return (double)steps * b->batch / elapsed;
}

typedef struct peer {
    FILE *ask, *answer;
    pid_t process;
} peer;

static bool start_peer(peer *p, char **words)
{
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0)
        return false;
    p->process = fork();
    if (p->process == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        close(to[1]);
        close(from[0]);
        execvp(words[0], words);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    p->ask = fdopen(to[1], "w");
    p->answer = fdopen(from[0], "r");
    char line[64];
    return fgets(line, sizeof line, p->answer) != NULL && strncmp(line, "ready", 5) == 0;
}

/* One number for one question; NaN when the peer is gone. */
static double ask_peer(peer *p, const char *phase, const char *mode, double seconds)
{
    char line[64];
    fprintf(p->ask, "%s %s %g\n", phase, mode, seconds);
    fflush(p->ask);
    return fgets(line, sizeof line, p->answer) != NULL ? atof(line) : NAN;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, ascending);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Kibibytes of a line such as "VmHWM:" of this process. */
static long memory_kib(const char *key)
{
    FILE *const file = fopen("/proc/self/status", "r");
    char line[256];
    long kib = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0)
            kib = atol(line + strlen(key));
    if (file != NULL)
        fclose(file);
    return kib;
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr, "usage: bench_train NETS_FOLDER NET MODES THREADS PAIRS SECONDS "
                        "[PEER WORD...]\n");
        return 2;
    }
    static bench b;
    const char *const name = argv[2];
    const int threads = atoi(argv[4]);
    const int pairs = atoi(argv[5]) < PAIRS_MAX ? atoi(argv[5]) : PAIRS_MAX;
    const double seconds = atof(argv[6]);
    peer p = {0};
    const bool has_peer = argc > 7 && start_peer(&p, argv + 7);
    set_up(&b, argv[1], name, threads);
    const long before_kib = memory_kib("VmRSS:");
    for (char *mode = strtok(argv[3], ","); mode != NULL; mode = strtok(NULL, ",")) {
        /* "fwd:mid" measures the forward pass alone. */
        const bool forward = strncmp(mode, "fwd:", 4) == 0;
        const char *const phase = forward ? "fwd" : "step", *const net = forward ? mode + 4 : mode;
        double ours[PAIRS_MAX], theirs[PAIRS_MAX], ratios[PAIRS_MAX];
        measure(&b, phase, net, WARM_UP_SECONDS);
        if (has_peer)
            ask_peer(&p, phase, net, WARM_UP_SECONDS);
        for (int i = 0; i < pairs; i++) {
            ours[i] = measure(&b, phase, net, seconds);
            theirs[i] = has_peer ? ask_peer(&p, phase, net, seconds) : NAN;
            ratios[i] = ours[i] / theirs[i];
        }
        printf("bench-train %s %s %d %.0f", name, mode, threads, median(ours, pairs));
        if (has_peer)
            printf(" %.0f %.2f", median(theirs, pairs), median(ratios, pairs));
        printf("\n");
        fflush(stdout);
    }
    printf("bench-train-memory %s %d ours_kib %ld", name, threads,
           memory_kib("VmHWM:") - before_kib);
    if (has_peer)
        printf(" torch_kib %.0f", ask_peer(&p, "memory", "-", 0));
    printf("\n");
    return 0;
}
