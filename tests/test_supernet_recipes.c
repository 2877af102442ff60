/* Recipes of supernets: what their phases draw, what sorting does, and that a training that was
 * stopped or killed anywhere ends with the bytes of one that was not. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/alloc.h"
#include "study/train_supernet.h"
#include "tests/testing.h"
#include "tests/toy_supernet.h"

static const tnas_supernet_phase *phase_of(tnas_supernet_recipe recipe, int index)
{
    const tnas_supernet_phase *phases;
    ck_assert_int_lt(index, tnas_supernet_phases(recipe, &phases));
    return &phases[index];
}

static tnas_supernet_sampler sampler_of(const toy_supernet *b, const tnas_supernet_phase *phase)
{
    return (tnas_supernet_sampler){
        .supernet = b->supernet, .phase = phase, .label_smoothing = 0.1f, .seed = SEED};
}

/* Phases */

START_TEST(the_phases_of_a_recipe_share_all_its_steps)
{
    static const long step_counts[] = {1, 7, 60, 1000, 24000};
    for (int recipe = 0; recipe < TNAS_SUPERNET_RECIPE_COUNT; recipe++) {
        const tnas_supernet_phase *phases;
        const int count = tnas_supernet_phases((tnas_supernet_recipe)recipe, &phases);
        double shares = 0;
        for (int p = 0; p < count; p++) {
            ck_assert(phases[p].net_count >= 1 && phases[p].net_count <= TNAS_UNITS_MAX);
            shares += phases[p].step_share;
        }
        ck_assert_double_eq_tol(shares, 1, 1e-12);
        for (int i = 0; i < 5; i++) {
            long start = 0;
            for (int p = 0; p <= count; p++) {
                const long next =
                    tnas_supernet_phase_start((tnas_supernet_recipe)recipe, p, step_counts[i]);
                ck_assert_int_ge(next, start);
                start = next;
            }
            ck_assert_int_eq(
                tnas_supernet_phase_start((tnas_supernet_recipe)recipe, 0, step_counts[i]), 0);
            ck_assert_int_eq(start, step_counts[i]);
        }
    }
}
END_TEST

/* Lowest choice of each kind of gene that some draws of a phase have, counted from the largest. */
typedef struct reach {
    int kernel, depth, expand;
} reach;

static void widen(int *reached, const tnas_gene_table *genes, const tnas_arch *arch, int gene)
{
    if (gene == TNAS_NONE || !tnas_gene_active(genes, arch, gene))
        return;
    const int from_largest = genes->genes[gene].choice_count - arch->choice[gene];
    *reached = from_largest > *reached ? from_largest : *reached;
}

static reach reach_of(const toy_supernet *b, const tnas_supernet_phase *phase)
{
    const tnas_supernet_sampler sampler = sampler_of(b, phase);
    const tnas_gene_table *const genes = &b->config->genes;
    reach r = {0, 0, 0};
    for (long step = 0; step < 60; step++) {
        tnas_arch archs[TNAS_UNITS_MAX];
        tnas_supernet_draw(&sampler, step, archs);
        for (int i = 0; i < phase->net_count; i++) {
            ck_assert(tnas_arch_legal(genes, &archs[i]));
            for (int p = 0; p < b->config->position_count; p++) {
                const tnas_position *const place = &b->config->positions[p];
                widen(&r.kernel, genes, &archs[i], place->kernel_gene);
                widen(&r.depth, genes, &archs[i], place->depth_gene);
                widen(&r.expand, genes, &archs[i], place->expand_gene);
            }
        }
    }
    return r;
}

