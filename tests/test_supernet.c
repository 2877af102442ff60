#include <string.h>

#include "common/alloc.h"
#include "supernet/supernet.h"
#include "tests/testing.h"
#include "tests/toy_supernet.h"
#include "trainer/trainer.h"

/* Views and extraction */

START_TEST(a_view_answers_like_the_network_extracted_from_it)
{
    enum { COUNT = 20 };
    toy_supernet b;
    toy_supernet_init(&b, _i % 2 == 0 ? TNAS_KERNEL_CROP : TNAS_KERNEL_TRANSFORM, 2, 1);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    toy_supernet_scatter(b.supernet->store, &rng);
    tnas_arch arch;
    tnas_arch_sample(&b.config->genes, &rng, &arch);
    tnas_net view, own;
    tnas_store *store;
    ck_ok(tnas_supernet_view(b.supernet, &arch, &view));
    ck_ok(tnas_supernet_extract(b.supernet, &arch, &own, &store));
    ck_assert_int_eq(own.graph.op_count, view.graph.op_count);

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

static double square_sum(const float *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    return sum;
}

START_TEST(the_gradient_of_a_view_is_the_extracted_networks_and_zero_elsewhere)
{
    enum { COUNT = 16 };
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 2, 2);
    tnas_rng rng = tnas_rng_stream(SEED, TNAS_RNG_TEST, (uint64_t)_i);
    toy_supernet_scatter(b.supernet->store, &rng);
    tnas_arch arch;
    tnas_arch_sample(&b.config->genes, &rng, &arch);
    tnas_net view, own;
    tnas_store *store;
    ck_ok(tnas_supernet_view(b.supernet, &arch, &view));
    ck_ok(tnas_supernet_extract(b.supernet, &arch, &own, &store));

    tnas_images images = toy_supernet_images(COUNT);
    const tnas_batch batch = {.images = images.pixels, .labels = images.labels, .count = COUNT};
    tnas_store all = *b.supernet->store, part = *store; /* gradients in the clothes of values */
    all.values = tnas_alloc_zero(all.value_count, sizeof(float));
    part.values = tnas_alloc_zero(part.value_count, sizeof(float));
    float *slice = tnas_alloc_zero(part.value_count, sizeof(float));
    tnas_unit unit = {.net = &view, .weight = 1, .teacher = TNAS_NONE};
    tnas_unit_result result;
    ck_ok(tnas_engine_step(b.engine, b.supernet->store, &unit, 1, &batch, all.values, &result));
    unit.net = &own;
    ck_ok(tnas_engine_step(b.engine, store, &unit, 1, &batch, slice, &result));

    ck_ok(tnas_net_copy(&view, &all, &own, &part));
    ck_assert_mem_eq(part.values, slice, part.value_count * sizeof(float));
    const double inside = square_sum(slice, part.value_count);
    ck_assert_double_gt(inside, 0);
    /* The same terms in another order: double leaves some 1e-13. */
    ck_assert_double_eq_tol(square_sum(all.values, all.value_count), inside, 1e-10 * inside);
    tnas_free(all.values);
    tnas_free(part.values);
    tnas_free(slice);
    toy_supernet_images_free(&images);
    tnas_store_destroy(store);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(an_extracted_network_shares_nothing_with_the_supernet)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    tnas_arch arch;
    tnas_arch_largest(&b.config->genes, &arch);
    tnas_net net;
    tnas_store *store;
    ck_ok(tnas_supernet_extract(b.supernet, &arch, &net, &store));
    const double before = square_sum(b.supernet->store->values, b.supernet->store->value_count);
    const double extracted = square_sum(store->values, store->value_count);
    memset(store->values, 0, store->value_count * sizeof(float));
    ck_assert_double_eq(square_sum(b.supernet->store->values, b.supernet->store->value_count),
                        before);
    tnas_store_destroy(store);
    ck_ok(tnas_supernet_extract(b.supernet, &arch, &net, &store));
    memset(b.supernet->store->values, 0, b.supernet->store->value_count * sizeof(float));
    ck_assert_double_eq(square_sum(store->values, store->value_count), extracted);
    tnas_store_destroy(store);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(the_start_depends_on_the_seed_only)
{
    tnas_space_config *config = toy_supernet_config(16);
    tnas_supernet *first, *second, *other;
    ck_ok(tnas_supernet_create(config, TNAS_KERNEL_CROP, SEED, &first));
    ck_ok(tnas_supernet_create(config, TNAS_KERNEL_CROP, SEED, &second));
    ck_ok(tnas_supernet_create(config, TNAS_KERNEL_CROP, SEED + 1, &other));
    const size_t bytes = first->store->value_count * sizeof(float);
    ck_assert_mem_eq(first->store->values, second->store->values, bytes);
    ck_assert_mem_ne(first->store->values, other->store->values, bytes);
    for (int i = 0; i < config->site_count; i++)
        ck_assert(first->store->slots[i].batch_norm == (config->sites[i].kind != TNAS_OP_FC));
    tnas_supernet_destroy(first);
    tnas_supernet_destroy(second);
    tnas_supernet_destroy(other);
    tnas_free(config);
}
END_TEST

/* Sampler */

#define ALL_CHOICES                                                                                \
    .kernel_choices = TNAS_ALL_CHOICES, .depth_choices = TNAS_ALL_CHOICES,                         \
    .expand_choices = TNAS_ALL_CHOICES

static const tnas_supernet_phase four_random = {
    .nets = TNAS_PHASE_RANDOM, .net_count = 4, ALL_CHOICES};
static const tnas_supernet_phase sandwich_of_four = {
    .nets = TNAS_PHASE_SANDWICH, .net_count = 4, ALL_CHOICES};

static tnas_supernet_sampler toy_sampler(const toy_supernet *b, const tnas_supernet_phase *phase,
                                         tnas_net *nets)
{
    return (tnas_supernet_sampler){.supernet = b->supernet,
                                   .phase = phase,
                                   .label_smoothing = 0.1f,
                                   .seed = SEED,
                                   .nets = nets};
}

START_TEST(draws_are_a_pure_function_of_seed_and_step)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    tnas_supernet_sampler sampler = toy_sampler(&b, &four_random, NULL);
    tnas_arch first[50][4], again[4];
    for (long step = 0; step < 50; step++)
        tnas_supernet_draw(&sampler, step, first[step]);
    for (long step = 49; step >= 0; step--) {
        tnas_supernet_draw(&sampler, step, again);
        ck_assert_mem_eq(again, first[step], sizeof again);
    }
    ck_assert_mem_ne(first[0], first[1], sizeof again);
    sampler.seed++;
    tnas_supernet_draw(&sampler, 0, again);
    ck_assert_mem_ne(again, first[0], sizeof again);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(draws_are_legal_and_distinct_and_reach_every_choice)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    const tnas_gene_table *const genes = &b.config->genes;
    const tnas_supernet_sampler sampler = toy_sampler(&b, &four_random, NULL);
    int seen[TNAS_GENES_MAX][TNAS_GENE_CHOICES_MAX] = {{0}};
    for (long step = 0; step < 100; step++) {
        tnas_arch archs[4];
        tnas_supernet_draw(&sampler, step, archs);
        for (int i = 0; i < 4; i++) {
            ck_assert(tnas_arch_legal(genes, &archs[i]));
            for (int j = 0; j < i; j++)
                ck_assert_mem_ne(&archs[i], &archs[j], sizeof archs[i]);
            for (int gene = 0; gene < genes->gene_count; gene++)
                if (tnas_gene_active(genes, &archs[i], gene))
                    seen[gene][archs[i].choice[gene]]++;
        }
    }
    for (int gene = 0; gene < genes->gene_count; gene++)
        for (int choice = 0; choice < genes->genes[gene].choice_count; choice++)
            ck_assert_msg(seen[gene][choice] > 20, "gene %s, choice %d: %d of 400",
                          genes->genes[gene].name, choice, seen[gene][choice]);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(uniform_units_are_random_networks_on_the_labels)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    tnas_net *nets = tnas_alloc_zero(4, sizeof *nets);
    tnas_supernet_sampler sampler = toy_sampler(&b, &four_random, nets);
    tnas_unit units[TNAS_UNITS_MAX];
    int unit_count;
    ck_ok(tnas_supernet_units(&sampler, 3, units, &unit_count));
    ck_assert_int_eq(unit_count, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_ptr_eq(units[i].net, &nets[i]);
        ck_assert_float_eq(units[i].weight, 0.25f);
        ck_assert_float_eq(units[i].label_smoothing, 0.1f);
        ck_assert_int_eq(units[i].teacher, TNAS_NONE);
    }
    tnas_free(nets);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(a_sandwich_is_largest_first_smallest_second_then_random_ones)
{
    toy_supernet b;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 1);
    tnas_net *nets = tnas_alloc_zero(4, sizeof *nets);
    tnas_supernet_sampler sampler = toy_sampler(&b, &sandwich_of_four, nets);
    for (long step = 0; step < 20; step++) {
        tnas_unit units[TNAS_UNITS_MAX];
        int unit_count;
        ck_ok(tnas_supernet_units(&sampler, step, units, &unit_count));
        ck_assert_int_eq(unit_count, 4);
        ck_assert_int_eq(units[0].teacher, TNAS_NONE);
        ck_assert_float_eq(units[0].label_smoothing, 0.1f);
        const int64_t largest = tnas_graph_macs(&units[0].net->graph);
        const int64_t smallest = tnas_graph_macs(&units[1].net->graph);
        ck_assert_int_lt(smallest, largest);
        for (int i = 1; i < 4; i++) {
            ck_assert_int_eq(units[i].teacher, 0);
            ck_assert_float_eq(units[i].label_smoothing, 0.0f);
            const int64_t macs = tnas_graph_macs(&units[i].net->graph);
            ck_assert(macs >= smallest && macs <= largest);
        }
    }
    tnas_free(nets);
    toy_supernet_deinit(&b);
}
END_TEST

