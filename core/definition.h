/* Reading one file: a KPI definition, a source, or the menu of a dimension. Used by the catalogue. */
#ifndef KPI_CORE_DEFINITION_H
#define KPI_CORE_DEFINITION_H

#include "core/catalog.h"

/* Each reads a file (…_read: NULL with err, which says file, JSON path and the first reason), or what was read of one
 * (…_parse: NULL when something was added to mistakes; takes the reference to json). The caller frees. `name` is
 * copied. */
struct definition *definition_read(const char *path, const char *name, struct error *err);
struct definition *definition_parse(json_t *json, const char *name, struct mistakes *mistakes);
void definition_free(struct definition *definition); /* NULL is fine */

struct source *source_read(const char *path, const char *name, struct error *err);
struct source *source_parse(json_t *json, const char *name, struct mistakes *mistakes);
void source_free(struct source *source); /* NULL is fine */

struct menu *menu_read(const char *path, const char *name, struct error *err);
struct menu *menu_parse(json_t *json, const char *name, struct mistakes *mistakes);
void menu_free(struct menu *menu); /* NULL is fine */

#endif
