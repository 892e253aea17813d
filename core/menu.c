#include "core/allow.h"
#include "core/definition.h"
#include "core/json.h"
#include "core/schema_check.h"

#include <stdlib.h>
#include <string.h>

static const struct json_key menu_keys[] = {
    {"title", JSON_STRING, true},
    {"collection", JSON_STRING, true},
    {"pipeline", JSON_ARRAY, true},
    {NULL, JSON_NULL, false},
};

static const char *const variables[] = {"prefix", "offset", "limit", NULL};

struct menu *menu_read(const char *path, const char *name, struct error *err)
{
    struct menu *menu = calloc(1, sizeof *menu);
    char *own_name = strdup(name);
    if (!menu || !own_name) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        free(menu);
        free(own_name);
        return NULL;
    }
    menu->name = own_name;
    menu->json = json_read_file(path, err);
    if (!menu->json)
        goto fail;
    if (!json_check_keys(menu->json, menu_keys, "$", err) ||
        !allow_pipeline(json_object_get(menu->json, "pipeline"), variables, err)) {
        error_prefix(err, "%s", path);
        goto fail;
    }
    menu->title = json_text(menu->json, "title");
    menu->collection = json_text(menu->json, "collection");
    menu->pipeline = json_to_bson(json_object_get(menu->json, "pipeline"));
    if (menu->pipeline)
        return menu;
    error_set(err, ERROR_INVALID, "%s: $.pipeline: too deep or too large", path);
fail:
    menu_free(menu);
    return NULL;
}

void menu_free(struct menu *menu)
{
    if (!menu)
        return;
    free((char *)(uintptr_t)menu->name);
    bson_destroy(menu->pipeline);
    json_decref(menu->json);
    free(menu);
}
