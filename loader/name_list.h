/* A few names of files, each once. Zeroed is empty. */
#ifndef KPI_LOADER_NAME_LIST_H
#define KPI_LOADER_NAME_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct name_list {
    char **names;
    size_t count, room;
};

bool name_list_has(const struct name_list *list, const char *name);
void name_list_add(struct name_list *list, const char *name);
void name_list_remove(struct name_list *list, const char *name);
void name_list_clear(struct name_list *list); /* also frees */

#endif
