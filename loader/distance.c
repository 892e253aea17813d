#include "loader/distance.h"

#include <math.h>

/* R1 of the International Union of Geodesy and Geophysics, (2a + b) / 3 of the GRS 80 ellipsoid:
 * H. Moritz, Geodetic Reference System 1980, Journal of Geodesy 74 (2000), 128-133. */
static const double earth_radius_km = 6371.0088;

/* In radians. */
struct point {
    double latitude, longitude;
};

static double radians(double degrees)
{
    return degrees * (3.14159265358979323846 / 180);
}

/* R. W. Sinnott, Virtues of the Haversine, Sky and Telescope 68 (1984), 159: exact for points that are close too. */
static double great_circle(struct point a, struct point b)
{
    double south_north = sin((b.latitude - a.latitude) / 2), west_east = sin((b.longitude - a.longitude) / 2);
    double h = south_north * south_north + cos(a.latitude) * cos(b.latitude) * west_east * west_east;
    /* Rounding may bring points on opposite sides above 1. */
    return round(2 * earth_radius_km * asin(sqrt(fmin(h, 1))) * 1000) / 1000;
}

double distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b)
{
    return great_circle((struct point){radians(latitude_a), radians(longitude_a)},
                        (struct point){radians(latitude_b), radians(longitude_b)});
}

/* The point of a row of the locations, or of none. */
static bool point_of(const struct dimension *locations, const struct value *location, struct point *point)
{
    struct value place[LOCATION_FIELDS];
    if (location->type != VALUE_INTEGER)
        return false;
    dimension_values(locations, location->integer, place);
    if (place[LOCATION_LATITUDE].type == VALUE_NULL || place[LOCATION_LONGITUDE].type == VALUE_NULL)
        return false;
    point->latitude = radians(decimal_to_double(place[LOCATION_LATITUDE].number));
    point->longitude = radians(decimal_to_double(place[LOCATION_LONGITUDE].number));
    return true;
}

/* Whether an item before this one is of the same seller. */
static bool seller_seen(const struct order *order, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (value_equal(&order->items[i].values[ITEM_SELLER], &order->items[number].values[ITEM_SELLER]))
            return true;
    return false;
}

bool distance_knows_destination(const struct dimension dimensions[DIMENSION_COUNT], const struct order *order)
{
    struct point to;
    return point_of(&dimensions[KIND_LOCATION], &order->values[ORDER_LOCATION], &to);
}

/* The distance from the farthest of the items' sellers. */
static bool from_sellers(const struct dimension *dimensions, const struct order *order, struct point to, double *km)
{
    *km = -1;
    for (size_t i = 0; i < order->item_count; i++) {
        const struct value *seller = &order->items[i].values[ITEM_SELLER];
        struct value values[SELLER_FIELDS];
        struct point from;
        if (seller_seen(order, i))
            continue;
        if (seller->type != VALUE_INTEGER)
            return false;
        dimension_values(&dimensions[KIND_SELLER], seller->integer, values);
        if (!point_of(&dimensions[KIND_LOCATION], &values[SELLER_LOCATION], &from))
            return false;
        *km = fmax(*km, great_circle(from, to));
    }
    return *km >= 0;
}

bool distance_of_order(const struct dimension dimensions[DIMENSION_COUNT], const struct order *order, double *km)
{
    const struct value *v = order->values;
    struct point from, to;
    if (!point_of(&dimensions[KIND_LOCATION], &v[ORDER_LOCATION], &to))
        return false;
    if (v[ORDER_WAREHOUSE].type == VALUE_NULL)
        return from_sellers(dimensions, order, to, km);
    if (!point_of(&dimensions[KIND_LOCATION], &v[ORDER_WAREHOUSE], &from))
        return false;
    *km = great_circle(from, to);
    return true;
}