START_TEST(progressive_shrinks_kernels_then_depths_then_widths)
{
    /* The toy has 2 kernels, 2 depths, 3 expansions. */
    static const reach wanted[] = {{1, 1, 1}, {2, 1, 1}, {2, 2, 1},
                                   {2, 2, 1}, {2, 2, 2}, {2, 2, 3}};
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_TRANSFORM, 1, 1);
    for (int p = 0; p < 6; p++) {
        const reach seen = reach_of(&b, phase_of(TNAS_SUPERNET_PROGRESSIVE, p));
        ck_assert_msg(seen.kernel == wanted[p].kernel && seen.depth == wanted[p].depth &&
                          seen.expand == wanted[p].expand,
                      "phase %d draws %d kernels, %d depths, %d expansions", p, seen.kernel,
                      seen.depth, seen.expand);
    }
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(mcunet_trains_the_largest_alone_and_then_four_random_networks)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    const tnas_supernet_phase *const first = phase_of(TNAS_SUPERNET_MCUNET, 0);
    const tnas_supernet_phase *const second = phase_of(TNAS_SUPERNET_MCUNET, 1);
    ck_assert_int_eq(first->net_count, 1);
    ck_assert_int_eq(second->net_count, 4);
    ck_assert(!first->sorts && second->sorts);
    const reach alone = reach_of(&b, first), all = reach_of(&b, second);
    ck_assert(alone.kernel == 1 && alone.depth == 1 && alone.expand == 1);
    ck_assert(all.kernel == 2 && all.depth == 2 && all.expand == 3);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(a_step_costs_what_its_networks_do)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    tnas_arch arch;
    tnas_graph graph;
    tnas_arch_largest(&b.config->genes, &arch);
    tnas_space_decode(b.config, &arch, &graph, NULL);
    const double largest = (double)tnas_graph_macs(&graph);
    const double uniform = tnas_supernet_macs_per_step(b.supernet, TNAS_SUPERNET_UNIFORM);
    const double mcunet = tnas_supernet_macs_per_step(b.supernet, TNAS_SUPERNET_MCUNET);
    ck_assert(uniform > 0.5 * largest && uniform < 2 * largest);
    /* A third of the steps run the largest, two thirds twice as many random ones as uniform. */
    ck_assert_double_eq_tol(mcunet, largest / 3 + 2 * uniform * 2 / 3, 0.1 * mcunet);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(a_taught_phase_mixes_the_frozen_teacher_with_the_label)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_TRANSFORM, 1, 1);
    tnas_supernet_sampler sampler = sampler_of(&b, phase_of(TNAS_SUPERNET_PROGRESSIVE, 3));
    sampler.nets = tnas_alloc_zero(TNAS_UNITS_MAX, sizeof *sampler.nets);
    tnas_unit units[TNAS_UNITS_MAX];
    int count;
    ck_ok(tnas_supernet_units(&sampler, 5, units, &count));
    ck_assert_int_eq(count, 2);
    for (int i = 0; i < count; i++) {
        ck_assert_int_eq(units[i].teacher, TNAS_TEACHER_FROZEN);
        ck_assert_float_eq(units[i].label_share, 0.5f);
        ck_assert_float_eq(units[i].weight, 0.5f);
    }
    sampler.phase = phase_of(TNAS_SUPERNET_PROGRESSIVE, 0);
    ck_ok(tnas_supernet_units(&sampler, 5, units, &count));
    ck_assert_int_eq(units[0].teacher, TNAS_NONE);
    tnas_free(sampler.nets);
    toy_supernet_deinit(&b);
}
END_TEST

/* Sorting */

static void logits_of_largest(const toy_supernet *b, const tnas_images *images, float *logits)
{
    tnas_arch arch;
    tnas_net net;
    tnas_arch_largest(&b->config->genes, &arch);
    ck_ok(tnas_supernet_view(b->supernet, &arch, &net));
    toy_supernet_predict(b, b->supernet->store, &net, images, logits);
}

/* The slots of a position's block that expands; false when it does not. */
static bool slots_of_block(const toy_supernet *b, int position, const tnas_slot *slots[3])
{
    const tnas_position *const place = &b->config->positions[position];
    if (place->expand_gene == TNAS_NONE)
        return false;
    for (int role = 0; role < 3; role++)
        slots[role] = &b->supernet->store->slots[place->sites[role]];
    return true;
}

static double importance_of(const tnas_store *store, const tnas_slot *project, int channel)
{
    double sum = 0;
    for (int out = 0; out < project->out_c; out++)
        sum += fabs(
            (double)store->values[project->weight_at + (size_t)(out * project->in_c + channel)]);
    return sum;
}

