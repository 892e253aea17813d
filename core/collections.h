/* The collections that definitions may join: those of docs/schema.md that hold data. What else a database has (the log
 * of loads, refused rows, locks, the server's own) is nobody's to read through a KPI. */
#ifndef KPI_CORE_COLLECTIONS_H
#define KPI_CORE_COLLECTIONS_H

#include <stdbool.h>

struct collection {
    const char *name;
    const char *fields; /* of its documents: paths such as items.sales, a blank between them; NULL: any */
};

/* The list, ended by one without a name. */
extern const struct collection collections[];

/* NULL: there is none of that name. */
const struct collection *collection_find(const char *name);

/* Whether it is called like a table of the star schema, which is there only after kpi-load --star on. */
bool collection_is_star(const char *name);

#endif
