#include "loader/fileset.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"
#include <sys/stat.h>

static char *folder;
static char *paths[16];
static int path_count;

static const char *const native_headers[][2] = {
    {"locations.csv", "location_id,city,state,region,country,postal_code,latitude,longitude\n"},
    {"customers.csv", "customer_id,name,segment,location_id\n"},
    {"products.csv", "product_id,name,category,subcategory,cost,weight_g\n"},
    {"orders.csv",
     "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode\n"},
    {"order_items.csv", "order_id,product_id,seller_id,quantity,unit_price,discount,freight\n"},
};

static void put(const char *name, const char *text)
{
    paths[path_count++] = temporary_file_in(folder, name, text, strlen(text));
}

static void setup(void)
{
    folder = temporary_folder();
    path_count = 0;
}

static void teardown(void)
{
    while (path_count)
        temporary_unlink(paths[--path_count]);
    temporary_remove(folder);
}

static void put_native(int but)
{
    for (int i = 0; i < COUNT(native_headers); i++)
        if (i != but)
            put(native_headers[i][0], native_headers[i][1]);
}

static bool match(struct fileset *set, char **given, int count, const char *profile, struct error *err)
{
    static const struct fileset_options options = {.download = {.most = 1 << 20, .stall_seconds = 5}};
    memset(set, 0, sizeof *set);
    return fileset_collect(set, given, count, &options, err) && fileset_match(set, profile, "loader/profiles", err);
}

START_TEST(folder_is_recognised_by_its_headers)
{
    struct fileset set;
    struct error err = {0};
    put_native(-1);
    ck_assert_msg(match(&set, &folder, 1, NULL, &err), "%s", err.message);
    ck_assert_str_eq(set.profile->name, "native");
    ck_assert_uint_eq(set.count, 5);
    /* what is referred to is read first */
    ck_assert_str_eq(set.inputs[0].name, "locations.csv");
    ck_assert_str_eq(set.inputs[3].name, "orders.csv");
    ck_assert_str_eq(set.inputs[4].name, "order_items.csv");
    fileset_release(&set);
}
END_TEST

START_TEST(file_that_is_named_twice_is_read_once)
{
    struct fileset set;
    struct error err = {0};
    char *given[] = {folder, NULL, folder};
    put_native(-1);
    given[1] = paths[4];
    ck_assert(match(&set, given, 3, NULL, &err));
    ck_assert_uint_eq(set.count, 5);
    fileset_release(&set);
}
END_TEST

START_TEST(columns_may_stand_in_any_order_with_others_between)
{
    struct fileset set;
    struct error err = {0};
    put_native(1);
    put("people.csv", "\xef\xbb\xbf segment ,nick,location_id,customer_id,name\n");
    ck_assert_msg(match(&set, &folder, 1, NULL, &err), "%s", err.message);
    ck_assert_str_eq(set.inputs[1].name, "people.csv");
    ck_assert_str_eq(set.inputs[1].file->name, "customers");
    ck_assert_int_eq(set.inputs[1].columns[0], 3);
    fileset_release(&set);
}
END_TEST

START_TEST(missing_column_is_named_with_the_nearest)
{
    struct fileset set;
    struct error err = {0};
    put_native(1);
    put("customers.csv", "customer_id,nmae,segment,location_id\n");
    ck_assert(!match(&set, &folder, 1, "native", &err));
    ck_assert_msg(strstr(err.message, "customers.csv lacks the column 'name'"), "%s", err.message);
    ck_assert_msg(strstr(err.message, "'nmae'"), "%s", err.message);
    fileset_release(&set);
    ck_assert(!match(&set, &folder, 1, NULL, &err));
    ck_assert_msg(strstr(err.message, "lacks the column 'name'"), "%s", err.message);
    fileset_release(&set);
}
END_TEST

START_TEST(missing_file_is_named_with_its_columns)
{
    struct fileset set;
    struct error err = {0};
    put_native(2);
    ck_assert(match(&set, &folder, 1, NULL, &err)); /* the database may have them */
    ck_assert_msg(strstr(set.lacks.message, "needs a file of products, with the columns product_id"), "%s",
                  set.lacks.message);
    fileset_release(&set);
}
END_TEST

START_TEST(other_layout_is_refused)
{
    struct fileset set;
    struct error err = {0};
    put("a.csv", "x,y,z\n1,2,3\n");
    ck_assert(!match(&set, paths, 1, "native", &err));
    ck_assert_msg(strstr(err.message, "no file of the profile native: its columns are x, y, z"), "%s", err.message);
    fileset_release(&set);
}
END_TEST

START_TEST(csv_of_another_kind_in_a_folder_is_left_out)
{
    struct fileset set;
    struct error err = {0};
    put_native(-1);
    put("notes.csv", "x,y\n");
    ck_assert(match(&set, &folder, 1, NULL, &err));
    ck_assert_uint_eq(set.count, 5);
    fileset_release(&set);
}
END_TEST

START_TEST(column_named_twice_is_refused)
{
    struct fileset set;
    struct error err = {0};
    put_native(1);
    put("customers.csv", "customer_id,name,segment,location_id,name\n");
    ck_assert(!match(&set, &folder, 1, "native", &err));
    ck_assert_msg(strstr(err.message, "'name' twice"), "%s", err.message);
    fileset_release(&set);
}
END_TEST

START_TEST(empty_file_and_empty_folder_are_refused)
{
    struct fileset set;
    struct error err = {0};
    char *nowhere = "/nowhere/at/all";
    ck_assert(!match(&set, &folder, 1, NULL, &err));
    ck_assert_msg(strstr(err.message, "no .csv file in the folder"), "%s", err.message);
    fileset_release(&set);
    ck_assert(!match(&set, &nowhere, 1, NULL, &err));
    ck_assert_msg(strstr(err.message, "no such file or folder"), "%s", err.message);
    fileset_release(&set);
    put("empty.csv", "");
    ck_assert(!match(&set, paths, 1, "native", &err));
    ck_assert_msg(strstr(err.message, "is empty"), "%s", err.message);
    fileset_release(&set);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fileset");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, folder_is_recognised_by_its_headers);
    tcase_add_test(tests, file_that_is_named_twice_is_read_once);
    tcase_add_test(tests, columns_may_stand_in_any_order_with_others_between);
    tcase_add_test(tests, missing_column_is_named_with_the_nearest);
    tcase_add_test(tests, missing_file_is_named_with_its_columns);
    tcase_add_test(tests, other_layout_is_refused);
    tcase_add_test(tests, csv_of_another_kind_in_a_folder_is_left_out);
    tcase_add_test(tests, column_named_twice_is_refused);
    tcase_add_test(tests, empty_file_and_empty_folder_are_refused);
    return run_case(tests, "fileset");
}
