#include "loader/definition_file.h"
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

bson_t *definition_pipeline(const json_t *json, struct mistakes *mistakes)
{
    bson_t *pipeline = json_to_bson(json_object_get(json, "pipeline"));
    if (!pipeline)
        mistakes_add(mistakes, "$.pipeline", "too deep or too large");
    return pipeline;
}

bool definition_mistakes(struct mistakes *mistakes, struct error *err)
{
    bool ok = !mistakes->count;
    if (!ok)
        mistakes_error(mistakes, err);
    mistakes_release(mistakes);
    return ok;
}

void definition_digest(const char *name, const json_t *json, struct buffer *all)
{
    char *text = json_write(json, JSON_COMPACT | JSON_SORT_KEYS);
    all->failed |= !text;
    buffer_printf(all, "%s %s\n", name, text ? text : "");
    free(text);
}

bool definition_hash(struct buffer *all, char hash[HASH_TEXT_MAX], struct error *err)
{
    bool ok = !all->failed;
    if (ok)
        hash_text(all->bytes ? all->bytes : "", all->used, hash);
    else
        error_set(err, ERROR_INTERNAL, "out of memory");
    buffer_release(all);
    return ok;
}
