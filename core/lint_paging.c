#include "core/lint_paging.h"
#include "core/json.h"
#include "core/json_place.h"

#include <stdint.h>
#include <string.h>

/* In the order in which they belong. */
enum step { STEP_NONE, STEP_SORT, STEP_SKIP, STEP_LIMIT };

static const struct {
    const char *stage, *variable;
} steps[] = {
    [STEP_SORT] = {"$sort", "sort"},
    [STEP_SKIP] = {"$skip", "offset"},
    [STEP_LIMIT] = {"$limit", "limit"},
};

struct paging {
    struct json_place place;
    struct mistakes *mistakes, *warnings;
    enum step last; /* that was carried out where the walk is */
};

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

static enum step step_of(const char *stage, const json_t *body)
{
    const char *variable = json_text(body, "$var");
    for (int step = STEP_SORT; variable && step <= STEP_LIMIT; step++)
        if (strcmp(steps[step].stage, stage) == 0 && strcmp(steps[step].variable, variable) == 0)
            return (enum step)step;
    return STEP_NONE;
}

static void take_step(struct paging *paging, enum step step)
{
    if (step == paging->last)
        mistakes_add(paging->mistakes, paging->place.text, "{\"$var\": \"%s\"} is applied twice", steps[step].variable);
    else if (step < paging->last)
        mistakes_add(paging->mistakes, paging->place.text,
                     "{\"$var\": \"%s\"} is applied to what %s has left: first comes $sort, then $skip, then $limit",
                     steps[step].variable, steps[paging->last].stage);
    else
        paging->last = step;
}

/* Behind $sort rows keep their order, and behind $skip and $limit their number, too. */
static void check_behind(struct paging *paging, const char *stage)
{
    static const char *const reorder[] = {"$bucket",          "$bucketAuto",  "$group",     "$sort",
                                          "$setWindowFields", "$sortByCount", "$unionWith", NULL};
    static const char *const recount[] = {"$facet", "$limit", "$match", "$skip", NULL};
    const char *where = paging->place.text;
    if (paging->last >= STEP_SORT && is_one_of(stage, reorder))
        mistakes_add(paging->mistakes, where, "%s gives rows another order than the request's: it stands before $sort",
                     stage);
    else if (paging->last >= STEP_SKIP && is_one_of(stage, recount))
        mistakes_add(paging->mistakes, where,
                     "%s changes the number of rows that were counted for the page: it stands before $skip and $limit",
                     stage);
    else if (paging->last >= STEP_SKIP && strcmp(stage, "$unwind") == 0)
        mistakes_add(paging->warnings, where,
                     "$unwind behind $skip and $limit changes the number of rows unless each list has one entry; "
                     "{\"$first\": …} in $set takes the one and loses no row");
}

/* What is joined is not the answer's: a request does not sort or page it. */
static void check_joined(struct paging *paging, const json_t *pipeline)
{
    size_t i;
    json_t *stage, *body;
    const char *name;
    json_array_foreach(pipeline, i, stage)
    {
        json_object_foreach(stage, name, body)
        {
            size_t where = json_place_enter(&paging->place, ".pipeline[%zu].%s", i, name);
            enum step step = step_of(name, body);
            if (step)
                mistakes_add(paging->mistakes, paging->place.text,
                             "{\"$var\": \"%s\"} is about the rows of the answer, not about those that are joined",
                             steps[step].variable);
            json_place_leave(&paging->place, where);
        }
    }
}

static void check_stages(struct paging *paging, const json_t *pipeline);

/* Each pipeline of a $facet pages by itself. */
static void check_facet(struct paging *paging, const json_t *body)
{
    const char *key;
    json_t *pipeline;
    json_object_foreach((json_t *)(uintptr_t)body, key, pipeline)
    {
        size_t where = json_place_enter(&paging->place, ".%.80s", key);
        struct paging inner = *paging;
        inner.last = STEP_NONE;
        check_stages(&inner, pipeline);
        json_place_leave(&paging->place, where);
    }
}

static void check_stage(struct paging *paging, const char *name, const json_t *body)
{
    enum step step = step_of(name, body);
    if (step)
        take_step(paging, step);
    else
        check_behind(paging, name);
    if (strcmp(name, "$facet") == 0)
        check_facet(paging, body);
    else if (strcmp(name, "$lookup") == 0 || strcmp(name, "$unionWith") == 0)
        check_joined(paging, json_object_get(body, "pipeline"));
}

static void check_stages(struct paging *paging, const json_t *pipeline)
{
    size_t i;
    json_t *stage, *body;
    const char *name;
    json_array_foreach(pipeline, i, stage)
    {
        json_object_foreach(stage, name, body)
        {
            size_t where = json_place_enter(&paging->place, "[%zu].%s", i, name);
            check_stage(paging, name, body);
            json_place_leave(&paging->place, where);
        }
    }
}

void lint_paging(const json_t *pipeline, struct mistakes *mistakes, struct mistakes *warnings)
{
    struct paging paging = {.mistakes = mistakes, .warnings = warnings};
    json_place_enter(&paging.place, "$.pipeline");
    check_stages(&paging, pipeline);
}
