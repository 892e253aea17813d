#include "core/allow.h"
#include "core/collections.h"
#include "core/json_place.h"
#include "core/nearest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 100 };

static const char *const stages[] = {
    "$addFields", "$bucket",      "$bucketAuto",  "$facet", "$group",           "$limit", "$lookup", "$match",
    "$project",   "$replaceRoot", "$replaceWith", "$set",   "$setWindowFields", "$skip",  "$sort",   "$sortByCount",
    "$unionWith", "$unset",       "$unwind",      NULL,
};

/* Operators of expressions, of accumulators and windows, and of conditions. */
static const char *const operators[] = {
    "$abs",
    "$add",
    "$addToSet",
    "$allElementsTrue",
    "$and",
    "$anyElementTrue",
    "$arrayElemAt",
    "$arrayToObject",
    "$bottom",
    "$ceil",
    "$cmp",
    "$concat",
    "$concatArrays",
    "$cond",
    "$convert",
    "$count",
    "$dateAdd",
    "$dateDiff",
    "$dateFromParts",
    "$dateSubtract",
    "$dateToString",
    "$dayOfMonth",
    "$dayOfWeek",
    "$denseRank",
    "$divide",
    "$documentNumber",
    "$elemMatch",
    "$eq",
    "$exists",
    "$expMovingAvg",
    "$expr",
    "$filter",
    "$first",
    "$firstN",
    "$floor",
    "$gt",
    "$gte",
    "$hour",
    "$ifNull",
    "$in",
    "$isArray",
    "$isNumber",
    "$isoDayOfWeek",
    "$isoWeek",
    "$isoWeekYear",
    "$last",
    "$lastN",
    "$let",
    "$literal",
    "$locf",
    "$lt",
    "$lte",
    "$map",
    "$max",
    "$maxN",
    "$median",
    "$mergeObjects",
    "$min",
    "$minN",
    "$mod",
    "$month",
    "$multiply",
    "$ne",
    "$nin",
    "$nor",
    "$not",
    "$objectToArray",
    "$or",
    "$percentile",
    "$push",
    "$range",
    "$rank",
    "$reduce",
    "$round",
    "$setDifference",
    "$setIntersection",
    "$setUnion",
    "$shift",
    "$size",
    "$slice",
    "$sortArray",
    "$stdDevPop",
    "$stdDevSamp",
    "$strLenBytes",
    "$subtract",
    "$substrBytes",
    "$sum",
    "$switch",
    "$toDate",
    "$toDecimal",
    "$toDouble",
    "$toInt",
    "$toLong",
    "$toLower",
    "$toString",
    "$toUpper",
    "$top",
    "$topN",
    "$trim",
    "$trunc",
    "$type",
    "$year",
    NULL,
};

/* What is left out on purpose, and what to do instead. */
static const struct {
    const char *name, *instead;
} left_out[] = {
    {"$out", "pipelines only read"},
    {"$merge", "pipelines only read"},
    {"$where", "no JavaScript is run"},
    {"$function", "no JavaScript is run"},
    {"$accumulator", "no JavaScript is run"},
    {"$rand", "the same request has the same answer"},
    {"$sample", "the same request has the same answer"},
    {"$avg", "it is a double on some engines; divide a $sum by a $sum"},
    {"$count", "engines differ where nothing is counted; use $group and {\"$sum\": 1}"},
    {"$dateTrunc", "not every engine has it right; use the stored day, or $dateFromParts"},
    {"$densify", "not every engine has it; fill gaps with {\"$var\": \"periods\"} and $unionWith"},
};

struct walk {
    const char *const *variables;
    struct mistakes *mistakes;
    struct json_place place;
};

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

static void refuse(struct walk *walk, const char *what, const char *name, const char *const *list)
{
    const char *best = NULL;
    unsigned distance = 0;
    char guess[96];
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        if (strcmp(name, left_out[i].name) == 0) {
            mistakes_add(walk->mistakes, walk->place.text, "%s '%s': %s", what, name, left_out[i].instead);
            return;
        }
    for (; *list; list++)
        nearest_consider(name, *list, &best, &distance);
    mistakes_add(walk->mistakes, walk->place.text, "%s '%s'%s", what, name, mistakes_guess(best, guess, sizeof guess));
}

