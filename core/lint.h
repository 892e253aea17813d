/* What a definition file can be read with and yet is never meant: a parameter that changes nothing, a list whose pages
 * overlap, a chart of columns that are not there. Used by definition_check.c. */
#ifndef KPI_CORE_LINT_H
#define KPI_CORE_LINT_H

#include "core/catalog.h"

/* Each adds what it finds. What may be meant after all goes to warnings. */
void lint_definition(const struct definition *definition, struct mistakes *mistakes, struct mistakes *warnings);
void lint_source(const struct source *source, struct mistakes *mistakes);
void lint_menu(const struct menu *menu, struct mistakes *mistakes);

#endif
