/* The counts of a search: every field has a key, a text that sets it again, and a range. */
#include <stdio.h>
#include <string.h>

#include "study/preset.h"
#include "study/search_target.h"
#include "tests/testing.h"

static tnas_plan_of_work quick(void)
{
    tnas_plan_of_work work;
    tnas_preset_resolve(tnas_preset_find("quick"), 54000, 6000, &work);
    return work;
}

START_TEST(every_field_has_a_key_of_its_own_and_its_text_sets_it_again)
{
    static tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    const tnas_plan_of_work work = quick();
    for (int i = 0; i < count; i++) {
        for (int other = 0; other < i; other++)
            ck_assert_str_ne(fields[other].key, fields[i].key);
        char text[TNAS_WORK_TEXT_BYTES], again[TNAS_WORK_TEXT_BYTES];
        tnas_plan_of_work copy;
        memset(&copy, 0, sizeof copy);
        tnas_work_text(&work, &fields[i], text);
        ck_ok(tnas_work_set(&copy, fields[i].key, text));
        tnas_work_text(&copy, &fields[i], again);
        ck_assert_msg(strcmp(text, again) == 0, "%s: %s becomes %s", fields[i].key, text, again);
    }
}
END_TEST

/* A member that the list has forgotten would silently be no setting: the fields cover the plan
 * but for the padding that aligns doubles. */
START_TEST(the_fields_are_the_whole_plan)
{
    static tnas_work_field fields[TNAS_WORK_FIELDS_MAX];
    const int count = tnas_work_list(fields);
    bool covered[sizeof(tnas_plan_of_work)] = {false};
    for (int i = 0; i < count; i++) {
        const size_t bytes = fields[i].kind == TNAS_WORK_NUMBER ? sizeof(double) : sizeof(int);
        memset(covered + fields[i].at, true, bytes);
    }
    for (size_t i = 0; i < sizeof covered; i += sizeof(int)) {
        const bool before_double = i + 4 < sizeof covered && i % sizeof(double) == 4;
        ck_assert_msg(covered[i] || before_double || i + 4 == sizeof covered,
                      "byte %zu of the plan belongs to no field", i);
    }
}
END_TEST

static void refused(const char *key, const char *text, const char *sentence)
{
    tnas_plan_of_work work = quick();
    ck_fails(TNAS_ERR_USAGE, sentence, tnas_work_set(&work, key, text));
}

START_TEST(what_no_field_may_be_is_refused_with_key_value_and_rule)
{
    refused("supernet.speed", "1", "supernet.speed = 1: there is no such");
    refused("supernet.steps", "0", "supernet.steps = 0: must be within 1..10000000");
    refused("supernet.steps", "1.5", "must be a whole number");
    refused("supernet.steps", "many", "must be a number");
    refused("supernet.steps", "nan", "must be a number");
    refused("supernet.optimizer", "rmsprop", "must be one of sgd|adamw");
    refused("supernet.optimizer", "sg", "must be one of sgd|adamw");
    refused("finetune.augment.shift.probability", "1.01", "must be within 0..1");
}
END_TEST

static void refused_together(const char *key, const char *text, const char *sentence)
{
    tnas_plan_of_work work = quick();
    ck_ok(tnas_work_check(&work, 6000));
    ck_ok(tnas_work_set(&work, key, text));
    ck_fails(TNAS_ERR_USAGE, sentence, tnas_work_check(&work, 6000));
}

START_TEST(what_does_not_go_together_is_refused)
{
    refused_together("supernet.batch", "127", "supernet.batch = 127 must be a multiple");
    refused_together("finetune.shards", "1", "finetune.shards = 1 must equal supernet.shards = 2");
    refused_together("search.parents", "25", "search.parents = 25 exceeds search.population = 24");
    refused_together("search.validation_images", "6001", "there are 6000 validation images");
}
END_TEST

START_TEST(an_override_replaces_an_earlier_one_of_its_key)
{
    static tnas_overrides overrides;
    overrides.count = 0;
    ck_ok(tnas_overrides_put(&overrides, "supernet.steps", "10"));
    ck_ok(tnas_overrides_put(&overrides, "search.generations", "3"));
    ck_ok(tnas_overrides_put(&overrides, "supernet.steps", "20"));
    ck_fails(TNAS_ERR_USAGE, "within", tnas_overrides_put(&overrides, "supernet.steps", "-1"));
    ck_assert_int_eq(overrides.count, 2);
    ck_assert_str_eq(tnas_overrides_text(&overrides, "supernet.steps"), "20");
    ck_assert_ptr_null(tnas_overrides_text(&overrides, "finetune.steps"));
    tnas_plan_of_work work = quick();
    ck_ok(tnas_overrides_apply(&overrides, &work));
    ck_assert_int_eq(work.supernet.steps, 20);
    ck_assert_int_eq(work.evolution.generations, 3);
}
END_TEST

START_TEST(parents_follow_a_population_that_is_set_alone)
{
    static tnas_overrides overrides;
    overrides.count = 0;
    tnas_plan_of_work work = quick(); /* 8 of 24 */
    ck_ok(tnas_overrides_put(&overrides, "search.population", "6"));
    ck_ok(tnas_overrides_apply(&overrides, &work));
    ck_assert_int_eq(work.evolution.parents, 2);
    work = quick();
    ck_ok(tnas_overrides_put(&overrides, "search.parents", "5"));
    ck_ok(tnas_overrides_apply(&overrides, &work));
    ck_assert_int_eq(work.evolution.parents, 5);
}
END_TEST

START_TEST(targets_with_other_counts_have_other_keys)
{
    tnas_search_target target = {.mcu = "m", .runtime = "tinynas", .work_hash = 1};
    char a[TNAS_TARGET_KEY_BYTES], b[TNAS_TARGET_KEY_BYTES];
    tnas_search_target_key(&target, a);
    target.work_hash = 2;
    tnas_search_target_key(&target, b);
    ck_assert_str_ne(a, b);
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("work");
    TCase *const tc = tcase_create("work");
    tcase_add_test(tc, every_field_has_a_key_of_its_own_and_its_text_sets_it_again);
    tcase_add_test(tc, the_fields_are_the_whole_plan);
    tcase_add_test(tc, what_no_field_may_be_is_refused_with_key_value_and_rule);
    tcase_add_test(tc, what_does_not_go_together_is_refused);
    tcase_add_test(tc, an_override_replaces_an_earlier_one_of_its_key);
    tcase_add_test(tc, parents_follow_a_population_that_is_set_alone);
    tcase_add_test(tc, targets_with_other_counts_have_other_keys);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
