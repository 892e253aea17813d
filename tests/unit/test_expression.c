#include "loader/expression.h"
#include "tests/unit/quotes.h"
#include "tests/unit/suite.h"

/* Columns are "a", "b", "c", …, numbered by their letters. */
static size_t by_letter(void *context, const char *name)
{
    (void)context;
    return (size_t)(name[0] - 'a');
}

/* The file "prices" is the second of the profile, and has the value "price". */
static bool find_value(void *context, const char *from, const char *get, bool as_number, size_t *file, size_t *value)
{
    struct findings *found = context;
    if (strcmp(from, "prices") != 0 || strcmp(get, "price") != 0)
        return findings_add(found, "no such lookup");
    *file = 1;
    *value = as_number ? 1 : 0;
    return true;
}

static struct arena arena;
static struct findings found;
static struct lookup *lookups[2];
static struct layout layout = {.numbers = {',', 0, '.'}, .date_text = "YYYY-MM-DD"};
static const struct text columns[] = {{"7", 1},   {"1.234,5", 7}, {NULL, 0},   {"FR", 2},
                                      {"abc", 3}, {"0", 1},       {"C-17", 4}, {"S\xc3\x83O  paulo", 11}};

static void setup(void)
{
    static const bool sums[] = {false, false};
    struct decimal price = {125, 1};
    struct value values[] = {value_text(text_of("12,5")), value_number(price)};
    struct error err;
    ck_assert(date_format_compile("YYYY-MM-DD", &layout.dates[0], &err));
    layout.date_count = 1;
    lookups[1] = lookup_new(2, sums);
    lookup_add(lookups[1], text_of("7"), values);
}

static void teardown(void)
{
    arena_release(&arena);
    findings_release(&found);
    lookup_free(lookups[1]);
}

static struct expression_scope scope(void)
{
    return (struct expression_scope){.column = by_letter,
                                     .lookup = find_value,
                                     .context = &found,
                                     .layout = &layout,
                                     .arena = &arena,
                                     .found = &found};
}

static json_t *parsed(const char *text)
{
    char *quoted = with_quotes(text);
    json_t *json = json_loads(quoted, JSON_DECODE_ANY, NULL);
    ck_assert_msg(json, "%s is no JSON", text);
    free(quoted);
    return json;
}

static struct expression *compiled(const char *text, const struct schema_field *field)
{
    struct expression_scope in = scope();
    json_t *json = parsed(text);
    struct expression *e = expression_compile(json, &in, field);
    json_decref(json);
    return e;
}

static struct expression_row row_with(struct arena *scratch)
{
    return (struct expression_row){.columns = columns, .layout = &layout, .lookups = lookups, .scratch = scratch};
}

