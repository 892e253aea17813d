/* How far an order goes: the great circle from where it is sent to where it is delivered. */
#ifndef KPI_LOADER_DISTANCE_H
#define KPI_LOADER_DISTANCE_H

#include "loader/dimension.h"
#include "loader/order.h"

/* Kilometres between two points in degrees, by the haversine formula on a sphere of the Earth's mean radius, rounded to
 * the metre. The Earth is flatter than that: it is up to 0.5 % wrong. */
double distance_km(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

/* Whether the place that the order went to has a point. */
bool distance_knows_destination(const struct dimension dimensions[DIMENSION_COUNT], const struct order *order);

/* The order's distance. It is sent from its warehouse where it names one, else from the sellers of its items: from the
 * farthest, since it is complete when its last part has arrived. False, it is not known: where the order is delivered,
 * or any place that it is sent from, has no coordinates. */
bool distance_of_order(const struct dimension dimensions[DIMENSION_COUNT], const struct order *order, double *km);

#endif
