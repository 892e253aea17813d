/* The catalogue as JSON: the body of /v1/kpis. */
#ifndef KPI_SERVER_KPI_LIST_H
#define KPI_SERVER_KPI_LIST_H

#include "core/catalog.h"

/* The body, with a NUL behind it, which the caller frees; NULL with err. */
char *kpi_list_json(const struct catalog *catalog, size_t *size, struct error *err);

#endif
