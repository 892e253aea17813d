/* Reading one file: a KPI definition, a source, or the menu of a dimension. Used by the catalogue. */
#ifndef KPI_CORE_DEFINITION_H
#define KPI_CORE_DEFINITION_H

#include "core/catalog.h"

/* NULL with err: file, JSON path and reason. The caller frees. `name` is copied. */
struct definition *definition_read(const char *path, const char *name, struct error *err);
void definition_free(struct definition *definition); /* NULL is fine */

struct source *source_read(const char *path, const char *name, struct error *err);
void source_free(struct source *source); /* NULL is fine */

struct menu *menu_read(const char *path, const char *name, struct error *err);
void menu_free(struct menu *menu); /* NULL is fine */

#endif
