#include "sample/olist.h"

#include <stdio.h>

/* Small letters without accents, as far as Latin-1 goes; keep leaves the accents. */
static void city_fold(const char *name, bool keep, char folded[NAME_SIZE])
{
    /* What the letters U+00E0 to U+00FF become. */
    static const char plain[] = "aaaaaaaceeeeiiiidnooooo-ouuuuyty";
    size_t used = 0;
    for (const char *at = name; *at && used + 2 < NAME_SIZE; at++) {
        uint8_t byte = (uint8_t)*at;
        if (byte == 0xc3 && at[1]) {
            uint8_t letter = (uint8_t)(*++at) | 0x20;
            if (keep) {
                folded[used++] = (char)0xc3;
                folded[used++] = (char)letter;
            } else {
                folded[used++] = plain[letter - 0xa0];
            }
        } else {
            folded[used++] = byte >= 'A' && byte <= 'Z' ? (char)(byte + 32) : *at;
        }
    }
    folded[used] = '\0';
}

/* One of the ways in which people write a city. */
static void city_spell(struct rng *rng, const struct city *city, char spelt[NAME_SIZE])
{
    uint32_t form = rng_below(rng, 100);
    char folded[NAME_SIZE - 8];
    char full[NAME_SIZE];
    city_fold(city->name, form >= 88, full);
    snprintf(folded, sizeof folded, "%.*s", (int)sizeof folded - 1, full);
    if (form < 6)
        snprintf(spelt, NAME_SIZE, "%s - %s", folded, state_at(city->state)->code);
    else if (form < 10 && folded[0] == 's' && folded[1] == 't' && folded[2] == '.')
        snprintf(spelt, NAME_SIZE, "saint%s", folded + 3);
    else if (form < 10)
        snprintf(spelt, NAME_SIZE, "%s  ", folded);
    else
        snprintf(spelt, NAME_SIZE, "%s", folded);
}

void olist_place(struct out *out, const struct location *location)
{
    char folded[NAME_SIZE];
    const struct city *city = city_at(location->city);
    city_fold(city->name, false, folded);
    out_text(out, location->postal_code);
    out_char(out, ',');
    out_text(out, folded);
    out_char(out, ',');
    out_text(out, state_at(city->state)->code);
}

/* Some points for a zip; a quarter of the rows repeat exactly. Degrees have 14 decimals, as they came from a map. */
static void write_geolocation(struct out *out, const struct shop *shop)
{
    uint32_t count = location_of_city(city_count_domestic());
    for (uint32_t i = 0; i < count; i++) {
        struct location location;
        struct rng rng;
        location_at(i, &location);
        rng_seed(&rng, shop->options.seed, STREAM_PLACE, i);
        for (uint32_t points = 3 + rng_below(&rng, 4); points > 0; points--) {
            const struct city *city = city_at(location.city);
            int64_t north =
                location.latitude * INT64_C(10000000000) + rng_between(&rng, -90000, 90000) * INT64_C(10000019);
            int64_t east =
                location.longitude * INT64_C(10000000000) + rng_between(&rng, -90000, 90000) * INT64_C(10000079);
            uint32_t state = rng_chance(&rng, 60) ? rng_below(&rng, 40) : city->state;
            char spelt[NAME_SIZE];
            city_spell(&rng, city, spelt);
            for (int repeat = rng_chance(&rng, 2600) ? 2 : 1; repeat > 0; repeat--) {
                out_text(out, location.postal_code);
                out_char(out, ',');
                out_decimal_short(out, north, 14);
                out_char(out, ',');
                out_decimal_short(out, east, 14);
                out_char(out, ',');
                out_field(out, spelt);
                out_char(out, ',');
                out_text(out, state_at(state)->code);
                out_end(out);
            }
        }
    }
}

/* Products: one in fifty has no category and nothing of what a seller would have written. */
static void write_products(struct out *out, const struct shop *shop)
{
    for (uint32_t i = 0; i < shop->catalog.product_count; i++) {
        const struct product *product = &shop->catalog.products[i];
        struct rng rng;
        rng_seed(&rng, shop->options.seed, STREAM_PRODUCT, (UINT64_C(1) << 32) + i);
        olist_id(out, shop->options.seed, KIND_PRODUCT, i);
        out_char(out, ',');
        if (rng_chance(&rng, 190)) {
            out_text(out, ",,,,");
        } else {
            out_text(out, subcategory_at(product->subcategory)->olist_name);
            out_char(out, ',');
            out_number(out, (int64_t)strlen(product->name));
            out_char(out, ',');
            out_number(out, rng_between(&rng, 80, 2400));
            out_char(out, ',');
            out_number(out, 1 + rng_below(&rng, 6));
            out_char(out, ',');
        }
        out_number(out, product->weight);
        for (int side = 0; side < 3; side++) {
            out_char(out, ',');
            out_number(out, rng_between(&rng, 8, 16 + product->weight / 300));
        }
        out_end(out);
    }
}

static void write_sellers(struct out *out, const struct shop *shop)
{
    for (uint32_t i = 0; i < SELLER_COUNT; i++) {
        struct location location;
        location_at(shop->catalog.sellers[i].location, &location);
        olist_id(out, shop->options.seed, KIND_SELLER, i);
        out_char(out, ',');
        olist_place(out, &location);
        out_end(out);
    }
}

static void write_translation(struct out *out)
{
    for (uint32_t i = 0; i < subcategory_count(); i++) {
        const struct subcategory *sub = subcategory_at(i);
        if (!sub->olist_english)
            continue;
        out_text(out, sub->olist_name);
        out_char(out, ',');
        out_text(out, sub->olist_english);
        out_end(out);
    }
}

void olist_tables(struct out *const files[OLIST_FILES], const struct shop *shop)
{
    write_geolocation(files[OLIST_GEOLOCATION], shop);
    write_products(files[OLIST_PRODUCTS], shop);
    write_sellers(files[OLIST_SELLERS], shop);
    write_translation(files[OLIST_TRANSLATION]);
}
