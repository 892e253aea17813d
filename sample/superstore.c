#include "sample/superstore.h"

#include "sample/calendar.h"

#include <stdio.h>

static const char header[] = "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,"
                             "Country,City,State,Postal Code,Region,Product ID,Category,Sub-Category,Product Name,"
                             "Sales,Quantity,Discount,Profit";

/* A field in windows-1252, from UTF-8: the Latin letters have their Unicode numbers there. */
static void field_1252(struct out *out, const char *text)
{
    char narrow[NAME_SIZE * 2];
    size_t used = 0;
    for (const char *at = text; *at && used + 1 < sizeof narrow; at++) {
        uint8_t byte = (uint8_t)*at;
        if (byte < 0x80) {
            narrow[used++] = *at;
        } else if ((byte == 0xc2 || byte == 0xc3) && at[1]) {
            at++;
            narrow[used++] = (char)(((byte & 3) << 6) | ((uint8_t)*at & 0x3f));
        } else if (byte >= 0xc0) {
            narrow[used++] = '?';
        }
    }
    narrow[used] = '\0';
    out_field(out, narrow);
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* FUR-BO-10000123: from the category, the subcategory and the number. */
static void product_code(struct out *out, uint32_t nth, const struct subcategory *sub)
{
    const char *category = category_at(sub->category)->name;
    for (int i = 0; i < 3; i++)
        out_char(out, upper(category[i]));
    out_char(out, '-');
    for (int i = 0; i < 2; i++)
        out_char(out, upper(sub->name[i]));
    out_text(out, "-1");
    out_padded(out, nth, 7);
}

/* One id in sixty has a second name, as if it had been given to two products. */
static void product_field(struct out *out, const struct shop *shop, const struct order *order, uint32_t nth)
{
    const struct product *product = &shop->catalog.products[nth];
    if (nth % 60 == 17 && order->number % 3 == 0) {
        char name[NAME_SIZE];
        const struct subcategory *sub = subcategory_at(product->subcategory);
        snprintf(name, sizeof name, "%s Kit, Assorted %u", sub->nouns[3], nth);
        field_1252(out, name);
    } else {
        field_1252(out, product->name);
    }
}

/* The fields of the customer: an id from the initials, the name, the segment. */
static void customer_fields(struct out *out, const struct shop *shop, uint32_t customer)
{
    char name[NAME_SIZE];
    shop_customer_name(shop, customer, name);
    const char *last = name;
    for (const char *at = name; *at; at++) {
        if (*at == ' ' && at[1] >= 'A' && at[1] <= 'Z' && at[2] != '.')
            last = at + 1;
    }
    out_char(out, name[0]);
    out_char(out, last[0]);
    out_char(out, '-');
    out_number(out, 10000 + (int64_t)customer);
    out_char(out, ',');
    field_1252(out, name);
    out_char(out, ',');
    out_text(out, segment_names[shop_home(shop, customer).segment]);
    out_char(out, ',');
}

static void place_fields(struct out *out, const struct location *location)
{
    const struct city *city = city_at(location->city);
    const struct state *state = state_at(city->state);
    const char *postal_code = location->postal_code;
    while (*postal_code == '0')
        postal_code++;
    out_text(out, state->country);
    out_char(out, ',');
    field_1252(out, city->name);
    out_char(out, ',');
    out_text(out, state->name);
    out_char(out, ',');
    out_text(out, postal_code);
    out_char(out, ',');
    out_text(out, state->region);
    out_char(out, ',');
}

/* Sales, quantity, discount and profit of a line; sales and profit in 1/10000 dollar, which is exact. */
static void fact_fields(struct out *out, const struct line *line, const struct product *product)
{
    int64_t sales = line->quantity * line->unit_price * (100 - line->rate);
    int64_t unit_cost = product->cost == COST_UNKNOWN ? product->price * 6 / 10 : product->cost;
    out_decimal_short(out, sales, 4);
    out_char(out, ',');
    out_number(out, line->quantity);
    out_char(out, ',');
    out_decimal_short(out, line->rate, 2);
    out_char(out, ',');
    out_decimal_short(out, sales - line->quantity * unit_cost * 100, 4);
}

static void write_order(struct out *out, const struct shop *shop, const struct order *order, uint64_t *row)
{
    int32_t day = (int32_t)(order->ordered / DAY_SECONDS);
    struct location location;
    location_at(order->destination, &location);
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct line *line = &order->lines[i];
        const struct product *product = &shop->catalog.products[line->product];
        const struct subcategory *sub = subcategory_at(product->subcategory);
        out_number(out, (int64_t)++ * row);
        out_text(out, order->number % 6 == 5 ? ",US-" : ",CA-");
        out_number(out, date_of_day(day).year);
        out_char(out, '-');
        out_number(out, 100001 + (int64_t)order->number);
        out_char(out, ',');
        out_day_us(out, day);
        out_char(out, ',');
        out_day_us(out, (int32_t)(order->shipped / DAY_SECONDS));
        out_char(out, ',');
        out_text(out, ship_mode_names[order->mode]);
        out_char(out, ',');
        customer_fields(out, shop, order->customer);
        place_fields(out, &location);
        product_code(out, line->product, sub);
        out_char(out, ',');
        out_text(out, category_at(sub->category)->name);
        out_char(out, ',');
        out_text(out, sub->name);
        out_char(out, ',');
        product_field(out, shop, order, line->product);
        out_char(out, ',');
        fact_fields(out, line, product);
        out_end(out);
    }
}

bool superstore_write(struct shop *shop, struct folder *folder, struct tally *tally, struct problem *problem)
{
    struct out *out = folder_add(folder, "superstore.csv", "\r\n", problem);
    if (!out)
        return false;
    out_text(out, header);
    out_end(out);
    struct order order;
    while (shop_next(shop, &order)) {
        write_order(out, shop, &order, &tally->lines);
        tally->orders++;
        if (tally->orders % 4096 == 0 && !folder_ok(folder, problem))
            return false;
    }
    return true;
}
