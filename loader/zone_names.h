/* The names of time zones, as folders and files of the C library's zone data. */
#ifndef KPI_LOADER_ZONE_NAMES_H
#define KPI_LOADER_ZONE_NAMES_H

#include "core/error.h"
#include <stdbool.h>

/* $TZDIR, or /usr/share/zoneinfo. */
const char *zone_folder(void);

/* Whether a name can be one of a zone: Europe/Paris, Etc/GMT+3. No path that leads out of the folder is. */
bool zone_name_is_valid(const char *name);

/* Says that there is no such zone: the nearest that there is, or what to install where there is none at all. */
void zone_unknown(const char *name, struct error *err);

#endif
