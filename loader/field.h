/* Reading one field: from the text that a profile's expression gives to the typed value that the schema asks for. */
#ifndef KPI_LOADER_FIELD_H
#define KPI_LOADER_FIELD_H

#include "loader/fault.h"
#include "loader/layout.h"
#include "loader/schema.h"
#include "loader/value.h"

/* *value holds null, text, or a number that an expression worked out; it becomes a value of the field's type.
 * A reference stays text: the caller looks it up. */
bool field_read(const struct schema_field *field, const struct layout *layout, struct value *value,
                struct fault *fault);

#endif