START_TEST(a_space_of_one_network_is_drawn_again_and_again)
{
    tnas_space space = {.name = "single",
                        .width_count = 1,
                        .widths = {1},
                        .divisor = 4,
                        .stem_channels = 8,
                        .stem_kernel = {3, 3},
                        .stem_stride = {2, 2},
                        .stage_count = 1,
                        .stages = {toy_stage(TNAS_BLOCK_DSCONV, 8, 1)}};
    space.stages[0].kernel_count = space.stages[0].depth_count = 1;
    toy_supernet b = {.config = tnas_alloc_zero(1, sizeof *b.config)};
    ck_ok(tnas_space_configure(&space, 0, 0, TOY_SUPERNET_H, TOY_SUPERNET_W, TOY_SUPERNET_C,
                               TOY_SUPERNET_CLASSES, b.config));
    ck_ok(tnas_supernet_create(b.config, TNAS_KERNEL_CROP, SEED, &b.supernet));
    const tnas_supernet_sampler sampler = toy_sampler(&b, &four_random, NULL);
    tnas_arch archs[4];
    tnas_supernet_draw(&sampler, 0, archs);
    ck_assert_mem_eq(&archs[0], &archs[3], sizeof archs[0]);
    tnas_supernet_destroy(b.supernet);
    tnas_free(b.config);
}
END_TEST

