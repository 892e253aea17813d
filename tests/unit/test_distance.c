#include "loader/distance.h"
#include "tests/unit/suite.h"

/* Worked out a second way, as the angle between vectors: R × atan2(|a × b|, a · b). */
static const struct {
    const char *from;
    double from_latitude, from_longitude;
    const char *to;
    double to_latitude, to_longitude;
    double km;
} pairs[] = {
    {"Paris", 48.8566, 2.3522, "London", 51.5074, -0.1278, 343.557},
    {"Paris", 48.8566, 2.3522, "New York", 40.7128, -74.006, 5837.249},
    {"Sao Paulo", -23.5505, -46.6333, "Rio de Janeiro", -22.9068, -43.1729, 360.749},
    {"Sao Paulo", -23.5505, -46.6333, "Manaus", -3.119, -60.0217, 2689.469},
    {"Sydney", -33.8688, 151.2093, "Auckland", -36.8485, 174.7633, 2155.901},
    {"Suva", -18.1248, 178.4501, "Apia", -13.8333, -171.7667, 1149.172},
    {"North Pole", 90, 0, "South Pole", -90, 0, 20015.114},
    {"North Pole", 90, 0, "London", 51.5074, -0.1278, 4280.188},
};

START_TEST(cities_are_as_far_apart_as_they_are)
{
    double there =
        distance_km(pairs[_i].from_latitude, pairs[_i].from_longitude, pairs[_i].to_latitude, pairs[_i].to_longitude);
    double back =
        distance_km(pairs[_i].to_latitude, pairs[_i].to_longitude, pairs[_i].from_latitude, pairs[_i].from_longitude);
    ck_assert_msg(there == pairs[_i].km, "%s to %s: %.9f", pairs[_i].from, pairs[_i].to, there);
    ck_assert_msg(back == there, "%s to %s: %.9f", pairs[_i].to, pairs[_i].from, back);
}
END_TEST

START_TEST(a_place_is_nowhere_from_itself)
{
    ck_assert(distance_km(45.75, 4.85, 45.75, 4.85) == 0);
    ck_assert(distance_km(-90, 12, -90, 170) == 0);
    ck_assert(distance_km(0, 180, 0, -180) == 0);
}
END_TEST

START_TEST(opposite_points_are_half_the_circumference_apart)
{
    for (int i = 0; i < 90; i++)
        ck_assert_msg(distance_km(i, i, -i, i - 180) == 20015.114, "at %d: %.9f", i, distance_km(i, i, -i, i - 180));
}
END_TEST

START_TEST(neighbours_are_told_apart)
{
    ck_assert(distance_km(-23.55, -46.63, -23.55001, -46.63) == 0.001);
}
END_TEST

static struct dimension dimensions[DIMENSION_COUNT];
static struct order order;

/* Places on the equator, a degree (111.195 km) each; number 4 has no coordinates. Seller n is at place n, 5 nowhere. */
enum { PLACES = 5, UNKNOWN_PLACE = 4, SELLER_NOWHERE = 5 };

static void setup(void)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_init(&dimensions[kind], (enum kind)kind);
    for (int i = 0; i <= PLACES; i++) {
        char id[] = {(char)('0' + i), '\0'};
        struct value place[LOCATION_FIELDS] = {value_text(text_of(id))},
                     seller[SELLER_FIELDS] = {value_text(text_of(id)), value_null(), value_integer(i)};
        if (i != UNKNOWN_PLACE) {
            place[LOCATION_LATITUDE] = value_number(decimal_from_int(0));
            place[LOCATION_LONGITUDE] = value_number(decimal_from_int(i));
        }
        if (i == SELLER_NOWHERE)
            seller[SELLER_LOCATION] = value_null();
        dimension_add(&dimensions[KIND_LOCATION], place, 0, true);
        dimension_add(&dimensions[KIND_SELLER], seller, 0, true);
        memset(place, 0, sizeof place);
        place[0] = value_text(text_of(id));
        dimension_add(&dimensions[KIND_PRODUCT], place, 0, true);
    }
    memset(&order, 0, sizeof order);
    order.dimensions = dimensions;
    order.values[ORDER_LOCATION] = value_integer(0);
}

static void teardown(void)
{
    for (int kind = 0; kind < DIMENSION_COUNT; kind++)
        dimension_release(&dimensions[kind]);
    order_release(&order);
}

/* An item of the seller, or of nobody. */
static void add_item(int seller)
{
    struct cleaning cleaning = {0};
    struct value line[ITEM_FIELDS];
    const struct value *first;
    for (int i = 0; i < ITEM_FIELDS; i++)
        line[i] = value_null();
    line[ITEM_PRODUCT] = value_integer((int64_t)order.line_count);
    line[ITEM_SELLER] = seller < 0 ? value_null() : value_integer(seller);
    line[ITEM_QUANTITY] = value_integer(1);
    order_add_item(&order, line, &(struct order_word){0, true, 0}, &cleaning, &first);
    ck_assert(order_add_up(&order, &cleaning));
}

static void assert_km(double expected)
{
    double km;
    ck_assert(distance_of_order(dimensions, &order, &km));
    ck_assert_msg(km == expected, "%.9f", km);
}

static void assert_unknown(void)
{
    double km;
    ck_assert(!distance_of_order(dimensions, &order, &km));
}

START_TEST(order_comes_from_its_seller)
{
    add_item(2);
    assert_km(222.39);
}
END_TEST

START_TEST(of_several_sellers_the_farthest_counts)
{
    add_item(1);
    add_item(3);
    add_item(2);
    add_item(3);
    assert_km(333.585);
}
END_TEST

START_TEST(warehouse_goes_before_sellers)
{
    add_item(3);
    order.values[ORDER_WAREHOUSE] = value_integer(1);
    assert_km(111.195);
    order.values[ORDER_WAREHOUSE] = value_integer(UNKNOWN_PLACE);
    assert_unknown();
}
END_TEST

START_TEST(place_that_is_not_known_leaves_the_distance_unknown)
{
    assert_unknown(); /* no items */
    add_item(1);
    order.values[ORDER_LOCATION] = value_integer(UNKNOWN_PLACE);
    assert_unknown();
    order.values[ORDER_LOCATION] = value_null();
    assert_unknown();
}
END_TEST

static const int unknown_sellers[] = {-1, UNKNOWN_PLACE, SELLER_NOWHERE};

START_TEST(one_part_from_nobody_knows_where_leaves_the_distance_unknown)
{
    add_item(1);
    add_item(unknown_sellers[_i]);
    assert_unknown();
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("distance");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, cities_are_as_far_apart_as_they_are, 0, COUNT(pairs));
    tcase_add_test(tests, a_place_is_nowhere_from_itself);
    tcase_add_test(tests, opposite_points_are_half_the_circumference_apart);
    tcase_add_test(tests, neighbours_are_told_apart);
    tcase_add_test(tests, order_comes_from_its_seller);
    tcase_add_test(tests, of_several_sellers_the_farthest_counts);
    tcase_add_test(tests, warehouse_goes_before_sellers);
    tcase_add_test(tests, place_that_is_not_known_leaves_the_distance_unknown);
    tcase_add_loop_test(tests, one_part_from_nobody_knows_where_leaves_the_distance_unknown, 0, COUNT(unknown_sellers));
    return run_case(tests, "distance");
}
