#include "core/json_place.h"

#include <stdarg.h>
#include <stdio.h>

size_t json_place_enter(struct json_place *place, const char *format, ...)
{
    size_t where = place->used, left = sizeof place->text - where;
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(place->text + where, left, format, args);
    va_end(args);
    place->used += n < 0 ? 0 : (size_t)n < left ? (size_t)n : left - 1;
    return where;
}

void json_place_leave(struct json_place *place, size_t where)
{
    place->used = where;
    place->text[where] = '\0';
}
