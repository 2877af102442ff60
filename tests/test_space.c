#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/progress.h"
#include "search_space/space.h"
#include "tests/testing.h"
#include "tests/toy_spaces.h"

static const char *const shipped[] = {
    "small-image", "small-image-fine", "spectrogram", "spectrogram-separable",
    "sensor-1d",   "resnet",           "mcunet"};
enum { SHIPPED_COUNT = sizeof shipped / sizeof shipped[0] };

/* Configured spaces for the loop tests: mixed at three widths and odd sizes, down to maps of
 * one pixel, the one-dimensional one, the one of many widths, and the shipped ones. */
enum { CONFIG_COUNT = 6 + SHIPPED_COUNT };

static void make_config(int index, tnas_space_config *config)
{
    static const struct {
        const char *text; /* NULL: shipped */
        int input, width, h, w, c, class_count;
    } cases[CONFIG_COUNT] = {
        {mixed_space, 0, 0, 28, 28, 1, 10},   {mixed_space, 0, 1, 33, 17, 3, 5},
        {mixed_space, 0, 2, 3, 2, 1, 2},      {tiny_space, 0, 0, 100, 1, 6, 5},
        {flexible_space, 0, 0, 30, 30, 1, 3}, {flexible_space, 0, 1, 9, 33, 2, 7},
        {NULL, 0, 0, 28, 28, 1, 10},          {NULL, 0, 2, 32, 32, 3, 10},
        {NULL, 0, 2, 49, 10, 1, 12},          {NULL, 0, 2, 40, 32, 1, 10},
        {NULL, 0, 1, 100, 1, 6, 5},           {NULL, 0, 3, 32, 32, 3, 10},
        {NULL, 11, 8, 0, 0, 3, 1000},
    };
    tnas_space space;
    if (cases[index].text != NULL)
        ck_ok(tnas_space_parse(cases[index].text, "test.json", &space));
    else
        ck_ok(tnas_space_load(shipped[index - (CONFIG_COUNT - SHIPPED_COUNT)], &space));
    ck_ok(tnas_space_configure(&space, cases[index].input, cases[index].width, cases[index].h,
                               cases[index].w, cases[index].c, cases[index].class_count, config));
}

static tnas_arch sample(const tnas_space_config *config, tnas_rng *rng)
{
    tnas_arch arch;
    tnas_arch_sample(&config->genes, rng, &arch);
    return arch;
}

