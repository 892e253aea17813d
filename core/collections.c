#include "core/collections.h"

#include <stddef.h>
#include <string.h>

/* tests/check holds the list to docs/schema.md. */
const struct collection collections[] = {
    {"customers", "_id name segment location_id hash import_id"},
    {"locations", "_id city state region country postal_code point point.type point.coordinates hash import_id"},
    {"meta", NULL}, /* its documents are of several shapes */
    {"orders",
     "_id customer_id location_id at_customer warehouse_id ordered_at day month_of_year weekday hour "
     "shipped_at shipped_day delivered_at delivered_day estimated_at estimated_day status counted "
     "ship_mode region country state city segment items items.product_id items.seller_id items.line "
     "items.name items.category items.subcategory items.quantity items.unit_price items.gross "
     "items.discount items.sales items.cost items.profit items.costed_sales items.freight items.lines items.lines.line "
     "items.lines.quantity items.lines.unit_price items.lines.gross items.lines.discount items.lines.sales "
     "items.lines.cost items.lines.profit items.lines.costed_sales items.lines.freight gross sales profit costed_sales "
     "discount freight units "
     "products orders payments payments.sequence payments.type payments.installments payments.value "
     "reviews reviews.review_id reviews.score reviews.created_at review_score distance_km is_return hash "
     "import_id first_order"},
    {"products", "_id name category subcategory cost weight_g hash import_id"},
    {"sellers", "_id name location_id hash import_id"},
    {NULL, NULL},
};

const struct collection *collection_find(const char *name)
{
    for (const struct collection *c = collections; c->name; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

bool collection_is_star(const char *name)
{
    size_t n = strlen(name);
    return (n > 5 && strcmp(name + n - 5, "_fact") == 0) || (n > 4 && strcmp(name + n - 4, "_dim") == 0);
}
