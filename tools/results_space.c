/* The first stage beside the published one: ten spaces of the mcunet skeleton for STM32F746, 320
 * KiB of SRAM and 1 MiB of flash, 100 classes, TinyEngine (Lin et al., "MCUNet", NeurIPS 2020,
 * figure 3).
 *
 *   results_space [NETWORKS]      drawn of each of the ten, at least 1000; 4000 unless told
 * otherwise The paper does not say what its SRAM counts, how its networks were drawn, or what its
 * flash holds: every reading of them is tried. Writes the tables of docs/space.md to stdout. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "estimators/runtimes.h"
#include "search_space/space.h"

enum {
    NETWORKS = 4000,
    SAMPLES = 1000,
    CLASSES = 100,
    SRAM_BYTES = 320 * 1024,
    FLASH_BYTES = 1024 * 1024
};
enum { CODE_BYTES = 63 * 1024, BYTES_PER_CHANNEL = 8 };

/* The legend of the figure: width, resolution, mean MACs of the networks that fit, in millions. */
static const struct {
    double width;
    int side;
    double mega_macs;
} published[] = {
    {0.3, 160, 32.5}, {0.4, 112, 32.4}, {0.4, 128, 39.3}, {0.4, 144, 46.9}, {0.5, 112, 38.3},
    {0.5, 128, 46.9}, {0.5, 144, 52.0}, {0.6, 112, 41.3}, {0.7, 96, 31.4},  {0.7, 112, 38.4},
};
enum { PUBLISHED_COUNT = sizeof published / sizeof published[0], BEST = 6, BAD = 8 };
/* What its text says of the best curve and of a bad one: 80 % of the networks lie below. */
static const double published_p80[2] = {50.3, 32.3};

/* What one network needs, in bytes. */
typedef struct network {
    double mega_macs;
    size_t weights, channels;     /* weights; output channels with bias and scale */
    size_t arena, arena_no_input; /* depthwise in place */
    size_t arena_twice;           /* depthwise from one buffer into another */
    size_t shared;                /* im2col columns, planes, widened stem weights */
} network;

static size_t arena(const network *n)
{
    return n->arena;
}
static size_t arena_no_input(const network *n)
{
    return n->arena_no_input;
}
static size_t arena_and_buffers(const network *n)
{
    return n->arena + n->shared;
}
static size_t arena_twice(const network *n)
{
    return n->arena_twice;
}
static size_t arena_twice_and_buffers(const network *n)
{
    return n->arena_twice + n->shared;
}

static const struct {
    const char *name;
    size_t (*bytes)(const network *);
} srams[] = {
    {"activations, depthwise in place", arena},
    {"the same, input not counted", arena_no_input},
    {"activations + sbuf + kbuf", arena_and_buffers},
    {"activations, nothing in place", arena_twice},
    {"nothing in place + sbuf + kbuf", arena_twice_and_buffers},
};
enum { SRAM_COUNT = sizeof srams / sizeof srams[0] };

static const struct {
    const char *name;
    size_t bytes_per_channel, code_bytes;
} flashes[] = {
    {"weights + 8 a channel + 63 KiB", BYTES_PER_CHANNEL, CODE_BYTES},
    {"weights alone", 0, 0},
};
enum { FLASH_COUNT = sizeof flashes / sizeof flashes[0] };

typedef enum variant {
    AS_PUBLISHED,
    RELEASED,
    EACH_NETWORK_ALIKE,
    WIDE_STEM_DEEP_END,
    VARIANT_COUNT
} variant;

static const char *const variants[VARIANT_COUNT] = {
    "expansion 3/4/6, depth 2/3/4, every choice alike",
    "expansion 3/4/5/6 as in the released networks",
    "every network alike: nearly always depth 4",
    "stem of 32 channels at every width, last stage of 2 to 4 blocks",
};

static void set_depths(tnas_stage *stage)
{
    stage->depth_count = 3;
    for (int i = 0; i < 3; i++)
        stage->depths[i] = 2 + i;
}

static void make_space(const tnas_space *mcunet, variant v, double width, tnas_space *out)
{
    *out = *mcunet;
    for (int i = 1; i < out->stage_count; i++) {
        tnas_stage *const stage = &out->stages[i];
        if (i + 1 < out->stage_count || v == WIDE_STEM_DEEP_END)
            set_depths(stage);
        if (v == RELEASED)
            continue;
        stage->expand_count = 3;
        stage->expands[2] = 6; /* behind 3 and 4 */
    }
    if (v == WIDE_STEM_DEEP_END)
        out->stem_channels = (int)lround(out->stem_channels / width);
}

