/* The model of the shop: makes the orders of a run one after the other, in order of time. What is written of an
 * order, and how, is up to the writers (native.h, superstore.h, olist.h). */
#ifndef SAMPLE_SHOP_H
#define SAMPLE_SHOP_H

#include "sample/catalog.h"
#include "sample/places.h"
#include "sample/problem.h"
#include "sample/schedule.h"

#include <stdbool.h>
#include <stdint.h>

#define NEVER              INT64_MIN
#define NO_LOCATION        UINT32_MAX
#define ORDER_MAX_LINES    40
#define ORDER_MAX_PAYMENTS 3

enum segment { CONSUMER, CORPORATE, HOME_OFFICE };
enum ship_mode { SAME_DAY, FIRST_CLASS, SECOND_CLASS, STANDARD_CLASS };
enum payment_type { CREDIT_CARD, DEBIT_CARD, BANK_TRANSFER, VOUCHER };
enum status { CREATED, PAID, PROCESSING, SHIPPED, DELIVERED, CANCELLED, UNAVAILABLE, UNPAID, RETURNED };

extern const char *const segment_names[];
extern const char *const ship_mode_names[];
extern const char *const payment_type_names[];
extern const char *const status_names[];

#define PRODUCTS_MIN 200u
#define PRODUCTS_MAX 5000u

struct shop_options {
    uint64_t seed;
    uint32_t orders;   /* at least 1 */
    uint32_t products; /* PRODUCTS_MIN to PRODUCTS_MAX; 0: as many as a shop of so many orders has */
    int32_t from;      /* first and last day of orders */
    int32_t to;
    bool domestic;    /* no customers abroad */
    bool always_done; /* every order is delivered, even past the last day */
    bool no_returns;
};

/* A line of an order. Sales are quantity * unit_price - discount; money is in cents. A returned line has a
 * negative quantity and a discount of the opposite sign; discount and freight are whole cents for each unit. */
struct line {
    uint32_t product;
    uint32_t seller;
    int32_t quantity;
    int32_t rate; /* of the discount, in percent */
    int64_t unit_price;
    int64_t discount;
    int64_t freight;
};

struct payment {
    enum payment_type type;
    int32_t installments;
    int64_t value;
};

struct order {
    uint32_t number; /* from 0, ascending with time */
    uint32_t customer;
    uint32_t location;    /* as written: NO_LOCATION where the customer's is meant */
    uint32_t destination; /* where it goes */
    enum status status;
    enum ship_mode mode;
    int64_t ordered; /* seconds since 1970; what has not happened is NEVER */
    int64_t paid;
    int64_t shipped;
    int64_t delivered;
    int32_t estimated; /* day */
    int32_t score;     /* 0: no review */
    int64_t reviewed;
    uint32_t line_count;
    uint32_t payment_count;
    struct line lines[ORDER_MAX_LINES];
    struct payment payments[ORDER_MAX_PAYMENTS];
};

/* Where a customer lives and what kind of customer it is. */
struct home {
    uint32_t location;
    enum segment segment;
};

struct shop {
    struct shop_options options;
    struct catalog catalog;
    struct schedule schedule;
    struct alias city_shares;
    uint32_t *city_locations; /* the first location of each city */
    uint32_t *location_cities;
    uint16_t *distances; /* kilometres from each seller to each city */
    uint32_t customers;  /* all known, some of whom never order */
};

/* Sets up the shop of a seed. False with the problem filled when there is no memory; release in either case. */
bool shop_init(struct shop *shop, const struct shop_options *options, struct problem *problem);
void shop_release(struct shop *shop);

/* The next order; false after the last. */
bool shop_next(struct shop *shop, struct order *order);

/* The customer of a number below shop->customers; can be asked again and again, in any order. */
struct home shop_home(const struct shop *shop, uint32_t customer);
void shop_customer_name(const struct shop *shop, uint32_t customer, char name[NAME_SIZE]);

/* Kilometres from a seller to a location. */
int32_t shop_distance(const struct shop *shop, uint32_t seller, uint32_t location);

/* What is left to pay for an order: sales and freight of all its lines. */
int64_t order_total(const struct order *order);

/* Fills the order that the schedule gave number, time and customer: see order.c. */
void order_make(const struct shop *shop, struct order *order);

#endif
