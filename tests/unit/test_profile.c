#include "loader/profile.h"
#include "tests/unit/quotes.h"
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

#define HEAD "'name': 'x', 'title': 'X', 'currency': 'EUR', 'date_formats': ['YYYY-MM-DD']"
#define ITEM                                                                                                           \
    "{'kind': 'item', 'fields': {'order_id': '$o', 'product_id': '$p', 'quantity': '$q', "                             \
    "'sales': 1}}"

/* Writes a profile into the folder and returns its path. */
static char *put(const char *name, const char *text)
{
    char *json = with_quotes(text), *path = temporary_file_in(folder, name, json, strlen(json));
    free(json);
    return path;
}

static struct profile *loaded(const char *text, struct error *err)
{
    char *path = put("x.json", text);
    struct profile *profile = profile_load(path, err);
    temporary_unlink(path);
    return profile;
}

START_TEST(shipped_profiles_are_valid)
{
    static const char *const names[] = {"native", "superstore",    "superstore-eu", "olist",
                                        "pme",    "online-retail", "jaffle-shop"};
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
    struct profile *p = loaded("{" HEAD ", 'files': [{'name': 'lines', 'delimiter': ';', "
                               "'columns': {'p': {'aliases': ['P'], 'optional': true}}, 'records': [" ITEM "]}]}",
                               &err);
    const struct profile_file *file;
    ck_assert_msg(p, "%s", err.message);
    file = &p->files[0];
    ck_assert_str_eq(p->currency, "EUR");
    ck_assert_int_eq(file->layout.delimiters[0], ';');
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
    const char *child = "{'name': 'y', 'extends': 'x', 'delimiter': ';', 'decimal_point': ','}";
    const char *base = "{" HEAD ", 'files': [{'name': 'lines', 'records': [" ITEM "]}]}";
    char *base_path = put("x.json", base);
    char *path = put("y.json", child);
    struct error err = {0};
    struct profile *p = profile_load(path, &err);
    ck_assert_msg(p, "%s", err.message);
    ck_assert_str_eq(p->name, "y");
    ck_assert_str_eq(p->title, "X");
    ck_assert_int_eq(p->files[0].layout.delimiters[0], ';');
    ck_assert_int_eq(p->files[0].layout.numbers.point, ',');
    ck_assert_int_eq(p->files[0].layout.date_count, 1);
    profile_free(p);
    temporary_unlink(path);
    temporary_unlink(base_path);
}
END_TEST

