/* The rule at the end of a zone file, which says how the clocks change in all years after its table:
 * CET-1CEST,M3.5.0,M10.5.0/3. It is the TZ form of POSIX, with the hours from -167 to 167 of RFC 8536, 3.3.1. */
#ifndef KPI_LOADER_ZONE_RULE_H
#define KPI_LOADER_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

/* A day of the year, and the second of that day by the clock as it was before. */
struct zone_change {
    char form; /* 'M': week and weekday of a month; 'J': day 1 to 365 without leap days; '0': day 0 to 365 */
    int month, week, day;
    int32_t seconds;
};

struct zone_rule {
    int32_t standard, summer; /* offsets in seconds east of Greenwich */
    bool has_summer;
    struct zone_change start, end; /* of summer time */
};

/* False when the text is no such rule. */
bool zone_rule_parse(const char *text, struct zone_rule *rule);

/* When summer time starts and ends in a year, in seconds since 1970 UTC. Either may be the earlier. */
int64_t zone_rule_start(const struct zone_rule *rule, int year);
int64_t zone_rule_end(const struct zone_rule *rule, int year);

#endif
