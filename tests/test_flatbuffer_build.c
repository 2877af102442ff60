/* What is built reads back, lies where it must and is the same every time. */
#include <string.h>

#include "common/alloc.h"
#include "graph/flatbuffer_build.h"
#include "graph/tflite_buffer.h"
#include "tests/testing.h"

enum { ITEM_COUNT = 5, ROOT_FIELDS = 10 };

typedef struct built {
    uint8_t *bytes;
    size_t byte_count;
    tnas_flat_table root;
    tnas_flat flat;
} built;

/* Fields 0: byte, 1: absent, 2: int, 3: float, 4: text, 5: int64 vector, 6: tables, 7: none,
 * 8: 16-aligned bytes, 9: absent. */
static tnas_status build(tnas_flat_builder *builder, uint8_t **bytes, size_t *byte_count)
{
    static const int64_t numbers[] = {1, -2, INT64_MAX, INT64_MIN, 0};
    tnas_flat_ref items[ITEM_COUNT];
    tnas_flat_builder_init(builder);
    for (int i = 0; i < ITEM_COUNT; i++) {
        const tnas_flat_field fields[] = {tnas_flat_field_u8(i), tnas_flat_field_i32(100 * i)};
        items[i] = tnas_flat_add_table(builder, fields, 2);
    }
    const tnas_flat_ref tables = tnas_flat_add_refs(builder, items, ITEM_COUNT);
    const tnas_flat_ref text = tnas_flat_add_text(builder, "seven77");
    const tnas_flat_ref wide = tnas_flat_add_vector(builder, numbers, ITEM_COUNT, 8, 8);
    const tnas_flat_ref data = tnas_flat_add_vector(builder, "abcdefghijklmnopqrs", 19, 1, 16);
    const tnas_flat_field fields[ROOT_FIELDS] = {
        [0] = tnas_flat_field_u8(-3),      [2] = tnas_flat_field_i32(-70000),
        [3] = tnas_flat_field_f32(0.625f), [4] = tnas_flat_field_ref(text),
        [5] = tnas_flat_field_ref(wide),   [6] = tnas_flat_field_ref(tables),
        [7] = tnas_flat_field_ref(0),      [8] = tnas_flat_field_ref(data),
    };
    const tnas_flat_ref root = tnas_flat_add_table(builder, fields, ROOT_FIELDS);
    return tnas_flat_finish(builder, root, "TEST", bytes, byte_count);
}

static void open_built(built *out)
{
    tnas_flat_builder builder;
    ck_ok(build(&builder, &out->bytes, &out->byte_count));
    out->flat = (tnas_flat){"built", out->bytes, out->byte_count};
    ck_ok(tnas_flat_root(&out->flat, "TEST", &out->root));
}

START_TEST(what_is_built_reads_back)
{
    built b;
    int64_t number;
    float real;
    tnas_flat_vector vector;
    open_built(&b);
    ck_ok(tnas_flat_int(&b.root, 0, TNAS_FLAT_I8, 0, &number));
    ck_assert_int_eq(number, -3);
    ck_ok(tnas_flat_int(&b.root, 1, TNAS_FLAT_I32, 42, &number));
    ck_assert_int_eq(number, 42);
    ck_ok(tnas_flat_int(&b.root, 2, TNAS_FLAT_I32, 0, &number));
    ck_assert_int_eq(number, -70000);
    ck_ok(tnas_flat_float(&b.root, 3, 0, &real));
    ck_assert_float_eq(real, 0.625f);
    ck_ok(tnas_flat_items(&b.root, 4, 1, &vector));
    ck_assert_uint_eq(vector.count, 7);
    ck_assert_int_eq(memcmp(vector.items, "seven77", 8), 0);
    ck_ok(tnas_flat_items(&b.root, 5, 8, &vector));
    ck_assert_uint_eq(vector.count, ITEM_COUNT);
    ck_assert_int_eq(tnas_flat_get_i64(vector.items + 24), INT64_MIN);
    ck_ok(tnas_flat_items(&b.root, 7, 4, &vector));
    ck_assert_ptr_null(vector.items);
    ck_ok(tnas_flat_items(&b.root, 6, 4, &vector));
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        tnas_flat_table table;
        ck_ok(tnas_flat_item(&b.flat, &vector, i, &table));
        ck_ok(tnas_flat_int(&table, 1, TNAS_FLAT_I32, 0, &number));
        ck_assert_int_eq(number, 100 * (int64_t)i);
    }
    tnas_free(b.bytes);
}
END_TEST

START_TEST(items_lie_at_multiples_of_their_alignment)
{
    built b;
    tnas_flat_vector vector;
    open_built(&b);
    ck_assert_uint_eq(b.byte_count % 16, 0);
    ck_ok(tnas_flat_items(&b.root, 8, 1, &vector));
    ck_assert_uint_eq((size_t)(vector.items - b.bytes) % 16, 0);
    ck_ok(tnas_flat_items(&b.root, 5, 8, &vector));
    ck_assert_uint_eq((size_t)(vector.items - b.bytes) % 8, 0);
    ck_assert_uint_eq(b.root.at % 4, 0);
    tnas_free(b.bytes);
}
END_TEST