START_TEST(sorting_does_not_change_what_the_largest_network_answers)
{
    enum { COUNT = 20 };
    toy_supernet b;
    toy_supernet_init(&b, _i == 0 ? TNAS_KERNEL_CROP : TNAS_KERNEL_TRANSFORM, 2, 1);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    toy_supernet_scatter(b.supernet->store, &rng);
    tnas_images images = toy_supernet_images(COUNT);
    float before[COUNT * TOY_SUPERNET_CLASSES], after[COUNT * TOY_SUPERNET_CLASSES];
    logits_of_largest(&b, &images, before);
    const size_t bytes = b.supernet->store->value_count * sizeof(float);
    float *const unsorted = tnas_alloc_zero(1, bytes);
    memcpy(unsorted, b.supernet->store->values, bytes);
    ck_ok(tnas_supernet_sort(b.supernet, 1));
    ck_assert_mem_ne(unsorted, b.supernet->store->values, bytes);
    logits_of_largest(&b, &images, after);
    for (int i = 0; i < COUNT * TOY_SUPERNET_CLASSES; i++) /* the same terms in another order */
        ck_assert_float_eq_tol(after[i], before[i], 1e-4f * (1.0f + fabsf(before[i])));
    tnas_free(unsorted);
    toy_supernet_images_free(&images);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(sorting_puts_the_important_channels_first_and_again_changes_nothing)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    tnas_store *const store = b.supernet->store;
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 1);
    toy_supernet_scatter(store, &rng);
    ck_ok(tnas_supernet_sort(b.supernet, 1));
    int blocks = 0;
    for (int p = 0; p < b.config->position_count; p++) {
        const tnas_slot *slots[3];
        if (!slots_of_block(&b, p, slots))
            continue;
        blocks++;
        for (int c = 1; c < slots[2]->in_c; c++)
            ck_assert_double_ge(importance_of(store, slots[2], c - 1),
                                importance_of(store, slots[2], c));
    }
    ck_assert_int_eq(blocks, 2);
    float *const sorted = tnas_alloc_zero(store->value_count, sizeof(float));
    memcpy(sorted, store->values, store->value_count * sizeof(float));
    ck_ok(tnas_supernet_sort(b.supernet, 1));
    ck_assert_mem_eq(sorted, store->values, store->value_count * sizeof(float));
    tnas_free(sorted);
    toy_supernet_deinit(&b);
}
END_TEST

/* Where a channel went, its filter, its batch norm and its writer went too: they are marked. */
START_TEST(sorting_moves_all_of_a_channel)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    float *const values = b.supernet->store->values;
    for (int p = 0; p < b.config->position_count; p++) {
        const tnas_slot *s[3];
        if (!slots_of_block(&b, p, s))
            continue;
        for (int c = 0; c < s[2]->in_c; c++) {
            const float mark = (float)(1 + c * 7 % s[2]->in_c);
            for (int o = 0; o < s[2]->out_c; o++)
                values[s[2]->weight_at + (size_t)(o * s[2]->in_c + c)] = o % 2 ? mark : -mark;
            for (int side = 0; side < 2; side++) {
                const size_t filter = s[side]->weight_count / (size_t)s[side]->out_c;
                for (size_t i = 0; i < filter; i++)
                    values[s[side]->weight_at + (size_t)c * filter + i] = mark;
                values[s[side]->scale_at + (size_t)c] = values[s[side]->shift_at + (size_t)c] =
                    mark;
            }
        }
    }
    ck_ok(tnas_supernet_sort(b.supernet, 1));
    for (int p = 0; p < b.config->position_count; p++) {
        const tnas_slot *s[3];
        if (!slots_of_block(&b, p, s))
            continue;
        for (int c = 0; c < s[2]->in_c; c++) {
            const float mark = (float)(s[2]->in_c - c);
            ck_assert_float_eq(fabsf(values[s[2]->weight_at + (size_t)c]), mark);
            for (int side = 0; side < 2; side++) {
                const size_t filter = s[side]->weight_count / (size_t)s[side]->out_c;
                for (size_t i = 0; i < filter; i++)
                    ck_assert_float_eq(values[s[side]->weight_at + (size_t)c * filter + i], mark);
                ck_assert_float_eq(values[s[side]->scale_at + (size_t)c], mark);
                ck_assert_float_eq(values[s[side]->shift_at + (size_t)c], mark);
            }
        }
    }
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(a_width_that_has_been_trained_keeps_its_channels)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    tnas_store *const store = b.supernet->store;
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 3);
    toy_supernet_scatter(store, &rng);
    float *const before = tnas_alloc_zero(store->value_count, sizeof(float));
    memcpy(before, store->values, store->value_count * sizeof(float));
    ck_ok(tnas_supernet_sort(b.supernet, 2));
    for (int p = 0; p < b.config->position_count; p++) {
        const tnas_slot *s[3];
        if (!slots_of_block(&b, p, s))
            continue;
        const tnas_position *const place = &b.config->positions[p];
        const int genes = b.config->genes.genes[place->expand_gene].choice_count;
        ck_assert(place->in_fixed);
        const int kept =
            tnas_block_mid_channels(b.config->space.stages[place->stage].block,
                                    place->expands[genes - 2], s[0]->in_c, s[2]->out_c, 4);
        ck_assert_int_lt(kept, s[1]->out_c);
        const float *const scale = store->values + s[1]->scale_at;
        const float *const old = before + s[1]->scale_at;
        ck_assert_mem_eq(scale + kept, old + kept, (size_t)(s[1]->out_c - kept) * sizeof(float));
        double sum = 0, old_sum = 0;
        for (int c = 0; c < kept; c++) {
            sum += (double)scale[c];
            old_sum += (double)old[c];
        }
        ck_assert_double_eq_tol(sum, old_sum, 1e-6);
        ck_assert_mem_ne(scale, old, (size_t)kept * sizeof(float));
    }
    tnas_free(before);
    toy_supernet_deinit(&b);
}
END_TEST

