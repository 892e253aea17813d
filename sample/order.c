/* How one order comes about: what is bought, when it is paid, shipped and delivered, what becomes of it. */
#include "sample/calendar.h"
#include "sample/shop.h"

/* What the steps of making an order hand on to each other. */
struct making {
    const struct shop *shop;
    struct order *order;
    struct rng rng;
    int64_t end; /* of the last day: nothing later has happened yet */
    int32_t distance;
    int32_t month;
    enum segment segment;
    enum payment_type type;
};

/* How many units: mostly one, more of what is bought in bulk and by companies. */
static int32_t quantity_draw(struct making *m, int32_t bulk)
{
    int32_t quantity = 1;
    uint32_t more = m->segment == CORPORATE ? 5600 : 4200;
    if (bulk > 4 && rng_chance(&m->rng, more))
        return rng_between(&m->rng, 2, bulk);
    while (quantity < bulk && rng_chance(&m->rng, more / 2))
        quantity++;
    return quantity;
}

/* A discount rate in percent. One line in four has one; more in November, and in the central region, which is
 * given away. */
static int32_t rate_draw(struct making *m)
{
    static const uint8_t usual[] = {5, 5, 10, 10, 10, 15, 15, 20, 20, 20, 25, 30, 40, 50};
    static const uint8_t generous[] = {10, 15, 20, 20, 30, 30, 40, 50, 60};
    const struct city *city = city_at(m->shop->location_cities[m->order->destination]);
    bool central = state_at(city->state)->region[0] == 'C' && state_at(city->state)->region[1] == 'e';
    uint32_t chance = (central ? 3300u : 2200u) + (m->month == 11 ? 1100u : 0);
    if (!rng_chance(&m->rng, chance))
        return 0;
    return central ? generous[rng_below(&m->rng, sizeof generous)] : usual[rng_below(&m->rng, sizeof usual)];
}

/* Freight of a unit in cents: a base, by weight and distance, dearer when fast; often free for dear goods. */
static int64_t freight_draw(struct making *m, const struct product *product, int32_t km)
{
    static const uint8_t factor[] = {24, 17, 13, 10};
    if (product->price >= 5000 && m->order->mode == STANDARD_CLASS && rng_chance(&m->rng, 4500))
        return 0;
    int64_t freight = 180 + product->weight * 30 / 1000 + km / 25 + (int64_t)product->weight * km / 400000;
    return freight * factor[m->order->mode] / 10;
}

/* Adds a line of a product; does nothing when the order is full. */
static void line_add(struct making *m, uint32_t nth)
{
    struct order *order = m->order;
    if (order->line_count == ORDER_MAX_LINES / 2)
        return;
    const struct product *product = &m->shop->catalog.products[nth];
    const struct subcategory *sub = subcategory_at(product->subcategory);
    struct line *line = &order->lines[order->line_count++];
    bool other = rng_chance(&m->rng, 3000);
    line->product = nth;
    line->seller = other ? product->other_seller : product->seller;
    line->quantity = quantity_draw(m, sub->bulk);
    line->unit_price =
        other && product->seller != product->other_seller ? product->price - product->price / 33 : product->price;
    line->rate = rate_draw(m);
    line->discount = line->quantity * ((line->unit_price * line->rate + 50) / 100);
    int32_t km = shop_distance(m->shop, line->seller, order->destination);
    line->freight = line->quantity * freight_draw(m, product, km);
    if (km > m->distance)
        m->distance = km;
}

/* Fills the basket. Who buys a product with a companion takes that too in every third case. */
static void lines_make(struct making *m)
{
    uint32_t wanted = 1;
    while (wanted < 9 && rng_chance(&m->rng, m->segment == CORPORATE ? 4600 : 4000))
        wanted++;
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t product = catalog_draw(&m->shop->catalog, &m->rng, m->month);
        line_add(m, product);
        uint32_t companion = m->shop->catalog.products[product].companion;
        if (companion != NO_PRODUCT && rng_chance(&m->rng, 3300))
            line_add(m, companion);
        if (rng_chance(&m->rng, 100))
            line_add(m, product); /* put into the basket twice: two lines of one product */
    }
}

