#include "core/definition.h"
#include "core/rollup.h"
#include "tests/unit/unit.h"

static struct source *sources[3];
static struct mistakes found;

static struct source *source_of(const char *name, const char *text)
{
    struct source *s = source_parse(json_of(text), name, &found);
    ck_assert_msg(s != NULL, "%s", found.count ? found.list[0].reason : "");
    return s;
}

static void make_sources(void)
{
    sources[0] = source_of("order", "{'title': 'T', 'collection': 'orders', 'cost': 1, 'pipeline': [], 'dimensions':"
                                    " {'day': 'day', 'order': '_id', 'region': 'region', 'customer': 'customer_id',"
                                    "  'payments': 'payments', 'sales': 'sales'},"
                                    " 'measures': {'sales': 'sales', 'units': 'units', 'orders': 'orders',"
                                    "  'products': 'products', 'tax': 'tax'}}");
    sources[1] =
        source_of("item", "{'title': 'T', 'collection': 'orders', 'cost': 2, 'pipeline': [], 'unwind': 'items',"
                          " 'dimensions': {'region': 'region', 'product': 'items.product_id',"
                          "  'category': 'items.category', 'group': 'items.group',"
                          "  'deep': 'items.of.it', 'far': 'ship.mode'},"
                          " 'measures': {'sales': 'items.sales', 'units': 'items.quantity',"
                          "  'orders': {'orders': {'$max': '$orders'}}}}");
    sources[2] = source_of("visit", "{'title': 'T', 'collection': 'visits', 'cost': 0, 'pipeline': [],"
                                    " 'dimensions': {'page': 'page', 'region': 'where'}, 'measures': {'sales': 'v'}}");
}

static void forget(void)
{
    for (int i = 0; i < COUNT(sources); i++)
        source_free(sources[i]);
    mistakes_release(&found);
}

static struct rollup *parse(const char *name, const char *text)
{
    return rollup_parse(json_of(text), name, sources, COUNT(sources), &found);
}

static struct rollup *good(const char *name, const char *text)
{
    struct rollup *r = parse(name, text);
    ck_assert_msg(r != NULL, "%s: %s", found.count ? found.list[0].place : "", found.count ? found.list[0].reason : "");
    return r;
}

START_TEST(order_rollup_is_read_whole)
{
    struct rollup *r = good("by_region", "{'title': 'Sales by region', 'grain': 'month', 'dimensions': ['region',"
                                         " 'customer'], 'measures': ['sales', 'orders', 'products', 'tax']}");
    ck_assert_str_eq(r->name, "by_region");
    ck_assert_str_eq(r->title, "Sales by region");
    ck_assert_int_eq(r->grain, ROLLUP_MONTH);
    ck_assert_uint_eq(r->dimension_count, 2);
    ck_assert_str_eq(r->dimensions[1].name, "customer");
    ck_assert_str_eq(r->dimensions[1].path, "customer_id");
    ck_assert_str_eq(r->dimensions[1].field, "customer_id");
    ck_assert(!r->in_items);
    ck_assert_ptr_null(r->parent);
    ck_assert_uint_eq(r->measure_count, 4);
    ck_assert_int_eq(r->measures[0].sum, ROLLUP_SUM);
    ck_assert_int_eq(r->measures[1].sum, ROLLUP_ORDERS);
    ck_assert_int_eq(r->measures[2].sum, ROLLUP_PRODUCTS);
    ck_assert_str_eq(r->measures[2].path, "products");
    ck_assert_str_eq(r->measures[3].path, "tax");
    ck_assert_str_eq(r->source.collection, "by_region");
    ck_assert_ptr_null(source_dimension(&r->source, "day"));
    ck_assert_str_eq(source_dimension(&r->source, "customer")->path, "rows.customer_id");
    ck_assert_str_eq(source_measure(&r->source, "sales")->path, "rows.sales");
    rollup_free(r);
}
END_TEST