/* Training */

enum { STEPS = 24, IMAGES = 72 };

/* Counts steps; stops before a step or kills its process at one. */
typedef struct watcher {
    long asked, stop_at, seen, kill_at;
    double loss[STEPS + 1];
} watcher;

static bool watch_stop(void *context)
{
    watcher *const w = context;
    return w->asked++ == w->stop_at;
}

static void watch_step(void *context, long step, double loss, double right)
{
    (void)right;
    watcher *const w = context;
    ck_assert(step >= 1 && step <= STEPS);
    w->loss[step] = loss;
    if (step == w->kill_at)
        kill(getpid(), SIGKILL);
}

static tnas_status train_toy(toy_supernet *b, tnas_supernet_recipe recipe,
                             const tnas_images *images, const char *checkpoint, const char *path,
                             watcher *w)
{
    tnas_recipe numbers = tnas_recipe_default();
    numbers.steps = STEPS;
    numbers.batch = 24;
    numbers.learning_rate = 0.05;
    numbers.checkpoint_steps = 3;
    const tnas_progress progress = {.context = w, .stop = watch_stop};
    const tnas_supernet_training training = {.supernet = b->supernet,
                                             .recipe = recipe,
                                             .numbers = &numbers,
                                             .engine = b->engine,
                                             .images = images,
                                             .options = {.seed = SEED,
                                                         .progress = &progress,
                                                         .checkpoint_path = checkpoint,
                                                         .see = watch_step,
                                                         .see_context = w},
                                             .path = path};
    return tnas_supernet_train(&training);
}

static watcher watch(void)
{
    return (watcher){.stop_at = -1, .kill_at = -1};
}

/* Paths of a training in a fresh folder. */
typedef struct paths {
    char folder[TNAS_PATH_BYTES], checkpoint[TNAS_PATH_BYTES], supernet[TNAS_PATH_BYTES];
} paths;

static paths fresh_paths(void)
{
    paths p;
    temporary_folder(p.folder);
    ck_ok(tnas_path_join(p.checkpoint, p.folder, "supernet.ckpt"));
    ck_ok(tnas_path_join(p.supernet, p.folder, "supernet.bin"));
    return p;
}

/* Nothing is left but the trained supernet. */
static void check_tidy(const paths *p)
{
    ck_assert(tnas_file_exists(p->supernet) && !tnas_file_exists(p->checkpoint));
    for (int phase = 1; phase <= TNAS_PHASES_MAX; phase++) {
        char name[32], path[TNAS_PATH_BYTES];
        snprintf(name, sizeof name, "supernet.ckpt.%d", phase);
        ck_ok(tnas_path_join(path, p->folder, name));
        ck_assert(!tnas_file_exists(path));
    }
}

static tnas_kernel_source kernels_of(int recipe)
{
    return tnas_supernet_recipe_kernels((tnas_supernet_recipe)recipe);
}

/* The uninterrupted training, without files. */
static void train_whole(toy_supernet *b, int recipe, const tnas_images *images, watcher *w)
{
    toy_supernet_init(b, kernels_of(recipe), 1, 2);
    ck_ok(train_toy(b, (tnas_supernet_recipe)recipe, images, NULL, NULL, w));
}

static void check_same_values(const toy_supernet *a, const toy_supernet *b)
{
    ck_assert_mem_eq(a->supernet->store->values, b->supernet->store->values,
                     a->supernet->store->value_count * sizeof(float));
}

