#include "core/explain.h"

#include <string.h>

static void put_text(struct buffer *out, const char *before, const char *text)
{
    buffer_text(out, before);
    buffer_json_string(out, text, strlen(text));
}

static void put_sources(const struct answer *answer, const struct catalog *catalog, struct buffer *out)
{
    buffer_text(out, ",\n\"sources\":[");
    for (size_t i = 0; i < catalog->source_count; i++) {
        const struct source *source = catalog->sources[i];
        bool chosen = source == answer->plan.source;
        char why[PLAN_REASON_MAX];
        if (chosen)
            strcpy(why, "the cheapest that has all that is asked for");
        else if (!plan_passes_over(source, answer->query, why))
            strcpy(why, "costs more than the one that was chosen");
        put_text(out, i ? ",\n{\"name\":" : "\n{\"name\":", source->name);
        buffer_printf(out, ",\"cost\":%lld,\"chosen\":%s", (long long)source->cost, chosen ? "true" : "false");
        put_text(out, ",\"why\":", why);
        buffer_char(out, '}');
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
