#include "core/folder.h"
#include "core/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of a definition is a part of URLs and of collections: lower-case letters, digits, - and _. */
static bool valid_name(const char *name)
{
    if (*name < 'a' || *name > 'z' || strlen(name) > 63)
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

bool folder_read(const char *dir, const char *folder, bool required, folder_add *add, void *context, struct error *err)
{
    char path[4096], name[256];
    struct dirent **entries = NULL;
    bool ok = true;
    int count;
    snprintf(path, sizeof path, "%s/%s", dir, folder);
    count = scandir(path, &entries, json_is_file, alphasort);
    if (count < 0) {
        if (errno == ENOENT && !required)
            return true;
        error_set(err, ERROR_INVALID, "the folder %s cannot be read: %s; name the pipelines folder with --pipelines",
                  path, strerror(errno));
        return false;
    }
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%.*s", (int)strlen(entries[i]->d_name) - 5, entries[i]->d_name);
        snprintf(path, sizeof path, "%s/%s/%s", dir, folder, entries[i]->d_name);
        if (ok && !valid_name(name)) {
            error_set(err, ERROR_INVALID, "%s: a file's name must be a-z, 0-9, - and _, starting with a letter", path);
            ok = false;
        }
        ok = ok && add(context, path, name, err);
        free(entries[i]);
    }
    free(entries);
    return ok;
}
