#include "core/parameter.h"

#include <string.h>

const struct parameter parameters[] = {
    {"from", PARAMETER_FROM, "2023-01-01",
     "First calendar day of the range, itself included: YYYY-MM-DD, YYYY-MM or YYYY. Without it the range starts with "
     "the data."},
    {"to", PARAMETER_TO, "2023-12-31",
     "Last calendar day of the range, itself included: YYYY-MM-DD, YYYY-MM (to the month's end) or YYYY (to the year's "
     "end). Without it the range ends on as_of, or with the data."},
    {"period", PARAMETER_PERIOD, "last-30-days",
     "A range by name, counted back from as_of. Not together with from or to. \"this\" periods end on as_of."},
    {"as_of", PARAMETER_AS_OF, "2023-12-31",
     "The answer over the orders up to this day, YYYY-MM-DD: the last day that counts, and the one from which period "
     "counts back. What became of those orders (status, delivery, reviews) is what is known now. Without it, it is "
     "the newest day in the data."},
    {"compare", PARAMETER_COMPARE, "previous-period",
     "The same over another range too: what lies directly before (the same days of the month, quarter or year before "
     "for "
     "\"this\" periods, whole months for whole months, as many days otherwise), or the same days a year earlier. What "
     "the "
     "newest day cuts is cut there too, and a range that is not reached yet is compared with nothing. Needs a range "
     "that begins somewhere; in JSON only."},
    {"region", PARAMETER_FILTER, "West", "Only orders delivered to this region. Repeatable: any of the values."},
    {"country", PARAMETER_FILTER, "United States",
     "Only orders delivered to this country. Repeatable: any of the values."},
    {"state", PARAMETER_FILTER, "California", "Only orders delivered to this state. Repeatable: any of the values."},
    {"city", PARAMETER_FILTER, "Seattle", "Only orders delivered to this city. Repeatable: any of the values."},
    {"segment", PARAMETER_FILTER, "Consumer",
     "Only orders of customers of this segment. Repeatable: any of the values."},
    {"category", PARAMETER_FILTER, "Furniture",
     "Only order lines of products of this category. Repeatable: any of the values."},
    {"subcategory", PARAMETER_FILTER, "Chairs",
     "Only order lines of products of this subcategory. Repeatable: any of the values."},
    {"product", PARAMETER_FILTER, "P00001",
     "Only order lines of the product with this id. Repeatable: any of the values."},
    {"customer", PARAMETER_FILTER, "C0000001",
     "Only orders of the customer with this id. Repeatable: any of the values."},
    {"seller", PARAMETER_FILTER, "S001",
     "Only order lines sold by the seller with this id. Repeatable: any of the values."},
    {"status", PARAMETER_FILTER, "delivered", "Only orders in this status. Repeatable: any of the values."},
    {"granularity", PARAMETER_GRANULARITY, "month",
     "The length of a period. Weeks are ISO weeks, from Monday to Sunday."},
    {"sort", PARAMETER_SORT, "-sales",
     "The column to sort by, with - before it for the largest first. Ties are broken by the row's dimensions, so pages "
     "never overlap."},
    {"limit", PARAMETER_LIMIT, "20",
     "The most rows to return. With format csv or ndjson up to 1,000,000; without it these have every row."},
    {"offset", PARAMETER_OFFSET, "0", "How many rows to skip."},
    {"format", PARAMETER_FORMAT, "csv",
     "The form of the answer; the header Accept does the same. csv and ndjson are the rows alone, sent while they are "
     "read."},
    {"explain", PARAMETER_EXPLAIN, "true",
     "With true the answer says how it was made: the pipeline, the source and why others were passed over, and the "
     "time "
     "that each part took. In JSON only."},
};
const size_t parameter_count = sizeof parameters / sizeof parameters[0];

const char *const format_names[FORMAT_COUNT] = {"json", "csv", "ndjson"};

const char *const comparison_names[COMPARE_COUNT] = {"previous-period", "previous-year"};

const char *const period_names[PERIOD_COUNT] = {
    "last-7-days",  "last-30-days", "last-90-days", "this-month", "last-month",
    "this-quarter", "last-quarter", "this-year",    "last-year",  "all",
};

const struct parameter *parameter_find(const char *name)
{
    for (size_t i = 0; i < parameter_count; i++)
        if (strcmp(parameters[i].name, name) == 0)
            return &parameters[i];
    return NULL;
}

void period_range(enum period period, int64_t as_of, int64_t *first, int64_t *last)
{
    enum granularity whole = GRANULARITY_YEAR;
    *last = as_of;
    switch (period) {
    case PERIOD_LAST_7_DAYS:
        *first = as_of - 6;
        return;
    case PERIOD_LAST_30_DAYS:
        *first = as_of - 29;
        return;
    case PERIOD_LAST_90_DAYS:
        *first = as_of - 89;
        return;
    case PERIOD_THIS_MONTH:
    case PERIOD_LAST_MONTH:
        whole = GRANULARITY_MONTH;
        break;
    case PERIOD_THIS_QUARTER:
    case PERIOD_LAST_QUARTER:
        whole = GRANULARITY_QUARTER;
        break;
    default:
        break;
    }
    *first = period_start(whole, as_of);
    if (period == PERIOD_LAST_MONTH || period == PERIOD_LAST_QUARTER || period == PERIOD_LAST_YEAR) {
        *last = *first - 1;
        *first = period_start(whole, *last);
    }
}
