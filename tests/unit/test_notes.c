#include "core/answer.h"
#include "tests/unit/request.h"

static struct catalog *catalog;
static struct dataset dataset;

static void load(void)
{
    catalog = shipped_catalog();
    dataset = dataset_of("2014-01-03", "2017-12-30");
    for (int i = 0; i < FEATURE_COUNT; i++)
        dataset.has[i] = true;
}

static void unload(void)
{
    catalog_release(catalog);
}

/* The answer has so many notes; a single one says what is expected. */
static void assert_notes(const char *kpi, const char *request, size_t count, const char *expected)
{
    struct query query = request_of(catalog_find(catalog, kpi), &dataset, request);
    const char *notes[ANSWER_NOTES_MOST];
    size_t got = answer_notes(&query, &dataset, notes);
    ck_assert_msg(got == count, "%s?%s: %zu notes", kpi, request, got);
    for (size_t i = 0; i < got; i++)
        ck_assert_msg(strstr(notes[i], expected) || got > 1, "%s?%s: %s", kpi, request, notes[i]);
}

static const struct {
    const char *kpi, *request;
    size_t count;
    const char *note;
} cases[] = {
    {"total-sales", "", 0, ""},
    {"total-sales", "status=delivered&status=returned", 0, ""},
    {"total-sales", "status=unpaid", 1, "do not count as sales"},
    {"total-sales", "status=delivered&status=cancelled&status=unavailable", 1, "do not count as sales"},
    {"total-sales", "region=cancelled", 0, ""},
    {"order-status", "status=cancelled", 0, ""},
    {"total-sales", "from=2017-12-30", 0, ""},
    {"total-sales", "from=2017-12-31", 1, "begins after the newest day"},
    {"total-sales", "to=2014-01-03", 0, ""},
    {"total-sales", "to=2014-01-02", 1, "ends before the first day"},
    {"total-sales", "from=2017&to=2018", 0, ""},
    {"total-sales", "period=last-7-days&as_of=2017-12-30", 0, ""},
    {"total-sales", "period=last-7-days&as_of=2017-12-31", 1, "as_of is after"},
    {"total-sales", "period=last-7-days&as_of=2018-03-01", 1, "begins after the newest day"},
    {"total-sales", "period=all&as_of=2018-03-01", 1, "as_of is after"},
    {"total-sales", "as_of=2018-03-01", 1, "as_of is after"},
    {"total-sales", "as_of=2017-12-30", 0, ""},
    {"total-sales", "to=2017-03&as_of=2018-03-01", 0, ""},
    {"total-sales", "period=last-month&as_of=2017-12-31", 0, ""},
    {"total-sales", "as_of=2014-01-02", 1, "ends before the first day"},
    {"total-sales", "from=2018&status=unpaid", 2, ""},
};

START_TEST(what_the_request_leaves_out_is_said)
{
    assert_notes(cases[_i].kpi, cases[_i].request, cases[_i].count, cases[_i].note);
}
END_TEST

START_TEST(what_the_data_lack_is_said_where_it_is_needed)
{
    dataset.has[FEATURE_REVIEWS] = dataset.has[FEATURE_ESTIMATES] = false;
    assert_notes("total-sales", "", 0, "");
    assert_notes("on-time-rate", "", 1, "promised");
    assert_notes("review-score", "", 2, "");
    memset(dataset.has, 0, sizeof dataset.has);
    for (size_t i = 0; i < catalog->definition_count; i++)
        assert_notes(catalog->definitions[i]->name, "status=unpaid&from=2018",
                     catalog->definitions[i]->need_count + (catalog->definitions[i]->all_orders ? 1 : 2), "");
}
END_TEST

/* An empty list alone would look like shops that sold nothing. */
START_TEST(filter_on_what_the_data_do_not_tell_is_said)
{
    static const char *const filters[] = {"region", "country", "state", "city", "segment", "category", "subcategory"};
    char request[64];
    memset(dataset.has, 0, sizeof dataset.has);
    for (size_t i = 0; i < COUNT(filters); i++) {
        snprintf(request, sizeof request, "%s=A&%s=B", filters[i], filters[i]);
        assert_notes("total-sales", request, 1, "The loaded data has no ");
    }
    assert_notes("total-sales", "seller=A", 1, "no sellers");
    assert_notes("total-sales", "customer=A", 1, "who bought");
    assert_notes("total-sales", "product=A", 0, "");
    assert_notes("total-sales", "segment=A&seller=B", 2, "");
    assert_notes("profit-by-region", "region=A", 2, ""); /* once, though the KPI needs it too; and the costs */
    dataset.has[FEATURE_SEGMENTS] = true;
    assert_notes("total-sales", "segment=A", 0, "");
}
END_TEST

START_TEST(nothing_loaded_is_said_and_nothing_else)
{
    dataset = (struct dataset){0};
    assert_notes("review-score", "status=unpaid", 1, "kpi-load");
}
END_TEST

START_TEST(data_without_an_order_have_no_range_to_be_beyond)
{
    dataset.has_days = false;
    assert_notes("total-sales", "from=2018", 0, "");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("notes");
    tcase_add_checked_fixture(tests, load, unload);
    tcase_add_loop_test(tests, what_the_request_leaves_out_is_said, 0, COUNT(cases));
    tcase_add_test(tests, what_the_data_lack_is_said_where_it_is_needed);
    tcase_add_test(tests, filter_on_what_the_data_do_not_tell_is_said);
    tcase_add_test(tests, nothing_loaded_is_said_and_nothing_else);
    tcase_add_test(tests, data_without_an_order_have_no_range_to_be_beyond);
    return run_case(tests, "notes");
}
