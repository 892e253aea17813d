#include "core/variables.h"
#include "core/bind.h"

#include <stdio.h>
#include <string.h>

const char *const variables_in_definitions[] = {
    "filter", "sort", "offset", "limit", "period_start", "periods", "whole_from", "whole_to", "as_of", "last_day",
    "region", "country", "state", "city", "segment", "category", "subcategory", "product", "customer", "seller",
    "status",
    /* Of every feature whether the data have it. */
    "has_cost", "has_discount", "has_hour", "has_payments", "has_reviews", "has_sellers", "has_delivery",
    "has_estimates", "has_distances", "has_customers", "has_points", "has_freight", "has_regions", "has_countries",
    "has_states", "has_cities", "has_segments", "has_categories", "has_subcategories", NULL};
const char *const variables_in_sources[] = {"filter", "line_fields", "order_rows", "row_fields", "item_fields", NULL};

/* All values of one filter: a plain value where there is one, else {"$in": […]}. Returns the index after them. */
static size_t append_filter(const struct source *source, const struct query *query, size_t at, bson_t *match)
{
    const struct parameter *parameter = query->filters[at].parameter;
    const char *path = source_dimension(source, parameter->name)->path;
    size_t next = at + 1;
    bson_t in, list;
    while (next < query->filter_count && query->filters[next].parameter == parameter)
        next++;
    if (next == at + 1) {
        BSON_APPEND_UTF8(match, path, query->filters[at].value);
        return next;
    }
    BSON_APPEND_DOCUMENT_BEGIN(match, path, &in);
    BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
    for (size_t i = at; i < next; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i - at);
        BSON_APPEND_UTF8(&list, number, query->filters[i].value);
    }
    bson_append_array_end(&in, &list);
    bson_append_document_end(match, &in);
    return next;
}

static bool is_own_filter(const struct definition *d, const char *name)
{
    for (size_t i = 0; i < d->own_filter_count; i++)
        if (strcmp(d->own_filters[i], name) == 0)
            return true;
    return false;
}

void variables_filters(const struct source *source, const struct query *query, bson_t *match)
{
    for (size_t i = 0; i < query->filter_count;)
        if (is_own_filter(query->definition, query->filters[i].parameter->name))
            i++;
        else
            i = append_filter(source, query, i, match);
}

static void append_match(const struct source *source, const struct query *query, bson_t *values)
{
    bson_t match, range;
    BSON_APPEND_DOCUMENT_BEGIN(values, "filter", &match);
    if (!query->definition->all_orders)
        BSON_APPEND_BOOL(&match, "counted", true);
    if (query->has_from || query->has_to) {
        BSON_APPEND_DOCUMENT_BEGIN(&match, source_dimension(source, "day")->path, &range);
        if (query->has_from)
            BSON_APPEND_DATE_TIME(&range, "$gte", day_to_ms(query->from));
        if (query->has_to)
            BSON_APPEND_DATE_TIME(&range, "$lte", day_to_ms(query->to));
        bson_append_document_end(&match, &range);
    }
    variables_filters(source, query, &match);
    bson_append_document_end(values, &match);
}

/* "$" and the path: a reference to the field in an expression. */
static void append_reference(bson_t *to, const char *key, const char *prefix, const char *path)
{
    char reference[256];
    snprintf(reference, sizeof reference, "$%s%s", prefix, path);
    BSON_APPEND_UTF8(to, key, reference);
}

