/* How many clients this process can hold: each connection is an open file, and what the server itself opens must never
 * have to wait for one. */
#ifndef KPI_SERVER_CAPACITY_H
#define KPI_SERVER_CAPACITY_H

#include "core/error.h"
#include <stdbool.h>

/* Connections beyond the capacity that are still taken, to be told so. */
enum { CAPACITY_REFUSALS = 64 };

struct capacity {
    unsigned connections;
    unsigned listeners; /* of them; the rest stays for requests */
};

/* The capacity under a limit of open files, with so many connections to the database. False with err: too little. */
bool capacity_of(unsigned long long files, unsigned pool_size, struct capacity *capacity, struct error *err);

/* Raises this process's limit of open files as far as it may and is of use, and says the capacity under it. */
bool capacity_claim(unsigned pool_size, struct capacity *capacity, struct error *err);

#endif
