/* All that can be told of a file without a database. kpi-server check says it, and a catalogue is loaded with it: what
 * check refuses is not served.
 *
 * Each is given what has been read of the file, adds what it finds, and returns whether that is no mistake. What may be
 * meant after all goes to warnings. */
#ifndef KPI_CORE_DEFINITION_CHECK_H
#define KPI_CORE_DEFINITION_CHECK_H

#include "core/catalog.h"

/* Whether what it says has its effect, the catalogue's sources answer every request that it admits, and its pipeline
 * reads what they give. NULL for catalog: no sources can be used, which is a mistake that somebody else has added. */
bool definition_check(const struct catalog *catalog, const struct definition *definition, struct mistakes *mistakes,
                      struct mistakes *warnings);
bool source_check(const struct source *source, struct mistakes *mistakes, struct mistakes *warnings);
bool menu_check(const struct menu *menu, struct mistakes *mistakes, struct mistakes *warnings);

#endif