START_TEST(recipes_are_parsed_by_name)
{
    tnas_supernet_recipe recipe;
    ck_ok(tnas_supernet_recipe_parse("sandwich", &recipe));
    ck_assert_int_eq(recipe, TNAS_SUPERNET_SANDWICH);
    ck_assert_str_eq(tnas_supernet_recipe_text(recipe), "sandwich");
    ck_fails(
        TNAS_ERR_USAGE,
        "unknown supernet recipe \"hamburger\", known are: uniform sandwich mcunet progressive",
        tnas_supernet_recipe_parse("hamburger", &recipe));
}
END_TEST

/* Training */

static double probe_loss(const toy_supernet *b, const tnas_images *images, bool largest)
{
    tnas_arch arch;
    if (largest)
        tnas_arch_largest(&b->config->genes, &arch);
    else
        tnas_arch_smallest(&b->config->genes, &arch);
    tnas_net net;
    ck_ok(tnas_supernet_view(b->supernet, &arch, &net));
    const tnas_unit unit = {.net = &net, .weight = 1, .teacher = TNAS_NONE};
    const tnas_batch batch = {
        .images = images->pixels, .labels = images->labels, .count = images->count};
    float *grads = tnas_alloc_zero(b->supernet->store->value_count, sizeof(float));
    tnas_unit_result result;
    ck_ok(tnas_engine_step(b->engine, b->supernet->store, &unit, 1, &batch, grads, &result));
    tnas_free(grads);
    return result.loss;
}

