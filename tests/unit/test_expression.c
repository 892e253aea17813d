#include "loader/expression.h"
#include "tests/unit/suite.h"

/* Columns are "a", "b", "c", …, numbered by their letters. */
static size_t by_letter(void *context, const char *name)
{
    (void)context;
    return (size_t)(name[0] - 'a');
}

static struct arena arena;
static const struct layout layout = {.numbers = {',', '.'}};
static const struct text columns[] = {{"7", 1}, {"1.234,5", 7}, {NULL, 0}, {"FR", 2}, {"abc", 3}, {"0", 1}};

static void teardown(void)
{
    arena_release(&arena);
}

static struct expression *compiled(const char *text, struct error *err)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    struct expression *e;
    ck_assert_msg(json, "%s is no JSON", text);
    e = expression_compile(json, by_letter, NULL, &arena, err);
    json_decref(json);
    return e;
}

static const struct {
    const char *expression, *value; /* NULL: null */
} values[] = {
    {"\"$a\"", "7"},
    {"\"$c\"", NULL},
    {"\"shipped\"", "shipped"},
    {"12", "12"},
    {"null", NULL},
    {"{\"$literal\": \"$a\"}", "$a"},
    {"{\"$concat\": [\"$d\", \"|\", \"$a\"]}", "FR|7"},
    {"{\"$concat\": [\"$d\", \"|\", \"$c\"]}", "FR|"},
    {"{\"$concat\": [\"$c\", \"|\", \"$c\"]}", NULL},
    {"{\"$ifNull\": [\"$c\", \"$d\"]}", "FR"},
    {"{\"$ifNull\": [\"$c\", \"$c\"]}", NULL},
    {"{\"$pad\": {\"input\": \"$a\", \"length\": 5, \"with\": \"0\"}}", "00007"},
    {"{\"$pad\": {\"input\": \"$e\", \"length\": 3, \"with\": \"0\"}}", "abc"},
    {"{\"$pad\": {\"input\": \"$c\", \"length\": 3, \"with\": \"0\"}}", NULL},
    {"{\"$map\": {\"input\": \"$d\", \"values\": {\"FR\": \"France\"}}}", "France"},
    {"{\"$map\": {\"input\": \"$d\", \"values\": {\"FR\": null}}}", NULL},
    {"{\"$map\": {\"input\": \"$e\", \"values\": {\"FR\": \"France\"}}}", "abc"},
    {"{\"$map\": {\"input\": \"$e\", \"values\": {}, \"default\": \"other\"}}", "other"},
    {"{\"$map\": {\"input\": \"$c\", \"values\": {\"\": \"none\"}}}", "none"},
    {"{\"$multiply\": [\"$a\", \"$b\"]}", "8641.5"},
    {"{\"$add\": [\"$b\", 1]}", "1235.5"},
    {"{\"$subtract\": [1, \"$b\"]}", "-1233.5"},
    {"{\"$divide\": [\"$a\", 4, 1]}", "1.8"},
    {"{\"$divide\": [\"$b\", 100, 4]}", "12.345"},
    {"{\"$multiply\": [\"$a\", \"$c\"]}", NULL},
    {"{\"$concat\": [{\"$add\": [\"$a\", 1]}, \"€\"]}", "8€"},
};

START_TEST(expression_gives_its_value)
{
    struct error err = {0};
    struct expression *e = compiled(values[_i].expression, &err);
    struct arena scratch = {0};
    struct expression_row row = {columns, &layout, &scratch, 0};
    struct value value;
    struct fault fault;
    char text[DECIMAL_TEXT_MAX];
    ck_assert_msg(e, "%s", err.message);
    ck_assert(expression_evaluate(e, &row, &value, &fault));
    if (value.type == VALUE_NUMBER)
        value = value_text((struct text){text, decimal_text(value.number, text)});
    if (!values[_i].value)
        ck_assert_int_eq(value.type, VALUE_NULL);
    else
        ck_assert_msg(text_equal(value.text, text_of(values[_i].value)), "%s gives %.*s", values[_i].expression,
                      (int)value.text.n, value.text.bytes);
    arena_release(&scratch);
}
END_TEST

