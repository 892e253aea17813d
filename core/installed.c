#include "core/installed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Cuts the last part off a path; what it was, or NULL where there is none. */
static const char *cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    return slash + 1;
}

const char *installed_beside(const char *program, const char *name, char *out, size_t room)
{
    char path[INSTALLED_ROOM];
    const char *folder;
    int n = snprintf(path, sizeof path, "%s", program);
    if (n < 0 || (size_t)n >= sizeof path || !cut_last(path))
        return NULL;
    folder = cut_last(path);
    if (!folder || (strcmp(folder, "bin") != 0 && strcmp(folder, "sbin") != 0))
        return NULL;
    n = snprintf(out, room, "%s/share/kpi-server/%s", path, name);
    return n > 0 && (size_t)n < room && access(out, X_OK) == 0 ? out : NULL;
}

const char *installed_folder(const char *name, char *out, size_t room)
{
    char program[INSTALLED_ROOM];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0)
        return NULL;
    program[n] = '\0';
    return installed_beside(program, name, out, room);
}