static const struct {
    const char *text, *path, *sentence;
} bad[] = {
    {"{", NULL, "x.json: line 1"},
    {"[]", "$", "a profile is to be an object"},
    {"{'name': 'x'}", "$", "title is missing"},
    {"{" HEAD ", 'files': []}", "$", "files is to be an array of 1 to 64"},
    {"{" HEAD ", 'filse': []}", "$", "has no \"filse\"; \"files\" is the nearest"},
    {"{'name': 'x', 'title': '', 'currency': 'EUR'}", "$.title", "is to be a text that is not empty"},
    {"{'name': 'x', 'title': 'X', 'currency': 'Eur'}", "$", "three letters of ISO 4217"},
    {"{" HEAD ", 'timezone': 'Europe/', 'files': [1]}", "$", "a name such as Europe/Paris"},
    {"{" HEAD ", 'encoding': 'EBCDIC', 'files': [1]}", "$.encoding", "is to be UTF-8"},
    {"{" HEAD ", 'encoding': ['UTF-8', 'UTF-8'], 'files': [1]}", "$.encoding[1]", "names UTF-8 twice"},
    {"{" HEAD ", 'encoding': [], 'files': [1]}", "$.encoding", "an array of them"},
    {"{" HEAD ", 'delimiter': 'ab', 'files': [1]}", "$.delimiter", "is to be one of , ;"},
    {"{" HEAD ", 'delimiter': [';', ';'], 'files': [1]}", "$.delimiter[1]", "twice"},
    {"{" HEAD ", 'decimal_point': ',', 'files': [1]}", "$", "delimiter and decimal_point are the same"},
    {"{" HEAD ", 'decimal_point': 'x', 'files': [1]}", "$.decimal_point", "is to be one of . and ,"},
    {"{" HEAD ", 'decimal_point': [',', ','], 'files': [1]}", "$.decimal_point", "twice"},
    {"{" HEAD ", 'thousands': '.', 'files': [1]}", "$", "decimal_point and thousands are the same"},
    {"{" HEAD ", 'thousands': ',', 'files': [1]}", "$", "delimiter and thousands are the same"},
    {"{" HEAD ", 'nulls': [1], 'files': [1]}", "$.nulls[0]", "is to be a text"},
    {"{'name': 'x', 'title': 'X', 'currency': 'EUR', 'date_formats': ['YYYY'], 'files': [1]}", "$.date_formats[0]",
     "lacks YYYY, a month"},
    {"{" HEAD ", 'files': [1]}", "$.files[0]", "a file is to be an object"},
    {"{" HEAD ", 'files': [{}]}", "$.files[0]", "name is missing"},
    {"{" HEAD ", 'files': [{'name': 'f'}]}", "$.files[0]", "\"records\" is missing"},
    {"{" HEAD ", 'files': [{'name': 'f', 'requierd': true, 'records': [{'kind': 'seller', 'fields': "
     "{'_id': '$s'}}]}]}",
     "$.files[0]", "\"required\" is the nearest"},
    {"{" HEAD ", 'files': [{'name': 'f', 'required': 'no', 'records': [{'kind': 'seller', 'fields': "
     "{'_id': '$s'}}]}]}",
     "$.files[0].required", "is to be true or false"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'fields': {'_id': '$s'}}]}, "
     "{'name': 'f', 'records': [{'kind': 'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[1]", "another file has the name \"f\""},
    {"{" HEAD ", 'files': [{'name': 'f', 'header': false, 'records': [{'kind': 'seller', 'fields': "
     "{'_id': '$s'}}]}]}",
     "$.files[0]", "needs \"names\""},
    {"{" HEAD ", 'files': [{'name': 'f', 'header': false, 'names': ['a', 's'], 'records': [{'kind': "
     "'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[0]", "needs a \"pattern\""},
    {"{" HEAD ", 'files': [{'name': 'f', 'header': false, 'pattern': '*', 'names': ['a'], 'records': "
     "[{'kind': 'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[0].records[0].fields._id", "\"$s\" is none of the names"},
    {"{" HEAD ", 'files': [{'name': 'f', 'header': false, 'pattern': '*', 'names': ['s', 's'], "
     "'records': [{'kind': 'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[0].names[1]", "'s' twice"},
    {"{" HEAD ", 'files': [{'name': 'f', 'names': ['s'], 'records': [{'kind': 'seller', 'fields': "
     "{'_id': '$s'}}]}]}",
     "$.files[0]", "is for a file without a header"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'thing'}]}]}", "$.files[0].records[0].kind",
     "is to be location"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'fields': {'nmae': '$n'}}]}]}",
     "$.files[0].records[0].fields.nmae", "the nearest is \"name\""},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'fields': {'_id': '$'}}]}]}",
     "$.files[0].records[0].fields._id", "names no column"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'fields': {}}]}]}", "$.files[0].records[0]",
     "fields lacks \"_id\", which seller must have"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'fields': {'_id': null}}]}]}",
     "$.files[0].records[0]", "fields lacks \"_id\""},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'item', 'fields': {'order_id': '$o', "
     "'product_id': '$p', 'quantity': 1}}]}]}",
     "$.files[0].records[0]", "unit_price, gross or sales"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'location', 'fields': {'_id': '$o', "
     "'latitude': '$p'}}]}]}",
     "$.files[0].records[0]", "latitude and longitude"},
    {"{" HEAD ", 'files': [{'name': 'f', 'columns': {'z': {}}, 'records': [{'kind': 'seller', "
     "'fields': {'_id': '$s'}}]}]}",
     "$.files[0].columns.z", "no field uses \"$z\""},
    {"{" HEAD ", 'files': [{'name': 'f', 'columns': {'s': {'unused': true}}, 'records': [{'kind': "
     "'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[0].columns.s", "is said to be unused"},
    {"{" HEAD ", 'files': [{'name': 'f', 'columns': {'s': {'alias': []}}, 'records': [{'kind': "
     "'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[0].columns.s", "has no \"alias\""},
    {"{" HEAD ", 'files': [{'name': 'f', 'columns': {'s': {'aliases': ['t', 't']}}, 'records': "
     "[{'kind': 'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[0].columns.s.aliases[1]", "twice"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'repeats': 'last', 'fields': "
     "{'_id': '$s'}}]}]}",
     "$.files[0].records[0].repeats", "is to be"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'repeats': 'reject', "
     "'fields': {'_id': '$s'}}, {'kind': 'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[0].records[0].repeats", "only the last record"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'when': {'$empty': '$s'}, "
     "'fields': {'_id': '$s'}}]}]}",
     "$.files[0].records[0].when", "is for every row"},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'required': ['city'], "
     "'fields': {'_id': '$s'}}]}]}",
     "$.files[0].records[0].required[0]", "no field \"city\""},
    {"{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'fields': {'_id': '$s', "
     "'location_id': '$l'}}, {'kind': 'location', 'fields': {'_id': '$l'}}]}]}",
     "$.files[0].records[0]", "is to stand before it"},
    {"{'name': 'x', 'title': 'X', 'currency': 'EUR', 'files': [{'name': 'f', 'records': "
     "[{'kind': 'order', 'fields': {'_id': '$o', 'ordered_at': '$d', 'status': 'paid'}}]}]}",
     "$.files[0].records[0].fields.ordered_at", "no date_formats"},
    {"{" HEAD ", 'files': [{'name': 'f', 'skip': [{'when': {'$empty': '$s'}}], 'records': [{'kind': "
     "'seller', 'fields': {'_id': '$s'}}]}]}",
     "$.files[0].skip[0]", "reason is missing"},
    {"{" HEAD ", 'files': [{'name': 'f', 'skip': [{'reason': 'x'}], 'records': [{'kind': 'seller', "
     "'fields': {'_id': '$s'}}]}]}",
     "$.files[0].skip[0]", "when is missing"},
    {"{" HEAD ", 'files': [{'name': 'f', 'skip': {}, 'records': [{'kind': 'seller', 'fields': "
     "{'_id': '$s'}}]}]}",
     "$.files[0].skip", "an array of 1 to 16"},
    {"{" HEAD ", 'files': [{'name': 'f', 'lookup': {'values': {'v': '$v'}}}]}", "$.files[0].lookup.key", "is missing"},
    {"{" HEAD ", 'files': [{'name': 'f', 'lookup': {'key': '$k'}}]}", "$.files[0]", "lookup.values is to be an object"},
    {"{" HEAD ", 'files': [{'name': 'f', 'lookup': {'key': '$k', 'values': {'v': {'$sum': ['$v']}}}}]}",
     "$.files[0].lookup.values.v.$sum", "an expression is"},
    {"{" HEAD ", 'files': [{'name': 'g', 'lookup': {'key': '$k', 'values': {'v': '$v'}}}, {'name': "
     "'f', 'records': [{'kind': 'seller', 'fields': {'_id': {'$lookup': {'from': 'h', "
     "'key': '$s', 'get': 'v'}}}}]}]}",
     "$.files[1].records[0].fields._id.$lookup", "no file \"h\""},
    {"{" HEAD ", 'files': [{'name': 'g', 'lookup': {'key': '$k', 'values': {'v': '$v'}}}, {'name': "
     "'f', 'records': [{'kind': 'seller', 'fields': {'_id': {'$lookup': {'from': 'g', "
     "'key': '$s', 'get': 'w'}}}}]}]}",
     "$.files[1].records[0].fields._id.$lookup", "no value \"w\""},
    {"{" HEAD ", 'files': [{'name': 'g', 'lookup': {'key': '$k', 'values': {'v': '$v'}}}, {'name': "
     "'f', 'records': [{'kind': 'seller', 'fields': {'_id': {'$lookup': {'from': 'f', "
     "'key': '$s', 'get': 'v'}}}}]}]}",
     "$.files[1].records[0].fields._id.$lookup", "has no \"lookup\""},
    {"{" HEAD ", 'files': [{'name': 'g', 'lookup': {'key': '$k', 'values': {'v': {'$lookup': "
     "{'from': 'g', 'key': '$v', 'get': 'v'}}}}}]}",
     "$.files[0].lookup.values.v.$lookup", "stand before its own"},
    {"{'extends': 'nowhere'}", "$.extends", "no profile \"nowhere\" beside"},
    {"{'extends': 'x'}", "$.extends", "too many profiles extend each other"},
    {"{'extends': '../x'}", "$", "without a folder"},
};

