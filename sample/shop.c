#include "sample/shop.h"

#include <stdlib.h>
#include <string.h>

const char *const segment_names[] = {"Consumer", "Corporate", "Home Office"};
const char *const ship_mode_names[] = {"Same Day", "First Class", "Second Class", "Standard Class"};
const char *const payment_type_names[] = {"credit_card", "debit_card", "bank_transfer", "voucher"};
const char *const status_names[] = {"created",   "paid",        "processing", "shipped", "delivered",
                                    "cancelled", "unavailable", "unpaid",     "returned"};

/* Indexes the places, and how far each seller is from each city. */
static bool places_index(struct shop *shop)
{
    uint32_t cities = city_count();
    uint32_t used = shop->options.domestic ? city_count_domestic() : cities;
    uint64_t *weights = malloc(cities * sizeof *weights);
    shop->city_locations = malloc(cities * sizeof *shop->city_locations);
    shop->location_cities = malloc(location_count() * sizeof *shop->location_cities);
    shop->distances = malloc((size_t)SELLER_COUNT * cities * sizeof *shop->distances);
    bool ok = weights && shop->city_locations && shop->location_cities && shop->distances;
    if (!ok)
        goto out;
    uint32_t location = 0;
    for (uint32_t city = 0; city < cities; city++) {
        weights[city] = city_at(city)->weight;
        shop->city_locations[city] = location;
        for (uint32_t i = 0; i < city_at(city)->postal_codes; i++)
            shop->location_cities[location++] = city;
        for (uint32_t seller = 0; seller < SELLER_COUNT; seller++)
            shop->distances[seller * cities + city] = (uint16_t)city_distance(shop->catalog.sellers[seller].city, city);
    }
    ok = alias_init(&shop->city_shares, weights, used);
out:
    free(weights);
    return ok;
}

bool shop_init(struct shop *shop, const struct shop_options *options, struct problem *problem)
{
    memset(shop, 0, sizeof *shop);
    shop->options = *options;
    uint32_t products = options->products ? options->products : PRODUCTS_MIN + options->orders / 50;
    if (products > PRODUCTS_MAX)
        products = PRODUCTS_MAX;
    if (!catalog_init(&shop->catalog, options->seed, products) ||
        !schedule_init(&shop->schedule, options->seed, options->orders, options->from, options->to) ||
        !places_index(shop)) {
        problem_set(problem, "out of memory: close other programs, or ask for fewer orders");
        return false;
    }
    shop->customers = shop->schedule.customers + shop->schedule.customers / 40;
    return true;
}

void shop_release(struct shop *shop)
{
    catalog_release(&shop->catalog);
    schedule_release(&shop->schedule);
    alias_release(&shop->city_shares);
    free(shop->city_locations);
    free(shop->location_cities);
    free(shop->distances);
    memset(shop, 0, sizeof *shop);
}

bool shop_next(struct shop *shop, struct order *order)
{
    if (!schedule_next(&shop->schedule, &order->number, &order->ordered, &order->customer))
        return false;
    order_make(shop, order);
    return true;
}

struct home shop_home(const struct shop *shop, uint32_t customer)
{
    struct rng rng;
    rng_seed(&rng, shop->options.seed, STREAM_HOME, customer);
    uint32_t city = alias_draw(&shop->city_shares, &rng);
    uint32_t kind = rng_below(&rng, 100);
    struct home home = {
        .location = shop->city_locations[city] + rng_below(&rng, city_at(city)->postal_codes),
        .segment = kind < 52   ? CONSUMER
                   : kind < 82 ? CORPORATE
                               : HOME_OFFICE,
    };
    return home;
}

void shop_customer_name(const struct shop *shop, uint32_t customer, char name[NAME_SIZE])
{
    struct rng rng;
    rng_seed(&rng, shop->options.seed, STREAM_NAME, customer);
    name_person(&rng, name);
}

int32_t shop_distance(const struct shop *shop, uint32_t seller, uint32_t location)
{
    return shop->distances[seller * city_count() + shop->location_cities[location]];
}

int64_t order_total(const struct order *order)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct line *line = &order->lines[i];
        total += line->quantity * line->unit_price - line->discount + line->freight;
    }
    return total;
}
