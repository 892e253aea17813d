/* Binding: a pipeline with { "$var": "name" } in place of values becomes one with the values in their place.
 *
 * It happens in the BSON tree: a value is put where the variable's document stood, as the type it has, and can become
 * neither a key nor text to be parsed. A string is put under $literal, so that "$secret" is a text and no field path.
 */
#ifndef KPI_CORE_BIND_H
#define KPI_CORE_BIND_H

#include "core/error.h"
#include <bson/bson.h>

/* Appends to the array `to` every stage of the array `tree`, with each variable replaced by the value that `values` has
 * under its name. A $match bound to an empty document is left out: it would match everything.
 * False: a variable has no value, or $var is malformed; err names it. */
bool bind_pipeline(const bson_t *tree, const bson_t *values, bson_t *to, struct error *err);

/* Calls `visit` with the name of every variable of the tree, in order; stops and returns false when it does. */
bool bind_visit(const bson_t *tree, bool (*visit)(const char *name, void *data), void *data);

/* Whether a variable of the tree has that name. */
bool bind_uses(const bson_t *tree, const char *name);

#endif
