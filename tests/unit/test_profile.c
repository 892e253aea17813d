#include "loader/profile.h"
#include "tests/unit/suite.h"
#include "tests/unit/temporary.h"

static char *folder;

static void setup(void)
{
    folder = temporary_folder();
}

static void teardown(void)
{
    temporary_remove(folder);
}

#define HEAD "\"name\": \"x\", \"title\": \"X\", \"currency\": \"EUR\", \"date_formats\": [\"YYYY-MM-DD\"]"
#define ITEM "{\"kind\": \"item\", \"fields\": {\"order_id\": \"$o\", \"product_id\": \"$p\", \"quantity\": \"$q\"}}"

static struct profile *loaded(const char *text, struct error *err)
{
    char *path = temporary_file_in(folder, "x.json", text, strlen(text));
    struct profile *profile = profile_load(path, err);
    temporary_unlink(path);
    return profile;
}

START_TEST(shipped_profiles_are_valid)
{
    static const char *const names[] = {"native", "superstore", "superstore-eu"};
    for (int i = 0; i < COUNT(names); i++) {
        struct error err = {0};
        struct profile *profile = profile_named(names[i], "loader/profiles", &err);
        ck_assert_msg(profile, "%s", err.message);
        ck_assert_str_eq(profile->name, names[i]);
        profile_free(profile);
    }
}
END_TEST

START_TEST(profile_says_files_columns_and_records)
{
    struct error err = {0};
    struct profile *p =
        loaded("{" HEAD ", \"files\": [{\"name\": \"lines\", \"delimiter\": \";\", "
               "\"columns\": {\"p\": {\"aliases\": [\"P\"], \"optional\": true}}, \"records\": [" ITEM "]}]}",
               &err);
    const struct profile_file *file;
    ck_assert_msg(p, "%s", err.message);
    file = &p->files[0];
    ck_assert_str_eq(p->currency, "EUR");
    ck_assert_int_eq(file->layout.delimiter, ';');
    ck_assert_uint_eq(file->column_count, 3);
    ck_assert_str_eq(file->columns[1].name, "p");
    ck_assert_str_eq(file->columns[1].aliases[0], "P");
    ck_assert(file->columns[1].optional && !file->columns[0].optional);
    ck_assert(file->records[0].required[ITEM_QUANTITY] && !file->records[0].required[ITEM_SELLER]);
    ck_assert(!file->records[0].first_wins && file->required);
    profile_free(p);
}
END_TEST

START_TEST(extending_profile_changes_only_what_it_says)
{
    const char *child = "{\"name\": \"y\", \"extends\": \"x\", \"delimiter\": \";\", \"decimal_point\": \",\"}";
    const char *base = "{" HEAD ", \"files\": [{\"name\": \"lines\", \"records\": [" ITEM "]}]}";
    char *base_path = temporary_file_in(folder, "x.json", base, strlen(base));
    char *path = temporary_file_in(folder, "y.json", child, strlen(child));
    struct error err = {0};
    struct profile *p = profile_load(path, &err);
    ck_assert_msg(p, "%s", err.message);
    ck_assert_str_eq(p->name, "y");
    ck_assert_str_eq(p->title, "X");
    ck_assert_int_eq(p->files[0].layout.delimiter, ';');
    ck_assert_int_eq(p->files[0].layout.numbers.point, ',');
    ck_assert_int_eq(p->files[0].layout.date_count, 1);
    profile_free(p);
    temporary_unlink(path);
    temporary_unlink(base_path);
}
END_TEST

