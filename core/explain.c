#include "core/explain.h"
#include "core/rollup.h"

#include <stdio.h>
#include <string.h>

static void put_text(struct buffer *out, const char *before, const char *text)
{
    buffer_text(out, before);
    buffer_json_string(out, text, strlen(text));
}

/* What it costs to read: rows of a rollup, that of its file of any other. */
static void put_cost(const struct source *source, const struct dataset *dataset, struct buffer *out)
{
    const struct dataset_rollup *listed = source->rollup ? dataset_rollup(dataset, source->rollup->hash) : NULL;
    if (!source->rollup)
        buffer_printf(out, ",\"cost\":%lld", (long long)source->cost);
    else if (listed)
        buffer_printf(out, ",\"rows\":%lld", (long long)listed->rows);
    else
        buffer_text(out, ",\"rows\":null");
}

/* Why a source was chosen, or was not although it could have answered. */
static const char *reason(const struct answer *answer, const struct catalog *catalog, const struct source *source)
{
    const struct source *chosen = answer->plan.source;
    if (source == chosen && plan_finds_by_index(catalog, chosen, answer->query))
        return "finds what is asked for by an index";
    if (source == chosen)
        return source->rollup ? "the one with the fewest rows that has all that is asked for"
                              : "the cheapest that has all that is asked for";
    if (source->rollup)
        return chosen->rollup ? "has no fewer rows than the one that was chosen"
                              : "has no index that finds what is asked for, as the one that was chosen";
    return "costs more than the one that was chosen";
}

static void put_source(const struct answer *answer, const struct catalog *catalog, const struct source *source,
                       struct buffer *out)
{
    bool chosen = source == answer->plan.source;
    char why[PLAN_REASON_MAX];
    if (chosen || !plan_passes_over(source, answer->query, answer->dataset, why))
        snprintf(why, sizeof why, "%s", reason(answer, catalog, source));
    put_text(out, "\n{\"name\":", source->name);
    put_cost(source, answer->dataset, out);
    buffer_printf(out, ",\"chosen\":%s", chosen ? "true" : "false");
    put_text(out, ",\"why\":", why);
    buffer_char(out, '}');
}

static void put_sources(const struct answer *answer, const struct catalog *catalog, struct buffer *out)
{
    buffer_text(out, ",\n\"sources\":[");
    for (size_t i = 0; i < catalog->rollup_count + catalog->source_count; i++) {
        bool rollup = i < catalog->rollup_count;
        if (i)
            buffer_char(out, ',');
        put_source(answer, catalog, rollup ? &catalog->rollups[i]->source : catalog->sources[i - catalog->rollup_count],
                   out);
    }
    buffer_text(out, "\n]");
}

/* As MongoDB Extended JSON, which its shell and drivers read. */
static void put_pipeline(const bson_t *pipeline, struct buffer *out)
{
    bson_iter_t it;
    const uint8_t *bytes;
    uint32_t n;
    bool first = true;
    buffer_text(out, ",\n\"pipeline\":[");
    for (bson_iter_init(&it, pipeline); bson_iter_next(&it); first = false) {
        bson_t stage;
        char *text = NULL;
        bson_iter_document(&it, &n, &bytes);
        if (bson_init_static(&stage, bytes, n))
            text = bson_as_relaxed_extended_json(&stage, NULL);
        buffer_text(out, first ? "\n" : ",\n");
        buffer_text(out, text ? text : "null");
        bson_free(text);
    }
    buffer_text(out, "\n]");
}

static void put_time(struct buffer *out, const char *name, int64_t us, char end)
{
    buffer_printf(out, "\"%s\":%lld.%03d%c", name, (long long)(us / 1000), (int)(us % 1000), end);
}

void explain_json(const struct answer *answer, const struct catalog *catalog, struct buffer *out)
{
    put_text(out, "{\"source\":", answer->plan.source->name);
    put_text(out, ",\"collection\":", answer->plan.source->collection);
    put_sources(answer, catalog, out);
    put_pipeline(answer->plan.pipeline, out);
    buffer_text(out, ",\n\"milliseconds\":{");
    put_time(out, "parse", answer->query->parse_us, ',');
    put_time(out, "plan", answer->plan_us, ',');
    put_time(out, "database", answer->database_us, ',');
    put_time(out, "render", answer->render_us, '}');
    buffer_char(out, '}');
}
