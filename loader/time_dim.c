#include "loader/time_dim.h"
#include "core/day.h"
#include "loader/edge_day.h"

#include <stdio.h>

enum { BATCH = 1000 };

/* Days from first to last; none when last is before first. */
struct days {
    int64_t first, last;
};

static const struct days no_days = {0, -1};

void time_dim_row(int64_t day, bson_t *row)
{
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                           "Friday", "Saturday", "Sunday"};
    struct civil c = day_to_civil(day);
    int weekday = day_weekday(day);
    int64_t thursday = day + 4 - weekday; /* of the same ISO week: it lies in the week's year */
    int week_year = day_to_civil(thursday).year;
    char text[DAY_TEXT_MAX], month[DAY_TEXT_MAX];
    day_text(day, text);
    snprintf(month, sizeof month, "%.7s", text);
    BSON_APPEND_DATE_TIME(row, "_id", day_to_ms(day));
    BSON_APPEND_UTF8(row, "date", text);
    BSON_APPEND_INT32(row, "year", c.year);
    BSON_APPEND_INT32(row, "quarter", (c.month + 2) / 3);
    BSON_APPEND_INT32(row, "month", c.month);
    BSON_APPEND_UTF8(row, "month_name", months[c.month - 1]);
    BSON_APPEND_UTF8(row, "year_month", month);
    BSON_APPEND_INT32(row, "day_of_month", c.day);
    BSON_APPEND_INT32(row, "day_of_year", (int32_t)(day - day_from_civil(c.year, 1, 1)) + 1);
    BSON_APPEND_INT32(row, "iso_year", week_year);
    BSON_APPEND_INT32(row, "iso_week", (int32_t)((thursday - day_from_civil(week_year, 1, 1)) / 7) + 1);
    BSON_APPEND_INT32(row, "weekday", weekday);
    BSON_APPEND_UTF8(row, "weekday_name", weekdays[weekday - 1]);
    BSON_APPEND_BOOL(row, "weekend", weekday >= 6);
}

static bool edges(mongoc_client_t *client, const char *database, const char *name, const char *key, struct days *days,
                  struct error *err)
{
    struct edge first = {name, key, 1}, last = {name, key, -1};
    bool found = false, ok = edge_day(client, database, &first, NULL, &days->first, &found, err);
    if (ok && found)
        ok = edge_day(client, database, &last, NULL, &days->last, &found, err);
    if (!found)
        *days = no_days;
    return ok;
}

static bool delete_outside(mongoc_collection_t *collection, struct days keep, struct error *err)
{
    bson_t *outside = BCON_NEW("$or", "[", "{", "_id", "{", "$lt", BCON_DATE_TIME(day_to_ms(keep.first)), "}", "}", "{",
                               "_id", "{", "$gt", BCON_DATE_TIME(day_to_ms(keep.last)), "}", "}", "]");
    bson_error_t why;
    bool ok = mongoc_collection_delete_many(collection, outside, NULL, NULL, &why);
    if (!ok)
        db_error(&why, "writing the calendar of the star schema", err);
    bson_destroy(outside);
    return ok;
}

/* Inserts the days of a range that may hold none. */
static bool insert(mongoc_collection_t *collection, struct days days, struct error *err)
{
    bool ok = true;
    while (ok && days.first <= days.last) {
        mongoc_bulk_operation_t *bulk = mongoc_collection_create_bulk_operation_with_opts(collection, NULL);
        bson_error_t why;
        for (int i = 0; i < BATCH && days.first <= days.last; i++, days.first++) {
            bson_t row = BSON_INITIALIZER;
            time_dim_row(days.first, &row);
            mongoc_bulk_operation_insert_with_opts(bulk, &row, NULL, NULL);
            bson_destroy(&row);
        }
        ok = mongoc_bulk_operation_execute(bulk, NULL, &why);
        if (!ok)
            db_error(&why, "writing the calendar of the star schema", err);
        mongoc_bulk_operation_destroy(bulk);
    }
    return ok;
}

/* The days that are there, when no day between them is missing; else none. */
static bool days_there(mongoc_client_t *client, const char *database, mongoc_collection_t *calendar, struct days *days,
                       struct error *err)
{
    bson_t all = BSON_INITIALIZER;
    bson_error_t why;
    int64_t n = mongoc_collection_count_documents(calendar, &all, NULL, NULL, NULL, &why);
    bson_destroy(&all);
    if (n < 0) {
        db_error(&why, "counting the days of the star schema", err);
        return false;
    }
    if (!edges(client, database, TIME_DIM_COLLECTION, "_id", days, err))
        return false;
    if (days->last - days->first + 1 != n)
        *days = no_days;
    return true;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool time_dim_update(mongoc_client_t *client, const char *database, bool whole, struct error *err)
{
    mongoc_collection_t *calendar = mongoc_client_get_collection(client, database, TIME_DIM_COLLECTION);
    struct days wanted, there = no_days;
    bool ok = edges(client, database, "orders", "day", &wanted, err) &&
              (whole || days_there(client, database, calendar, &there, err));
    if (ok && (there.last < there.first || there.last < wanted.first || there.first > wanted.last))
        /* Nothing of it can stay: a range that holds no day is outside of all. */
        ok = delete_outside(calendar, no_days, err) && insert(calendar, wanted, err);
    else if (ok)
        ok = delete_outside(calendar, wanted, err) &&
             insert(calendar, (struct days){wanted.first, lesser(there.first - 1, wanted.last)}, err) &&
             insert(calendar, (struct days){greater(there.last + 1, wanted.first), wanted.last}, err);
    mongoc_collection_destroy(calendar);
    return ok;
}
