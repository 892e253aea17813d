#include "loader/name_list.h"
#include "loader/arena.h"

#include <stdlib.h>
#include <string.h>

static size_t find(const struct name_list *list, const char *name)
{
    size_t at = 0;
    while (at < list->count && strcmp(list->names[at], name) != 0)
        at++;
    return at;
}

bool name_list_has(const struct name_list *list, const char *name)
{
    return find(list, name) < list->count;
}

void name_list_add(struct name_list *list, const char *name)
{
    size_t n = strlen(name) + 1;
    if (name_list_has(list, name))
        return;
    list->names = memory_grow(list->names, &list->room, list->count + 1, sizeof *list->names);
    list->names[list->count++] = memcpy(memory_zeroed(n, 1), name, n);
}

void name_list_remove(struct name_list *list, const char *name)
{
    size_t at = find(list, name);
    if (at == list->count)
        return;
    free(list->names[at]);
    list->names[at] = list->names[--list->count];
}

void name_list_clear(struct name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct name_list){0};
}
