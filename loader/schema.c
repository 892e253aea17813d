#include "loader/schema.h"

#include <string.h>

static const struct schema_field location_fields[LOCATION_FIELDS] = {
    [LOCATION_ID] = {"_id", FIELD_KEY, true, 0},
    [LOCATION_CITY] = {"city", FIELD_VALUE, false, 0},
    [LOCATION_STATE] = {"state", FIELD_VALUE, false, 0},
    [LOCATION_REGION] = {"region", FIELD_VALUE, false, 0},
    [LOCATION_COUNTRY] = {"country", FIELD_VALUE, false, 0},
    [LOCATION_POSTAL_CODE] = {"postal_code", FIELD_TEXT, false, 0},
    [LOCATION_LATITUDE] = {"latitude", FIELD_DEGREES, false, 0},
    [LOCATION_LONGITUDE] = {"longitude", FIELD_DEGREES, false, 0},
};

static const struct schema_field customer_fields[CUSTOMER_FIELDS] = {
    [CUSTOMER_ID] = {"_id", FIELD_KEY, true, 0},
    [CUSTOMER_NAME] = {"name", FIELD_TEXT, false, 0},
    [CUSTOMER_SEGMENT] = {"segment", FIELD_VALUE, false, 0},
    [CUSTOMER_LOCATION] = {"location_id", FIELD_REFERENCE, false, KIND_LOCATION},
};

static const struct schema_field product_fields[PRODUCT_FIELDS] = {
    [PRODUCT_ID] = {"_id", FIELD_KEY, true, 0},
    [PRODUCT_NAME] = {"name", FIELD_TEXT, false, 0},
    [PRODUCT_CATEGORY] = {"category", FIELD_VALUE, false, 0},
    [PRODUCT_SUBCATEGORY] = {"subcategory", FIELD_VALUE, false, 0},
    [PRODUCT_COST] = {"cost", FIELD_PRICE, false, 0},
    [PRODUCT_WEIGHT] = {"weight_g", FIELD_INTEGER, false, 0},
};

static const struct schema_field seller_fields[SELLER_FIELDS] = {
    [SELLER_ID] = {"_id", FIELD_KEY, true, 0},
    [SELLER_NAME] = {"name", FIELD_TEXT, false, 0},
    [SELLER_LOCATION] = {"location_id", FIELD_REFERENCE, false, KIND_LOCATION},
};

static const struct schema_field order_fields[ORDER_FIELDS] = {
    [ORDER_ID] = {"_id", FIELD_KEY, true, 0},
    [ORDER_CUSTOMER] = {"customer_id", FIELD_REFERENCE, false, KIND_CUSTOMER},
    [ORDER_LOCATION] = {"location_id", FIELD_REFERENCE, false, KIND_LOCATION},
    [ORDER_ORDERED] = {"ordered_at", FIELD_TIME, true, 0},
    [ORDER_SHIPPED] = {"shipped_at", FIELD_TIME, false, 0},
    [ORDER_DELIVERED] = {"delivered_at", FIELD_TIME, false, 0},
    [ORDER_ESTIMATED] = {"estimated_at", FIELD_TIME, false, 0},
    [ORDER_STATUS] = {"status", FIELD_STATUS, true, 0},
    [ORDER_SHIP_MODE] = {"ship_mode", FIELD_TEXT, false, 0},
    [ORDER_WAREHOUSE] = {"warehouse_id", FIELD_REFERENCE, false, KIND_LOCATION},
};

static const struct schema_field item_fields[ITEM_COSTED_SALES] = {
    [ITEM_ORDER] = {"order_id", FIELD_KEY, true, 0},
    [ITEM_PRODUCT] = {"product_id", FIELD_REFERENCE, true, KIND_PRODUCT},
    [ITEM_SELLER] = {"seller_id", FIELD_REFERENCE, false, KIND_SELLER},
    [ITEM_QUANTITY] = {"quantity", FIELD_QUANTITY, true, 0},
    [ITEM_UNIT_PRICE] = {"unit_price", FIELD_PRICE, false, 0},
    [ITEM_GROSS] = {"gross", FIELD_MONEY, false, 0},
    [ITEM_DISCOUNT] = {"discount", FIELD_MONEY, false, 0},
    [ITEM_DISCOUNT_RATE] = {"discount_rate", FIELD_RATE, false, 0},
    [ITEM_SALES] = {"sales", FIELD_MONEY, false, 0},
    [ITEM_COST] = {"cost", FIELD_MONEY, false, 0},
    [ITEM_PROFIT] = {"profit", FIELD_MONEY, false, 0},
    [ITEM_FREIGHT] = {"freight", FIELD_MONEY, false, 0},
    [ITEM_LINE] = {"line", FIELD_TEXT, false, 0},
};

static const struct schema_field payment_fields[PAYMENT_FIELDS] = {
    [PAYMENT_ORDER] = {"order_id", FIELD_KEY, true, 0},
    [PAYMENT_SEQUENCE] = {"sequence", FIELD_INTEGER, false, 0},
    [PAYMENT_TYPE] = {"type", FIELD_TEXT, false, 0},
    [PAYMENT_INSTALLMENTS] = {"installments", FIELD_INTEGER, false, 0},
    [PAYMENT_VALUE] = {"value", FIELD_MONEY, true, 0},
};

static const struct schema_field review_fields[REVIEW_FIELDS] = {
    [REVIEW_ID] = {"_id", FIELD_KEY, true, 0},
    [REVIEW_ORDER] = {"order_id", FIELD_KEY, true, 0},
    [REVIEW_SCORE] = {"score", FIELD_SCORE, true, 0},
    [REVIEW_CREATED] = {"created_at", FIELD_TIME, false, 0},
};

const struct schema_kind schema_kinds[KIND_COUNT] = {
    [KIND_LOCATION] = {"location", "locations", location_fields, LOCATION_FIELDS},
    [KIND_CUSTOMER] = {"customer", "customers", customer_fields, CUSTOMER_FIELDS},
    [KIND_PRODUCT] = {"product", "products", product_fields, PRODUCT_FIELDS},
    [KIND_SELLER] = {"seller", "sellers", seller_fields, SELLER_FIELDS},
    [KIND_ORDER] = {"order", "orders", order_fields, ORDER_FIELDS},
    [KIND_ITEM] = {"item", NULL, item_fields, ITEM_COSTED_SALES},
    [KIND_PAYMENT] = {"payment", NULL, payment_fields, PAYMENT_FIELDS},
    [KIND_REVIEW] = {"review", NULL, review_fields, REVIEW_FIELDS},
};

bool schema_find_kind(const char *name, enum kind *kind)
{
    for (int k = 0; k < KIND_COUNT; k++) {
        if (strcmp(schema_kinds[k].name, name) == 0) {
            *kind = (enum kind)k;
            return true;
        }
    }
    return false;
}

int schema_find_field(enum kind kind, const char *name)
{
    for (size_t i = 0; i < schema_kinds[kind].field_count; i++)
        if (strcmp(schema_kinds[kind].fields[i].name, name) == 0)
            return (int)i;
    return -1;
}

int schema_order_field(enum kind kind)
{
    return kind == KIND_REVIEW ? REVIEW_ORDER : 0;
}
