#include "sample/catalog.h"

#include "sample/places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* Shops price in whole and in nearly whole dollars. */
static int32_t price_make(struct rng *rng, const struct subcategory *sub)
{
    /* The smallest of three draws: most goods are at the cheap end of their range. */
    int32_t price = sub->price_high;
    for (int i = 0; i < 3; i++) {
        int32_t draw = rng_between(rng, sub->price_low, sub->price_high);
        if (draw < price)
            price = draw;
    }
    static const int32_t endings[] = {99, 99, 99, 95, 50, 49, 0, 98};
    uint32_t form = rng_below(rng, 10);
    if (form < COUNT(endings))
        price = price / 100 * 100 + endings[form];
    return price;
}

static void product_name(struct rng *rng, const struct subcategory *sub, uint32_t nth, char *name)
{
    static const char *const brands[] = {
        "Arbor",     "Atlas",    "Belcanto", "Brændvik", "Calypso", "Cobalt", "Corvid",  "Delphi",
        "Elm & Oak", "Fontaine", "Garnet",   "Halcyon",  "Indigo",  "Jötunn", "Kinvara", "Lumière",
        "Meridian",  "Nimbus",   "Onyx",     "Pico",     "Quill",   "Rivoli", "Sable",   "Tundra",
        "Umbria",    "Vega",     "Wren",     "Xenia",    "Yarrow",  "Zephyr",
    };
    static const char *const finishes[] = {"Black", "White", "Red",     "Walnut", "Steel", "Large", "Small",
                                           "Green", "Clear", "Classic", "Pro",    "Mini",  "Blue",  "Crème"};
    const char *brand = brands[rng_below(rng, COUNT(brands))];
    const char *noun = sub->nouns[rng_below(rng, 4)];
    const char *finish = finishes[rng_below(rng, COUNT(finishes))];
    snprintf(name, NAME_SIZE, "%s %s%s %s %u", brand, noun, rng_chance(rng, 2000) ? "," : "", finish, 100 + nth);
}

static void product_make(struct product *product, uint64_t seed, uint32_t nth, const struct alias *seller_shares)
{
    struct rng rng;
    rng_seed(&rng, seed, STREAM_PRODUCT, nth);
    /* The first products go through all subcategories, so that none is missing from a small shop. */
    uint32_t subs = subcategory_count();
    product->subcategory = (uint8_t)(nth < subs ? nth : rng_below(&rng, subs));
    const struct subcategory *sub = subcategory_at(product->subcategory);
    product_name(&rng, sub, nth, product->name);
    product->price = price_make(&rng, sub);
    product->cost = product->price / 10 * (sub->cost_percent + rng_between(&rng, -9, 9)) / 10;
    if (rng_chance(&rng, 100))
        product->cost = COST_UNKNOWN;
    product->weight = rng_between(&rng, sub->weight_low, sub->weight_high) / 10 * 10;
    product->companion = NO_PRODUCT;
    product->seller = (uint8_t)alias_draw(seller_shares, &rng);
    product->other_seller = rng_chance(&rng, 3000) ? (uint8_t)alias_draw(seller_shares, &rng) : product->seller;
}

/* Ranks the products in random order, gives the nth rank a share of about 1/n, and couples some of the
 * popular ones with one of the less popular ones. */
static bool popularity_make(struct catalog *catalog, uint64_t seed)
{
    uint32_t count = catalog->product_count;
    uint32_t *ranked = malloc(count * sizeof *ranked);
    uint64_t *weights = malloc(count * sizeof *weights);
    bool ok = ranked && weights;
    if (!ok)
        goto out;

    struct rng rng;
    rng_seed(&rng, seed, STREAM_POPULARITY, 0);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t j = rng_below(&rng, i + 1);
        ranked[i] = ranked[j];
        ranked[j] = i;
    }
    for (uint32_t i = 0; i < count; i++)
        weights[ranked[i]] = 100000000u / (i + 6);
    ok = alias_init(&catalog->popularity, weights, count);

    uint32_t pairs = count / 20;
    for (uint32_t i = 0; i < pairs; i++)
        catalog->products[ranked[(size_t)i * 2]].companion = ranked[(size_t)pairs * 3 + (size_t)i * 3];
out:
    free(ranked);
    free(weights);
    return ok;
}

/* Sellers sit in cities of the country, the first ones are the big ones. */
static bool sellers_make(struct catalog *catalog, uint64_t seed, struct alias *shares)
{
    uint64_t weights[SELLER_COUNT];
    for (uint32_t i = 0; i < SELLER_COUNT; i++) {
        struct rng rng;
        struct seller *seller = &catalog->sellers[i];
        rng_seed(&rng, seed, STREAM_SELLER, i);
        name_seller(i, seller->name);
        seller->city = rng_below(&rng, city_count_domestic());
        seller->location = location_of_city(seller->city) + rng_below(&rng, city_at(seller->city)->postal_codes);
        weights[i] = 10000000u / (i + 6);
    }
    return alias_init(shares, weights, SELLER_COUNT);
}

bool catalog_init(struct catalog *catalog, uint64_t seed, uint32_t product_count)
{
    struct alias shares = {0};
    memset(catalog, 0, sizeof *catalog);
    catalog->product_count = product_count;
    catalog->products = calloc(product_count, sizeof *catalog->products);
    if (!catalog->products || !sellers_make(catalog, seed, &shares))
        return false;
    for (uint32_t i = 0; i < product_count; i++)
        product_make(&catalog->products[i], seed, i, &shares);
    alias_release(&shares);
    return popularity_make(catalog, seed);
}

void catalog_release(struct catalog *catalog)
{
    free(catalog->products);
    alias_release(&catalog->popularity);
    catalog->products = NULL;
}

uint32_t catalog_draw(const struct catalog *catalog, struct rng *rng, int32_t month)
{
    uint32_t product = 0;
    for (int attempt = 0; attempt < 3; attempt++) {
        product = alias_draw(&catalog->popularity, rng);
        uint32_t category = subcategory_at(catalog->products[product].subcategory)->category;
        if (rng_below(rng, 100) < category_at(category)->keep_by_month[month - 1])
            break;
    }
    return product;
}