START_TEST(line_rollup_takes_measures_of_lines)
{
    struct rollup *r =
        good("by_product", "{'title': 'T', 'grain': 'day', 'dimensions': ['region', 'product', 'category'],"
                           " 'measures': ['sales', 'units', 'orders', 'products'],"
                           " 'determines': {'product': ['category']}}");
    ck_assert(r->in_items);
    ck_assert_str_eq(r->items, "items");
    ck_assert(!r->dimensions[0].in_items && r->dimensions[1].in_items);
    ck_assert_str_eq(r->dimensions[1].field, "product_id");
    ck_assert_str_eq(r->measures[0].path, "items.sales");
    ck_assert_str_eq(r->measures[1].path, "items.quantity");
    ck_assert_ptr_null(r->measures[2].path);
    ck_assert_str_eq(r->measures[3].path, "items.product_id");
    ck_assert_uint_eq(r->determine_count, 1);
    ck_assert_uint_eq(r->determines[0].by, 1);
    ck_assert_uint_eq(r->determines[0].dimension, 2);
    ck_assert_str_eq(source_dimension(&r->source, "day")->path, "day");
    ck_assert_str_eq(source_measure(&r->source, "units")->path, "rows.units");
    rollup_free(r);
}
END_TEST

#define FILE_OF(grain, dimensions, measures, more)                                                                     \
    "{'title': 'T', 'grain': '" grain "', 'dimensions': [" dimensions "], 'measures': [" measures "]" more "}"

static const struct {
    const char *name, *text, *place, *says;
} bad[] = {
    {"r", "[]", "$", "must be an object"},
    {"r", "{'title': 'T', 'dimensions': [], 'measures': ['sales']}", "$", "'grain' is missing"},
    {"r", FILE_OF("week", "", "'sales'", ""), "$.grain", "'week' is none of day, month, all"},
    {"r", FILE_OF("day", "", "'sales'", ", 'dimension': []"), "$.dimension", "unknown"},
    {"r", "{'title': '', 'grain': 'day', 'dimensions': [], 'measures': ['sales']}", "$.title", "is empty"},
    {"r", "{'title': 'T', 'grain': 'day', 'measures': ['sales']}", "$", "'dimensions' is missing"},
    {"r", FILE_OF("day", "'regoin'", "'sales'", ""), "$.dimensions[0]", "did you mean 'region'?"},
    {"r", FILE_OF("day", "'page'", "'sales'", ""), "$.dimensions[0]", "no source of the orders has a dimension 'page'"},
    {"r", FILE_OF("day", "'region', 'region'", "'sales'", ""), "$.dimensions[1]", "'region' is there twice"},
    {"r", FILE_OF("day", "'day'", "'sales'", ""), "$.dimensions[0]", "the day is what grain is for"},
    {"r", FILE_OF("day", "'order'", "'sales'", ""), "$.dimensions[0]", "a row of every order"},
    {"r", FILE_OF("day", "'payments'", "'sales'", ""), "$.dimensions[0]", "a list cannot be a dimension"},
    {"r", FILE_OF("day", "", "", ""), "$.measures", "names no measure"},
    {"r", FILE_OF("day", "", "'sale'", ""), "$.measures[0]", "did you mean 'sales'?"},
    {"r", FILE_OF("day", "", "'sales', 'sales'", ""), "$.measures[1]", "'sales' is there twice"},
    {"r", FILE_OF("day", "'sales'", "'sales'", ""), "$.measures[0]", "a dimension of the rows is called 'sales'"},
    {"r", FILE_OF("day", "'product'", "'tax'", ""), "$.measures[0]", "adds up over lines"},
    {"r", FILE_OF("day", "1", "'sales'", ""), "$.dimensions[0]", "must be a string"},
    {"r", FILE_OF("day", "'deep'", "'sales'", ""), "$.dimensions[0]", "'deep' is at 'items.of.it', which is no field"},
    {"r", FILE_OF("day", "'far'", "'sales'", ""), "$.dimensions[0]", "'far' is at 'ship.mode', which is no field"},
    {"r", FILE_OF("day", "'product'", "'sales'", ", 'determines': {'category': ['product']}"), "$.determines.category",
     "must be one of $.dimensions"},
    {"r", FILE_OF("day", "'product'", "'sales'", ", 'determines': {'product': ['category']}"),
     "$.determines.product[0]", "must be one of $.dimensions"},
    {"r", FILE_OF("day", "'product'", "'sales'", ", 'determines': {'product': ['product']}"), "$.determines.product[0]",
     "determines itself"},
    {"r", FILE_OF("day", "'product'", "'sales'", ", 'determines': {'product': 'category'}"), "$.determines.product",
     "must be a list"},
    {"orders", FILE_OF("day", "", "'sales'", ""), "", "is called 'orders' already"},
    {"visits", FILE_OF("day", "", "'sales'", ""), "", "is called 'visits' already"},
    {"visit", FILE_OF("day", "", "'sales'", ""), "", "is called 'visit' already"},
    {"meta", FILE_OF("day", "", "'sales'", ""), "", "is called 'meta' already"},
    {"sales_fact", FILE_OF("day", "", "'sales'", ""), "", "is called 'sales_fact' already"},
    {"next_orders", FILE_OF("day", "", "'sales'", ""), "", "is called 'next_orders' already"},
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
    size_t i;
    ck_assert_ptr_null(parse(bad[_i].name, bad[_i].text));
    for (i = 0; i < found.count; i++)
        if (strcmp(found.list[i].place, bad[_i].place) == 0 && strstr(found.list[i].reason, bad[_i].says))
            break;
    ck_assert_msg(i < found.count, "%s: %s, not %s: %s", found.list[0].place, found.list[0].reason, bad[_i].place,
                  bad[_i].says);
}
END_TEST