START_TEST(a_recipe_stopped_before_any_step_ends_with_the_same_weights_and_curve)
{
    tnas_images images = toy_supernet_images(IMAGES);
    toy_supernet whole;
    watcher undisturbed = watch();
    train_whole(&whole, _i, &images, &undisturbed);
    for (long stop = 0; stop < STEPS; stop++) {
        const paths p = fresh_paths();
        watcher w = watch();
        w.stop_at = stop;
        toy_supernet part;
        toy_supernet_init(&part, kernels_of(_i), 2, 2);
        ck_assert_int_eq(
            train_toy(&part, (tnas_supernet_recipe)_i, &images, p.checkpoint, p.supernet, &w),
            TNAS_ERR_STOPPED);
        toy_supernet_deinit(&part);
        w.stop_at = -1;
        toy_supernet_init(&part, kernels_of(_i), 3, 2); /* as in a new process */
        ck_ok(train_toy(&part, (tnas_supernet_recipe)_i, &images, p.checkpoint, p.supernet, &w));
        check_same_values(&part, &whole);
        ck_assert_mem_eq(w.loss, undisturbed.loss, sizeof w.loss);
        check_tidy(&p);
        toy_supernet_deinit(&part);
    }
    toy_supernet_images_free(&images);
    toy_supernet_deinit(&whole);
}
END_TEST