START_TEST(bad_profile_is_refused_with_its_place)
{
    struct error err = {0};
    struct findings found = {0};
    char *path = put("x.json", bad[_i].text);
    bool said = false;
    ck_assert_msg(!profile_check(path, &found, &err), "%s", bad[_i].text);
    for (size_t i = 0; i < found.count; i++)
        said = said || (strcmp(found.list[i].path, bad[_i].path ? bad[_i].path : "") == 0 &&
                        strstr(found.list[i].sentence, bad[_i].sentence));
    if (found.count == 0) /* it cannot be read at all */
        said = (!bad[_i].path || strstr(err.message, bad[_i].path)) && strstr(err.message, bad[_i].sentence);
    ck_assert_msg(said, "%s: %s", bad[_i].text, err.message);
    findings_release(&found);
    temporary_unlink(path);
}
END_TEST

START_TEST(all_that_is_wrong_is_found)
{
    const char *text = "{" HEAD ", 'nulls': 1, 'files': [{'name': 'f', 'records': [{'kind': 'seller', 'fields': "
                       "{'_id': {'$concat': ['$', '$']}, 'nmae': 1}}]}]}";
    char *path = put("x.json", text);
    struct findings found = {0};
    struct error err = {0};
    ck_assert_ptr_null(profile_check(path, &found, &err));
    ck_assert_uint_eq(found.count, 4);
    ck_assert_msg(strstr(err.message, "and 3 more"), "%s", err.message);
    findings_release(&found);
    temporary_unlink(path);
}
END_TEST

START_TEST(lookup_is_known_by_file_and_value)
{
    struct error err = {0};
    struct profile *p =
        loaded("{" HEAD ", 'files': [{'name': 'f', 'records': [{'kind': 'product', 'fields': {'_id': '$p', "
               "'cost': {'$lookup': {'from': 'g', 'key': '$p', 'get': 'v'}}}}]}, "
               "{'name': 'g', 'lookup': {'key': '$k', 'values': {'u': '$u', 'v': '$v', "
               "'w': {'$sum': '$w'}}}}]}",
               &err);
    ck_assert_msg(p, "%s", err.message);
    ck_assert_uint_eq(p->files[0].looks_in, 2);
    ck_assert_uint_eq(p->files[1].record_count, 0);
    ck_assert_uint_eq(p->files[1].value_count, 3);
    ck_assert(!p->files[1].values[0].as_number && p->files[1].values[1].as_number);
    ck_assert(p->files[1].values[2].is_sum && !p->files[1].values[1].is_sum);
    profile_free(p);
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
    tcase_add_test(tests, all_that_is_wrong_is_found);
    tcase_add_test(tests, lookup_is_known_by_file_and_value);
    tcase_add_test(tests, unknown_profile_lists_the_known);
    return run_case(tests, "profile");
}
