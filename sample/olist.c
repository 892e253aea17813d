#include "sample/olist.h"

#include "sample/calendar.h"

static const char *const names[OLIST_FILES] = {
    "olist_customers_dataset.csv",      "olist_geolocation_dataset.csv",   "olist_order_items_dataset.csv",
    "olist_order_payments_dataset.csv", "olist_order_reviews_dataset.csv", "olist_orders_dataset.csv",
    "olist_products_dataset.csv",       "olist_sellers_dataset.csv",       "product_category_name_translation.csv",
};

static const char *const headers[OLIST_FILES] = {
    "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
    "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state",
    "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
    "order_id,payment_sequential,payment_type,payment_installments,payment_value",
    "review_id,order_id,review_score,review_comment_title,review_comment_message,review_creation_date,"
    "review_answer_timestamp",
    "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
    "order_delivered_customer_date,order_estimated_delivery_date",
    "product_id,product_category_name,product_name_lenght,product_description_lenght,product_photos_qty,"
    "product_weight_g,product_length_cm,product_height_cm,product_width_cm",
    "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "\xef\xbb\xbfproduct_category_name,product_category_name_english",
};

/* What the rows of one order are made of. */
struct olist {
    struct out *files[OLIST_FILES];
    uint64_t seed;
    uint32_t last_reviewed; /* the order whose review_id is used again now and then */
    struct rng rng;         /* for what only this layout has, anew for each order */
};

void olist_id(struct out *out, uint64_t seed, enum olist_kind kind, uint64_t nth)
{
    static const char digits[] = "0123456789abcdef";
    struct rng rng;
    rng_seed(&rng, seed, STREAM_HEX_ID, ((uint64_t)kind << 40) + nth);
    char *at = out_room(out, 32);
    for (int half = 0; half < 2; half++) {
        uint64_t bits = rng_next(&rng);
        for (int i = 0; i < 16; i++, bits >>= 4)
            *at++ = digits[bits & 15];
    }
    out->used += 32;
}

static void write_customer(struct olist *olist, const struct order *order)
{
    struct out *out = olist->files[OLIST_CUSTOMERS];
    struct location location;
    location_at(order->destination, &location);
    olist_id(out, olist->seed, KIND_CUSTOMER, order->number);
    out_char(out, ',');
    olist_id(out, olist->seed, KIND_PERSON, order->customer);
    out_char(out, ',');
    olist_place(out, &location);
    out_end(out);
}

static const char *status_of(const struct order *order)
{
    static const char *const statuses[] = {
        [CREATED] = "created",         [PAID] = "approved",       [PROCESSING] = "processing",
        [SHIPPED] = "shipped",         [DELIVERED] = "delivered", [CANCELLED] = "canceled",
        [UNAVAILABLE] = "unavailable", [UNPAID] = "canceled",     [RETURNED] = "delivered",
    };
    if (order->status == PROCESSING && order->number % 2)
        return "invoiced";
    return statuses[order->status];
}

/* A comma, and the time if it has happened. */
static void time_field(struct out *out, int64_t seconds)
{
    out_char(out, ',');
    if (seconds != NEVER)
        out_time(out, seconds);
}

static void write_order(struct olist *olist, const struct order *order)
{
    struct out *out = olist->files[OLIST_ORDERS];
    bool day_lost = rng_chance(&olist->rng, 10);
    olist_id(out, olist->seed, KIND_ORDER, order->number);
    out_char(out, ',');
    olist_id(out, olist->seed, KIND_CUSTOMER, order->number);
    out_char(out, ',');
    out_text(out, status_of(order));
    time_field(out, order->ordered);
    time_field(out, order->paid);
    time_field(out, order->shipped);
    time_field(out, day_lost ? NEVER : order->delivered);
    time_field(out, (int64_t)order->estimated * DAY_SECONDS);
    out_end(out);
}

/* A row for each unit. */
static uint64_t write_items(struct olist *olist, const struct order *order)
{
    struct out *out = olist->files[OLIST_ITEMS];
    int64_t limit = order->ordered + (int64_t)rng_between(&olist->rng, 3, 7) * DAY_SECONDS;
    uint64_t row = 0;
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct line *line = &order->lines[i];
        for (int32_t unit = 0; unit < line->quantity; unit++) {
            olist_id(out, olist->seed, KIND_ORDER, order->number);
            out_char(out, ',');
            out_number(out, (int64_t)++row);
            out_char(out, ',');
            olist_id(out, olist->seed, KIND_PRODUCT, line->product);
            out_char(out, ',');
            olist_id(out, olist->seed, KIND_SELLER, line->seller);
            time_field(out, limit);
            out_char(out, ',');
            out_decimal(out, line->unit_price - line->discount / line->quantity, 2);
            out_char(out, ',');
            out_decimal(out, line->freight / line->quantity, 2);
            out_end(out);
        }
    }
    return row;
}