static const struct {
    const char *expression, *value; /* NULL: null */
} values[] = {
    {"'$a'", "7"},
    {"'$c'", NULL},
    {"'shipped'", "shipped"},
    {"12", "12"},
    {"null", NULL},
    {"{'$literal': '$a'}", "$a"},
    {"{'$concat': ['$d', '|', '$a']}", "FR|7"},
    {"{'$concat': ['$d', '|', '$c']}", "FR|"},
    {"{'$concat': ['$c', '|', '$c']}", NULL},
    {"{'$ifNull': ['$c', '$d']}", "FR"},
    {"{'$ifNull': ['$c', '$c']}", NULL},
    {"{'$pad': {'input': '$a', 'length': 5, 'with': '0'}}", "00007"},
    {"{'$pad': {'input': '$e', 'length': 3, 'with': '0'}}", "abc"},
    {"{'$pad': {'input': '$c', 'length': 3, 'with': '0'}}", NULL},
    {"{'$map': {'input': '$d', 'values': {'FR': 'France'}}}", "France"},
    {"{'$map': {'input': '$d', 'values': {'FR': null}}}", NULL},
    {"{'$map': {'input': '$e', 'values': {'FR': 'France'}}}", "abc"},
    {"{'$map': {'input': '$e', 'values': {}, 'default': 'other'}}", "other"},
    {"{'$map': {'input': '$c', 'values': {'': 'none'}}}", "none"},
    {"{'$multiply': ['$a', '$b']}", "8641.5"},
    {"{'$add': ['$b', 1]}", "1235.5"},
    {"{'$subtract': [1, '$b']}", "-1233.5"},
    {"{'$divide': ['$a', 4, 1]}", "1.8"},
    {"{'$divide': ['$b', 100, 4]}", "12.345"},
    {"{'$multiply': ['$a', '$c']}", NULL},
    {"{'$concat': [{'$add': ['$a', 1]}, '€']}", "8€"},
    {"{'$multiply': ['$a', 0.1]}", "0.7"},
    {"{'$multiply': ['$a', '0.1']}", "0.7"},
    {"{'$add': [1e3, '1234567890123456789.5']}", "1234567890123457789.5"},
    {"{'$multiply': ['$a', {'$map': {'input': '$d', 'values': {'FR': '0.2'}}}]}", "1.4"},
    {"{'$multiply': ['$a', {'$ifNull': ['$c', '1.5']}]}", "10.5"},
    {"{'$concat': ['$a', 0.5]}", "70.5"},
    {"{'$concat': ['$a', '']}", "7"},
    {"{'$if': {'when': {'$startsWith': ['$g', 'C']}, 'then': 'returned', 'else': 'paid'}}", "returned"},
    {"{'$if': {'when': {'$startsWith': ['$d', 'C']}, 'then': 'returned', 'else': '$a'}}", "7"},
    {"{'$if': {'when': {'$empty': '$a'}, 'then': 'x'}}", NULL},
    {"{'$repair': {'input': '$h', 'case': 'title', 'accents': 'remove'}}", "Sao Paulo"},
    {"{'$repair': {'input': '$h'}}", "SÃO paulo"},
    {"{'$repair': {'input': '$c', 'case': 'upper'}}", NULL},
    {"{'$lookup': {'from': 'prices', 'key': '$a', 'get': 'price'}}", "12,5"},
    {"{'$lookup': {'from': 'prices', 'key': {'$add': ['$a', 0]}, 'get': 'price'}}", "12,5"},
    {"{'$lookup': {'from': 'prices', 'key': '$d', 'get': 'price'}}", NULL},
    {"{'$lookup': {'from': 'prices', 'key': '$c', 'get': 'price'}}", NULL},
    {"{'$multiply': [2, {'$lookup': {'from': 'prices', 'key': '$a', 'get': 'price'}}]}", "25"},
};

START_TEST(expression_gives_its_value)
{
    struct expression *e = compiled(values[_i].expression, NULL);
    struct arena scratch = {0};
    struct expression_row row = row_with(&scratch);
    struct value value;
    struct fault fault;
    struct text text;
    ck_assert_msg(e && !found.count, "%s: %s", values[_i].expression, found.count ? found.list[0].sentence : "");
    ck_assert(expression_evaluate(e, &row, &value, &fault));
    text = expression_text(&value, &scratch);
    if (!values[_i].value)
        ck_assert_int_eq(value.type, VALUE_NULL);
    else
        ck_assert_msg(text_equal(text, text_of(values[_i].value)), "%s gives %.*s", values[_i].expression, (int)text.n,
                      text.bytes);
    arena_release(&scratch);
}
END_TEST

