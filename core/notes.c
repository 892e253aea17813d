#include "core/answer.h"
#include "core/order_status.h"

#include <string.h>

static bool needs(const struct definition *d, int feature)
{
    for (size_t i = 0; i < d->need_count; i++)
        if (strcmp(d->needs[i], feature_names[feature]) == 0)
            return true;
    return false;
}

/* Filters on what the data may not tell: then nothing matches. */
static const struct {
    const char *filter;
    enum feature feature;
} filter_features[] = {
    {"region", FEATURE_REGIONS},     {"country", FEATURE_COUNTRIES},         {"state", FEATURE_STATES},
    {"city", FEATURE_CITIES},        {"segment", FEATURE_SEGMENTS},          {"category", FEATURE_CATEGORIES},
    {"customer", FEATURE_CUSTOMERS}, {"subcategory", FEATURE_SUBCATEGORIES}, {"seller", FEATURE_SELLERS},
};

static bool filters_by(const struct query *query, int feature)
{
    for (size_t i = 0; i < query->filter_count; i++)
        for (size_t j = 0; j < sizeof filter_features / sizeof filter_features[0]; j++)
            if ((int)filter_features[j].feature == feature &&
                strcmp(query->filters[i].parameter->name, filter_features[j].filter) == 0)
                return true;
    return false;
}

/* Whether the request asks for a status whose orders the KPI leaves out. */
static bool asks_for_uncounted(const struct query *query)
{
    for (size_t i = 0; i < query->filter_count && !query->definition->all_orders; i++) {
        if (strcmp(query->filters[i].parameter->name, "status") != 0)
            continue;
        for (size_t j = 0; j < order_status_count; j++)
            if (!order_statuses[j].counted && strcmp(query->filters[i].value, order_statuses[j].name) == 0)
                return true;
    }
    return false;
}

/* What is said of a range that the data do not reach; NULL where they do. */
static const char *note_of_range(const struct query *query, const struct dataset *dataset)
{
    if (!dataset->has_days)
        return NULL;
    if (query->has_from && query->from > dataset->last_day)
        return "The range begins after the newest day in the data (last_day).";
    if (query->has_to && query->to < dataset->first_day)
        return "The range ends before the first day in the data.";
    if (query->has_as_of && query->has_to && query->to > dataset->last_day)
        return "as_of is after the newest day in the data (last_day), so a part of the range has no orders.";
    return NULL;
}

size_t answer_notes(const struct query *query, const struct dataset *dataset, const char *notes[ANSWER_NOTES_MOST])
{
    const char *range;
    size_t count = 0;
    if (!dataset->loaded) {
        notes[0] = "Nothing has been loaded yet: kpi-load imports data.";
        return 1;
    }
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (!dataset->has[f] && (needs(query->definition, f) || filters_by(query, f)))
            notes[count++] = feature_notes[f];
    range = note_of_range(query, dataset);
    if (range)
        notes[count++] = range;
    if (asks_for_uncounted(query))
        notes[count++] = "Orders that are cancelled, unavailable or unpaid do not count as sales: this KPI leaves them "
                         "out. order-status has them.";
    return count;
}
