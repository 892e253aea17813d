#include "core/order_status.h"

const struct order_status order_statuses[] = {
    {"created", true},    {"paid", true},         {"processing", true}, {"shipped", true},  {"delivered", true},
    {"cancelled", false}, {"unavailable", false}, {"unpaid", false},    {"returned", true},
};
const size_t order_status_count = sizeof order_statuses / sizeof order_statuses[0];