static void place_make(struct making *m, const struct home *home)
{
    struct order *order = m->order;
    uint32_t kind = rng_below(&m->rng, 100);
    order->destination = home->location;
    if (kind >= 93) { /* a gift, or a delivery to the office */
        uint32_t city = alias_draw(&m->shop->city_shares, &m->rng);
        order->destination = m->shop->city_locations[city] + rng_below(&m->rng, city_at(city)->postal_codes);
    }
    order->location = kind < 3 ? NO_LOCATION : order->destination;
}

/* Plans the days of the order as if nothing came in between. Far away takes longer, and is late more often: the
 * promise allows for the usual time on the road, but less and less for what can happen there. */
static void times_plan(struct making *m)
{
    static const int32_t handling_hours[] = {3, 16, 28, 40};
    static const int32_t road_hours[] = {5, 20, 36, 52};
    static const int32_t pace[] = {2, 10, 16, 22}; /* hours for a thousand kilometres */
    struct order *order = m->order;
    struct rng *rng = &m->rng;
    int32_t km = m->distance;

    order->paid = order->ordered + 60 + rng_tail(rng, 1200);
    if (m->type == BANK_TRANSFER)
        order->paid += (int64_t)rng_between(rng, 6, 60) * HOUR_SECONDS;
    int32_t handling = handling_hours[order->mode];
    int64_t shipping = (int64_t)handling * HOUR_SECONDS / 2 + rng_tail(rng, (int64_t)handling * HOUR_SECONDS / 2);
    order->shipped = order->paid + shipping + rng_between(rng, 0, HOUR_SECONDS);

    int64_t road = road_hours[order->mode] + (int64_t)km * pace[order->mode] / 1000;
    int64_t trouble = rng_tail(rng, (int64_t)(4 + km / 80) * HOUR_SECONDS);
    if (rng_chance(rng, 150 + (uint32_t)km / 10))
        trouble += (int64_t)rng_between(rng, 3, 9) * DAY_SECONDS;
    order->delivered = order->shipped + road * HOUR_SECONDS + trouble + rng_between(rng, 0, 6 * HOUR_SECONDS);

    int64_t promise = handling + road + handling / 2 + 20 + km / 70;
    if (m->type == BANK_TRANSFER)
        promise += 36;
    order->estimated = (int32_t)((order->ordered + promise * HOUR_SECONDS) / DAY_SECONDS) + 1;
}

/* Takes back the whole order, or a part of its lines. */
static void return_make(struct making *m)
{
    struct order *order = m->order;
    bool whole = order->line_count == 1 ? rng_chance(&m->rng, 7000) : rng_chance(&m->rng, 3500);
    uint32_t bought = order->line_count;
    uint32_t chosen = rng_below(&m->rng, bought);
    for (uint32_t i = 0; i < bought; i++) {
        const struct line *line = &order->lines[i];
        if (!whole && i != chosen)
            continue;
        struct line *back = &order->lines[order->line_count++];
        *back = *line;
        back->quantity = whole ? -line->quantity : -rng_between(&m->rng, 1, line->quantity);
        back->discount = line->discount / line->quantity * back->quantity;
        back->freight = 0;
    }
    if (whole)
        order->status = RETURNED;
}

/* Decides what becomes of the order, and takes back what then has not happened. */
static void status_make(struct making *m)
{
    struct order *order = m->order;
    uint32_t fate = rng_below(&m->rng, 10000);
    order->status = DELIVERED;
    if (m->shop->options.always_done)
        return;
    if (fate < 200) {
        order->status = CANCELLED;
        order->delivered = NEVER;
        if (order->shipped > m->end || !rng_chance(&m->rng, 1000))
            order->shipped = NEVER;
    } else if (fate < 260) {
        order->status = UNPAID;
        order->paid = order->shipped = order->delivered = NEVER;
    } else if (fate < 310) {
        order->status = UNAVAILABLE;
        order->shipped = order->delivered = NEVER;
        if (rng_chance(&m->rng, 4000))
            order->line_count = 0; /* nothing of it was ever in stock */
    } else if (order->delivered < m->end) {
        if (fate >= 9700 && order->delivered + 14LL * DAY_SECONDS < m->end && !m->shop->options.no_returns)
            return_make(m);
    } else {
        order->delivered = NEVER;
        order->status = SHIPPED;
        if (order->shipped >= m->end) {
            bool begun = order->paid + (order->shipped - order->paid) / 3 < m->end;
            order->status = order->paid >= m->end ? CREATED : begun ? PROCESSING : PAID;
            order->shipped = NEVER;
        }
        if (order->status == CREATED)
            order->paid = NEVER;
    }
}