/* Every choice alike; or every network, of which a stage has 9^2, 9^3, 9^4 of its depths. */
static void draw(const tnas_gene_table *genes, variant v, tnas_rng *rng, tnas_arch *out)
{
    tnas_arch_sample(genes, rng, out);
    if (v != EACH_NETWORK_ALIKE)
        return;
    for (int gene = 0; gene < genes->gene_count; gene++) {
        const tnas_gene *const g = &genes->genes[gene];
        out->choice[gene] = (uint8_t)tnas_rng_below(rng, (uint32_t)g->choice_count);
        if (strstr(g->name, "depth") == NULL)
            continue;
        const uint32_t ticket = tnas_rng_below(rng, 1 + 9 + 81);
        out->choice[gene] = ticket < 81 ? 2 : ticket < 90 ? 1 : 0;
    }
    tnas_arch_normalize(genes, out);
}

static bool never_in_place(const tnas_graph *graph, int op, int side)
{
    (void)graph;
    (void)op;
    (void)side;
    return false;
}

/* TinyEngine, and one that is too cautious. */
typedef struct rules {
    const tnas_runtime *usual;
    tnas_target twice_target;
    tnas_runtime twice;
} rules;

static void make_rules(rules *out)
{
    out->usual = tnas_runtime_find("tinyengine", NULL);
    out->twice_target = *out->usual->target;
    out->twice_target.in_place = never_in_place;
    out->twice = *out->usual;
    out->twice.target = &out->twice_target;
}

/* Most bytes at a step, the input's left out of those where it lives. */
static size_t peak_without_input(const tnas_layout *layout, const tnas_step_bytes *steps)
{
    size_t peak = 0;
    const size_t input = layout->plan.tensors[0].bytes;
    for (int s = 0; s < layout->schedule.step_count; s++) {
        const size_t bytes = s == 0 ? steps[s].live - input : steps[s].live;
        peak = bytes > peak ? bytes : peak;
    }
    return peak;
}

static tnas_status price(const rules *r, const tnas_graph *graph, network *out)
{
    static tnas_layout layout; /* 40 KiB */
    static tnas_step_bytes steps[TNAS_GRAPH_OPS_MAX];
    *out = (network){.mega_macs = (double)tnas_graph_macs(graph) * 1e-6,
                     .weights = (size_t)tnas_graph_weight_count(graph),
                     .shared = r->usual->shared_bytes(graph)};
    for (int op = 0; op < graph->op_count; op++)
        if (tnas_op_weight_count(graph, op) > 0)
            out->channels += (size_t)graph->tensors[graph->ops[op].out].c;
    TNAS_TRY(tnas_runtime_lay_out(&r->twice, graph, &layout));
    out->arena_twice = layout.plan.arena_bytes;
    TNAS_TRY(tnas_runtime_lay_out(r->usual, graph, &layout));
    out->arena = layout.plan.arena_bytes;
    tnas_layout_steps(r->usual, &layout, steps);
    out->arena_no_input = peak_without_input(&layout, steps);
    return TNAS_OK;
}

static tnas_status draw_networks(const rules *r, const tnas_space *mcunet, variant v, double width,
                                 int side, int count, network *out)
{
    static tnas_space_config config;
    static tnas_graph graph;
    tnas_space space;
    make_space(mcunet, v, width, &space);
    int input = 0, width_index = 0;
    while (space.inputs[input].h != side)
        input++;
    while (fabs(space.widths[width_index] - width) > 1e-9)
        width_index++;
    TNAS_TRY(tnas_space_configure(&space, input, width_index, 0, 0, 3, CLASSES, &config));
    tnas_rng rng = tnas_rng_stream(1, TNAS_RNG_SPACE, 0);
    for (int i = 0; i < count; i++) {
        tnas_arch arch;
        draw(&config.genes, v, &rng, &arch);
        tnas_space_decode(&config, &arch, &graph, NULL);
        TNAS_TRY(price(r, &graph, &out[i]));
    }
    return TNAS_OK;
}