static void train_supernet(const toy_supernet *b, const tnas_supernet_phase *phase,
                           const tnas_images *images)
{
    tnas_net *nets = tnas_alloc_zero(4, sizeof *nets);
    tnas_supernet_sampler sampler = toy_sampler(b, phase, nets);
    const tnas_unit_source source = {.context = &sampler, .units = tnas_supernet_units};
    tnas_recipe recipe = tnas_recipe_default();
    recipe.steps = 25;
    recipe.batch = 24;
    recipe.learning_rate = 0.05;
    const tnas_train_options options = {.seed = SEED};
    ck_ok(tnas_train(b->supernet->store, &source, b->engine, &recipe, images, &options));
    tnas_free(nets);
}

START_TEST(training_a_supernet_lowers_the_loss_of_its_networks_whatever_the_threads)
{
    const tnas_supernet_phase *const phase = _i == 0 ? &four_random : &sandwich_of_four;
    tnas_images images = toy_supernet_images(96);
    toy_supernet b, threaded;
    toy_supernet_init(&b, TNAS_KERNEL_CROP, 1, 2);
    const double largest = probe_loss(&b, &images, true), smallest = probe_loss(&b, &images, false);
    train_supernet(&b, phase, &images);
    ck_assert_double_lt(probe_loss(&b, &images, true), 0.7 * largest);
    ck_assert_double_lt(probe_loss(&b, &images, false), 0.8 * smallest);

    toy_supernet_init(&threaded, TNAS_KERNEL_CROP, 3, 2);
    train_supernet(&threaded, phase, &images);
    ck_assert_mem_eq(threaded.supernet->store->values, b.supernet->store->values,
                     b.supernet->store->value_count * sizeof(float));
    toy_supernet_deinit(&threaded);
    toy_supernet_deinit(&b);
    toy_supernet_images_free(&images);
}
END_TEST

/* Files */

static void file_name(char path[TNAS_PATH_BYTES])
{
    char folder[TNAS_PATH_BYTES];
    temporary_folder(folder);
    ck_ok(tnas_path_join(path, folder, "supernet.tnw"));
}

START_TEST(a_saved_supernet_is_loaded_bit_for_bit)
{
    tnas_space_config *config = toy_supernet_config(16);
    tnas_supernet *saved, *loaded;
    ck_ok(tnas_supernet_create(config, TNAS_KERNEL_CROP, SEED, &saved));
    ck_ok(tnas_supernet_create(config, TNAS_KERNEL_CROP, SEED + 1, &loaded));
    char path[TNAS_PATH_BYTES];
    file_name(path);
    ck_ok(tnas_supernet_save(saved, path));
    ck_ok(tnas_supernet_load(loaded, path));
    ck_assert_mem_eq(loaded->store->values, saved->store->values,
                     saved->store->value_count * sizeof(float));
    tnas_supernet_destroy(saved);
    tnas_supernet_destroy(loaded);
    tnas_free(config);
}
END_TEST