START_TEST(channels_round_to_the_divisor_as_mobilenet_v2_does)
{
    static const struct {
        double channels;
        int divisor, rounded;
    } cases[] = {{24, 8, 24},   {12, 8, 16},   {11.9, 8, 16}, {10, 8, 16},   {8.8, 8, 8},
                 {8.9, 8, 16},  {1, 8, 8},     {18, 8, 24},   {6.4, 8, 8},   {96, 8, 96},
                 {100, 8, 104}, {19.9, 4, 20}, {18, 4, 20},   {17.7, 4, 16}, {3, 1, 3},
                 {2.5, 1, 3},   {0.2, 1, 1},   {320, 64, 320}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_msg(tnas_round_channels(cases[i].channels, cases[i].divisor) == cases[i].rounded,
                      "%g to a multiple of %d: %d, not %d", cases[i].channels, cases[i].divisor,
                      tnas_round_channels(cases[i].channels, cases[i].divisor), cases[i].rounded);
}
END_TEST

START_TEST(genes_are_named_after_stage_and_block)
{
    tnas_space_config config;
    make_config(1, &config);
    const tnas_gene_table *const genes = &config.genes;
    /* Stage 0: depth and two kernels; stage 1: depth and four times kernel, expand. */
    ck_assert_int_eq(genes->gene_count, 3 + 9);
    ck_assert_str_eq(genes->genes[0].name, "s0.depth");
    ck_assert_int_eq(genes->genes[0].active_gene, TNAS_GENE_ALWAYS);
    ck_assert_str_eq(genes->genes[2].name, "s0.b1.kernel");
    ck_assert_int_eq(genes->genes[2].active_gene, 0);
    ck_assert_int_eq(genes->genes[2].active_from, 1);
    ck_assert_str_eq(genes->genes[2].choices[1], "3x5");
    ck_assert_str_eq(genes->genes[5].name, "s1.b0.expand");
    ck_assert_str_eq(genes->genes[5].choices[2], "3.5");
    /* Depths 1, 3, 4: blocks 1 and 2 come with the second choice, block 3 with the third. */
    ck_assert_str_eq(genes->genes[8].name, "s1.b2.kernel");
    ck_assert_int_eq(genes->genes[8].active_from, 1);
    ck_assert_str_eq(genes->genes[10].name, "s1.b3.kernel");
    ck_assert_int_eq(genes->genes[10].active_from, 2);
}
END_TEST

START_TEST(factors_that_round_to_one_network_are_one_choice)
{
    char *const text = replaced(mixed_space, "[1, 2, 3.5]", "[1, 1.05, 1.1, 1.4, 2]");
    tnas_space space;
    tnas_space_config config;
    ck_ok(tnas_space_parse(text, "s.json", &space));
    tnas_free(text);
    ck_ok(tnas_space_configure(&space, 0, 1, 28, 28, 1, 10, &config));
    /* Block 0 has 8 channels: none, 8 (1.05 and 1.1), 12, 16; the others 12: none, 12, 16, 24. */
    const tnas_gene *const gene = &config.genes.genes[5];
    ck_assert_str_eq(gene->name, "s1.b0.expand");
    ck_assert_int_eq(gene->choice_count, 4);
    ck_assert_str_eq(gene->choices[1], "1.05");
    ck_assert_str_eq(gene->choices[2], "1.4");
}
END_TEST

START_TEST(sampling_mutation_and_crossover_stay_legal)
{
    tnas_space_config config;
    make_config(_i % CONFIG_COUNT, &config);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_arch arch = sample(&config, &rng);
    for (int step = 0; step < 100; step++) {
        const tnas_arch other = sample(&config, &rng);
        tnas_arch child;
        ck_assert(tnas_arch_legal(&config.genes, &other));
        tnas_arch_crossover(&config.genes, &rng, &arch, &other, &child);
        ck_assert(tnas_arch_legal(&config.genes, &child));
        tnas_arch_mutate(&config.genes, &rng, 0.3, &child, &arch);
        ck_assert(tnas_arch_legal(&config.genes, &arch));
    }
}
END_TEST

START_TEST(children_have_the_genes_of_their_parents)
{
    tnas_space_config config;
    make_config(_i % CONFIG_COUNT, &config);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    const tnas_arch mother = sample(&config, &rng), father = sample(&config, &rng);
    tnas_arch child, copy;
    tnas_arch_crossover(&config.genes, &rng, &mother, &father, &child);
    for (int gene = 0; gene < config.genes.gene_count; gene++)
        if (tnas_gene_active(&config.genes, &child, gene))
            ck_assert((tnas_gene_active(&config.genes, &mother, gene) &&
                       child.choice[gene] == mother.choice[gene]) ||
                      (tnas_gene_active(&config.genes, &father, gene) &&
                       child.choice[gene] == father.choice[gene]));
    tnas_arch_mutate(&config.genes, &rng, 0.0, &child, &copy);
    ck_assert_mem_eq(&copy, &child, sizeof copy);
}
END_TEST

START_TEST(blocks_that_mutation_adds_are_random)
{
    tnas_space_config config;
    make_config(1, &config);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1);
    tnas_arch shallow, child;
    tnas_arch_smallest(&config.genes, &shallow);
    int deeper = 0, larger = 0;
    for (int i = 0; i < 2000; i++) {
        tnas_arch_mutate(&config.genes, &rng, 0.1, &shallow, &child);
        deeper += child.choice[0] > 0;
        larger += child.choice[0] > 0 && child.choice[2] > 0;
    }
    /* A tenth mutates, half of it to depth 2: 100, deviation 10; half of those to kernel 3x5. */
    ck_assert_int_gt(deeper, 50);
    ck_assert_int_gt(larger, deeper / 4);
}
END_TEST