START_TEST(all_that_is_wrong_is_said_at_once)
{
    ck_assert_ptr_null(parse("meta", FILE_OF("week", "'a', 'b'", "'c'", ", 'x': 1")));
    ck_assert_uint_eq(found.count, 6);
}
END_TEST

#define DAILY                                                                                                          \
    FILE_OF("day", "'region', 'product', 'category'", "'sales', 'orders'", ", 'determines': {'product': ['category']}")

static const struct {
    const char *text, *place, *says; /* place NULL: all is well */
} children[] = {
    {FILE_OF("month", "'product', 'category'", "'orders'", ", 'from': 'daily'"), NULL, NULL},
    /* What is left out is determined by what stays. */
    {FILE_OF("month", "'product'", "'orders'", ", 'from': 'daily'"), NULL, NULL},
    {FILE_OF("all", "'category'", "'sales'", ", 'from': 'daily'"), NULL, NULL},
    {FILE_OF("month", "'category'", "'sales', 'orders'", ", 'from': 'daily'"), "$.from",
     "an order may be in several rows of 'daily' that differ in 'product', and 'orders' would count it"},
    {FILE_OF("month", "'region'", "'sales'", ", 'from': 'daily'"), "$.from", "leaves out orders without lines"},
    {FILE_OF("day", "'product'", "'sales'", ", 'from': 'daily'"), "$.from",
     "the grain day, which is not finer than day"},
    {FILE_OF("day", "'product'", "'sales'", ", 'from': 'child'"), "$.from", "not finer"},
    {FILE_OF("month", "'product'", "'sales'", ", 'from': 'dayly'"), "$.from",
     "no rollup 'dayly' that can be used; did you mean 'daily'?"},
    {FILE_OF("month", "'product', 'group'", "'sales'", ", 'from': 'daily'"), "$.dimensions[1]",
     "has no dimension 'group'"},
    {FILE_OF("month", "'product'", "'units'", ", 'from': 'daily'"), "$.measures[0]", "has no measure 'units'"},
};