START_TEST(a_broken_or_foreign_file_is_refused_and_changes_nothing)
{
    tnas_space_config *config = toy_supernet_config(16), *wider = toy_supernet_config(24),
                      *headless = toy_supernet_config(0);
    tnas_supernet *supernet, *foreign;
    ck_ok(tnas_supernet_create(config, TNAS_KERNEL_CROP, SEED, &supernet));
    char path[TNAS_PATH_BYTES];
    file_name(path);
    ck_fails(TNAS_ERR_IO, "cannot read", tnas_supernet_load(supernet, path));

    ck_ok(tnas_supernet_save(supernet, path));
    uint8_t *bytes;
    size_t byte_count;
    ck_ok(tnas_file_read(path, 1 << 24, &bytes, &byte_count));
    const size_t value_bytes = supernet->store->value_count * sizeof(float);
    memset(supernet->store->values, 0, value_bytes);

    ck_ok(tnas_file_write(path, "tinynas", 7));
    ck_fails(TNAS_ERR_INPUT, "is not a supernet file", tnas_supernet_load(supernet, path));
    ck_ok(tnas_file_write(path, bytes, byte_count - 5));
    ck_fails(TNAS_ERR_INPUT, "truncated or damaged", tnas_supernet_load(supernet, path));
    bytes[byte_count / 2] ^= 1;
    ck_ok(tnas_file_write(path, bytes, byte_count));
    ck_fails(TNAS_ERR_INPUT, "checksum", tnas_supernet_load(supernet, path));

    ck_ok(tnas_supernet_create(wider, TNAS_KERNEL_CROP, SEED, &foreign));
    ck_ok(tnas_supernet_save(foreign, path));
    ck_fails(TNAS_ERR_INPUT, "space toy as configured wants conv2d 1x1 of 12 to 16 channels",
             tnas_supernet_load(supernet, path));
    tnas_supernet_destroy(foreign);
    ck_ok(tnas_supernet_create(headless, TNAS_KERNEL_CROP, SEED, &foreign));
    ck_ok(tnas_supernet_save(foreign, path));
    ck_fails(TNAS_ERR_INPUT, "slots, space toy as configured has",
             tnas_supernet_load(supernet, path));
    tnas_supernet_destroy(foreign);

    for (size_t i = 0; i < supernet->store->value_count; i++)
        ck_assert_float_eq(supernet->store->values[i], 0);
    tnas_free(bytes);
    tnas_supernet_destroy(supernet);
    tnas_free(config);
    tnas_free(wider);
    tnas_free(headless);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    tnas_space_config *config = toy_supernet_config(16);
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; status != TNAS_OK; n++) {
        ck_assert_int_lt(n, 100);
        tnas_supernet *supernet;
        tnas_alloc_fail_after(n);
        status = tnas_supernet_create(config, TNAS_KERNEL_CROP, SEED, &supernet);
        tnas_alloc_fail_after(-1);
        ck_assert((supernet != NULL) == (status == TNAS_OK));
        ck_assert(status == TNAS_OK || status == TNAS_ERR_NOMEM);
        if (supernet == NULL)
            continue;
        tnas_arch arch;
        tnas_arch_smallest(&config->genes, &arch);
        tnas_net net;
        tnas_store *store;
        tnas_status extracted = TNAS_ERR_NOMEM;
        for (long m = 0; extracted != TNAS_OK; m++) {
            ck_assert_int_lt(m, 100);
            tnas_alloc_fail_after(m);
            extracted = tnas_supernet_extract(supernet, &arch, &net, &store);
            tnas_alloc_fail_after(-1);
            ck_assert((store != NULL) == (extracted == TNAS_OK));
        }
        tnas_store_destroy(store);
        tnas_supernet_destroy(supernet);
    }
    tnas_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("supernet");
    TCase *views = tcase_create("views");
    tcase_set_timeout(views, 30);
    tcase_add_loop_test(views, a_view_answers_like_the_network_extracted_from_it, 0, 20);
    tcase_add_loop_test(views, the_gradient_of_a_view_is_the_extracted_networks_and_zero_elsewhere,
                        0, 20);
    tcase_add_test(views, an_extracted_network_shares_nothing_with_the_supernet);
    tcase_add_test(views, the_start_depends_on_the_seed_only);
    suite_add_tcase(suite, views);
    TCase *sampler = tcase_create("sampler");
    tcase_add_test(sampler, draws_are_a_pure_function_of_seed_and_step);
    tcase_add_test(sampler, draws_are_legal_and_distinct_and_reach_every_choice);
    tcase_add_test(sampler, uniform_units_are_random_networks_on_the_labels);
    tcase_add_test(sampler, a_sandwich_is_largest_first_smallest_second_then_random_ones);
    tcase_add_test(sampler, a_space_of_one_network_is_drawn_again_and_again);
    tcase_add_test(sampler, recipes_are_parsed_by_name);
    suite_add_tcase(suite, sampler);
    TCase *training = tcase_create("training");
    tcase_set_timeout(training, 60);
    tcase_add_loop_test(
        training, training_a_supernet_lowers_the_loss_of_its_networks_whatever_the_threads, 0, 2);
    suite_add_tcase(suite, training);
    TCase *files = tcase_create("files");
    tcase_add_test(files, a_saved_supernet_is_loaded_bit_for_bit);
    tcase_add_test(files, a_broken_or_foreign_file_is_refused_and_changes_nothing);
    tcase_add_test(files, every_failing_allocation_is_reported);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
