/* The canonical records that every layout is turned into: which kinds there are, their fields and types.
 *
 * A profile says where a field comes from; this table says how its text is read and what it refers to. */
#ifndef KPI_LOADER_SCHEMA_H
#define KPI_LOADER_SCHEMA_H

#include "core/order_status.h"
#include <stdbool.h>
#include <stddef.h>

/* In the order in which records must be known: a record refers to earlier kinds only. */
enum kind { KIND_LOCATION, KIND_CUSTOMER, KIND_PRODUCT, KIND_SELLER, KIND_ORDER, KIND_ITEM, KIND_PAYMENT, KIND_REVIEW };
enum { KIND_COUNT = 8, DIMENSION_COUNT = 4 };

enum field_type {
    FIELD_KEY,   /* text that names the record itself, or its order */
    FIELD_TEXT,  /* empty is null */
    FIELD_VALUE, /* text that orders are filtered by */
    FIELD_MONEY, /* an exact decimal */
    FIELD_PRICE, /* money that is not negative */
    FIELD_RATE,  /* an exact decimal from 0 to 1 */
    FIELD_DEGREES,
    FIELD_INTEGER,  /* fits int32 */
    FIELD_QUANTITY, /* an integer, not 0 */
    FIELD_SCORE,    /* an integer from 1 to 5 */
    FIELD_TIME,
    FIELD_STATUS,   /* one of the known statuses */
    FIELD_REFERENCE /* the key of a record of the kind `refers` */
};

struct schema_field {
    const char *name;
    enum field_type type;
    bool required;
    enum kind refers;
};

struct schema_kind {
    const char *name;       /* as profiles say it */
    const char *collection; /* of dimensions and orders */
    const struct schema_field *fields;
    size_t field_count;
};

enum {
    LOCATION_ID,
    LOCATION_CITY,
    LOCATION_STATE,
    LOCATION_REGION,
    LOCATION_COUNTRY,
    LOCATION_POSTAL_CODE,
    LOCATION_LATITUDE,
    LOCATION_LONGITUDE,
    LOCATION_FIELDS
};
enum { CUSTOMER_ID, CUSTOMER_NAME, CUSTOMER_SEGMENT, CUSTOMER_LOCATION, CUSTOMER_FIELDS };
enum { PRODUCT_ID, PRODUCT_NAME, PRODUCT_CATEGORY, PRODUCT_SUBCATEGORY, PRODUCT_COST, PRODUCT_WEIGHT, PRODUCT_FIELDS };
enum { SELLER_ID, SELLER_NAME, SELLER_LOCATION, SELLER_FIELDS };
enum {
    ORDER_ID,
    ORDER_CUSTOMER,
    ORDER_LOCATION,
    ORDER_ORDERED,
    ORDER_SHIPPED,
    ORDER_DELIVERED,
    ORDER_ESTIMATED,
    ORDER_STATUS,
    ORDER_SHIP_MODE,
    ORDER_WAREHOUSE,
    ORDER_FIELDS
};
enum {
    ITEM_ORDER,
    ITEM_PRODUCT,
    ITEM_SELLER,
    ITEM_QUANTITY,
    ITEM_UNIT_PRICE,
    ITEM_GROSS,
    ITEM_DISCOUNT,
    ITEM_DISCOUNT_RATE,
    ITEM_SALES,
    ITEM_COST,
    ITEM_PROFIT,
    ITEM_FREIGHT,
    ITEM_LINE,
    ITEM_COSTED_SALES, /* sales of what the item adds up whose profit is known: stored, but no field of a record */
    ITEM_FIELDS
};
enum { PAYMENT_ORDER, PAYMENT_SEQUENCE, PAYMENT_TYPE, PAYMENT_INSTALLMENTS, PAYMENT_VALUE, PAYMENT_FIELDS };
enum { REVIEW_ID, REVIEW_ORDER, REVIEW_SCORE, REVIEW_CREATED, REVIEW_FIELDS };
enum { FIELDS_MOST = ITEM_FIELDS };

extern const struct schema_kind schema_kinds[KIND_COUNT];

/* False: no such kind. */
bool schema_find_kind(const char *name, enum kind *kind);

/* The number of the kind's field, or -1. */
int schema_find_field(enum kind kind, const char *name);

/* The field that names the order of an order, item, payment or review. */
int schema_order_field(enum kind kind);

#endif
