/* Which order of a customer is the first: of those that count as sales and are no returns (units below zero) the
 * earliest, of several at one moment the one with the smallest _id. Orders say so themselves (first_order), so that no
 * KPI has to look at a customer's others.
 *
 * A load into an empty collection knows all orders before it writes any; else the customers whose orders have changed
 * are looked up when all is written. One thread. */
#ifndef KPI_LOADER_FIRST_ORDER_H
#define KPI_LOADER_FIRST_ORDER_H

#include "loader/dimension.h"
#include "loader/store.h"
#include "loader/touched.h"

struct first_order {
    struct text id; /* no value: none is known */
    int64_t ordered_ms;
    bool in_doubt;
};

struct first_orders {
    struct first_order *list; /* by the number of the customer's row */
    size_t count, room;
    struct arena arena;
};

void first_orders_release(struct first_orders *firsts);

/* An order that counts as a sale; whether it is a return, its lines tell later. */
void first_orders_note(struct first_orders *firsts, int64_t customer, int64_t ordered_ms, struct text id);

/* Whether it is the first of those that were noted. */
bool first_orders_is(const struct first_orders *firsts, int64_t customer, struct text id);

/* The customer's orders are other ones than were noted. */
void first_orders_doubt(struct first_orders *firsts, int64_t customer);

/* Looks up the orders of the customers in doubt, and sets and clears first_order where it is wrong; their days are
 * touched then. */
bool first_orders_settle(const struct first_orders *firsts, const struct dimension *customers,
                         const struct store *store, struct touched_days *touched, struct error *err);

#endif