static const struct {
    const char *text, *sentence;
} bad[] = {
    {"{", "x.json: line 1"},
    {"{\"name\": \"x\"}", "name, title and currency"},
    {"{" HEAD ", \"files\": []}", "files is to be an array"},
    {"{" HEAD ", \"filse\": []}", "has no \"filse\"; \"files\" is the nearest"},
    {"{" HEAD ", \"encoding\": \"EBCDIC\", \"files\": [1]}", "encoding is to be"},
    {"{" HEAD ", \"delimiter\": \"ab\", \"files\": [1]}", "delimiter is to be one character"},
    {"{" HEAD ", \"thousands\": \".\", \"files\": [1]}", "are the same"},
    {"{" HEAD ", \"nulls\": [1], \"files\": [1]}", "nulls[0]"},
    {"{\"name\": \"x\", \"title\": \"X\", \"currency\": \"EUR\", \"date_formats\": [\"YYYY\"], \"files\": [1]}",
     "date_formats[0]: the date format"},
    {"{" HEAD ", \"files\": [1]}", "files[0]: a file is to be an object"},
    {"{" HEAD ", \"files\": [{}]}", "files[0]: name is missing"},
    {"{" HEAD ", \"files\": [{\"name\": \"f\"}]}", "files[0]: records is to be an array"},
    {"{" HEAD ", \"files\": [{\"name\": \"f\", \"records\": [{\"kind\": \"thing\"}]}]}", "files[0]: records[0]: kind"},
    {"{" HEAD
     ", \"files\": [{\"name\": \"f\", \"records\": [{\"kind\": \"seller\", \"fields\": {\"nmae\": \"$n\"}}]}]}",
     "seller has no field \"nmae\""},
    {"{" HEAD ", \"files\": [{\"name\": \"f\", \"records\": [{\"kind\": \"seller\", \"fields\": {\"_id\": \"$\"}}]}]}",
     "files[0]: records[0]: fields._id: \"$\" names no column"},
    {"{" HEAD ", \"files\": [{\"name\": \"f\", \"records\": [{\"kind\": \"seller\", \"fields\": {}}]}]}",
     "fields lacks \"_id\", which seller must have"},
    {"{" HEAD ", \"files\": [{\"name\": \"f\", \"columns\": {\"z\": {}}, \"records\": [" ITEM "]}]}",
     "columns: no field uses \"$z\""},
    {"{" HEAD ", \"files\": [{\"name\": \"f\", \"columns\": {\"p\": {\"alias\": []}}, \"records\": [" ITEM "]}]}",
     "p has no \"alias\""},
    {"{" HEAD ", \"files\": [{\"name\": \"f\", \"records\": [{\"kind\": \"seller\", \"repeats\": \"last\", \"fields\": "
     "{\"_id\": \"$s\"}}]}]}",
     "repeats is to be"},
    {"{" HEAD
     ", \"files\": [{\"name\": \"f\", \"records\": [{\"kind\": \"seller\", \"repeats\": \"reject\", \"fields\": "
     "{\"_id\": \"$s\"}}, " ITEM "]}]}",
     "only the last record"},
    {"{" HEAD
     ", \"files\": [{\"name\": \"f\", \"records\": [{\"kind\": \"seller\", \"required\": [\"city\"], \"fields\": "
     "{\"_id\": \"$s\"}}]}]}",
     "required[0] is no field"},
    {"{\"extends\": \"nowhere\"}", "x.json: extends: "},
    {"{\"extends\": \"x\"}", "too many profiles extend each other"},
};

START_TEST(bad_profile_is_refused_with_its_place)
{
    struct error err = {0};
    struct profile *profile = loaded(bad[_i].text, &err);
    ck_assert_ptr_null(profile);
    ck_assert_msg(strstr(err.message, bad[_i].sentence), "%s", err.message);
}
END_TEST

START_TEST(unknown_profile_lists_the_known)
{
    struct error err = {0};
    ck_assert_ptr_null(profile_named("shopstore", "loader/profiles", &err));
    ck_assert_ptr_nonnull(strstr(err.message, "there is no such profile"));
    ck_assert_ptr_nonnull(strstr(err.message, "native"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("profile");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, shipped_profiles_are_valid);
    tcase_add_test(tests, profile_says_files_columns_and_records);
    tcase_add_test(tests, extending_profile_changes_only_what_it_says);
    tcase_add_loop_test(tests, bad_profile_is_refused_with_its_place, 0, COUNT(bad));
    tcase_add_test(tests, unknown_profile_lists_the_known);
    return run_case(tests, "profile");
}
