#include "core/folder.h"
#include "core/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of a definition is a part of URLs and of collections: lower-case letters, digits, - and _. */
bool folder_check_name(const char *name, struct mistakes *mistakes)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    if (*name >= 'a' && *name <= 'z' && n <= 63 && !name[n])
        return true;
    return mistakes_add(mistakes, "", "a file's name must be a-z, 0-9, - and _, starting with a letter");
}

bool folder_read(const char *dir, const char *folder, bool required, folder_add *add, void *context,
                 struct mistakes *mistakes)
{
    char path[4096], name[256];
    struct dirent **entries = NULL;
    int count;
    snprintf(path, sizeof path, "%s/%s", dir, folder);
    count = scandir(path, &entries, json_is_file, alphasort);
    if (count < 0 && errno == ENOENT && !required)
        return true;
    if (count < 0)
        return mistakes_add(mistakes, "",
                            "the folder %s cannot be read: %s; name the pipelines folder with --pipelines", path,
                            strerror(errno));
    for (int i = 0; i < count; i++) {
        struct mistakes found = {.file = path}; /* the folder's list may be full, and a wrong file look right */
        snprintf(name, sizeof name, "%.*s", (int)strlen(entries[i]->d_name) - 5, entries[i]->d_name);
        snprintf(path, sizeof path, "%s/%s/%s", dir, folder, entries[i]->d_name);
        if (folder_check_name(name, &found))
            add(context, path, name, &found);
        mistakes_move(mistakes, &found);
        free(entries[i]);
    }
    free(entries);
    return true;
}