static const struct {
    const char *condition;
    bool holds;
} conditions[] = {
    {"{'$eq': ['$d', 'FR']}", true},
    {"{'$eq': ['$d', 'fr']}", false},
    {"{'$eq': ['$c', 'FR']}", false},
    {"{'$eq': ['$c', null]}", true},
    {"{'$ne': ['$d', 'FR']}", false},
    {"{'$ne': ['$c', 'FR']}", true},
    {"{'$eq': ['$b', 1234.5]}", true},
    {"{'$eq': ['$b', '1234.5']}", false},
    {"{'$ne': ['$b', 1234.5]}", false},
    {"{'$ne': ['$c', 0]}", true},
    {"{'$gt': ['$b', 1234]}", true},
    {"{'$gt': ['$a', '$b']}", false},
    {"{'$gt': ['$c', -1]}", false},
    {"{'$lt': ['$c', 1]}", false},
    {"{'$lt': ['$f', 1]}", true},
    {"{'$lt': ['$f', 0]}", false},
    {"{'$startsWith': ['$g', 'C-']}", true},
    {"{'$startsWith': ['$g', 'C-171']}", false},
    {"{'$startsWith': ['$c', 'C']}", false},
    {"{'$empty': '$c'}", true},
    {"{'$empty': '$f'}", false},
    {"{'$not': {'$empty': '$f'}}", true},
    {"{'$and': [{'$empty': '$c'}, {'$eq': ['$d', 'FR']}]}", true},
    {"{'$and': [{'$empty': '$a'}, {'$gt': ['$e', 1]}]}", false}, /* ends before what is no number */
    {"{'$or': [{'$empty': '$c'}, {'$gt': ['$e', 1]}]}", true},
    {"{'$or': [{'$empty': '$a'}, {'$empty': '$b'}]}", false},
};

START_TEST(condition_holds_or_does_not)
{
    struct expression_scope in = scope();
    struct arena scratch = {0};
    struct expression_row row = row_with(&scratch);
    json_t *json = parsed(conditions[_i].condition);
    struct expression *condition = condition_compile(json, &in);
    struct fault fault;
    bool holds;
    json_decref(json);
    ck_assert_msg(condition && !found.count, "%s", conditions[_i].condition);
    ck_assert(condition_evaluate(condition, &row, &holds, &fault));
    ck_assert_msg(holds == conditions[_i].holds, "%s", conditions[_i].condition);
    arena_release(&scratch);
}
END_TEST

static const struct {
    const char *expression;
    enum reason reason;
} refused[] = {
    {"{'$multiply': ['$e', 2]}", REASON_BAD_NUMBER},
    {"{'$divide': ['$a', '$f', 2]}", REASON_BAD_NUMBER},
    {"{'$add': ['$a', {'$add': ['$e', 1]}]}", REASON_BAD_NUMBER},
};

START_TEST(arithmetic_on_what_is_no_number_is_a_fault)
{
    struct expression *e = compiled(refused[_i].expression, NULL);
    struct arena scratch = {0};
    struct expression_row row = row_with(&scratch);
    struct value value;
    struct fault fault;
    ck_assert(!expression_evaluate(e, &row, &value, &fault));
    ck_assert_int_eq(fault.reason, refused[_i].reason);
    arena_release(&scratch);
}
END_TEST

START_TEST(fault_is_of_the_part_that_is_wrong)
{
    struct expression *e = compiled("{'$multiply': ['$a', '$e']}", NULL);
    struct arena scratch = {0};
    struct expression_row row = row_with(&scratch);
    struct value value;
    struct fault fault;
    ck_assert(!expression_evaluate(e, &row, &value, &fault));
    ck_assert_int_eq(expression_first_column(row.at_fault), 4);
    arena_release(&scratch);
}
END_TEST