START_TEST(sampling_is_uniform_per_gene)
{
    tnas_space_config config;
    make_config(1, &config);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 2);
    int counts[3] = {0};
    for (int i = 0; i < 3000; i++)
        counts[sample(&config, &rng).choice[3]]++; /* s1.depth, 3 choices */
    for (int i = 0; i < 3; i++)                    /* deviation 26 */
        ck_assert_int_lt(abs(counts[i] - 1000), 130);
}
END_TEST

START_TEST(parsing_what_was_printed_gives_the_same)
{
    tnas_space_config config;
    make_config(_i % CONFIG_COUNT, &config);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    char text[TNAS_ARCH_TEXT_BYTES];
    for (int i = 0; i < 50; i++) {
        const tnas_arch arch = sample(&config, &rng);
        tnas_arch parsed;
        tnas_arch_print(&config.genes, &arch, text);
        ck_ok(tnas_arch_parse(&config.genes, text, &parsed));
        ck_assert_mem_eq(&parsed, &arch, sizeof arch);
    }
}
END_TEST

START_TEST(broken_texts_are_refused)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"", "s0.depth is missing"},
        {"s0.depth=1", "s0.b0.kernel is missing"},
        {"s0.depth=1,s0.b0.kernel=3x1,", "ends with a comma"},
        {"s0.depth=1,,s0.b0.kernel=3x1", "must read gene=choice"},
        {"s0.depth", "\"s0.depth\" must read gene=choice"},
        {"s0.depth=3", "s0.depth = 3 is none of 1, 2"},
        {"s0.depth=", "s0.depth =  is none of 1, 2"},
        {"s9.depth=1", "no gene \"s9.depth\""},
        {"s0.depth=1,s0.depth=1", "s0.depth is given twice"},
        {"s0.depth=1,s0.b0.kernel=3x1,s0.b1.kernel=3x1",
         "s0.b1.kernel is given, but s0.depth switches it off"},
    };
    tnas_space_config config;
    make_config(3, &config);
    tnas_arch arch;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_fails(TNAS_ERR_INPUT, cases[i].sentence,
                 tnas_arch_parse(&config.genes, cases[i].text, &arch));
    ck_ok(tnas_arch_parse(&config.genes, "s0.b1.kernel=3x1,s0.b0.kernel=5x1,s0.depth=2", &arch));
    char text[TNAS_ARCH_TEXT_BYTES];
    tnas_arch_print(&config.genes, &arch, text);
    ck_assert_str_eq(text, "s0.depth=2,s0.b0.kernel=5x1,s0.b1.kernel=3x1");
}
END_TEST

static bool same_graph(const tnas_graph *a, const tnas_graph *b)
{
    return a->op_count == b->op_count &&
           memcmp(a->ops, b->ops, (size_t)a->op_count * sizeof a->ops[0]) == 0 &&
           memcmp(a->tensors, b->tensors, (size_t)a->tensor_count * sizeof a->tensors[0]) == 0;
}

/* Walks through all normalised choices, the last gene fastest; false after the last. */
static bool next_arch(const tnas_gene_table *genes, tnas_arch *arch)
{
    for (int gene = genes->gene_count - 1; gene >= 0; gene--) {
        if (!tnas_gene_active(genes, arch, gene))
            continue;
        if (++arch->choice[gene] < genes->genes[gene].choice_count)
            return true;
        arch->choice[gene] = 0;
    }
    return false;
}

