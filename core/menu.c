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

static void read_members(struct menu *menu, struct mistakes *mistakes)
{
    const json_t *pipeline = json_object_get(menu->json, "pipeline");
    json_check_keys(menu->json, menu_keys, "$", mistakes);
    menu->title = json_text(menu->json, "title");
    menu->collection = json_text(menu->json, "collection");
    if (!json_is_array(pipeline) || !allow_pipeline(pipeline, variables, mistakes))
        return;
    menu->pipeline = json_to_bson(pipeline);
    if (!menu->pipeline)
        mistakes_add(mistakes, "$.pipeline", "too deep or too large");
}

struct menu *menu_parse(json_t *json, const char *name, struct mistakes *mistakes)
{
    struct menu *menu = calloc(1, sizeof *menu);
    char *own_name = strdup(name);
    size_t before = mistakes->count;
    if (!menu || !own_name) {
        mistakes_add(mistakes, "", "out of memory");
        free(menu);
        free(own_name);
        json_decref(json);
        return NULL;
    }
    menu->name = own_name;
    menu->json = json;
    read_members(menu, mistakes);
    if (mistakes->count == before)
        return menu;
    menu_free(menu);
    return NULL;
}

struct menu *menu_read(const char *path, const char *name, struct error *err)
{
    struct mistakes mistakes = {.file = path};
    json_t *json = json_read(path, &mistakes);
    struct menu *menu = json ? menu_parse(json, name, &mistakes) : NULL;
    if (!menu)
        mistakes_error(&mistakes, err);
    mistakes_release(&mistakes);
    return menu;
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