static const struct {
    const char *expression, *path, *sentence;
} bad[] = {
    {"'$'", "$", "names no column"},
    {"{'$sum': [1]}", "$", "$sum is no operator of an expression"},
    {"{'$concatenate': [1]}", "$", "$concatenate is no operator"},
    {"{'$eq': [1, 1]}", "$", "$eq is no operator of an expression"},
    {"{}", "$", "one operator"},
    {"{'$add': [1, 2], '$concat': []}", "$", "one operator"},
    {"[1]", "$", "an expression is"},
    {"true", "$", "an expression is"},
    {"0.1234567890123456", "$", "too many digits for JSON"},
    {"{'$add': [1]}", "$.$add", "takes an array of two"},
    {"{'$add': [1, 'abc']}", "$.$add[1]", "'abc' is no number"},
    {"{'$add': [1, '1,5']}", "$.$add[1]", "'1,5' is no number"},
    {"{'$add': [1, {'$ifNull': ['$a', 'none']}]}", "$.$add[1].$ifNull[1]", "'none' is no number"},
    {"{'$concat': []}", "$.$concat", "takes an array of one to 64"},
    {"{'$concat': ['$a', {'$nope': 1}]}", "$.$concat[1]", "$nope is no operator"},
    {"{'$divide': [1, 2]}", "$.$divide", "takes an array of three"},
    {"{'$divide': [1, 2, 99]}", "$.$divide", "takes an array of three"},
    {"{'$divide': [1, 0.0, 2]}", "$.$divide", "divides by 0"},
    {"{'$pad': {'input': '$a', 'length': 0, 'with': '0'}}", "$.$pad", "length"},
    {"{'$pad': {'input': '$a', 'length': 3, 'with': '00'}}", "$.$pad", "one character"},
    {"{'$pad': {'length': 3, 'with': '0'}}", "$.$pad", "lacks \"input\""},
    {"{'$pad': 5}", "$.$pad", "object"},
    {"{'$map': {'input': '$a'}}", "$.$map", "values"},
    {"{'$map': {'input': '$a', 'values': {'x': 1}}}", "$.$map.values.x", "a text or null"},
    {"{'$map': {'input': '$a', 'values': {}, 'default': false}}", "$.$map.default", "an expression is"},
    {"{'$literal': 5}", "$.$literal", "takes a text"},
    {"{'$if': {'then': 1}}", "$.$if", "lacks \"when\""},
    {"{'$if': {'when': {'$empty': '$a'}}}", "$.$if", "lacks \"then\""},
    {"{'$if': {'when': '$a', 'then': 1}}", "$.$if.when", "a condition is an object"},
    {"{'$if': {'when': {'$concat': [1]}, 'then': 1}}", "$.$if.when", "no operator of a condition"},
    {"{'$if': {'when': {'$gt': ['$a', 'x']}, 'then': 1}}", "$.$if.when.$gt[1]", "'x' is no number"},
    {"{'$if': {'when': {'$eq': ['$a', '']}, 'then': 1}}", "$.$if.when.$eq", "$empty asks"},
    {"{'$if': {'when': {'$and': []}, 'then': 1}}", "$.$if.when.$and", "an array of one to 64"},
    {"{'$repair': {'input': '$a', 'case': 'Title'}}", "$.$repair", "keep, lower, upper or title"},
    {"{'$repair': {'input': '$a', 'accents': 'drop'}}", "$.$repair", "keep or remove"},
    {"{'$lookup': {'from': 'prices', 'key': '$a'}}", "$.$lookup", "get is missing"},
    {"{'$lookup': {'from': 'prizes', 'key': '$a', 'get': 'price'}}", "$.$lookup", "no such lookup"},
};

START_TEST(bad_expression_is_refused_with_its_place)
{
    ck_assert_msg(!compiled(bad[_i].expression, NULL), "%s", bad[_i].expression);
    ck_assert_uint_ge(found.count, 1);
    ck_assert_msg(strstr(found.list[0].sentence, bad[_i].sentence), "%s: %s", bad[_i].expression,
                  found.list[0].sentence);
    ck_assert_str_eq(found.list[0].path, bad[_i].path);
}
END_TEST