START_TEST(cardinality_counts_every_network_once)
{
    tnas_space space;
    tnas_space_config config;
    char *const text = replaced(tiny_space, "\"depth\": [1, 2]",
                                "\"depth\": [1, 2]}, {\"block\": \"mbconv\", \"channels\": 6, "
                                "\"stride\": 1, \"kernel\": [3], \"expand\": [1, 1.5, 1.75, 3], "
                                "\"depth\": [1, 3]");
    ck_ok(tnas_space_parse(text, "s.json", &space));
    tnas_free(text);
    ck_ok(tnas_space_configure(&space, 0, 0, 20, 1, 2, 3, &config));
    enum { MOST = 1000 };
    tnas_graph *const graphs = tnas_alloc_zero(MOST, sizeof *graphs);
    uint64_t hashes[MOST];
    int count = 0;
    tnas_arch arch;
    tnas_arch_smallest(&config.genes, &arch);
    do {
        ck_assert(tnas_arch_legal(&config.genes, &arch));
        ck_assert_int_lt(count, MOST);
        hashes[count] = tnas_arch_hash(&config.genes, &arch);
        tnas_space_decode(&config, &arch, &graphs[count], NULL);
        for (int i = 0; i < count; i++) {
            ck_assert_msg(hashes[i] != hashes[count], "%d and %d have one hash", i, count);
            ck_assert_msg(!same_graph(&graphs[i], &graphs[count]), "%d and %d are equal", i, count);
        }
        count++;
    } while (next_arch(&config.genes, &arch));
    ck_assert_int_eq(count, (2 + 4) * (4 + 64));
    ck_assert(tnas_gene_cardinality(&config.genes) == count);
    tnas_free(graphs);
}
END_TEST

START_TEST(equal_networks_have_equal_hashes_and_no_others)
{
    tnas_space_config config;
    make_config(_i % CONFIG_COUNT, &config);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_graph first, second;
    for (int i = 0; i < 100; i++) {
        const tnas_arch arch = sample(&config, &rng);
        tnas_arch near;
        tnas_arch_mutate(&config.genes, &rng, 0.05, &arch, &near);
        tnas_space_decode(&config, &arch, &first, NULL);
        tnas_space_decode(&config, &near, &second, NULL);
        ck_assert_int_eq(same_graph(&first, &second), tnas_arch_hash(&config.genes, &arch) ==
                                                          tnas_arch_hash(&config.genes, &near));
        tnas_arch loose = arch; /* values of inactive genes change nothing */
        for (int gene = 0; gene < config.genes.gene_count; gene++)
            if (!tnas_gene_active(&config.genes, &arch, gene))
                loose.choice[gene] = 1;
        ck_assert(tnas_arch_hash(&config.genes, &loose) == tnas_arch_hash(&config.genes, &arch));
    }
}
END_TEST

/* Every operator within its site, sites in order, the classifier on one pixel. */
static void check_network(const tnas_space_config *config, const tnas_arch *arch)
{
    tnas_graph graph;
    int16_t site_of_op[TNAS_GRAPH_OPS_MAX];
    tnas_space_decode(config, arch, &graph, site_of_op);
    ck_ok(tnas_graph_check(&graph));
    int last = TNAS_NONE;
    for (int i = 0; i < graph.op_count; i++) {
        const tnas_op *const op = &graph.ops[i];
        const bool weights = tnas_op_weight_count(&graph, i) > 0;
        ck_assert_msg(weights == (site_of_op[i] != TNAS_NONE), "operator %d, %s to %d channels", i,
                      tnas_op_kind_text(op->kind), graph.tensors[op->out].c);
        if (!weights)
            continue;
        ck_assert_int_gt(site_of_op[i], last);
        ck_assert_int_lt(site_of_op[i], config->site_count);
        last = site_of_op[i];
        const tnas_site *const site = &config->sites[last];
        const tnas_tensor *const in = &graph.tensors[op->in[0]];
        ck_assert_int_eq(site->kind, op->kind);
        ck_assert_int_le(graph.tensors[op->out].c, site->out_c);
        ck_assert_int_le(op->kind == TNAS_OP_DWCONV2D ? 1 : in->c, site->in_c);
        ck_assert_int_le(op->kernel_h, site->kernel_h);
        ck_assert_int_le(op->kernel_w, site->kernel_w);
    }
    const tnas_tensor *const out = &graph.tensors[tnas_graph_output(&graph)];
    ck_assert_int_eq(out->c, config->class_count);
    ck_assert_int_eq(out->h * out->w, 1);
    ck_assert_int_eq(graph.tensors[graph.ops[graph.op_count - 1].in[0]].h, 1);
}

