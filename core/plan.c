#include "core/plan.h"
#include "core/bind.h"
#include "core/variables.h"

#include <stdio.h>
#include <string.h>

bool plan_passes_over(const struct source *source, const struct query *query, char why[PLAN_REASON_MAX])
{
    const struct definition *d = query->definition;
    struct source_lack lack;
    if (source_lacks(source, d, &lack)) {
        if (lack.what)
            snprintf(why, PLAN_REASON_MAX, "has no %s '%s', which the KPI needs", lack.what, lack.name);
        else
            snprintf(why, PLAN_REASON_MAX, "the KPI insists on the source '%s'", lack.name);
        return true;
    }
    if ((query->has_from || query->has_to) && !source_dimension(source, "day")) {
        snprintf(why, PLAN_REASON_MAX, "has no dimension 'day', which the range needs");
        return true;
    }
    for (size_t i = 0; i < query->filter_count; i++) {
        const char *name = query->filters[i].parameter->name;
        if (source_dimension(source, name))
            continue;
        snprintf(why, PLAN_REASON_MAX, "has no dimension '%s', which a filter needs", name);
        return true;
    }
    return false;
}

static const struct source *choose_source(const struct catalog *catalog, const struct query *query)
{
    char why[PLAN_REASON_MAX];
    for (size_t i = 0; i < catalog->source_count; i++)
        if (!plan_passes_over(catalog->sources[i], query, why))
            return catalog->sources[i];
    return NULL;
}

/* A pipeline that cannot be bound is a fault of its file, never of the request. */
static bool bind_stages(const char *name, const bson_t *tree, const bson_t *values, bson_t *to, struct error *err)
{
    struct error why = {0};
    if (bind_pipeline(tree, values, to, &why))
        return true;
    error_set(err, ERROR_INTERNAL, "%s: %s", name, why.message);
    return false;
}

static bool is_not_limit(const char *name, void *unused)
{
    (void)unused;
    return strcmp(name, "limit") != 0;
}

/* Whatever a definition forgets, an answer has an end. */
static void append_limit(const struct query *query, bson_t *pipeline)
{
    bool takes = definition_takes(query->definition, PARAMETER_LIMIT);
    bson_t stage;
    char number[16];
    if (takes && !bind_visit(query->definition->pipeline, is_not_limit, NULL))
        return;
    snprintf(number, sizeof number, "%u", bson_count_keys(pipeline));
    BSON_APPEND_DOCUMENT_BEGIN(pipeline, number, &stage);
    BSON_APPEND_INT32(&stage, "$limit", (takes ? query->limit : LIMIT_MOST) + 1);
    bson_append_document_end(pipeline, &stage);
}

bool plan_make(struct plan *plan, const struct catalog *catalog, const struct query *query,
               const struct dataset *dataset, struct error *err)
{
    bson_t source_values = BSON_INITIALIZER, values = BSON_INITIALIZER;
    bool ok = false;

    plan->pipeline = bson_new();
    plan->source = choose_source(catalog, query);
    if (!plan->source) {
        error_set(err, ERROR_INTERNAL, "%s: no source has all the dimensions and measures that it needs",
                  query->definition->name);
        goto out;
    }
    variables_of_source(plan->source, query, &source_values);
    if (!variables_of_definition(plan->source, query, dataset, &values, err) ||
        !bind_stages(plan->source->name, plan->source->pipeline, &source_values, plan->pipeline, err) ||
        !bind_stages(query->definition->name, query->definition->pipeline, &values, plan->pipeline, err))
        goto out;
    append_limit(query, plan->pipeline);
    ok = true;
out:
    bson_destroy(&source_values);
    bson_destroy(&values);
    if (!ok)
        plan_release(plan);
    return ok;
}

void plan_release(struct plan *plan)
{
    bson_destroy(plan->pipeline);
    plan->pipeline = NULL;
}