static const struct {
    const char *expression;
    enum reason reason;
} refused[] = {
    {"{\"$multiply\": [\"$e\", 2]}", REASON_BAD_NUMBER},
    {"{\"$divide\": [\"$a\", \"$f\", 2]}", REASON_BAD_NUMBER},
    {"{\"$add\": [\"$a\", {\"$add\": [\"$e\", 1]}]}", REASON_BAD_NUMBER},
};

START_TEST(arithmetic_on_what_is_no_number_is_a_fault)
{
    struct error err = {0};
    struct expression *e = compiled(refused[_i].expression, &err);
    struct arena scratch = {0};
    struct expression_row row = {columns, &layout, &scratch, 0};
    struct value value;
    struct fault fault;
    ck_assert(!expression_evaluate(e, &row, &value, &fault));
    ck_assert_int_eq(fault.reason, refused[_i].reason);
    arena_release(&scratch);
}
END_TEST

static const struct {
    const char *expression, *sentence;
} bad[] = {
    {"\"$\"", "names no column"},
    {"{\"$sum\": [1]}", "$sum is no operator"},
    {"{}", "one operator"},
    {"{\"$add\": [1, 2], \"$concat\": []}", "one operator"},
    {"[1]", "an expression"},
    {"1.5", "an expression"},
    {"{\"$add\": [1]}", "takes an array of two"},
    {"{\"$concat\": []}", "takes an array of one or more"},
    {"{\"$concat\": [\"$a\", {\"$nope\": 1}]}", "$concat[1]: $nope"},
    {"{\"$divide\": [1, 2]}", "takes an array of three"},
    {"{\"$divide\": [1, 2, 99]}", "takes an array of three"},
    {"{\"$pad\": {\"input\": \"$a\", \"length\": 0, \"with\": \"0\"}}", "length"},
    {"{\"$pad\": {\"input\": \"$a\", \"length\": 3, \"with\": \"00\"}}", "one character"},
    {"{\"$pad\": {\"length\": 3, \"with\": \"0\"}}", "input"},
    {"{\"$map\": {\"input\": \"$a\"}}", "values"},
    {"{\"$map\": {\"input\": \"$a\", \"values\": {\"x\": 1}}}", "strings and null"},
    {"{\"$map\": {\"input\": \"$a\", \"values\": {}, \"default\": 1.5}}", "$map.default"},
    {"{\"$literal\": 5}", "takes a string"},
};

START_TEST(bad_expression_is_refused_with_its_place)
{
    struct error err = {0};
    ck_assert_ptr_null(compiled(bad[_i].expression, &err));
    ck_assert_msg(strstr(err.message, bad[_i].sentence), "%s: %s", bad[_i].expression, err.message);
}
END_TEST

START_TEST(padding_is_counted)
{
    struct error err;
    struct expression *e = compiled("{\"$pad\": {\"input\": \"$a\", \"length\": 5, \"with\": \"0\"}}", &err);
    struct arena scratch = {0};
    struct expression_row row = {columns, &layout, &scratch, 0};
    struct value value;
    struct fault fault;
    expression_evaluate(e, &row, &value, &fault);
    ck_assert_uint_eq(row.padded, 1);
    arena_release(&scratch);
}
END_TEST

START_TEST(first_column_is_named)
{
    struct error err;
    ck_assert_int_eq(expression_first_column(compiled("{\"$concat\": [\"x\", {\"$add\": [1, \"$d\"]}]}", &err)), 3);
    ck_assert_int_eq(expression_first_column(compiled("\"x\"", &err)), -1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("expression");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_loop_test(tests, expression_gives_its_value, 0, COUNT(values));
    tcase_add_loop_test(tests, arithmetic_on_what_is_no_number_is_a_fault, 0, COUNT(refused));
    tcase_add_loop_test(tests, bad_expression_is_refused_with_its_place, 0, COUNT(bad));
    tcase_add_test(tests, padding_is_counted);
    tcase_add_test(tests, first_column_is_named);
    return run_case(tests, "expression");
}
