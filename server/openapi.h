/* The OpenAPI document, made from the catalogue and from openapi/base.json, which the program carries in itself. */
#ifndef KPI_SERVER_OPENAPI_H
#define KPI_SERVER_OPENAPI_H

#include "core/catalog.h"

/* The document as JSON text, with a NUL behind it, which the caller frees; NULL with err. The same catalogue gives the
 * same text. */
char *openapi_document(const struct catalog *catalog, size_t *size, struct error *err);

#endif