/* Installments: the dearer the more. */
static int32_t installments_draw(struct making *m, int64_t value)
{
    int32_t most = value < 5000 ? 2 : value < 20000 ? 6 : 12;
    return rng_chance(&m->rng, 5500) ? 1 : rng_between(&m->rng, 1, most);
}

/* Pays the order: at times a voucher first, rarely with interest on top, so that a few do not add up. */
static void payments_make(struct making *m)
{
    struct order *order = m->order;
    int64_t total = order_total(order);
    order->payment_count = 0;
    bool nothing = order->status == CREATED || order->line_count == 0 ||
                   (order->status == CANCELLED && rng_chance(&m->rng, 6000)) ||
                   (order->status == UNPAID && rng_chance(&m->rng, 8000));
    if (nothing)
        return;
    int64_t voucher = total > 2000 && rng_chance(&m->rng, 300) ? rng_between(&m->rng, 2, 30) * 50 : 0;
    if (order->status == UNPAID)
        total = voucher = total > 500 ? 500 : total; /* the voucher was taken, the rest was not */
    if (voucher) {
        order->payments[order->payment_count++] = (struct payment){VOUCHER, 1, voucher};
        total -= voucher;
    }
    if (total || !voucher) {
        int32_t installments = m->type == CREDIT_CARD ? installments_draw(m, total) : 1;
        if (installments >= 6 && rng_chance(&m->rng, 1500))
            total += total * installments / 200;
        order->payments[order->payment_count++] = (struct payment){m->type, installments, total};
    }
}

/* Three of four write a review: happy ones mostly, unless the delivery was late. */
static void review_make(struct making *m)
{
    static const uint8_t in_time[20] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 2, 1};
    static const uint8_t late[20] = {5, 5, 5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1};
    struct order *order = m->order;
    order->score = 0;
    order->reviewed = NEVER;
    if (order->delivered == NEVER || !rng_chance(&m->rng, 7600))
        return;
    int64_t reviewed = order->delivered + HOUR_SECONDS + rng_tail(&m->rng, 3LL * DAY_SECONDS);
    if (reviewed >= m->end)
        return;
    bool is_late = order->delivered / DAY_SECONDS > order->estimated || order->status == RETURNED;
    order->score = is_late ? late[rng_below(&m->rng, 20)] : in_time[rng_below(&m->rng, 20)];
    order->reviewed = reviewed;
}

void order_make(const struct shop *shop, struct order *order)
{
    struct home home = shop_home(shop, order->customer);
    struct making m = {
        .shop = shop,
        .order = order,
        .end = ((int64_t)shop->options.to + 1) * DAY_SECONDS,
        .month = date_of_day((int32_t)(order->ordered / DAY_SECONDS)).month,
        .segment = home.segment,
    };
    rng_seed(&m.rng, shop->options.seed, STREAM_ORDER, order->number);
    uint32_t mode = rng_below(&m.rng, 100);
    uint32_t type = rng_below(&m.rng, 100);
    order->mode = mode < 5 ? SAME_DAY : mode < 20 ? FIRST_CLASS : mode < 40 ? SECOND_CLASS : STANDARD_CLASS;
    m.type = type < 70 ? CREDIT_CARD : type < 82 ? DEBIT_CARD : type < 96 ? BANK_TRANSFER : VOUCHER;
    order->line_count = 0;
    place_make(&m, &home);
    lines_make(&m);
    times_plan(&m);
    status_make(&m);
    payments_make(&m);
    review_make(&m);
}
