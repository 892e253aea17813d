#include "core/lint_cut.h"
#include "core/json.h"
#include "core/json_place.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What is told by the stages before of the order of rows. */
enum order { ORDER_NONE, ORDER_SORTED, ORDER_ONE_ROW };

struct cut {
    struct json_place place;
    struct mistakes *mistakes;
    enum order order; /* where the walk is */
    bool in_facet;    /* the pipeline is one of a $facet's */
};

static void check_stages(struct cut *cut, const json_t *pipeline);

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

/* MongoDB takes 5.0 for 5. */
static bool is_whole(const json_t *value)
{
    double number = json_number_value(value);
    return json_is_integer(value) ||
           (json_is_real(value) && fabs(number) < 9e18 && !(number < trunc(number)) && !(number > trunc(number)));
}

/* A whole number from that one on. */
static void check_number(struct cut *cut, const json_t *value, int least, const char *advice)
{
    if (!is_whole(value) || json_number_value(value) < least)
        mistakes_add(cut->mistakes, cut->place.text, "must be a whole number from %d on%s", least, advice);
}

static void check_limit(struct cut *cut, const json_t *body)
{
    const char *variable = json_text(body, "$var");
    if (!variable || strcmp(variable, "limit") != 0)
        check_number(cut, body, 1, ", or {\"$var\": \"limit\"}; without the stage all rows are taken");
}

static void check_skip(struct cut *cut, const json_t *body)
{
    const char *variable = json_text(body, "$var");
    if (!variable || strcmp(variable, "offset") != 0)
        check_number(cut, body, 0, ", or {\"$var\": \"offset\"}; without the stage no row is skipped");
}

static void check_direction(struct cut *cut, const char *key, const json_t *direction)
{
    size_t where = json_place_enter(&cut->place, ".%.80s", key);
    double number = json_number_value(direction);
    if (!is_whole(direction) || fabs(number) < 1 || fabs(number) > 1)
        mistakes_add(cut->mistakes, cut->place.text, "must be 1 (least first) or -1 (greatest first)");
    json_place_leave(&cut->place, where);
}

static void check_sort(struct cut *cut, const json_t *body)
{
    const char *key;
    json_t *direction;
    if (json_object_get(body, "$var"))
        return;
    if (!json_object_size(body))
        mistakes_add(cut->mistakes, cut->place.text,
                     "names no field to sort by: {\"day\": 1}, or {\"$var\": \"sort\"}");
    json_object_foreach((json_t *)(uintptr_t)body, key, direction)
    {
        check_direction(cut, key, direction);
    }
}

static void check_buckets(struct cut *cut, const json_t *body)
{
    size_t where = json_place_enter(&cut->place, ".buckets");
    check_number(cut, json_object_get(body, "buckets"), 1, ": into how many buckets rows are put");
    json_place_leave(&cut->place, where);
}

/* Only numbers are compared: what comes of other boundaries is seen on a database. */
static void check_boundaries(struct cut *cut, const json_t *body)
{
    const json_t *list = json_object_get(body, "boundaries");
    size_t where = json_place_enter(&cut->place, ".boundaries");
    if (json_array_size(list) < 2)
        mistakes_add(cut->mistakes, cut->place.text, "must be a list of two or more, each greater than the one before");
    for (size_t i = 1; i < json_array_size(list); i++) {
        const json_t *before = json_array_get(list, i - 1), *value = json_array_get(list, i);
        size_t inner = json_place_enter(&cut->place, "[%zu]", i);
        if (json_is_number(before) && json_is_number(value) && json_number_value(value) <= json_number_value(before))
            mistakes_add(cut->mistakes, cut->place.text, "must be greater than the one before: boundaries ascend");
        json_place_leave(&cut->place, inner);
    }
    json_place_leave(&cut->place, where);
}

static void check_unwind(struct cut *cut, const json_t *body)
{
    const char *path = json_is_string(body) ? json_string_value(body) : json_text(body, "path");
    if (!path || path[0] != '$' || !path[1] || path[1] == '$')
        mistakes_add(cut->mistakes, cut->place.text, "must name a field of the rows: \"$payments\"");
}

static void check_group(struct cut *cut, const json_t *body)
{
    if (!json_object_get(body, "_id") && !json_object_get(body, "$var"))
        mistakes_add(cut->mistakes, cut->place.text,
                     "has no \"_id\", which rows are grouped by; with \"_id\": null they become one");
}

static void check_members(struct cut *cut, const json_t *body)
{
    if (!json_object_size(body))
        mistakes_add(cut->mistakes, cut->place.text, "is empty: take the stage out, or give it what it is to make");
}

static void check_facet(struct cut *cut, const json_t *body)
{
    check_members(cut, body);
    if (cut->in_facet)
        mistakes_add(cut->mistakes, cut->place.text, "cannot stand in a $facet: make one of both, with all pipelines");
}