static void payment_row(struct olist *olist, const struct order *order, int32_t sequential, const char *type,
                        int32_t installments, int64_t value)
{
    struct out *out = olist->files[OLIST_PAYMENTS];
    olist_id(out, olist->seed, KIND_ORDER, order->number);
    out_char(out, ',');
    out_number(out, sequential);
    out_char(out, ',');
    out_text(out, type);
    out_char(out, ',');
    out_number(out, installments);
    out_char(out, ',');
    out_decimal(out, value, 2);
    out_end(out);
}

static void write_payments(struct olist *olist, const struct order *order)
{
    static const char *const types[] = {"credit_card", "debit_card", "boleto", "voucher"};
    int32_t sequential = 0;
    for (uint32_t i = 0; i < order->payment_count; i++) {
        const struct payment *payment = &order->payments[i];
        int32_t installments = payment->installments;
        int32_t parts = 1;
        if (payment->type == VOUCHER && rng_chance(&olist->rng, 1500))
            parts = rng_between(&olist->rng, 2, rng_chance(&olist->rng, 500) ? 29 : 6);
        if (payment->type == CREDIT_CARD && rng_chance(&olist->rng, 5))
            installments = 0;
        for (int32_t part = 1; part <= parts; part++) {
            int64_t value = payment->value / parts;
            if (part == parts)
                value = payment->value - value * (parts - 1);
            payment_row(olist, order, ++sequential, types[payment->type], installments, value);
        }
    }
    if (order->payment_count == 0 && order->status == CANCELLED && rng_chance(&olist->rng, 800))
        payment_row(olist, order, 1, "not_defined", 1, 0);
}

/* A title and a message; most have neither. */
static void comment_fields(struct out *out, struct rng *rng, int32_t score)
{
    static const char *const titles[] = {"Recomendo", "Muito bom", "Ok", "Super \"rápido\"", "Gostei, obrigado"};
    static const char *const happy[] = {
        "Chegou antes do prazo.\nRecomendo!",
        "Produto igual ao da foto, bem embalado",
        "Tudo certo ",
        "Presente para minha filha: ela disse \"adorei\"",
        "Comprei de novo.\n\nEntrega rápida, preço justo\n",
    };
    static const char *const unhappy[] = {
        "Ainda não recebi tudo",
        "Veio sem o manual,\na caixa estava aberta",
        "Pedi azul, veio \"verde\"",
        "Atrasou duas semanas\r\ne ninguém responde",
    };
    out_char(out, ',');
    if (rng_chance(rng, 1200))
        out_field(out, titles[rng_below(rng, 5)]);
    out_char(out, ',');
    if (rng_chance(rng, 4100))
        out_field(out, score >= 4 ? happy[rng_below(rng, 5)] : unhappy[rng_below(rng, 4)]);
}

static void review_row(struct olist *olist, const struct order *order, enum olist_kind kind, uint32_t id, int32_t score,
                       int64_t written)
{
    struct out *out = olist->files[OLIST_REVIEWS];
    olist_id(out, olist->seed, kind, id);
    out_char(out, ',');
    olist_id(out, olist->seed, KIND_ORDER, order->number);
    out_char(out, ',');
    out_number(out, score);
    comment_fields(out, &olist->rng, score);
    time_field(out, written / DAY_SECONDS * DAY_SECONDS);
    time_field(out, written + rng_tail(&olist->rng, 2LL * DAY_SECONDS));
    out_end(out);
}

static void write_reviews(struct olist *olist, const struct order *order)
{
    if (!order->score)
        return;
    bool again = rng_chance(&olist->rng, 80);
    review_row(olist, order, KIND_REVIEW, again ? olist->last_reviewed : order->number, order->score, order->reviewed);
    olist->last_reviewed = order->number;
    if (rng_chance(&olist->rng, 55)) {
        int64_t later = order->reviewed + (int64_t)rng_between(&olist->rng, 1, 20) * DAY_SECONDS;
        int32_t score = rng_between(&olist->rng, 1, 5);
        review_row(olist, order, KIND_SECOND_REVIEW, order->number, score, later);
    }
}

bool olist_write(struct shop *shop, struct folder *folder, struct tally *tally, struct problem *problem)
{
    struct olist olist = {.seed = shop->options.seed};
    for (int i = 0; i < OLIST_FILES; i++) {
        olist.files[i] = folder_add(folder, names[i], i == OLIST_TRANSLATION ? "\r\n" : "\n", problem);
        if (!olist.files[i])
            return false;
        out_text(olist.files[i], headers[i]);
        out_end(olist.files[i]);
    }
    olist_tables(olist.files, shop);
    struct order order;
    while (shop_next(shop, &order)) {
        rng_seed(&olist.rng, olist.seed, STREAM_ORDER_EXTRA, order.number);
        write_customer(&olist, &order);
        write_order(&olist, &order);
        tally->lines += write_items(&olist, &order);
        write_payments(&olist, &order);
        write_reviews(&olist, &order);
        tally->orders++;
        if (tally->orders % 4096 == 0 && !folder_ok(folder, problem))
            return false;
    }
    return true;
}
