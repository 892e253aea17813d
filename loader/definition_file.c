#include "loader/definition_file.h"
#include "core/allow.h"
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

bson_t *definition_pipeline(const json_t *json, const char *const *variables, struct error *err)
{
    const json_t *stages = json_object_get(json, "pipeline");
    bson_t *pipeline;
    if (!allow_pipeline(stages, variables, err))
        return NULL;
    pipeline = json_to_bson(stages);
    if (!pipeline)
        error_set(err, ERROR_INVALID, "$.pipeline: too deep or too large");
    return pipeline;
}

int definition_choice(const json_t *json, const char *key, const char *const *names, int count, struct error *err)
{
    const char *text = json_text(json, key);
    struct buffer list = {0};
    for (int i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    for (int i = 0; i < count; i++)
        buffer_printf(&list, "%s%s", i ? ", " : "", names[i]);
    error_set(err, ERROR_INVALID, "$.%s: '%s' is none of %s", key, text, list.bytes ? list.bytes : "");
    buffer_release(&list);
    return -1;
}

void definition_digest(const char *name, const json_t *json, struct buffer *all)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
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
