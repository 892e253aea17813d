#include "core/costed.h"
#include "tests/unit/request.h"

static struct catalog *catalog;
static struct dataset dataset;

static void load(void)
{
    catalog = shipped_catalog();
    dataset = dataset_of("2014-01-03", "2017-12-30");
    dataset.has[FEATURE_COST] = true;
}

static void unload(void)
{
    catalog_release(catalog);
}

static struct costed costed_for(const char *kpi)
{
    return costed_of(catalog_find(catalog, kpi), &dataset);
}

static void add(struct costed *costed, const char *json)
{
    bson_error_t why;
    bson_t *row = bson_new_from_json((const uint8_t *)json, -1, &why);
    ck_assert_msg(row != NULL, "%s", why.message);
    costed_add(costed, row);
    bson_destroy(row);
}

/* Sums over the rows of an answer, and how the note begins; NULL: there is none. */
static const struct {
    const char *sales, *costed_sales, *note;
} cases[] = {
    {"1000", "1000", NULL},
    {"0", "0", NULL},
    {"1000", "877", "12.3 % of the sales"},
    {"3", "2", "33.3 % of the sales"},
    {"1000", "750", "25 % of the sales"},
    {"12.5", "0", "100 % of the sales"},
    {"100000", "99999.99", "Less than 0.1 % of the sales"},
    {"100000", "0.01", "More than 99.9 % of the sales"},
    /* What came back leaves no share. */
    {"0", "5", "A part of the sales"},
    {"10", "15", "A part of the sales"},
    {"10", "-5", "A part of the sales"},
    {"-10", "-5", "A part of the sales"},
};

START_TEST(part_of_the_sales_without_a_cost_is_told)
{
    struct costed costed = costed_for("sales-by-region");
    char row[200], note[COSTED_NOTE_MAX] = "";
    snprintf(row, sizeof row,
             "{\"sales\": {\"$numberDecimal\": \"%s\"}, \"costed_sales\": {\"$numberDecimal\": \"%s\"}}",
             cases[_i].sales, cases[_i].costed_sales);
    add(&costed, row);
    ck_assert_int_eq(costed_note(&costed, note), cases[_i].note != NULL);
    ck_assert_msg(!cases[_i].note || strncmp(note, cases[_i].note, strlen(cases[_i].note)) == 0, "%s", note);
}
END_TEST

START_TEST(rows_are_added_up)
{
    struct costed costed = costed_for("sales-by-category");
    char note[COSTED_NOTE_MAX];
    add(&costed, "{\"costed_sales\": {\"$numberDecimal\": \"10.50\"}, \"sales\": {\"$numberDecimal\": \"10.5\"}}");
    add(&costed, "{\"sales\": 0, \"costed_sales\": 0}");
    add(&costed, "{\"sales\": {\"$numberDecimal\": \"31.5\"}, \"costed_sales\": {\"$numberLong\": \"21\"}}");
    add(&costed, "{\"sales\": null}");
    ck_assert(costed_note(&costed, note));
    ck_assert_str_eq(note,
                     "25 % of the sales in these rows are of order lines whose cost is not known: profit is of the "
                     "others (costed_sales).");
}
END_TEST

START_TEST(nothing_is_said_where_nothing_can_be)
{
    struct costed costed = costed_for("total-sales");
    char note[COSTED_NOTE_MAX];
    add(&costed, "{\"sales\": 5, \"costed_sales\": 1}"); /* has no such column */
    ck_assert(!costed_note(&costed, note));
    costed = costed_for("total-profit");
    add(&costed, "{\"sales\": 5, \"costed_sales\": 1.5}"); /* a double is no amount of ours */
    ck_assert(!costed_note(&costed, note));
    dataset.has[FEATURE_COST] = false; /* there is another note for that */
    costed = costed_for("total-profit");
    add(&costed, "{\"sales\": 5, \"costed_sales\": 0}");
    ck_assert(!costed_note(&costed, note));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("costed");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_loop_test(tests, part_of_the_sales_without_a_cost_is_told, 0, COUNT(cases));
    tcase_add_test(tests, rows_are_added_up);
    tcase_add_test(tests, nothing_is_said_where_nothing_can_be);
    return run_case(tests, "costed");
}
