#include "loader/partition.h"
#include "tests/unit/suite.h"
#include <stdio.h>
#include <stdlib.h>

enum { RECORDS = 30000 };

/* Adds payments of RECORDS / 3 orders, three each, in the order of their sequence. */
static void fill(struct partitions *p)
{
    struct error err = {0};
    for (int i = 0; i < RECORDS; i++) {
        char id[32];
        struct partition_record record = {.kind = KIND_PAYMENT,
                                          .counted = i % 2,
                                          .first_wins = i % 3 == 0,
                                          .file = 7,
                                          .line = (uint32_t)i,
                                          .offset = (uint64_t)i << 33};
        struct value values[PAYMENT_FIELDS] = {{0}};
        snprintf(id, sizeof id, "order-%d", i % (RECORDS / 3));
        values[PAYMENT_ORDER] = value_text(text_of(id));
        values[PAYMENT_SEQUENCE] = value_integer(i);
        ck_assert_msg(partitions_add(p, &record, values, &err), "%s", err.message);
    }
}

/* Every record comes back once, in its order of arrival, and all of an order from one partition. */
static void assert_all(struct partitions *p)
{
    static int partition_of[RECORDS / 3];
    static bool seen[RECORDS];
    size_t found = 0;
    memset(partition_of, -1, sizeof partition_of);
    memset(seen, 0, sizeof seen);
    for (size_t number = 0; number < partitions_count(p); number++) {
        struct error err = {0};
        char *bytes;
        const char *at;
        size_t n;
        struct partition_record record;
        int64_t last = -1;
        ck_assert_msg(partitions_take(p, number, &bytes, &n, &err), "%s", err.message);
        for (at = bytes; n && partition_next(&at, bytes + n, &record); found++) {
            struct value values[PAYMENT_FIELDS];
            int i, order;
            values_unpack(record.packed, values, PAYMENT_FIELDS);
            i = (int)values[PAYMENT_SEQUENCE].integer;
            order = i % (RECORDS / 3);
            ck_assert(!seen[i] && i > last);
            ck_assert(partition_of[order] < 0 || partition_of[order] == (int)number);
            ck_assert(record.kind == KIND_PAYMENT && record.counted == i % 2 && record.first_wins == (i % 3 == 0));
            ck_assert(record.file == 7 && record.line == (uint32_t)i && record.offset == (uint64_t)i << 33);
            seen[i] = true;
            partition_of[order] = (int)number;
            last = i;
        }
        free(bytes);
    }
    ck_assert_uint_eq(found, RECORDS);
}

START_TEST(records_come_back_from_memory)
{
    struct partitions *p = partitions_new(10 << 20, 64 << 20);
    ck_assert_uint_eq(partitions_count(p), 2);
    fill(p);
    ck_assert_uint_eq(partitions_spilled(p), 0);
    assert_all(p);
    partitions_free(p);
}
END_TEST

START_TEST(records_beyond_the_memory_come_back_from_disk)
{
    struct partitions *p = partitions_new(2 << 20, 256 << 10);
    ck_assert_uint_gt(partitions_count(p), 8);
    fill(p);
    ck_assert_uint_gt(partitions_spilled(p), 0);
    assert_all(p);
    partitions_free(p);
}
END_TEST

START_TEST(partitions_that_nobody_takes_are_freed)
{
    struct partitions *p = partitions_new(2 << 20, 256 << 10);
    fill(p);
    partitions_free(p);
}
END_TEST

START_TEST(no_room_for_temporary_files_is_an_error)
{
    struct partitions *p = partitions_new(1, 1024);
    struct partition_record record = {.kind = KIND_PAYMENT};
    struct value values[PAYMENT_FIELDS] = {{0}};
    struct error err = {0};
    bool ok = true;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    values[PAYMENT_ORDER] = value_text(text_of("order"));
    for (int i = 0; i < 100 && ok; i++)
        ok = partitions_add(p, &record, values, &err);
    ck_assert(!ok);
    ck_assert_ptr_nonnull(strstr(err.message, "TMPDIR"));
    partitions_free(p);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("partition");
    tcase_add_test(tests, records_come_back_from_memory);
    tcase_add_test(tests, records_beyond_the_memory_come_back_from_disk);
    tcase_add_test(tests, partitions_that_nobody_takes_are_freed);
    tcase_add_test(tests, no_room_for_temporary_files_is_an_error);
    return run_case(tests, "partition");
}