START_TEST(networks_are_sound_and_within_their_sites)
{
    tnas_space_config config;
    make_config(_i % CONFIG_COUNT, &config);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    tnas_arch arch;
    for (int i = 0; i < 50; i++) {
        arch = sample(&config, &rng);
        check_network(&config, &arch);
    }
    tnas_arch_smallest(&config.genes, &arch);
    check_network(&config, &arch);
    tnas_arch_largest(&config.genes, &arch);
    check_network(&config, &arch);
}
END_TEST

START_TEST(the_largest_network_fills_every_site)
{
    tnas_space_config config;
    make_config(_i, &config);
    tnas_arch arch;
    tnas_graph graph;
    int16_t site_of_op[TNAS_GRAPH_OPS_MAX];
    tnas_arch_largest(&config.genes, &arch);
    tnas_space_decode(&config, &arch, &graph, site_of_op);
    int site = 0;
    for (int i = 0; i < graph.op_count; i++) {
        if (site_of_op[i] == TNAS_NONE)
            continue;
        const tnas_op *const op = &graph.ops[i];
        const tnas_site *const s = &config.sites[site];
        ck_assert_int_eq(site_of_op[i], site);
        ck_assert_int_eq(s->out_c, graph.tensors[op->out].c);
        ck_assert_int_eq(s->kernel_h, op->kernel_h);
        ck_assert_int_eq(s->kernel_w, op->kernel_w);
        ck_assert_int_lt(s->input_site, site);
        if (s->input_site == TNAS_NONE)
            ck_assert_int_eq(op->in[0], 0);
        else
            ck_assert_int_eq(config.sites[s->input_site].out_c, graph.tensors[op->in[0]].c);
        site++;
    }
    ck_assert_int_eq(site, config.site_count);
    ck_assert_int_eq(config.stem_site, 0);
    ck_assert_int_eq(config.classifier_site, site - 1);
}
END_TEST

/* A network as one text: kind, output shape, window, activation. */
static void describe(const tnas_graph *graph, char *out)
{
    for (int i = 0; i < graph->op_count; i++) {
        const tnas_op *const op = &graph->ops[i];
        const tnas_tensor *const shape = &graph->tensors[op->out];
        out += sprintf(out, "%s%s %dx%dx%d k%dx%d %s", i > 0 ? "; " : "",
                       tnas_op_kind_text(op->kind), shape->h, shape->w, shape->c, op->kernel_h,
                       op->kernel_w, tnas_activation_text(op->activation));
        if (op->kind == TNAS_OP_ADD)
            out += sprintf(out, " of %d and %d", op->in[0], op->in[1]);
    }
}

