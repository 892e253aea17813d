#include "core/plan.h"
#include "core/bind.h"
#include "core/rollup_plan.h"
#include "core/rollup_rows.h"
#include "core/variables.h"

#include <stdio.h>
#include <string.h>

/* Whether it has not all that the query names. */
static bool lacks(const struct source *source, const struct query *query, char why[PLAN_REASON_MAX])
{
    struct source_lack lack;
    if (source_lacks(source, query->definition, &lack)) {
        if (lack.what)
            snprintf(why, PLAN_REASON_MAX, "has no %s '%s', which the KPI needs", lack.what, lack.name);
        else
            snprintf(why, PLAN_REASON_MAX, "the KPI insists on the source '%s'", lack.name);
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

bool plan_passes_over(const struct source *source, const struct query *query, const struct dataset *dataset,
                      char why[PLAN_REASON_MAX])
{
    if (source->left_out) {
        snprintf(why, PLAN_REASON_MAX, "is left out by --sources");
        return true;
    }
    if (lacks(source, query, why))
        return true;
    if (source->rollup)
        return rollup_passes_over(source->rollup, query, dataset, why);
    if ((query->has_from || query->has_to) && !source_dimension(source, "day")) {
        snprintf(why, PLAN_REASON_MAX, "has no dimension 'day', which the range needs");
        return true;
    }
    return false;
}

/* Whether the collection has an index that begins with the path. */
static bool has_index(const struct catalog *catalog, const char *collection, const char *path)
{
    for (size_t i = 0; i < catalog->source_count; i++) {
        const json_t *indexes = json_object_get(catalog->sources[i]->json, "indexes");
        for (size_t j = 0; j < json_array_size(indexes); j++) {
            void *first = json_object_iter(json_array_get(indexes, j));
            if (first && strcmp(json_object_iter_key(first), path) == 0 &&
                strcmp(catalog->sources[i]->collection, collection) == 0)
                return true;
        }
    }
    return false;
}

bool plan_finds_by_index(const struct catalog *catalog, const struct source *source, const struct query *query)
{
    for (size_t i = 0; i < query->filter_count && !source->rollup; i++) {
        const struct field *dimension = source_dimension(source, query->filters[i].parameter->name);
        if (dimension && has_index(catalog, source->collection, dimension->path))
            return true;
    }
    return false;
}

/* The rollup with the fewest rows; of several the first. */
static const struct source *choose_rollup(const struct catalog *catalog, const struct query *query,
                                          const struct dataset *dataset)
{
    char why[PLAN_REASON_MAX];
    const struct source *best = NULL;
    int64_t fewest = 0;
    for (size_t i = 0; i < catalog->rollup_count; i++) {
        const struct source *source = &catalog->rollups[i]->source;
        int64_t rows;
        if (plan_passes_over(source, query, dataset, why))
            continue;
        rows = dataset_rollup(dataset, catalog->rollups[i]->hash)->rows;
        if (!best || rows < fewest) {
            best = source;
            fewest = rows;
        }
    }
    return best;
}

static const struct source *choose_source(const struct catalog *catalog, const struct query *query,
                                          const struct dataset *dataset)
{
    char why[PLAN_REASON_MAX];
    const struct source *rollup = choose_rollup(catalog, query, dataset), *base = NULL;
    for (size_t i = 0; i < catalog->source_count && !base; i++)
        if (!plan_passes_over(catalog->sources[i], query, dataset, why))
            base = catalog->sources[i];
    return rollup && !(base && plan_finds_by_index(catalog, base, query)) ? rollup : base;
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

/* Whatever a definition forgets, an answer has an end. */
static void append_limit(const struct query *query, bson_t *pipeline)
{
    bool takes = definition_takes(query->definition, PARAMETER_LIMIT);
    bson_t stage;
    char number[16];
    if (takes && bind_uses(query->definition->pipeline, "limit"))
        return;
    snprintf(number, sizeof number, "%u", bson_count_keys(pipeline));
    BSON_APPEND_DOCUMENT_BEGIN(pipeline, number, &stage);
    BSON_APPEND_INT32(&stage, "$limit", (takes ? query->limit : LIMIT_MOST) + 1);
    bson_append_document_end(pipeline, &stage);
}

/* The source's own stages. */
static bool append_source(const struct source *source, const struct query *query, const struct dataset *dataset,
                          bson_t *pipeline, struct error *err)
{
    bson_t values = BSON_INITIALIZER;
    bool ok = true;
    if (source->rollup) {
        rollup_stages(source->rollup, query, dataset, pipeline);
    } else {
        variables_of_source(source, query, &values);
        ok = bind_stages(source->name, source->pipeline, &values, pipeline, err);
    }
    bson_destroy(&values);
    return ok;
}

static bool append_definition(const struct source *source, const struct definition *d, const bson_t *values,
                              bson_t *pipeline, struct error *err)
{
    bson_t bound = BSON_INITIALIZER;
    bool ok = bind_stages(d->name, d->pipeline, values, source->rollup ? &bound : pipeline, err);
    if (ok && source->rollup)
        rollup_read_rows(source->rollup, &bound, pipeline);
    bson_destroy(&bound);
    return ok;
}

bool plan_make(struct plan *plan, const struct catalog *catalog, const struct query *query,
               const struct dataset *dataset, struct error *err)
{
    bson_t values = BSON_INITIALIZER;
    bool ok = false;

    plan->pipeline = bson_new();
    plan->source = choose_source(catalog, query, dataset);
    if (!plan->source) {
        error_set(err, ERROR_INTERNAL, "%s: no source has all the dimensions and measures that it needs",
                  query->definition->name);
        goto out;
    }
    if (!append_source(plan->source, query, dataset, plan->pipeline, err) ||
        !variables_of_definition(plan->source, query, dataset, &values, err) ||
        !append_definition(plan->source, query->definition, &values, plan->pipeline, err))
        goto out;
    append_limit(query, plan->pipeline);
    ok = true;
out:
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
