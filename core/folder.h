/* A folder of definitions: one JSON file each, named after what it defines. */
#ifndef KPI_CORE_FOLDER_H
#define KPI_CORE_FOLDER_H

#include "core/mistakes.h"

/* Reads one file; name is the file's without .json, and lives as long as the call. mistakes are those of this file, and
 * mistakes->file is its path. */
typedef void folder_add(void *context, const char *path, const char *name, struct mistakes *mistakes);

/* Calls add for every *.json of dir/folder, in the order of their names. A folder that is not there is a mistake where
 * it is required, and empty where it is not. False when the folder cannot be read; what is wrong with a file is only
 * added. */
bool folder_read(const char *dir, const char *folder, bool required, folder_add *add, void *context,
                 struct mistakes *mistakes);

/* Whether what a file defines may be called so. */
bool folder_check_name(const char *name, struct mistakes *mistakes);

#endif