START_TEST(blocks_decode_to_the_documented_operators)
{
    tnas_space_config config;
    tnas_arch arch;
    tnas_graph graph;
    char text[4096];
    make_config(1, &config); /* 33x17x3, width 1 */
    ck_ok(tnas_arch_parse(&config.genes,
                          "s0.depth=2,s0.b0.kernel=3,s0.b1.kernel=3x5,s1.depth=3,s1.b0.kernel=1x3,"
                          "s1.b0.expand=1,s1.b1.kernel=3,s1.b1.expand=2,s1.b2.kernel=5x7,"
                          "s1.b2.expand=3.5",
                          &arch));
    tnas_space_decode(&config, &arch, &graph, NULL);
    describe(&graph, text);
    ck_assert_str_eq(text, "conv2d 17x17x8 k3x5 relu; " /* tensor 1: stem */
                           "conv2d 17x17x8 k3x3 relu; conv2d 17x17x8 k3x3 none; "
                           "add 17x17x8 k1x1 relu of 3 and 1; "
                           "conv2d 17x17x8 k3x5 relu; conv2d 17x17x8 k3x5 none; "
                           "add 17x17x8 k1x1 relu of 6 and 4; "
                           "dwconv2d 17x9x8 k1x3 relu6; conv2d 17x9x12 k1x1 none; "
                           "conv2d 17x9x24 k1x1 relu6; dwconv2d 17x9x24 k3x3 relu6; "
                           "conv2d 17x9x12 k1x1 none; add 17x9x12 k1x1 none of 12 and 9; "
                           "conv2d 17x9x44 k1x1 relu6; dwconv2d 17x9x44 k5x7 relu6; "
                           "conv2d 17x9x12 k1x1 none; add 17x9x12 k1x1 none of 16 and 13; "
                           "dwconv2d 9x5x12 k5x5 relu6; conv2d 9x5x20 k1x1 relu6; "
                           "dwconv2d 9x5x20 k5x5 relu6; conv2d 9x5x20 k1x1 none; "
                           "add 9x5x20 k1x1 relu6 of 21 and 19; "
                           "conv2d 9x5x80 k1x1 relu6; dwconv2d 9x5x80 k3x3 relu6; "
                           "conv2d 9x5x20 k1x1 none; add 9x5x20 k1x1 none of 25 and 22; "
                           "conv2d 9x5x24 k1x1 relu6; avgpool 1x1x24 k9x5 none; "
                           "fc 1x1x5 k1x1 none");
}
END_TEST

START_TEST(resblocks_project_the_shortcut_where_shapes_differ)
{
    char *const text = replaced(mixed_space, "\"resblock\", \"channels\": 8, \"stride\": 1",
                                "\"resblock\", \"channels\": 16, \"stride\": 2");
    tnas_space space;
    tnas_space_config config;
    tnas_arch arch;
    tnas_graph graph;
    char network[4096];
    ck_ok(tnas_space_parse(text, "s.json", &space));
    tnas_free(text);
    ck_ok(tnas_space_configure(&space, 0, 1, 1, 1, 1, 2, &config)); /* an image of one pixel */
    tnas_arch_smallest(&config.genes, &arch);
    tnas_space_decode(&config, &arch, &graph, NULL);
    describe(&graph, network);
    ck_assert_ptr_nonnull(strstr(
        network, "conv2d 1x1x16 k3x3 relu; conv2d 1x1x16 k3x3 none; conv2d 1x1x16 k1x1 none; "
                 "add 1x1x16 k1x1 relu of 3 and 4"));
    ck_assert_ptr_null(strstr(network, "avgpool")); /* nothing to average */
    ck_ok(tnas_graph_check(&graph));
}
END_TEST

START_TEST(macs_grow_with_every_gene)
{
    tnas_space_config config;
    make_config(_i, &config);
    tnas_arch arch, largest;
    tnas_graph graph;
    tnas_arch_smallest(&config.genes, &arch);
    tnas_arch_largest(&config.genes, &largest);
    tnas_space_decode(&config, &arch, &graph, NULL);
    int64_t macs = tnas_graph_macs(&graph);
    for (int gene = 0; gene < config.genes.gene_count; gene++)
        while (arch.choice[gene] < largest.choice[gene]) {
            arch.choice[gene]++;
            tnas_space_decode(&config, &arch, &graph, NULL);
            const int64_t more = tnas_graph_macs(&graph);
            ck_assert_msg(more > macs, "%s: %lld after %lld MACs", config.genes.genes[gene].name,
                          (long long)more, (long long)macs);
            macs = more;
        }
    ck_assert_mem_eq(&arch, &largest, sizeof arch);
}
END_TEST

