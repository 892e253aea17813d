/* What the shop sells and who ships it: products in categories, with long-tailed popularity, and sellers. */
#ifndef SAMPLE_CATALOG_H
#define SAMPLE_CATALOG_H

#include "sample/names.h"
#include "sample/random.h"

#include <stdbool.h>
#include <stdint.h>

#define SELLER_COUNT 60
#define COST_UNKNOWN (-1)
#define NO_PRODUCT   UINT32_MAX

struct category {
    const char *name;
    uint8_t keep_by_month[12]; /* of a hundred draws of its products, how many are kept: its season */
};

struct subcategory {
    const char *name;
    const char *olist_name;    /* how a Brazilian shop would label it */
    const char *olist_english; /* NULL: the translation is missing */
    const char *nouns[4];
    uint8_t category;
    int32_t price_low; /* cents */
    int32_t price_high;
    int32_t weight_low; /* grams */
    int32_t weight_high;
    uint8_t cost_percent; /* of the price, about */
    uint8_t bulk;         /* how many are bought at once, at most */
};

struct product {
    char name[NAME_SIZE];
    uint8_t subcategory;
    int32_t price; /* cents */
    int32_t cost;  /* cents or COST_UNKNOWN */
    int32_t weight;
    uint32_t companion; /* what is often bought with it, or NO_PRODUCT */
    uint8_t seller;
    uint8_t other_seller; /* the same as seller where only one has it */
};

struct seller {
    char name[NAME_SIZE];
    uint32_t location;
    uint32_t city;
};

struct catalog {
    struct product *products;
    uint32_t product_count;
    struct alias popularity;
    struct seller sellers[SELLER_COUNT];
};

uint32_t category_count(void);
const struct category *category_at(uint32_t category);
uint32_t subcategory_count(void);
const struct subcategory *subcategory_at(uint32_t subcategory);

/* Fills the catalog of a seed. False when there is no memory; release in either case. */
bool catalog_init(struct catalog *catalog, uint64_t seed, uint32_t product_count);
void catalog_release(struct catalog *catalog);

/* A product to buy in a month (1 to 12): the popular ones more often, each category more in its season. */
uint32_t catalog_draw(const struct catalog *catalog, struct rng *rng, int32_t month);

#endif