static void check_value(struct walk *walk, const json_t *value, int depth);
static void check_stages(struct walk *walk, const json_t *pipeline, int depth);

static bool is_too_deep(struct walk *walk, int depth)
{
    if (depth > MAX_DEPTH)
        mistakes_add(walk->mistakes, walk->place.text, "nested too deep");
    return depth > MAX_DEPTH;
}

/* A condition holds the texts of a request as they are: in an expression "$sales" would be a field. */
static bool may_be_condition(const char *path)
{
    const char *in_match = strstr(path, ".$match");
    for (const char *next = in_match; next; next = strstr(next + 1, ".$match"))
        in_match = next; /* the innermost */
    return in_match && !strstr(in_match, "$expr");
}

static bool is_conjunct(const char *path)
{
    const char *last = strrchr(path, '$');
    return strcmp(last, "$match") == 0 ||
           (strncmp(last, "$and[", 5) == 0 && last - path >= 8 && strncmp(last - 8, ".$match.", 8) == 0);
}

static void check_place(struct walk *walk, const char *name)
{
    if (strncmp(name, "filter", 6) == 0 && !is_conjunct(walk->place.text))
        mistakes_add(walk->mistakes, walk->place.text,
                     "'%s' is a whole condition: it stands under $match, or in its $and", name);
    else if (strcmp(name, "prefix") == 0 && !may_be_condition(walk->place.text))
        mistakes_add(walk->mistakes, walk->place.text,
                     "'prefix' is a condition on a text: it stands under a field of $match");
}

static void check_variable(struct walk *walk, const json_t *object)
{
    const char *name = json_string_value(json_object_get(object, "$var"));
    if (!name || json_object_size(object) != 1)
        mistakes_add(walk->mistakes, walk->place.text, "a variable is written {\"$var\": \"name\"}");
    else if (!is_one_of(name, walk->variables))
        refuse(walk, "there is no variable", name, walk->variables);
    else
        check_place(walk, name);
}

/* Whether what stands under a stage's key is a pipeline of its own. */
static bool is_pipeline(const char *stage, const char *key, const json_t *value)
{
    bool joins = strcmp(stage, "$lookup") == 0 || strcmp(stage, "$unionWith") == 0;
    return json_is_array(value) && ((joins && strcmp(key, "pipeline") == 0) || strcmp(stage, "$facet") == 0);
}

/* A literal is a value whatever its keys are, but a variable in it is bound as elsewhere. */
static void check_literal(struct walk *walk, const json_t *value, int depth)
{
    const char *key;
    json_t *member;
    size_t i, where;
    if (is_too_deep(walk, depth))
        return;
    if (json_object_get(value, "$var")) {
        check_variable(walk, value);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        where = json_place_enter(&walk->place, ".%.80s", key);
        check_literal(walk, member, depth + 1);
        json_place_leave(&walk->place, where);
    }
    json_array_foreach(value, i, member)
    {
        where = json_place_enter(&walk->place, "[%zu]", i);
        check_literal(walk, member, depth + 1);
        json_place_leave(&walk->place, where);
    }
}

/* stage: the stage whose body this is, or "" further inside. */
static void check_object(struct walk *walk, const json_t *object, const char *stage, int depth)
{
    const char *key;
    json_t *value;
    if (json_object_get(object, "$var")) {
        check_variable(walk, object);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t where;
        if (key[0] == '$' && !is_one_of(key, operators)) {
            refuse(walk, "not an allowed operator:", key, operators);
            continue; /* what stands in it means nothing */
        }
        where = json_place_enter(&walk->place, ".%.80s", key);
        if (strcmp(key, "$literal") == 0)
            check_literal(walk, value, depth + 1);
        else if (is_pipeline(stage, key, value))
            check_stages(walk, value, depth + 1);
        else
            check_value(walk, value, depth + 1);
        json_place_leave(&walk->place, where);
    }
}

/* The variables that MongoDB itself gives are written in capitals. Of those some tell the time, or who asks: the same
 * request would have another answer. */
