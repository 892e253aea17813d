/* Where in a JSON document a walk is, as mistakes call it: "$.pipeline[2].$group". Zeroed, it is the empty place. What
 * does not fit is cut off. */
#ifndef KPI_CORE_JSON_PLACE_H
#define KPI_CORE_JSON_PLACE_H

#include <stddef.h>

enum { JSON_PLACE_BYTES = 512 };

struct json_place {
    char text[JSON_PLACE_BYTES];
    size_t used; /* bytes of text */
};

/* Goes down the path by a printf format; returns what json_place_leave() is to be given. */
size_t json_place_enter(struct json_place *place, const char *format, ...) __attribute__((format(printf, 2, 3)));
void json_place_leave(struct json_place *place, size_t where);

#endif
