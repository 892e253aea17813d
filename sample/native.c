#include "sample/native.h"

#include "sample/dirty.h"

const char *const native_file_names[NATIVE_FILES] = {"locations.csv", "customers.csv",   "products.csv", "sellers.csv",
                                                     "orders.csv",    "order_items.csv", "payments.csv", "reviews.csv"};

static const char *const headers[NATIVE_FILES] = {
    "location_id,city,state,region,country,postal_code,latitude,longitude",
    "customer_id,name,segment,location_id",
    "product_id,name,category,subcategory,cost,weight_g",
    "seller_id,name,location_id",
    "order_id,customer_id,location_id,ordered_at,shipped_at,delivered_at,estimated_at,status,ship_mode",
    "order_id,product_id,seller_id,quantity,unit_price,discount,freight",
    "order_id,sequence,type,installments,value",
    "review_id,order_id,score,created_at",
};

/* The files of a run, and what makes them dirty, if anything. */
struct native {
    struct out *files[NATIVE_FILES];
    struct dirty *dirty;
};

/* Ends a record, and lets the dirt in after it. */
static inline void row_end(struct native *native, enum native_file file)
{
    out_end(native->files[file]);
    if (native->dirty)
        dirty_after_row(native->dirty, file);
}

static void write_locations(struct native *native)
{
    struct out *out = native->files[LOCATIONS_CSV];
    uint32_t count = location_count();
    for (uint32_t i = 0; i < count; i++) {
        struct location location;
        location_at(i, &location);
        const struct city *city = city_at(location.city);
        const struct state *state = state_at(city->state);
        LOCATION_ID(out, i);
        out_char(out, ',');
        out_field(out, city->name);
        out_char(out, ',');
        out_field(out, state->name);
        out_char(out, ',');
        out_field(out, state->region);
        out_char(out, ',');
        out_field(out, state->country);
        out_char(out, ',');
        out_field(out, location.postal_code);
        out_char(out, ',');
        out_decimal(out, location.latitude, 4);
        out_char(out, ',');
        out_decimal(out, location.longitude, 4);
        row_end(native, LOCATIONS_CSV);
    }
}

static void write_customers(struct native *native, const struct shop *shop)
{
    struct out *out = native->files[CUSTOMERS_CSV];
    for (uint32_t i = 0; i < shop->customers; i++) {
        struct home home = shop_home(shop, i);
        char name[NAME_SIZE];
        shop_customer_name(shop, i, name);
        CUSTOMER_ID(out, i);
        out_char(out, ',');
        out_field(out, name);
        out_char(out, ',');
        out_text(out, segment_names[home.segment]);
        out_char(out, ',');
        LOCATION_ID(out, home.location);
        row_end(native, CUSTOMERS_CSV);
    }
}

static void write_products(struct native *native, const struct catalog *catalog)
{
    struct out *out = native->files[PRODUCTS_CSV];
    for (uint32_t i = 0; i < catalog->product_count; i++) {
        const struct product *product = &catalog->products[i];
        const struct subcategory *sub = subcategory_at(product->subcategory);
        PRODUCT_ID(out, i);
        out_char(out, ',');
        out_field(out, product->name);
        out_char(out, ',');
        out_field(out, category_at(sub->category)->name);
        out_char(out, ',');
        out_field(out, sub->name);
        out_char(out, ',');
        if (product->cost != COST_UNKNOWN)
            out_decimal(out, product->cost, 2);
        out_char(out, ',');
        out_number(out, product->weight);
        row_end(native, PRODUCTS_CSV);
    }
}

static void write_sellers(struct native *native, const struct catalog *catalog)
{
    struct out *out = native->files[SELLERS_CSV];
    for (uint32_t i = 0; i < SELLER_COUNT; i++) {
        SELLER_ID(out, i);
        out_char(out, ',');
        out_field(out, catalog->sellers[i].name);
        out_char(out, ',');
        LOCATION_ID(out, catalog->sellers[i].location);
        row_end(native, SELLERS_CSV);
    }
}

