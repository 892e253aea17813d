/* Files of pipelines/: read, held to their form, linted and traced as a catalogue is loaded. What is accepted holds no
 * stage or operator that writes or runs code, and can be planned.
 *
 * Input: the kind of file, then its JSON. */
#include "core/bind.h"
#include "core/definition.h"
#include "core/definition_check.h"
#include "core/json.h"
#include "core/plan.h"
#include "core/quality_file.h"
#include "core/star_file.h"
#include "tests/fuzz/request.h"

enum kind { KIND_KPI, KIND_SOURCE, KIND_ROLLUP, KIND_MENU, KIND_QUALITY, KIND_STAR, KIND_COUNT };

/* Told again here, so that nothing depends on the list of what is allowed. */
static const char *const never[] = {"$where",        "$function",       "$accumulator",       "$out",
                                    "$merge",        "$currentOp",      "$collStats",         "$indexStats",
                                    "$listSessions", "$planCacheStats", "$listLocalSessions", "$changeStream"};

static void require_harmless(bson_iter_t *it, bool literal)
{
    while (bson_iter_next(it)) {
        const char *key = bson_iter_key(it);
        bson_iter_t inner;
        for (size_t i = 0; i < sizeof never / sizeof never[0] && !literal; i++)
            fuzz_require(strcmp(key, never[i]) != 0, "%s is accepted", key);
        if (bson_iter_recurse(it, &inner))
            require_harmless(&inner, literal || strcmp(key, "$literal") == 0);
    }
}

static void check_pipeline(const bson_t *pipeline)
{
    bson_iter_t it;
    fuzz_require(bson_validate(pipeline, BSON_VALIDATE_UTF8, NULL), "the pipeline is no BSON");
    fuzz_require(bson_iter_init(&it, pipeline), "the pipeline is no BSON");
    require_harmless(&it, false);
}

/* A pipeline that was accepted as it stands in the file. */
static void check_json_pipeline(const json_t *json)
{
    bson_t *pipeline = json_to_bson(json_object_get(json, "pipeline"));
    if (pipeline)
        check_pipeline(pipeline);
    bson_destroy(pipeline);
}

/* What can be served can be planned, whatever data there are. */
static void check_plans(const struct definition *definition)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct dataset dataset = fuzz_dataset(kind, UINT64_MAX);
        struct query query;
        struct parameter_error why;
        struct plan plan;
        struct error err = {0};
        fuzz_require(query_parse(&query, definition, &dataset, NULL, 0, &why), "%s: %s", why.parameter, why.detail);
        if (plan_make(&plan, fuzz_catalog(), &query, &dataset, &err)) {
            check_pipeline(plan.pipeline);
            plan_release(&plan);
        } else {
            fuzz_require(err.kind == ERROR_INVALID, "%s", err.message);
        }
    }
}

static void read_kpi(json_t *json, struct mistakes *mistakes, struct mistakes *warnings)
{
    struct definition *definition = definition_parse(json, "x", mistakes);
    if (!definition)
        return;
    check_pipeline(definition->pipeline);
    if (definition_check(fuzz_catalog(), definition, mistakes, warnings))
        check_plans(definition);
    definition_free(definition);
}

static void read_source(json_t *json, struct mistakes *mistakes, struct mistakes *warnings)
{
    struct source *source = source_parse(json, "x", mistakes);
    if (!source)
        return;
    check_pipeline(source->pipeline);
    source_check(source, mistakes, warnings);
    source_free(source);
}

static void read_rollup(json_t *json, struct mistakes *mistakes)
{
    const struct catalog *catalog = fuzz_catalog();
    struct rollup *rollup = rollup_parse(json, "x", catalog->sources, catalog->source_count, mistakes);
    if (rollup)
        rollup_link(rollup, catalog->rollups, catalog->rollup_count, mistakes);
    rollup_free(rollup);
}

static void read_menu(json_t *json, struct mistakes *mistakes, struct mistakes *warnings)
{
    struct menu *menu = menu_parse(json, "region", mistakes);
    if (!menu)
        return;
    check_pipeline(menu->pipeline);
    menu_check(menu, mistakes, warnings);
    menu_free(menu);
}

static void read_loaders_file(json_t *json, bool star, struct mistakes *mistakes, struct mistakes *warnings)
{
    if (star ? star_file_check("orders_fact", json, mistakes, warnings) : quality_file_check(json, mistakes, warnings))
        check_json_pipeline(json);
    json_decref(json);
}

/* Every mistake has words that people can be shown. */
static void check_mistakes(const struct mistakes *mistakes)
{
    for (size_t i = 0; i < mistakes->count; i++) {
        char text[2048];
        mistake_text(&mistakes->list[i], text, sizeof text);
        fuzz_require(*mistakes->list[i].reason, "a mistake without a reason");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    enum kind kind = (enum kind)(bytes_next(&in) % KIND_COUNT);
    json_t *json = json_loadb((const char *)in.at, in.n, JSON_REJECT_DUPLICATES, NULL);
    struct mistakes mistakes = {.file = "x.json"}, warnings = {.file = "x.json"};
    if (!json)
        return 0;
    if (kind == KIND_KPI)
        read_kpi(json, &mistakes, &warnings);
    else if (kind == KIND_SOURCE)
        read_source(json, &mistakes, &warnings);
    else if (kind == KIND_ROLLUP)
        read_rollup(json, &mistakes);
    else if (kind == KIND_MENU)
        read_menu(json, &mistakes, &warnings);
    else
        read_loaders_file(json, kind == KIND_STAR, &mistakes, &warnings);
    check_mistakes(&mistakes);
    check_mistakes(&warnings);
    mistakes_release(&mistakes);
    mistakes_release(&warnings);
    return 0;
}