START_TEST(blocks_of_a_stage_may_differ_in_width)
{
    tnas_space_config config;
    tnas_arch arch;
    tnas_graph graph;
    char text[4096];
    make_config(5, &config); /* 9x33x2, width 1 */
    ck_ok(tnas_arch_parse(&config.genes,
                          "s0.depth=2,s0.b0.width=1,s0.b1.width=0.3,s1.depth=3,s1.b0.kernel=3,"
                          "s1.b0.expand=1.2,s1.b0.width=0.5,s1.b1.kernel=5,s1.b1.expand=2,"
                          "s1.b1.width=0.75,s1.b2.kernel=3,s1.b2.expand=4,s1.b2.width=0.75,"
                          "s2.depth=2,s2.b0.kernel=1,s2.b0.expand=0.5,s2.b1.kernel=3,"
                          "s2.b1.expand=1.5,head.channels=16",
                          &arch));
    tnas_space_decode(&config, &arch, &graph, NULL);
    describe(&graph, text);
    /* A sum only where a block gives as many channels as it takes; expansions are of what is
     * read. The shortcut of the first resblock is a layer although it takes 20 channels and gives
     * 20: with another width before it, it could not do without. */
    ck_assert_str_eq(text, "conv2d 5x17x12 k3x3 relu6; "
                           "dwconv2d 5x17x12 k3x3 relu6; conv2d 5x17x12 k1x1 none; "
                           "add 5x17x12 k1x1 relu6 of 3 and 1; "
                           "dwconv2d 5x17x12 k3x3 relu6; conv2d 5x17x4 k1x1 relu6; "
                           "conv2d 5x17x8 k1x1 relu6; dwconv2d 3x9x8 k3x3 relu6; "
                           "conv2d 3x9x12 k1x1 none; "
                           "conv2d 3x9x24 k1x1 relu6; dwconv2d 3x9x24 k5x5 relu6; "
                           "conv2d 3x9x20 k1x1 none; "
                           "conv2d 3x9x80 k1x1 relu6; dwconv2d 3x9x80 k3x3 relu6; "
                           "conv2d 3x9x20 k1x1 none; add 3x9x20 k1x1 none of 15 and 12; "
                           "conv2d 3x9x12 k1x1 relu; conv2d 3x9x20 k1x1 none; "
                           "conv2d 3x9x20 k1x1 none; add 3x9x20 k1x1 relu of 18 and 19; "
                           "conv2d 3x9x32 k3x3 relu; conv2d 3x9x20 k3x3 none; "
                           "add 3x9x20 k1x1 relu of 22 and 20; "
                           "conv2d 3x9x16 k1x1 relu6; avgpool 1x1x16 k3x9 none; "
                           "fc 1x1x7 k1x1 none");
    const tnas_gene *const head = &config.genes.genes[config.head_gene];
    ck_assert_str_eq(head->name, "head.channels");
    ck_assert_int_eq(head->choice_count, 3); /* 24 and 25 round to the same */
}
END_TEST

START_TEST(a_width_that_rounds_to_its_neighbour_is_no_choice)
{
    tnas_space_config config;
    make_config(4, &config); /* width 0.5: 0.3, 0.7, 1 of 6 channels are 4, 4, 8 */
    const tnas_gene *const gene = &config.genes.genes[config.positions[0].width_gene];
    ck_assert_str_eq(gene->name, "s0.b0.width");
    ck_assert_int_eq(gene->choice_count, 2);
    ck_assert_str_eq(gene->choices[0], "0.3");
    ck_assert_str_eq(gene->choices[1], "1");
}
END_TEST

