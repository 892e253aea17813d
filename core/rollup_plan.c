#include "core/rollup_plan.h"
#include "core/day.h"
#include "core/variables.h"

#include <stdio.h>
#include <string.h>

static bool refuse(char why[PLAN_REASON_MAX], const char *reason)
{
    snprintf(why, PLAN_REASON_MAX, "%s", reason);
    return true;
}

static bool names(const char **list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

/* How many values the rows are filtered on, of those that `filter` applies. */
static size_t filter_values(const struct query *query, const char *name)
{
    const struct definition *d = query->definition;
    size_t count = 0;
    for (size_t i = 0; i < query->filter_count; i++)
        count += strcmp(query->filters[i].parameter->name, name) == 0;
    return names(d->own_filters, d->own_filter_count, name) ? 0 : count;
}

/* Whether rows that differ in the dimension are never put together. */
static bool is_fixed(const char *dimension, const void *context)
{
    const struct query *query = context;
    const struct definition *d = query->definition;
    return names(d->dimensions, d->dimension_count, dimension) || filter_values(query, dimension) == 1;
}

static bool reads_counts(const struct definition *d)
{
    for (size_t i = 0; i < d->measure_count; i++)
        if (rollup_measure_counts(d->measures[i]))
            return true;
    return false;
}

/* Whether the query is about lines of orders, so that orders without lines are not in its answer. */
static bool asks_for_lines(const struct rollup *r, const struct query *query)
{
    const struct definition *d = query->definition;
    for (size_t i = 0; i < r->dimension_count; i++)
        if (r->dimensions[i].in_items && (names(d->dimensions, d->dimension_count, r->dimensions[i].name) ||
                                          filter_values(query, r->dimensions[i].name)))
            return true;
    return false;
}

static bool starts_before_data(const struct query *query, const struct dataset *dataset)
{
    return !query->has_from || (dataset->has_days && query->from <= dataset->first_day);
}

static bool ends_behind_data(const struct query *query, const struct dataset *dataset)
{
    return !query->has_to || (dataset->has_days && query->to >= dataset->last_day);
}

/* Whether the range begins or ends within what a row of the rollup has added up. */
static bool range_cuts(const struct rollup *r, const struct query *query, const struct dataset *dataset)
{
    bool from = starts_before_data(query, dataset), to = ends_behind_data(query, dataset);
    switch (r->grain) {
    case ROLLUP_DAY:
        return false;
    case ROLLUP_MONTH:
        from = from || period_start(GRANULARITY_MONTH, query->from) == query->from;
        to = to || period_start(GRANULARITY_MONTH, query->to + 1) == query->to + 1;
        break;
    default:
        break;
    }
    return !from || !to;
}

bool rollup_passes_over(const struct rollup *r, const struct query *query, const struct dataset *dataset,
                        char why[PLAN_REASON_MAX])
{
    const struct definition *d = query->definition;
    const struct field *twice = rollup_counts_twice(r, is_fixed, query);
    if (!dataset_rollup(dataset, r->hash))
        return refuse(why, "is not built for this version of the data");
    if (d->all_orders)
        return refuse(why, "holds orders that count as sales only, and the KPI asks for all");
    if (d->looks_at_rows)
        return refuse(why, "the KPI looks at single rows, and not only at their sums");
    if (range_cuts(r, query, dataset)) {
        snprintf(why, PLAN_REASON_MAX, "the range cuts %s",
                 r->grain == ROLLUP_MONTH ? "a month that it has added up" : "what it has added up");
        return true;
    }
    if (r->in_items && !asks_for_lines(r, query))
        return refuse(why, "leaves out orders without lines");
    if (twice && reads_counts(d)) {
        snprintf(why, PLAN_REASON_MAX, "would count an order twice that has several values of '%s'", twice->name);
        return true;
    }
    return false;
}

/* The buckets: those that the version shows, of the days or months in range. */
static void append_buckets(const struct rollup *r, const struct query *query, const struct dataset *dataset,
                           bson_t *stage)
{
    const struct dataset_rollup *listed = dataset_rollup(dataset, r->hash);
    bool has_from = query->has_from && r->grain != ROLLUP_ALL, has_to = query->has_to && r->grain != ROLLUP_ALL;
    int64_t from = r->grain == ROLLUP_MONTH ? period_start(GRANULARITY_MONTH, query->from) : query->from;
    bson_t match, range;
    BSON_APPEND_DOCUMENT_BEGIN(stage, "$match", &match);
    if (has_from || has_to) {
        BSON_APPEND_DOCUMENT_BEGIN(&match, "day", &range);
        if (has_from)
            BSON_APPEND_DATE_TIME(&range, "$gte", day_to_ms(from));
        if (has_to)
            BSON_APPEND_DATE_TIME(&range, "$lte", day_to_ms(query->to));
        bson_append_document_end(&match, &range);
    }
    BSON_APPEND_INT64(&match, "build", listed ? listed->build : 0);
    BSON_APPEND_DOCUMENT_BEGIN(&match, "from", &range);
    BSON_APPEND_INT64(&range, "$lte", dataset->version);
    bson_append_document_end(&match, &range);
    BSON_APPEND_DOCUMENT_BEGIN(&match, "to", &range);
    BSON_APPEND_INT64(&range, "$gt", dataset->version);
    bson_append_document_end(&match, &range);
    bson_append_document_end(stage, &match);
}

static bool append_filter(const struct rollup *r, const struct query *query, bson_t *stage)
{
    bson_t match;
    bool some;
    BSON_APPEND_DOCUMENT_BEGIN(stage, "$match", &match);
    variables_filters(&r->source, query, &match);
    some = bson_count_keys(&match) > 0;
    bson_append_document_end(stage, &match);
    return some;
}

static void append_stage(bson_t *pipeline, const bson_t *stage)
{
    char number[16];
    snprintf(number, sizeof number, "%u", bson_count_keys(pipeline));
    BSON_APPEND_DOCUMENT(pipeline, number, stage);
}

void rollup_stages(const struct rollup *r, const struct query *query, const struct dataset *dataset, bson_t *pipeline)
{
    bson_t buckets = BSON_INITIALIZER, filter = BSON_INITIALIZER;
    bson_t *unwind = BCON_NEW("$unwind", BCON_UTF8("$rows"));
    append_buckets(r, query, dataset, &buckets);
    append_stage(pipeline, &buckets);
    append_stage(pipeline, unwind);
    if (append_filter(r, query, &filter))
        append_stage(pipeline, &filter);
    bson_destroy(unwind);
    bson_destroy(&buckets);
    bson_destroy(&filter);
}