START_TEST(tables_with_the_same_fields_share_a_vtable)
{
    built b;
    tnas_flat_vector vector;
    tnas_flat_table first, other;
    open_built(&b);
    ck_ok(tnas_flat_items(&b.root, 6, 4, &vector));
    ck_ok(tnas_flat_item(&b.flat, &vector, 0, &first));
    for (size_t i = 1; i < ITEM_COUNT; i++) {
        ck_ok(tnas_flat_item(&b.flat, &vector, i, &other));
        ck_assert_uint_eq(other.vtable_at, first.vtable_at);
    }
    ck_assert_uint_ne(b.root.vtable_at, first.vtable_at);
    tnas_free(b.bytes);
}
END_TEST

START_TEST(more_kinds_of_tables_than_it_remembers_are_written_all_the_same)
{
    tnas_flat_builder builder;
    tnas_flat_ref refs[3 * TNAS_FLAT_VTABLES_MAX];
    const int count = sizeof refs / sizeof refs[0];
    tnas_flat_builder_init(&builder);
    for (int i = 0; i < count; i++) { /* the bits of i + 1 say which fields are there */
        tnas_flat_field fields[8] = {{0}};
        for (int bit = 0; bit < 8; bit++)
            if (((i + 1) >> bit & 1) != 0)
                fields[bit] = tnas_flat_field_i32(bit);
        refs[i] = tnas_flat_add_table(&builder, fields, 8);
    }
    const tnas_flat_field fields[] = {
        tnas_flat_field_ref(tnas_flat_add_refs(&builder, refs, (size_t)count))};
    built b;
    ck_ok(tnas_flat_finish(&builder, tnas_flat_add_table(&builder, fields, 1), "TEST", &b.bytes,
                           &b.byte_count));
    b.flat = (tnas_flat){"built", b.bytes, b.byte_count};
    tnas_flat_vector vector;
    ck_ok(tnas_flat_root(&b.flat, "TEST", &b.root));
    ck_ok(tnas_flat_items(&b.root, 0, 4, &vector));
    for (int i = 0; i < count; i++) {
        tnas_flat_table table;
        int64_t number;
        ck_ok(tnas_flat_item(&b.flat, &vector, (size_t)i, &table));
        for (int bit = 0; bit < 8; bit++) {
            ck_ok(tnas_flat_int(&table, bit, TNAS_FLAT_I32, -1, &number));
            ck_assert_int_eq(number, ((i + 1) >> bit & 1) != 0 ? bit : -1);
        }
    }
    tnas_free(b.bytes);
}
END_TEST

START_TEST(the_same_calls_give_the_same_bytes)
{
    built a, b;
    open_built(&a);
    open_built(&b);
    ck_assert_uint_eq(a.byte_count, b.byte_count);
    ck_assert_int_eq(memcmp(a.bytes, b.bytes, a.byte_count), 0);
    tnas_free(a.bytes);
    tnas_free(b.bytes);
}
END_TEST

START_TEST(short_memory_is_reported_once_at_the_end)
{
    tnas_status status = TNAS_ERR_NOMEM;
    for (long n = 0; status != TNAS_OK; n++) {
        tnas_flat_builder builder;
        uint8_t *bytes;
        size_t byte_count;
        ck_assert_int_lt(n, 20);
        tnas_alloc_fail_after(n);
        status = build(&builder, &bytes, &byte_count);
        tnas_alloc_fail_after(-1);
        ck_assert(status == TNAS_OK || (status == TNAS_ERR_NOMEM && bytes == NULL));
        ck_assert_ptr_null(builder.bytes);
        tnas_free(bytes);
    }
}
END_TEST

START_TEST(a_vector_beyond_two_gigabytes_is_refused)
{
    tnas_flat_builder builder;
    uint8_t *bytes;
    size_t byte_count;
    tnas_flat_builder_init(&builder);
    const tnas_flat_ref ref =
        tnas_flat_add_vector(&builder, "", (size_t)1 << 29, sizeof(int64_t), sizeof(int64_t));
    ck_assert_uint_eq(ref, 0);
    ck_fails(TNAS_ERR_NOMEM, "2^31 bytes",
             tnas_flat_finish(&builder, ref, "TEST", &bytes, &byte_count));
}
END_TEST

int main(void)
{
    Suite *const suite = suite_create("flatbuffer build");
    TCase *const tc = tcase_create("build");
    tcase_add_test(tc, what_is_built_reads_back);
    tcase_add_test(tc, items_lie_at_multiples_of_their_alignment);
    tcase_add_test(tc, tables_with_the_same_fields_share_a_vtable);
    tcase_add_test(tc, more_kinds_of_tables_than_it_remembers_are_written_all_the_same);
    tcase_add_test(tc, the_same_calls_give_the_same_bytes);
    tcase_add_test(tc, short_memory_is_reported_once_at_the_end);
    tcase_add_test(tc, a_vector_beyond_two_gigabytes_is_refused);
    suite_add_tcase(suite, tc);
    return run_suite(suite);
}