START_TEST(data_that_no_network_can_take_is_refused)
{
    tnas_space space;
    tnas_space_config config;
    ck_ok(tnas_space_parse(tiny_space, "test.json", &space));
    ck_fails(TNAS_ERR_INPUT, "space tiny: input 0x1x6",
             tnas_space_configure(&space, 0, 0, 0, 1, 6, 5, &config));
    ck_fails(TNAS_ERR_INPUT, "1 classes: must be 2 to",
             tnas_space_configure(&space, 0, 0, 100, 1, 6, 1, &config));
    ck_ok(tnas_space_configure(&space, 0, 0, 1020, 1, 6, 5, &config));
    ck_fails(TNAS_ERR_INPUT, "an input of 1021x1 leaves a last map of 256x1",
             tnas_space_configure(&space, 0, 0, 1021, 1, 6, 5, &config));
}
END_TEST

START_TEST(the_space_of_the_papers_has_the_published_size)
{
    tnas_space_config config;
    make_config(CONFIG_COUNT - 1, &config);
    /* Five stages of depth 1 to 4 with 12 choices a block, and one block more. */
    const double stage = 12.0 + 144.0 + 1728.0 + 20736.0;
    const double expected = stage * stage * stage * stage * stage * 12.0;
    ck_assert_double_eq_tol(tnas_gene_cardinality(&config.genes) / expected, 1.0, 1e-12);
}
END_TEST

/* Not asserted: the machine may be busy. */
START_TEST(decoding_is_fast)
{
    tnas_space_config config;
    make_config(CONFIG_COUNT - 1, &config);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 3);
    enum { DECODES = 20000 };
    const double start = tnas_clock_seconds();
    int64_t ops = 0;
    for (int i = 0; i < DECODES; i++) {
        tnas_graph graph;
        int16_t site_of_op[TNAS_GRAPH_OPS_MAX];
        const tnas_arch arch = sample(&config, &rng);
        tnas_space_decode(&config, &arch, &graph, site_of_op);
        ops += graph.op_count;
    }
    printf("decode: %.0f networks of %.0f operators a second\n",
           DECODES / (tnas_clock_seconds() - start), (double)ops / DECODES);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("space");
    TCase *const genes = tcase_create("genes");
    tcase_add_test(genes, genes_are_named_after_stage_and_block);
    tcase_add_test(genes, factors_that_round_to_one_network_are_one_choice);
    tcase_add_loop_test(genes, sampling_mutation_and_crossover_stay_legal, 0, 3 * CONFIG_COUNT);
    tcase_add_loop_test(genes, children_have_the_genes_of_their_parents, 0, 10 * CONFIG_COUNT);
    tcase_add_test(genes, blocks_that_mutation_adds_are_random);
    tcase_add_test(genes, sampling_is_uniform_per_gene);
    tcase_add_loop_test(genes, parsing_what_was_printed_gives_the_same, 0, CONFIG_COUNT);
    tcase_add_test(genes, broken_texts_are_refused);
    tcase_add_test(genes, cardinality_counts_every_network_once);
    tcase_add_test(genes, the_space_of_the_papers_has_the_published_size);
    tcase_add_loop_test(genes, equal_networks_have_equal_hashes_and_no_others, 0, CONFIG_COUNT);
    suite_add_tcase(suite, genes);

    TCase *const decode = tcase_create("decode");
    tcase_add_test(decode, channels_round_to_the_divisor_as_mobilenet_v2_does);
    tcase_add_loop_test(decode, networks_are_sound_and_within_their_sites, 0, 3 * CONFIG_COUNT);
    tcase_add_loop_test(decode, the_largest_network_fills_every_site, 0, CONFIG_COUNT);
    tcase_add_test(decode, blocks_decode_to_the_documented_operators);
    tcase_add_test(decode, blocks_of_a_stage_may_differ_in_width);
    tcase_add_test(decode, a_width_that_rounds_to_its_neighbour_is_no_choice);
    tcase_add_test(decode, resblocks_project_the_shortcut_where_shapes_differ);
    tcase_add_loop_test(decode, macs_grow_with_every_gene, 0, CONFIG_COUNT);
    tcase_add_test(decode, data_that_no_network_can_take_is_refused);
    tcase_add_test(decode, decoding_is_fast);
    suite_add_tcase(suite, decode);
    return run_suite(suite);
}