/* A time and the comma behind it; nothing before the comma when it has not happened. */
static inline void time_field(struct out *out, int64_t seconds)
{
    if (seconds != NEVER)
        out_time(out, seconds);
    out_char(out, ',');
}

static void write_order(struct native *native, const struct order *order)
{
    struct out *out = native->files[ORDERS_CSV];
    ORDER_ID(out, order->number);
    out_char(out, ',');
    CUSTOMER_ID(out, order->customer);
    out_char(out, ',');
    if (order->location != NO_LOCATION)
        LOCATION_ID(out, order->location);
    out_char(out, ',');
    time_field(out, order->ordered);
    time_field(out, order->shipped);
    time_field(out, order->delivered);
    out_day(out, order->estimated);
    out_char(out, ',');
    out_text(out, status_names[order->status]);
    out_char(out, ',');
    out_text(out, ship_mode_names[order->mode]);
    row_end(native, ORDERS_CSV);
}

static void write_items(struct native *native, const struct order *order)
{
    struct out *out = native->files[ORDER_ITEMS_CSV];
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct line *line = &order->lines[i];
        ORDER_ID(out, order->number);
        out_char(out, ',');
        PRODUCT_ID(out, line->product);
        out_char(out, ',');
        SELLER_ID(out, line->seller);
        out_char(out, ',');
        out_number(out, line->quantity);
        out_char(out, ',');
        out_decimal(out, line->unit_price, 2);
        out_char(out, ',');
        out_decimal(out, line->discount, 2);
        out_char(out, ',');
        out_decimal(out, line->freight, 2);
        row_end(native, ORDER_ITEMS_CSV);
    }
    if (native->dirty && order->status == CANCELLED && order->line_count)
        dirty_zero_price(native->dirty, order);
}

static void write_payments(struct native *native, const struct order *order)
{
    struct out *out = native->files[PAYMENTS_CSV];
    for (uint32_t i = 0; i < order->payment_count; i++) {
        const struct payment *payment = &order->payments[i];
        ORDER_ID(out, order->number);
        out_char(out, ',');
        out_number(out, i + 1);
        out_char(out, ',');
        out_text(out, payment_type_names[payment->type]);
        out_char(out, ',');
        out_number(out, payment->installments);
        out_char(out, ',');
        out_decimal(out, payment->value, 2);
        row_end(native, PAYMENTS_CSV);
    }
}

/* The review of an order has its number, so that the files stay the same when orders are added at the end. */
static void write_review(struct native *native, const struct order *order)
{
    struct out *out = native->files[REVIEWS_CSV];
    if (!order->score)
        return;
    REVIEW_ID(out, order->number);
    out_char(out, ',');
    ORDER_ID(out, order->number);
    out_char(out, ',');
    out_number(out, order->score);
    out_char(out, ',');
    out_time(out, order->reviewed);
    row_end(native, REVIEWS_CSV);
}

bool native_write(struct shop *shop, struct folder *folder, bool with_dirt, struct tally *tally,
                  struct problem *problem)
{
    struct native native = {0};
    bool ok = false;
    for (int i = 0; i < NATIVE_FILES; i++) {
        native.files[i] = folder_add(folder, native_file_names[i], "\n", problem);
        if (!native.files[i])
            goto out;
        out_text(native.files[i], headers[i]);
        out_end(native.files[i]);
    }
    if (with_dirt) {
        native.dirty = dirty_new(shop, native.files, problem);
        if (!native.dirty)
            goto out;
    } else {
        folder_forget(folder, DIRTY_JSON);
    }

    write_locations(&native);
    write_customers(&native, shop);
    write_products(&native, &shop->catalog);
    write_sellers(&native, &shop->catalog);
    struct order order;
    while (shop_next(shop, &order)) {
        write_order(&native, &order);
        write_items(&native, &order);
        write_payments(&native, &order);
        write_review(&native, &order);
        tally->orders++;
        tally->lines += order.line_count;
        if (tally->orders % 4096 == 0 && !folder_ok(folder, problem))
            goto out;
    }
    ok = !native.dirty || dirty_finish(native.dirty, folder, problem);
out:
    dirty_free(native.dirty);
    return ok;
}
