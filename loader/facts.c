#include "loader/facts.h"
#include "core/day.h"
#include "loader/distance.h"

static bool has_number(const bson_t *doc, const char *field)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, field) && BSON_ITER_HOLDS_DOUBLE(&it);
}

int64_t facts_day(const bson_t *doc)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, doc, "day") && BSON_ITER_HOLDS_DATE_TIME(&it)
               ? day_from_ms(bson_iter_date_time(&it))
               : 0;
}

/* Texts that the order copies. What is known to be there is not looked for again: most sources tell all of them. */
static void note_texts(struct facts *facts, const bson_t *doc)
{
    static const struct {
        enum feature feature;
        const char *field;
    } texts[] = {{FEATURE_REGIONS, "region"},
                 {FEATURE_COUNTRIES, "country"},
                 {FEATURE_STATES, "state"},
                 {FEATURE_CITIES, "city"},
                 {FEATURE_SEGMENTS, "segment"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bson_iter_t it;
        bool *has = &facts->has[texts[i].feature];
        *has = *has || (bson_iter_init_find(&it, doc, texts[i].field) && BSON_ITER_HOLDS_UTF8(&it));
    }
}

static void note_product(struct facts *facts, const struct dimension *products, int64_t number)
{
    struct value product[PRODUCT_FIELDS];
    if (facts->has[FEATURE_CATEGORIES] && facts->has[FEATURE_SUBCATEGORIES])
        return;
    dimension_values(products, number, product);
    facts->has[FEATURE_CATEGORIES] |= product[PRODUCT_CATEGORY].type != VALUE_NULL;
    facts->has[FEATURE_SUBCATEGORIES] |= product[PRODUCT_SUBCATEGORY].type != VALUE_NULL;
}

static void note_item(struct facts *facts, const struct dimension *dimensions, const struct value *item)
{
    facts->has[FEATURE_COST] |= item[ITEM_COST].type != VALUE_NULL;
    facts->has[FEATURE_SELLERS] |= item[ITEM_SELLER].type != VALUE_NULL;
    facts->has[FEATURE_DISCOUNT] |= decimal_sign(item[ITEM_DISCOUNT].number) != 0;
    facts->has[FEATURE_FREIGHT] |= decimal_sign(item[ITEM_FREIGHT].number) != 0;
    note_product(facts, &dimensions[KIND_PRODUCT], item[ITEM_PRODUCT].integer);
}

void facts_note_order(struct facts *facts, const struct dimension dimensions[DIMENSION_COUNT],
                      const struct order *order, const bson_t *doc)
{
    int64_t day = facts_day(doc);
    if (facts->orders == 0 || day < facts->first_day)
        facts->first_day = day;
    if (facts->orders == 0 || day > facts->last_day)
        facts->last_day = day;
    facts->orders++;
    facts->has[FEATURE_HOUR] |= order->values[ORDER_ORDERED].type == VALUE_TIME;
    facts->has[FEATURE_DELIVERY] |= order->values[ORDER_DELIVERED].type != VALUE_NULL;
    facts->has[FEATURE_CUSTOMERS] |= order->values[ORDER_CUSTOMER].type != VALUE_NULL;
    facts->has[FEATURE_ESTIMATES] |= order->values[ORDER_ESTIMATED].type != VALUE_NULL;
    facts->has[FEATURE_DISTANCES] = facts->has[FEATURE_DISTANCES] || has_number(doc, "distance_km");
    facts->has[FEATURE_POINTS] = facts->has[FEATURE_POINTS] || distance_knows_destination(dimensions, order);
    facts->has[FEATURE_PAYMENTS] |= order->payment_count > 0;
    facts->has[FEATURE_REVIEWS] |= order->review_count > 0;
    note_texts(facts, doc);
    for (size_t i = 0; i < order->item_count; i++)
        note_item(facts, dimensions, order->items[i].values);
}

void facts_note_line(bool has[FEATURE_COUNT], const struct value line[ITEM_FIELDS])
{
    bool price = line[ITEM_GROSS].type != VALUE_NULL || line[ITEM_UNIT_PRICE].type != VALUE_NULL;
    has[FEATURE_FREIGHT] |= line[ITEM_FREIGHT].type != VALUE_NULL;
    has[FEATURE_DISCOUNT] |= line[ITEM_DISCOUNT].type != VALUE_NULL || line[ITEM_DISCOUNT_RATE].type != VALUE_NULL ||
                             (price && line[ITEM_SALES].type != VALUE_NULL);
}