START_TEST(a_recipe_killed_at_any_step_ends_with_the_same_weights)
{
    tnas_images images = toy_supernet_images(IMAGES);
    toy_supernet whole;
    watcher undisturbed = watch();
    train_whole(&whole, _i, &images, &undisturbed);
    const paths p = fresh_paths();
    for (long at = 1; at <= STEPS; at += 1 + at % 3) { /* again and again, in one folder */
        fflush(stdout);
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            toy_supernet part;
            watcher w = watch();
            w.kill_at = at;
            toy_supernet_init(&part, kernels_of(_i), 2, 2);
            train_toy(&part, (tnas_supernet_recipe)_i, &images, p.checkpoint, p.supernet, &w);
            _exit(1);
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    toy_supernet part;
    watcher w = watch();
    toy_supernet_init(&part, kernels_of(_i), 1, 2);
    ck_ok(train_toy(&part, (tnas_supernet_recipe)_i, &images, p.checkpoint, p.supernet, &w));
    check_same_values(&part, &whole);
    check_tidy(&p);
    /* And what is trained is read, not trained again. */
    toy_supernet again;
    toy_supernet_init(&again, kernels_of(_i), 1, 2);
    w.asked = 0;
    ck_ok(train_toy(&again, (tnas_supernet_recipe)_i, &images, p.checkpoint, p.supernet, &w));
    ck_assert_int_eq(w.asked, 0);
    check_same_values(&again, &whole);
    toy_supernet_deinit(&again);
    toy_supernet_deinit(&part);
    toy_supernet_deinit(&whole);
    toy_supernet_images_free(&images);
}
END_TEST

START_TEST(a_recipe_moves_the_matrices_only_where_it_has_them)
{
    tnas_images images = toy_supernet_images(IMAGES);
    toy_supernet b;
    watcher w = watch();
    train_whole(&b, TNAS_SUPERNET_PROGRESSIVE, &images, &w);
    int moved = 0;
    for (int s = 0; s < b.supernet->store->slot_count; s++) {
        const tnas_slot *const slot = &b.supernet->store->slots[s];
        ck_assert_int_eq(slot->window_count, slot->kind == TNAS_OP_DWCONV2D ? 1 : 0);
        for (size_t i = 0; i < slot->transform_count; i++) {
            const float start = i % 10 == 0 ? 1.0f : 0.0f; /* 9 x 9 */
            moved += b.supernet->store->values[slot->transform_at + i] != start;
        }
    }
    ck_assert_int_gt(moved, 100);
    toy_supernet_deinit(&b);
    toy_supernet_images_free(&images);
}
END_TEST

START_TEST(windows_of_one_column_have_matrices_too)
{
    enum { COUNT = 20 };
    tnas_space space = {.name = "long",
                        .width_count = 1,
                        .widths = {1},
                        .divisor = 4,
                        .stem_channels = 8,
                        .stem_kernel = {3, 3},
                        .stem_stride = {1, 1},
                        .stage_count = 1,
                        .stages = {toy_stage(TNAS_BLOCK_MBCONV, 8, 1)}};
    space.stages[0].kernels[0] = (tnas_window){3, 1};
    space.stages[0].kernels[1] = (tnas_window){5, 1};
    toy_supernet b = {.config = tnas_alloc_zero(1, sizeof *b.config)};
    ck_ok(tnas_space_configure(&space, 0, 0, TOY_SUPERNET_H, TOY_SUPERNET_W, TOY_SUPERNET_C,
                               TOY_SUPERNET_CLASSES, b.config));
    ck_ok(tnas_supernet_create(b.config, TNAS_KERNEL_TRANSFORM, SEED, &b.supernet));
    ck_ok(tnas_pool_create(1, &b.pool));
    ck_ok(tnas_engine_create(&(tnas_engine_config){.pool = b.pool, .shards = 1}, &b.engine));
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 4);
    toy_supernet_scatter(b.supernet->store, &rng);

    tnas_arch arch;
    tnas_net view, own;
    tnas_store *store;
    tnas_arch_smallest(&b.config->genes, &arch);
    ck_ok(tnas_supernet_view(b.supernet, &arch, &view));
    ck_ok(tnas_supernet_extract(b.supernet, &arch, &own, &store));
    ck_assert_uint_gt(view.transform_floats, 0);
    ck_assert_uint_eq(own.transform_floats, 0);
    tnas_images images = toy_supernet_images(COUNT);
    float seen[COUNT * TOY_SUPERNET_CLASSES], wanted[COUNT * TOY_SUPERNET_CLASSES];
    toy_supernet_predict(&b, b.supernet->store, &view, &images, wanted);
    toy_supernet_predict(&b, store, &own, &images, seen);
    ck_assert_mem_eq(seen, wanted, sizeof wanted);
    toy_supernet_images_free(&images);
    tnas_store_destroy(store);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(a_supernet_file_holds_the_matrices)
{
    toy_supernet b, other;
    toy_supernet_init(&b, TNAS_KERNEL_TRANSFORM, 1, 1);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, 9);
    toy_supernet_scatter(b.supernet->store, &rng);
    const paths p = fresh_paths();
    ck_ok(tnas_supernet_save(b.supernet, p.supernet));
    toy_supernet_init(&other, TNAS_KERNEL_TRANSFORM, 1, 1);
    ck_ok(tnas_supernet_load(other.supernet, p.supernet));
    check_same_values(&b, &other);
    toy_supernet_deinit(&other);
    toy_supernet_init(&other, TNAS_KERNEL_CROP, 1, 1);
    ck_fails(TNAS_ERR_INPUT, "with transforms, space toy as configured wants dwconv2d 5x5",
             tnas_supernet_load(other.supernet, p.supernet));
    toy_supernet_deinit(&other);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(sorting_reports_every_failing_allocation)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; status != TNAS_OK; n++) {
        ck_assert_int_lt(n, 10);
        tnas_alloc_fail_after(n);
        status = tnas_supernet_sort(b.supernet, 1);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
    }
    toy_supernet_deinit(&b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("supernet recipes");
    TCase *phases = tcase_create("phases");
    tcase_add_test(phases, the_phases_of_a_recipe_share_all_its_steps);
    tcase_add_test(phases, progressive_shrinks_kernels_then_depths_then_widths);
    tcase_add_test(phases, mcunet_trains_the_largest_alone_and_then_four_random_networks);
    tcase_add_test(phases, a_step_costs_what_its_networks_do);
    tcase_add_test(phases, a_taught_phase_mixes_the_frozen_teacher_with_the_label);
    suite_add_tcase(suite, phases);
    TCase *sorting = tcase_create("sorting");
    tcase_add_loop_test(sorting, sorting_does_not_change_what_the_largest_network_answers, 0, 2);
    tcase_add_test(sorting, sorting_puts_the_important_channels_first_and_again_changes_nothing);
    tcase_add_test(sorting, sorting_moves_all_of_a_channel);
    tcase_add_test(sorting, a_width_that_has_been_trained_keeps_its_channels);
    tcase_add_test(sorting, sorting_reports_every_failing_allocation);
    suite_add_tcase(suite, sorting);
    TCase *training = tcase_create("training");
    tcase_set_timeout(training, 120);
    tcase_add_loop_test(training,
                        a_recipe_stopped_before_any_step_ends_with_the_same_weights_and_curve, 0,
                        TNAS_SUPERNET_RECIPE_COUNT);
    tcase_add_loop_test(training, a_recipe_killed_at_any_step_ends_with_the_same_weights, 0,
                        TNAS_SUPERNET_RECIPE_COUNT);
    tcase_add_test(training, a_recipe_moves_the_matrices_only_where_it_has_them);
    tcase_add_test(training, windows_of_one_column_have_matrices_too);
    tcase_add_test(training, a_supernet_file_holds_the_matrices);
    suite_add_tcase(suite, training);
    return run_suite(suite);
}