static const struct {
    const char *stage;
    void (*check)(struct cut *cut, const json_t *body);
} constants[] = {
    {"$bucket", check_boundaries}, {"$bucketAuto", check_buckets}, {"$facet", check_facet},
    {"$group", check_group},       {"$limit", check_limit},        {"$project", check_members},
    {"$skip", check_skip},         {"$sort", check_sort},          {"$unwind", check_unwind},
};

/* Whether every row has the same value of it, so that to group by it makes one row. */
static bool is_constant(const json_t *value)
{
    const char *text = json_string_value(value), *key;
    json_t *member;
    size_t i;
    if (text)
        return text[0] != '$';
    if (json_object_get(value, "$literal"))
        return true;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (key[0] == '$' || !is_constant(member))
            return false;
    }
    json_array_foreach(value, i, member)
    {
        if (!is_constant(member))
            return false;
    }
    return value != NULL;
}

/* A number so large that it cuts off nothing: written to have an engine keep what was made so far. */
static bool takes_all(const char *stage, const json_t *body)
{
    double number = json_number_value(body);
    if (strcmp(stage, "$skip") == 0)
        return json_is_number(body) && number <= 0;
    return json_is_number(body) && number >= INT32_MAX;
}

/* Said once a pipeline. A number that MongoDB refuses has been said already. */
static void check_cut(struct cut *cut, const char *stage, const json_t *body)
{
    if (cut->order != ORDER_NONE || takes_all(stage, body))
        return;
    mistakes_add(cut->mistakes, cut->place.text,
                 "cuts off rows in no order, so that engines keep other ones: put a $sort right before it, by fields "
                 "that tell all rows apart; where one row that stands for all will do, {\"$group\": {\"_id\": null}}");
    cut->order = ORDER_SORTED;
}

/* The order of the rows that come out of a stage. */
static enum order order_behind(enum order order, const char *stage, const json_t *body)
{
    static const char *const sorting[] = {"$sort", "$bucket", "$bucketAuto", "$sortByCount", NULL};
    if (strcmp(stage, "$facet") == 0)
        return ORDER_ONE_ROW;
    if (strcmp(stage, "$group") == 0)
        return is_constant(json_object_get(body, "_id")) ? ORDER_ONE_ROW : ORDER_NONE;
    if (strcmp(stage, "$unionWith") == 0)
        return ORDER_NONE;
    if (order == ORDER_ONE_ROW) /* the rows that a list of it makes are in the order of the list */
        return strcmp(stage, "$unwind") == 0 ? ORDER_SORTED : ORDER_ONE_ROW;
    if (is_one_of(stage, sorting))
        return ORDER_SORTED;
    if (strcmp(stage, "$setWindowFields") == 0 &&
        (json_object_get(body, "sortBy") || json_object_get(body, "partitionBy")))
        return ORDER_NONE; /* it sorts to compute; what comes out has no order that MongoDB promises */
    return order;
}

static void check_inner(struct cut *cut, const json_t *pipeline, bool is_facet, const char *key)
{
    size_t where = json_place_enter(&cut->place, ".%.80s", key);
    struct cut inner = *cut;
    inner.in_facet = is_facet;
    inner.order = is_facet ? cut->order : ORDER_NONE;
    check_stages(&inner, pipeline);
    json_place_leave(&cut->place, where);
}

static void check_pipelines(struct cut *cut, const char *stage, const json_t *body)
{
    static const char *const joins[] = {"$lookup", "$unionWith", NULL};
    const char *key;
    json_t *pipeline;
    if (is_one_of(stage, joins)) {
        check_inner(cut, json_object_get(body, "pipeline"), false, "pipeline");
        return;
    }
    if (strcmp(stage, "$facet") != 0)
        return;
    json_object_foreach((json_t *)(uintptr_t)body, key, pipeline)
    {
        check_inner(cut, pipeline, true, key);
    }
}

static void check_stage(struct cut *cut, const char *stage, const json_t *body)
{
    size_t before = cut->mistakes->count;
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        if (strcmp(constants[i].stage, stage) == 0)
            constants[i].check(cut, body);
    if (cut->mistakes->count == before && (strcmp(stage, "$limit") == 0 || strcmp(stage, "$skip") == 0))
        check_cut(cut, stage, body);
    check_pipelines(cut, stage, body);
    cut->order = order_behind(cut->order, stage, body);
}

static void check_stages(struct cut *cut, const json_t *pipeline)
{
    size_t i;
    json_t *stage, *body;
    const char *name;
    json_array_foreach(pipeline, i, stage)
    {
        json_object_foreach(stage, name, body)
        {
            size_t where = json_place_enter(&cut->place, "[%zu].%s", i, name);
            check_stage(cut, name, body);
            json_place_leave(&cut->place, where);
        }
    }
}

void lint_cut(const json_t *pipeline, struct mistakes *mistakes)
{
    struct cut cut = {.mistakes = mistakes};
    json_place_enter(&cut.place, "$.pipeline");
    check_stages(&cut, pipeline);
}