static void check_text(struct walk *walk, const char *text)
{
    static const char *const allowed[] = {"$$ROOT", "$$CURRENT", "$$REMOVE", NULL};
    char name[64];
    if (strncmp(text, "$$", 2) != 0 || text[2] < 'A' || text[2] > 'Z')
        return;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, "."), text);
    if (!is_one_of(name, allowed))
        mistakes_add(walk->mistakes, walk->place.text,
                     "not an allowed variable: '%s'; there are $$ROOT, $$CURRENT and $$REMOVE", name);
}

static void check_value(struct walk *walk, const json_t *value, int depth)
{
    if (is_too_deep(walk, depth))
        return;
    if (json_is_string(value))
        check_text(walk, json_string_value(value));
    if (json_is_object(value))
        check_object(walk, value, "", depth);
    for (size_t i = 0; i < json_array_size(value); i++) {
        size_t where = json_place_enter(&walk->place, "[%zu]", i);
        check_value(walk, json_array_get(value, i), depth + 1);
        json_place_leave(&walk->place, where);
    }
}

static void refuse_collection(struct walk *walk, const char *name)
{
    const char *best = NULL;
    unsigned distance = 0;
    char guess[96];
    for (const struct collection *c = collections; c->name; c++)
        nearest_consider(name, c->name, &best, &distance);
    mistakes_add(walk->mistakes, walk->place.text, "'%s' is no collection that holds the data%s", name,
                 best ? mistakes_guess(best, guess, sizeof guess)
                      : "; there are customers, locations, meta, orders, products and sellers");
}

/* What is joined is a collection with data of the same database, by its name. */
static void check_joined(struct walk *walk, const char *stage, const json_t *body)
{
    const char *key = strcmp(stage, "$lookup") == 0 ? "from" : strcmp(stage, "$unionWith") == 0 ? "coll" : NULL;
    const json_t *name = key && json_is_object(body) ? json_object_get(body, key) : body;
    if (key && !json_is_string(name))
        mistakes_add(walk->mistakes, walk->place.text, "'%s' must be the name of a collection", key);
    else if (key && !collection_find(json_string_value(name)) && !collection_is_star(json_string_value(name)))
        refuse_collection(walk, json_string_value(name));
}

static void check_stage(struct walk *walk, const json_t *stage, int depth)
{
    const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)stage));
    const json_t *body;
    size_t where;
    if (!name || json_object_size(stage) != 1) {
        mistakes_add(walk->mistakes, walk->place.text, "a stage is an object with one key");
        return;
    }
    if (!is_one_of(name, stages)) {
        refuse(walk, "not an allowed stage:", name, stages);
        return;
    }
    body = json_object_get(stage, name);
    where = json_place_enter(&walk->place, ".%s", name);
    check_joined(walk, name, body);
    if (json_is_object(body))
        check_object(walk, body, name, depth);
    else
        check_value(walk, body, depth);
    json_place_leave(&walk->place, where);
}

static void check_stages(struct walk *walk, const json_t *pipeline, int depth)
{
    if (is_too_deep(walk, depth))
        return;
    for (size_t i = 0; i < json_array_size(pipeline); i++) {
        size_t where = json_place_enter(&walk->place, "[%zu]", i);
        check_stage(walk, json_array_get(pipeline, i), depth);
        json_place_leave(&walk->place, where);
    }
}

bool allow_pipeline(const json_t *pipeline, const char *const *variables, struct mistakes *mistakes)
{
    struct walk walk = {.variables = variables, .mistakes = mistakes};
    size_t before = mistakes->count;
    json_place_enter(&walk.place, "$.pipeline");
    check_stages(&walk, pipeline, 0);
    return mistakes->count == before;
}

bool allow_expression(const json_t *expression, const char *place, const char *const *variables,
                      struct mistakes *mistakes)
{
    struct walk walk = {.variables = variables, .mistakes = mistakes};
    size_t before = mistakes->count;
    json_place_enter(&walk.place, "%s", place);
    check_value(&walk, expression, 0);
    return mistakes->count == before;
}