/* {"_id": {"_id": "$_id", item dimensions}, order dimensions: {"$first": …}, measures: accumulators} */
static void append_order_rows(const struct source *source, const struct definition *d, bson_t *values)
{
    bson_t group, id, first;
    BSON_APPEND_DOCUMENT_BEGIN(values, "order_rows", &group);
    BSON_APPEND_DOCUMENT_BEGIN(&group, "_id", &id);
    BSON_APPEND_UTF8(&id, "_id", "$_id");
    for (size_t i = 0; i < d->dimension_count; i++) {
        const struct field *f = source_dimension(source, d->dimensions[i]);
        if (f->in_items)
            append_reference(&id, f->field, "", f->path);
    }
    bson_append_document_end(&group, &id);
    for (size_t i = 0; i < d->dimension_count; i++) {
        const struct field *f = source_dimension(source, d->dimensions[i]);
        if (f->in_items || strcmp(f->field, "_id") == 0)
            continue;
        BSON_APPEND_DOCUMENT_BEGIN(&group, f->field, &first);
        append_reference(&first, "$first", "", f->path);
        bson_append_document_end(&group, &first);
    }
    for (size_t i = 0; i < d->measure_count; i++) {
        const struct field *f = source_measure(source, d->measures[i]);
        if (f->sums)
            bson_concat(&group, f->sums);
    }
    bson_append_document_end(values, &group);
}

/* Appends {path: 1}, once. */
static void keep_path(bson_t *project, const char *path)
{
    bson_iter_t it;
    if (!bson_iter_init_find(&it, project, path))
        BSON_APPEND_INT32(project, path, 1);
}

/* The paths of all fields that stand in an expression. */
static void keep_paths_in(bson_t *project, bson_iter_t *it)
{
    while (bson_iter_next(it)) {
        const char *text = BSON_ITER_HOLDS_UTF8(it) ? bson_iter_utf8(it, NULL) : "";
        bson_iter_t inner;
        if (text[0] == '$' && text[1] != '$')
            keep_path(project, text + 1);
        else if ((BSON_ITER_HOLDS_DOCUMENT(it) || BSON_ITER_HOLDS_ARRAY(it)) && bson_iter_recurse(it, &inner))
            keep_paths_in(project, &inner);
    }
}

static bool keeps_below(const bson_t *project, const char *path)
{
    size_t n = strlen(path);
    bson_iter_t it;
    for (bson_iter_init(&it, project); bson_iter_next(&it);)
        if (strncmp(bson_iter_key(&it), path, n) == 0 && bson_iter_key(&it)[n] == '.')
            return true;
    return false;
}

/* {"_id": 1, "day": 1, "items.sales": 1, …}: what the query reads of an order, so that the rest of it is not repeated
 * for every line. */
static void append_line_fields(const struct source *source, const struct query *query, bson_t *values)
{
    const struct definition *d = query->definition;
    bson_iter_t it;
    bson_t project;
    BSON_APPEND_DOCUMENT_BEGIN(values, "line_fields", &project);
    keep_path(&project, "_id");
    if (!d->all_orders)
        keep_path(&project, "counted");
    if (query->has_from || query->has_to)
        keep_path(&project, source_dimension(source, "day")->path);
    for (size_t i = 0; i < query->filter_count; i++)
        keep_path(&project, source_dimension(source, query->filters[i].parameter->name)->path);
    for (size_t i = 0; i < d->dimension_count; i++)
        keep_path(&project, source_dimension(source, d->dimensions[i])->path);
    for (size_t i = 0; i < d->measure_count; i++) {
        const struct field *f = source_measure(source, d->measures[i]);
        if (!f->sums)
            keep_path(&project, f->path);
        else if (bson_iter_init(&it, f->sums))
            keep_paths_in(&project, &it);
    }
    if (source->unwind && !keeps_below(&project, source->unwind))
        keep_path(&project, source->unwind);
    bson_append_document_end(values, &project);
}

/* {"_id": "$_id._id", item dimensions: "$_id.…", all else that order_rows gives: 1} */
static void append_row_fields(const struct source *source, const struct definition *d, bson_t *values)
{
    bson_iter_t it;
    bson_t project;
    BSON_APPEND_DOCUMENT_BEGIN(values, "row_fields", &project);
    append_reference(&project, "_id", "_id.", "_id");
    for (size_t i = 0; i < d->dimension_count; i++) {
        const struct field *f = source_dimension(source, d->dimensions[i]);
        if (f->in_items)
            append_reference(&project, f->field, "_id.", f->field);
        else
            keep_path(&project, f->field);
    }
    for (size_t i = 0; i < d->measure_count; i++) {
        const struct field *f = source_measure(source, d->measures[i]);
        for (bool more = f->sums && bson_iter_init(&it, f->sums); more && bson_iter_next(&it);)
            keep_path(&project, bson_iter_key(&it));
    }
    bson_append_document_end(values, &project);
}