/* One space under one definition. */
typedef struct summary {
    int fits;
    double share, mean, p80;
} summary;

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static summary summarise(const network *networks, int count, int sram, int flash, double *kept)
{
    summary s = {0};
    for (int i = 0; i < count; i++) {
        const network *const n = &networks[i];
        const size_t flash_bytes =
            n->weights + n->channels * flashes[flash].bytes_per_channel + flashes[flash].code_bytes;
        if (srams[sram].bytes(n) > SRAM_BYTES || flash_bytes > FLASH_BYTES)
            continue;
        s.mean += n->mega_macs;
        kept[s.fits++] = n->mega_macs;
    }
    s.share = (double)s.fits / count;
    if (s.fits == 0)
        return s;
    s.mean /= s.fits;
    qsort(kept, (size_t)s.fits, sizeof *kept, ascending);
    s.p80 = kept[(4 * s.fits - 1) / 5];
    return s;
}

typedef struct results {
    int count;
    network *networks[VARIANT_COUNT][PUBLISHED_COUNT]; /* [count] */
    double *kept;                                      /* [count], scratch */
} results;

/* Largest deviation of the means from the legend, and which space is best. */
static double compare(const results *r, variant v, int sram, int flash, summary s[PUBLISHED_COUNT],
                      int *best)
{
    double worst = 0;
    *best = 0;
    for (int i = 0; i < PUBLISHED_COUNT; i++) {
        s[i] = summarise(r->networks[v][i], r->count, sram, flash, r->kept);
        worst = fmax(worst, fabs(s[i].mean / published[i].mega_macs - 1));
        if (s[i].mean > s[*best].mean)
            *best = i;
    }
    return worst;
}

static void print_head(void)
{
    printf("| |");
    for (int i = 0; i < PUBLISHED_COUNT; i++)
        printf(" w%g-r%d |", published[i].width, published[i].side);
    printf(" worst |\n|---|");
    for (int i = 0; i <= PUBLISHED_COUNT; i++)
        printf("---|");
    printf("\n| **published** |");
    for (int i = 0; i < PUBLISHED_COUNT; i++)
        printf(" %.1f |", published[i].mega_macs);
    printf(" |\n");
}

static void print_line(const char *name, const summary *s, double worst, int best)
{
    printf("| %s |", name);
    for (int i = 0; i < PUBLISHED_COUNT; i++)
        printf(i == best ? " **%.1f** (%.0f) |" : " %.1f (%.0f) |", s[i].mean, 100 * s[i].share);
    printf(" %.0f %% |\n", 100 * worst);
}

static void print_definitions(const results *r)
{
    summary s[PUBLISHED_COUNT];
    int best;
    printf("### The published space, by what SRAM counts\n\nFlash: %s. Mean MMAC of the networks "
           "that fit, and in brackets how many of 100 do; the best space in bold.\n\n",
           flashes[0].name);
    print_head();
    for (int sram = 0; sram < SRAM_COUNT; sram++) {
        const double worst = compare(r, AS_PUBLISHED, sram, 0, s, &best);
        print_line(srams[sram].name, s, worst, best);
    }
}

/* Of all definitions the one with the smallest worst deviation, for each variant. */
static void print_variants(const results *r)
{
    printf("\n### Other spaces, each by the definition that comes nearest\n\n");
    print_head();
    for (variant v = 0; v < VARIANT_COUNT; v++) {
        summary s[PUBLISHED_COUNT];
        int best, best_sram = 0, best_flash = 0;
        double least = INFINITY;
        for (int sram = 0; sram < SRAM_COUNT; sram++)
            for (int flash = 0; flash < FLASH_COUNT; flash++) {
                const double worst = compare(r, v, sram, flash, s, &best);
                if (worst < least - 1e-9) {
                    least = worst;
                    best_sram = sram;
                    best_flash = flash;
                }
            }
        char name[256];
        snprintf(name, sizeof name, "%s (%s; flash: %s)", variants[v], srams[best_sram].name,
                 flashes[best_flash].name);
        compare(r, v, best_sram, best_flash, s, &best);
        print_line(name, s, least, best);
    }
}

static void print_cdf(const results *r)
{
    const int rows[2] = {BEST, BAD};
    printf("\n### The text's points of the distributions\n\n"
           "MMAC below which 80 %% of the networks that fit lie, expansion 3/4/6, depth 2/3/4.\n\n"
           "| | published | %s | %s |\n|---|---|---|---|\n",
           srams[0].name, srams[4].name);
    for (int i = 0; i < 2; i++) {
        const network *const n = r->networks[AS_PUBLISHED][rows[i]];
        printf("| w%g-r%d | %.1f | %.1f | %.1f |\n", published[rows[i]].width,
               published[rows[i]].side, published_p80[i], summarise(n, r->count, 0, 0, r->kept).p80,
               summarise(n, r->count, 4, 0, r->kept).p80);
    }
}