static const struct {
    enum kind kind;
    int field;
    const char *expression, *sentence; /* NULL: it is taken */
} constants[] = {
    {KIND_ORDER, ORDER_STATUS, "'delivered'", NULL},
    {KIND_ORDER, ORDER_STATUS, "'sent'", "'sent' is no status; there are created, paid"},
    {KIND_ORDER, ORDER_STATUS, "{'$map': {'input': '$a', 'values': {'1': 'sent'}}}", "'sent' is no status"},
    {KIND_ORDER, ORDER_STATUS, "{'$ifNull': ['$a', 'new']}", "'new' is no status"},
    {KIND_ORDER, ORDER_STATUS, "{'$if': {'when': {'$empty': '$a'}, 'then': 'new'}}", "'new' is no status"},
    {KIND_ORDER, ORDER_STATUS, "{'$add': [1, '$a']}", "where a status is wanted"},
    {KIND_ORDER, ORDER_ORDERED, "'2020-02-30'", "is no date in the form YYYY-MM-DD"},
    {KIND_ORDER, ORDER_ORDERED, "'2020-02-29'", NULL},
    {KIND_ORDER, ORDER_ORDERED, "{'$multiply': [1, '$a']}", "where a date is wanted"},
    {KIND_ITEM, ITEM_QUANTITY, "1", NULL},
    {KIND_ITEM, ITEM_QUANTITY, "0", "a quantity of 0"},
    {KIND_ITEM, ITEM_QUANTITY, "1.5", "whole number"},
    {KIND_ITEM, ITEM_UNIT_PRICE, "'12.5'", NULL},
    {KIND_ITEM, ITEM_UNIT_PRICE, "'12,5'", "'12,5' is no number"},
    {KIND_ITEM, ITEM_UNIT_PRICE, "-1", "negative"},
    {KIND_ITEM, ITEM_LINE, "''", "null says that there is no value"},
    {KIND_ITEM, ITEM_LINE, "7", NULL},
    {KIND_ITEM, ITEM_LINE, "{'$add': ['$a', 1]}", NULL},
};

START_TEST(constants_are_checked_to_be_what_the_field_takes)
{
    const struct schema_field *field = &schema_kinds[constants[_i].kind].fields[constants[_i].field];
    struct expression *e = compiled(constants[_i].expression, field);
    ck_assert_msg(!e == !!constants[_i].sentence, "%s", constants[_i].expression);
    if (constants[_i].sentence)
        ck_assert_msg(strstr(found.list[0].sentence, constants[_i].sentence), "%s", found.list[0].sentence);
}
END_TEST

START_TEST(nesting_has_an_end)
{
    char text[2000] = "";
    for (int i = 0; i < 40; i++)
        strcat(text, "{'$concat':[");
    strcat(text, "1");
    for (int i = 0; i < 40; i++)
        strcat(text, "]}");
    ck_assert_ptr_null(compiled(text, NULL));
    ck_assert_ptr_nonnull(strstr(found.list[0].sentence, "nested"));
}
END_TEST

START_TEST(changes_are_counted)
{
    struct arena scratch = {0};
    struct expression_row row = row_with(&scratch);
    struct value value;
    struct fault fault;
    expression_evaluate(compiled("{'$pad': {'input': '$a', 'length': 5, 'with': '0'}}", NULL), &row, &value, &fault);
    ck_assert_uint_eq(row.padded, 1);
    expression_evaluate(compiled("{'$repair': {'input': '$d', 'case': 'upper'}}", NULL), &row, &value, &fault);
    ck_assert_uint_eq(row.repaired, 0);
    expression_evaluate(compiled("{'$repair': {'input': '$d', 'case': 'lower'}}", NULL), &row, &value, &fault);
    ck_assert_uint_eq(row.repaired, 1);
    arena_release(&scratch);
}
END_TEST

START_TEST(first_column_is_named)
{
    ck_assert_int_eq(expression_first_column(compiled("{'$concat': ['x', {'$add': [1, '$d']}]}", NULL)), 3);
    ck_assert_int_eq(expression_first_column(compiled("'x'", NULL)), -1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("expression");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, expression_gives_its_value, 0, COUNT(values));
    tcase_add_loop_test(tests, condition_holds_or_does_not, 0, COUNT(conditions));
    tcase_add_loop_test(tests, arithmetic_on_what_is_no_number_is_a_fault, 0, COUNT(refused));
    tcase_add_test(tests, fault_is_of_the_part_that_is_wrong);
    tcase_add_loop_test(tests, bad_expression_is_refused_with_its_place, 0, COUNT(bad));
    tcase_add_loop_test(tests, constants_are_checked_to_be_what_the_field_takes, 0, COUNT(constants));
    tcase_add_test(tests, nesting_has_an_end);
    tcase_add_test(tests, changes_are_counted);
    tcase_add_test(tests, first_column_is_named);
    return run_case(tests, "expression");
}