/* {"category": "$items.category", …}: the dimensions and measures in use under the names that rows give them */
static void append_item_fields(const struct source *source, const struct definition *d, bson_t *values)
{
    bson_t project;
    BSON_APPEND_DOCUMENT_BEGIN(values, "item_fields", &project);
    for (size_t i = 0; i < d->dimension_count; i++) {
        const struct field *f = source_dimension(source, d->dimensions[i]);
        if (strcmp(f->field, "_id") != 0)
            append_reference(&project, f->field, "", f->path);
    }
    for (size_t i = 0; i < d->measure_count; i++) {
        const struct field *f = source_measure(source, d->measures[i]);
        append_reference(&project, f->name, "", f->path);
    }
    bson_append_document_end(values, &project);
}

void variables_of_source(const struct source *source, const struct query *query, bson_t *values)
{
    append_match(source, query, values);
    append_line_fields(source, query, values);
    append_order_rows(source, query->definition, values);
    append_row_fields(source, query->definition, values);
    append_item_fields(source, query->definition, values);
}

/* For every own filter its name, and {"$literal": [values asked for]}. */
static void append_own_filters(const struct query *query, bson_t *values)
{
    for (size_t i = 0; i < query->definition->own_filter_count; i++) {
        const char *name = query->definition->own_filters[i];
        uint32_t count = 0;
        bson_t literal, list;
        BSON_APPEND_DOCUMENT_BEGIN(values, name, &literal);
        BSON_APPEND_ARRAY_BEGIN(&literal, "$literal", &list);
        for (size_t j = 0; j < query->filter_count; j++) {
            char number[16];
            if (strcmp(query->filters[j].parameter->name, name) != 0)
                continue;
            snprintf(number, sizeof number, "%u", count++);
            BSON_APPEND_UTF8(&list, number, query->filters[j].value);
        }
        bson_append_array_end(&literal, &list);
        bson_append_document_end(values, &literal);
    }
}

static void append_sort(const struct query *query, bson_t *values)
{
    const struct definition *d = query->definition;
    bson_t sort;
    BSON_APPEND_DOCUMENT_BEGIN(values, "sort", &sort);
    if (query->sort < d->column_count)
        BSON_APPEND_INT32(&sort, d->columns[query->sort].name, query->descending ? -1 : 1);
    for (size_t i = 0; i < d->column_count; i++)
        if (d->columns[i].key && i != query->sort)
            BSON_APPEND_INT32(&sort, d->columns[i].name, 1);
    bson_append_document_end(values, &sort);
}

/* The expression for the first day of the period that holds $day, without $dateTrunc, which not every engine has right.
 */
static void append_period_start(enum granularity granularity, bson_t *values)
{
    static const char *const expressions[GRANULARITY_COUNT] = {
        [GRANULARITY_DAY] = "{\"$add\": [\"$day\", 0]}",
        [GRANULARITY_WEEK] = "{\"$subtract\": [\"$day\", {\"$multiply\": [86400000, {\"$subtract\": "
                             "[{\"$isoDayOfWeek\": \"$day\"}, 1]}]}]}",
        [GRANULARITY_MONTH] =
            "{\"$dateFromParts\": {\"year\": {\"$year\": \"$day\"}, \"month\": {\"$month\": \"$day\"}, \"day\": 1}}",
        [GRANULARITY_QUARTER] = "{\"$dateFromParts\": {\"year\": {\"$year\": \"$day\"}, \"month\": {\"$subtract\": "
                                "[{\"$month\": \"$day\"}, "
                                "{\"$mod\": [{\"$subtract\": [{\"$month\": \"$day\"}, 1]}, 3]}]}, \"day\": 1}}",
        [GRANULARITY_YEAR] = "{\"$dateFromParts\": {\"year\": {\"$year\": \"$day\"}, \"month\": 1, \"day\": 1}}",
    };
    bson_t *expression = bson_new_from_json((const uint8_t *)expressions[granularity], -1, NULL);
    BSON_APPEND_DOCUMENT(values, "period_start", expression);
    bson_destroy(expression);
}

