/* An order that is put together from its parts (lines, payments, reviews), those that earlier loads left in the
 * database and those of the files of this load; and its items and totals.
 *
 * Every part knows the file that said it last. What one file says twice of one part is a repetition; what a later file
 * says replaces what was known, unless that file had said the same before it changed. Parts are told apart by
 *   line      its `line`, where the layout has one; else its product and seller: such lines of one file are summed
 *   payment   its sequence; without one by its content, as often as one file says it
 *   review    its _id
 *
 * The struct is reused from order to order. Texts belong to the records that it is made of. One thread. */
#ifndef KPI_LOADER_ORDER_H
#define KPI_LOADER_ORDER_H

#include "core/error.h"
#include "loader/cleaning.h"
#include "loader/dimension.h"
#include "loader/order_part.h"
#include "loader/schema.h"
#include "loader/value.h"
#include "loader/zone.h"

/* How the number of a line begins that was rejected, mended and loaded: it goes with the lines of its product and
 * seller that have none, until a file says these otherwise that does not reject it (any more). */
#define MENDED_LINE "rejected "

struct order_line {
    struct value values[ITEM_FIELDS]; /* references as numbers of dimension rows */
    struct value before[ITEM_FIELDS]; /* what was known before its file said it */
    struct order_part part;
};

/* Lines of one product and seller, summed. */
struct order_item {
    struct value values[ITEM_FIELDS];
    size_t line_count;
    size_t first_line; /* its number in `lines` */
};

struct order_payment {
    struct value values[PAYMENT_FIELDS];
    struct value before[PAYMENT_FIELDS];
    struct order_part part;
};

struct order_review {
    struct value values[REVIEW_FIELDS];
    struct value before[REVIEW_FIELDS];
    struct order_part part;
};

struct order_totals {
    struct value gross, sales, costed_sales, profit, discount, freight;
    struct value units;
    struct value products; /* distinct ones */
};

struct order {
    const struct zone *zone;            /* of the shop; not owned; set by the caller */
    const struct dimension *dimensions; /* what references are numbers of; not owned; set by the caller */
    struct value values[ORDER_FIELDS];
    bool at_customer; /* its place is that of its customer, since it names none */
    struct order_line *lines;
    size_t line_count, line_room;
    struct order_item *items; /* made by order_add_up() */
    size_t item_count, item_room;
    struct order_payment *payments;
    size_t payment_count, payment_room;
    struct order_review *reviews;
    size_t review_count, review_room;
    struct order_totals totals;
    struct row_counter counter; /* where rows are counted; set by the caller */
    struct order_memory memory; /* set by the caller */
};

/* Forgets the parts. */
void order_clear(struct order *order);
void order_release(struct order *order);

/* A part that a file says. Its row is counted as inserted, updated or unchanged by order_add_up() at the latest.
 * *first: what was there, unless added. A line whose ITEM_COSTED_SALES is null gets its own. */
enum order_result order_add_item(struct order *order, const struct value line[ITEM_FIELDS],
                                 const struct order_word *word, struct cleaning *cleaning, const struct value **first);
enum order_result order_add_payment(struct order *order, const struct value payment[PAYMENT_FIELDS],
                                    const struct order_word *word, const struct value **first);
enum order_result order_add_review(struct order *order, const struct value review[REVIEW_FIELDS],
                                   const struct order_word *word, const struct value **first);

/* Gives what a file only said again back to what was known before. Brings the parts into an order that does not depend
 * on when each of them came, makes the items of the lines and sums them. Profit is that of the items whose profit is
 * known, null when none is; what it is earned on are their costed_sales, 0 when there are none. Counts the rows. False:
 * too large. */
bool order_add_up(struct order *order, struct cleaning *cleaning);

/* Whether goods came back with it, and not out: then it is no purchase. After order_add_up(). */
bool order_is_return(const struct order *order);

/* A moment of the order that is known, such as ORDER_ORDERED, by the shop's clock in milliseconds since the epoch; of a
 * day without a time, its midnight. */
int64_t order_wall_time(const struct order *order, int field);

/* The score of the latest review, of several at one time that with the greatest _id; or null. */
struct value order_review_score(const struct order *order);

#endif