START_TEST(parent_must_have_what_is_added_up_from_it)
{
    struct rollup *all[3] = {good("daily", DAILY), NULL, good("child", children[_i].text)};
    char hash[HASH_TEXT_MAX];
    bool ok;
    strcpy(hash, all[2]->hash);
    ck_assert(rollup_link(all[0], all, 3, &found));
    ok = rollup_link(all[2], all, 3, &found);
    if (children[_i].place) {
        ck_assert(!ok);
        ck_assert_str_eq(found.list[0].place, children[_i].place);
        ck_assert_msg(strstr(found.list[0].reason, children[_i].says) != NULL, "%s", found.list[0].reason);
    } else {
        ck_assert_msg(ok, "%s", found.count ? found.list[0].reason : "");
        ck_assert_ptr_eq(all[2]->parent, all[0]);
        ck_assert_str_ne(all[2]->hash, hash);
    }
    rollup_free(all[0]);
    rollup_free(all[2]);
}
END_TEST

static const struct {
    const char *name, *text;
    bool same;
} hashes[] = {
    {"r", FILE_OF("day", "'region', 'product'", "'sales'", ""), true},
    {"r", "{'title': 'Another', 'grain': 'day', 'dimensions': ['region', 'product'], 'measures': ['sales']}", true},
    {"r", FILE_OF("day", "'region', 'product', 'category'", "'sales'", ""), false},
    {"r", FILE_OF("day", "'product', 'region'", "'sales'", ""), false},
    {"r", FILE_OF("day", "'region', 'product'", "'units'", ""), false},
    {"r", FILE_OF("month", "'region', 'product'", "'sales'", ""), false},
    {"r2", FILE_OF("day", "'region', 'product'", "'sales'", ""), false},
};

static const struct {
    const char *determines;
    bool same;
} claims[] = {
    {", 'determines': {'product': ['category']}", true},
    {", 'determines': {'category': ['product']}", false},
    {"", false},
};

START_TEST(hash_is_of_what_is_stored)
{
    struct rollup *a = good("r", FILE_OF("day", "'region', 'product'", "'sales'", ""));
    struct rollup *b = good(hashes[_i].name, hashes[_i].text);
    ck_assert_int_eq(strcmp(a->hash, b->hash) == 0, hashes[_i].same);
    rollup_free(a);
    rollup_free(b);
}
END_TEST

/* They are held to the data when the rollup is built. */
START_TEST(hash_is_of_what_is_claimed)
{
    char text[512];
    struct rollup *a, *b;
    snprintf(text, sizeof text, "%s",
             FILE_OF("day", "'category', 'product'", "'sales'", ", 'determines': {'product': ['category']}"));
    a = good("r", text);
    snprintf(text, sizeof text, FILE_OF("day", "'category', 'product'", "'sales'", "%s"), claims[_i].determines);
    b = good("r", text);
    ck_assert_int_eq(strcmp(a->hash, b->hash) == 0, claims[_i].same);
    rollup_free(a);
    rollup_free(b);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rollup");
    tcase_add_checked_fixture(tests, make_sources, forget);
    tcase_add_test(tests, order_rollup_is_read_whole);
    tcase_add_test(tests, line_rollup_takes_measures_of_lines);
    tcase_add_loop_test(tests, what_is_wrong_is_said_with_its_place, 0, COUNT(bad));
    tcase_add_test(tests, all_that_is_wrong_is_said_at_once);
    tcase_add_loop_test(tests, parent_must_have_what_is_added_up_from_it, 0, COUNT(children));
    tcase_add_loop_test(tests, hash_is_of_what_is_stored, 0, COUNT(hashes));
    tcase_add_loop_test(tests, hash_is_of_what_is_claimed, 0, COUNT(claims));
    return run_case(tests, "rollup");
}