/* {"$literal": [first day of every period from first to last]}; none where the range ends before it begins. */
static bool append_periods(enum granularity granularity, int64_t first, int64_t last, bson_t *values, struct error *err)
{
    bson_t literal, list;
    int64_t start = period_start(granularity, first);
    int count = 0;
    BSON_APPEND_DOCUMENT_BEGIN(values, "periods", &literal);
    BSON_APPEND_ARRAY_BEGIN(&literal, "$literal", &list);
    for (; first <= last && start <= last && count <= LIMIT_MOST; start = period_shift(granularity, start, 1)) {
        char number[16];
        snprintf(number, sizeof number, "%d", count++);
        BSON_APPEND_DATE_TIME(&list, number, day_to_ms(start));
    }
    bson_append_array_end(&literal, &list);
    bson_append_document_end(values, &literal);
    if (count <= LIMIT_MOST)
        return true;
    error_set(err, ERROR_INVALID,
              "The range has more than %d periods; choose a shorter range or a coarser granularity.", LIMIT_MOST);
    return false;
}

/* A period is whole when the range does not cut it and the data reach to its end. */
static void append_whole(const struct query *query, const struct dataset *dataset, bson_t *values)
{
    enum granularity g = query->granularity;
    int64_t from = day_least, to = dataset->has_days ? dataset->last_day : day_least;
    if (query->has_from && period_start(g, query->from) == query->from)
        from = query->from;
    else if (query->has_from)
        from = period_shift(g, period_start(g, query->from), 1);
    if (query->has_to && query->to < to)
        to = query->to;
    BSON_APPEND_DATE_TIME(values, "whole_from", day_to_ms(from));
    BSON_APPEND_DATE_TIME(values, "whole_to", day_to_ms(period_shift(g, period_start(g, to + 1), -1)));
}

/* The newest day of the data, and the day that an answer counts back from: the one asked for, or that one. */
static void append_last_days(const struct query *query, const struct dataset *dataset, bson_t *values)
{
    int64_t newest = dataset->has_days ? dataset->last_day : day_least;
    BSON_APPEND_DATE_TIME(values, "last_day", day_to_ms(newest));
    BSON_APPEND_DATE_TIME(values, "as_of", day_to_ms(query->has_as_of ? query->as_of : newest));
}

/* has_cost and its like, so that what is not known can be told from what is 0. */
static void append_features(const struct dataset *dataset, bson_t *values)
{
    for (int i = 0; i < FEATURE_COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, "has_%s", feature_names[i]);
        BSON_APPEND_BOOL(values, name, dataset->has[i]);
    }
}

bool variables_of_definition(const struct source *source, const struct query *query, const struct dataset *dataset,
                             bson_t *values, struct error *err)
{
    int64_t first = query->has_from ? query->from : dataset->first_day;
    int64_t last = query->has_to ? query->to : dataset->last_day;
    bool bounded = dataset->has_days || (query->has_from && query->has_to);
    if (source->filters) {
        bson_t nothing;
        BSON_APPEND_DOCUMENT_BEGIN(values, "filter", &nothing);
        bson_append_document_end(values, &nothing);
    } else {
        append_match(source, query, values);
    }
    append_sort(query, values);
    BSON_APPEND_INT32(values, "offset", query->offset);
    BSON_APPEND_INT32(values, "limit", query->limit + 1);
    if (bind_uses(query->definition->pipeline, "period_start"))
        append_period_start(query->granularity, values);
    append_whole(query, dataset, values);
    append_last_days(query, dataset, values);
    append_own_filters(query, values);
    append_features(dataset, values);
    if (!bind_uses(query->definition->pipeline, "periods"))
        return true;
    return append_periods(query->granularity, bounded ? first : 1, bounded ? last : 0, values, err);
}
