/* A folder of definitions: one JSON file each, named after what it defines. */
#ifndef KPI_CORE_FOLDER_H
#define KPI_CORE_FOLDER_H

#include "core/error.h"

/* Reads one file; name is the file's without .json, and lives as long as the call. False stops the reading. */
typedef bool folder_add(void *context, const char *path, const char *name, struct error *err);

/* Calls add for every *.json of dir/folder, in the order of their names. A folder that is not there is an error where
 * it is required, and empty where it is not. False: err says file and reason. */
bool folder_read(const char *dir, const char *folder, bool required, folder_add *add, void *context, struct error *err);

#endif
