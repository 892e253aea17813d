#include "core/allow.h"
#include "core/nearest.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 256, MAX_DEPTH = 100 };

static const char *const stages[] = {
    "$addFields", "$bucket", "$bucketAuto",  "$count",       "$facet",       "$group",  "$limit",
    "$lookup",    "$match",  "$project",     "$replaceRoot", "$replaceWith", "$set",    "$setWindowFields",
    "$skip",      "$sort",   "$sortByCount", "$unionWith",   "$unset",       "$unwind", NULL,
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
    "$avg",
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

struct walk {
    const char *const *variables;
    struct error *err;
};

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

static bool refuse(struct walk *walk, const char *path, const char *what, const char *name, const char *const *list)
{
    const char *best = NULL;
    unsigned distance = 0;
    for (; *list; list++)
        nearest_consider(name, *list, &best, &distance);
    error_set(walk->err, ERROR_INVALID, "%s: %s '%s'%s%s%s", path, what, name, best ? "; did you mean '" : "",
              best ? best : "", best ? "'?" : "");
    return false;
}

static bool check_value(struct walk *walk, const json_t *value, const char *path, int depth);

static bool check_variable(struct walk *walk, const json_t *object, const char *path)
{
    const char *name = json_string_value(json_object_get(object, "$var"));
    if (!name || json_object_size(object) != 1) {
        error_set(walk->err, ERROR_INVALID, "%s: a variable is written {\"$var\": \"name\"}", path);
        return false;
    }
    return is_one_of(name, walk->variables) || refuse(walk, path, "there is no variable", name, walk->variables);
}

/* Whether what stands under a stage's key is a pipeline of its own. */
static bool is_pipeline(const char *stage, const char *key, const json_t *value)
{
    bool joins = strcmp(stage, "$lookup") == 0 || strcmp(stage, "$unionWith") == 0;
    return json_is_array(value) && ((joins && strcmp(key, "pipeline") == 0) || strcmp(stage, "$facet") == 0);
}

/* A literal is a value whatever its keys are, but a variable in it is bound as elsewhere. */
static bool check_literal(struct walk *walk, const json_t *value, const char *path, int depth)
{
    const char *key;
    json_t *member;
    size_t i;
    if (depth > MAX_DEPTH) {
        error_set(walk->err, ERROR_INVALID, "%s: nested too deep", path);
        return false;
    }
    if (json_object_get(value, "$var"))
        return check_variable(walk, value, path);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        if (!check_literal(walk, member, path, depth + 1))
            return false;
    }
    json_array_foreach(value, i, member)
    {
        if (!check_literal(walk, member, path, depth + 1))
            return false;
    }
    return true;
}

/* stage: the stage whose body this is, or "" further inside. */
static bool check_object(struct walk *walk, const json_t *object, const char *path, const char *stage, int depth)
{
    const char *key;
    json_t *value;
    if (json_object_get(object, "$var"))
        return check_variable(walk, object, path);
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        char inner[PATH_BYTES];
        snprintf(inner, sizeof inner, "%.150s.%.80s", path, key);
        if (key[0] == '$' && !is_one_of(key, operators))
            return refuse(walk, path, "not an allowed operator:", key, operators);
        if (strcmp(key, "$literal") == 0) {
            if (!check_literal(walk, value, inner, depth + 1))
                return false;
        } else if (is_pipeline(stage, key, value)) {
            if (!allow_pipeline(value, walk->variables, walk->err)) {
                error_prefix(walk->err, "in %s", inner);
                return false;
            }
        } else if (!check_value(walk, value, inner, depth + 1)) {
            return false;
        }
    }
    return true;
}

static bool check_value(struct walk *walk, const json_t *value, const char *path, int depth)
{
    if (depth > MAX_DEPTH) {
        error_set(walk->err, ERROR_INVALID, "%s: nested too deep", path);
        return false;
    }
    if (json_is_object(value))
        return check_object(walk, value, path, "", depth);
    for (size_t i = 0; i < json_array_size(value); i++) {
        char inner[PATH_BYTES];
        snprintf(inner, sizeof inner, "%.200s[%zu]", path, i);
        if (!check_value(walk, json_array_get(value, i), inner, depth + 1))
            return false;
    }
    return true;
}

static bool check_stage(struct walk *walk, const json_t *stage, const char *path)
{
    const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)stage));
    const json_t *body;
    char inner[PATH_BYTES];
    if (!name || json_object_size(stage) != 1) {
        error_set(walk->err, ERROR_INVALID, "%s: a stage is an object with one key", path);
        return false;
    }
    if (!is_one_of(name, stages))
        return refuse(walk, path, "not an allowed stage:", name, stages);
    snprintf(inner, sizeof inner, "%.200s.%s", path, name);
    body = json_object_get(stage, name);
    return json_is_object(body) ? check_object(walk, body, inner, name, 0) : check_value(walk, body, inner, 0);
}

bool allow_pipeline(const json_t *pipeline, const char *const *variables, struct error *err)
{
    struct walk walk = {variables, err};
    for (size_t i = 0; i < json_array_size(pipeline); i++) {
        char path[64];
        snprintf(path, sizeof path, "$.pipeline[%zu]", i);
        if (!check_stage(&walk, json_array_get(pipeline, i), path))
            return false;
    }
    return true;
}