/* One of all settings, by two definitions. */
typedef struct setting {
    double width;
    int side;
    summary s[2];
} setting;

static const int extremes[2] = {0, SRAM_COUNT - 1};

static double rank_of(const setting *a, int definition)
{
    return a->s[definition].share < 0.05 ? 0 : a->s[definition].mean;
}

static int by_first(const void *a, const void *b)
{
    const double x = rank_of(a, 0), y = rank_of(b, 0);
    return (x < y) - (x > y);
}

static int by_second(const void *a, const void *b)
{
    const double x = rank_of(a, 1), y = rank_of(b, 1);
    return (x < y) - (x > y);
}

static tnas_status score_all(results *r, const rules *engine, const tnas_space *mcunet,
                             network *networks, setting *settings)
{
    for (int i = 0; i < mcunet->input_count * mcunet->width_count; i++) {
        setting *const s = &settings[i];
        s->width = mcunet->widths[i % mcunet->width_count];
        s->side = mcunet->inputs[i / mcunet->width_count].h;
        TNAS_TRY(draw_networks(engine, mcunet, AS_PUBLISHED, s->width, s->side, SAMPLES, networks));
        for (int d = 0; d < 2; d++)
            s->s[d] = summarise(networks, SAMPLES, extremes[d], 0, r->kept);
    }
    return TNAS_OK;
}

/* Are the ten the best of all 108? */
static tnas_status print_all(results *r, const rules *engine, const tnas_space *mcunet)
{
    enum { TOP = 5 };
    const int count = mcunet->input_count * mcunet->width_count;
    network *networks = tnas_alloc_zero(SAMPLES, sizeof *networks);
    setting *settings = tnas_alloc_zero((size_t)count, sizeof *settings);
    tnas_status status = networks == NULL || settings == NULL
                             ? tnas_fail(TNAS_ERR_NOMEM, "%d networks", SAMPLES)
                             : score_all(r, engine, mcunet, networks, settings);
    if (status == TNAS_OK)
        printf("\n### All %d settings\n\nThe five with the largest mean of those of which at "
               "least 5 of 100 networks fit; %d networks each.\n\n| SRAM | first | second | third "
               "| fourth | fifth |\n|---|---|---|---|---|---|\n",
               count, SAMPLES);
    for (int d = 0; status == TNAS_OK && d < 2; d++) {
        qsort(settings, (size_t)count, sizeof *settings, d == 0 ? by_first : by_second);
        printf("| %s |", srams[extremes[d]].name);
        for (int i = 0; i < TOP; i++)
            printf(" w%g-r%d %.1f (%.0f) |", settings[i].width, settings[i].side,
                   settings[i].s[d].mean, 100 * settings[i].s[d].share);
        printf("\n");
    }
    tnas_free(settings);
    tnas_free(networks);
    return status;
}

static tnas_status run(results *r, const tnas_space *mcunet)
{
    static rules engine;
    make_rules(&engine);
    for (variant v = 0; v < VARIANT_COUNT; v++)
        for (int i = 0; i < PUBLISHED_COUNT; i++) {
            r->networks[v][i] = tnas_alloc_zero((size_t)r->count, sizeof(network));
            if (r->networks[v][i] == NULL)
                return tnas_fail(TNAS_ERR_NOMEM, "%d networks", r->count);
            TNAS_TRY(draw_networks(&engine, mcunet, v, published[i].width, published[i].side,
                                   r->count, r->networks[v][i]));
        }
    print_definitions(r);
    print_variants(r);
    print_cdf(r);
    return print_all(r, &engine, mcunet);
}

int main(int argc, char **argv)
{
    static results r;
    static tnas_space mcunet;
    r.count = argc > 1 && atoi(argv[1]) >= SAMPLES ? atoi(argv[1]) : NETWORKS;
    r.kept = tnas_alloc_zero((size_t)r.count, sizeof *r.kept);
    tnas_status status = r.kept != NULL ? tnas_space_load("mcunet", &mcunet)
                                        : tnas_fail(TNAS_ERR_NOMEM, "%d networks", r.count);
    if (status == TNAS_OK)
        status = run(&r, &mcunet);
    if (status != TNAS_OK)
        fprintf(stderr, "results_space: %s\n", tnas_error_text());
    for (variant v = 0; v < VARIANT_COUNT; v++)
        for (int i = 0; i < PUBLISHED_COUNT; i++)
            tnas_free(r.networks[v][i]);
    tnas_free(r.kept);
    return tnas_status_exit_code(status);
}
