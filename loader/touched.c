#include "loader/touched.h"
#include "core/day.h"
#include "loader/arena.h"

#include <stdlib.h>
#include <string.h>

/* The place of the first day that is not before this one. */
static size_t find(const struct touched_days *t, int64_t day)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool touched_has(const struct touched_days *t, int64_t day)
{
    size_t at = find(t, day);
    return at < t->count && t->days[at] == day;
}

void touched_add(struct touched_days *t, int64_t day)
{
    size_t low = find(t, day);
    if (low < t->count && t->days[low] == day)
        return;
    t->days = memory_grow(t->days, &t->room, t->count + 1, sizeof *t->days);
    memmove(t->days + low + 1, t->days + low, (t->count - low) * sizeof *t->days);
    t->days[low] = day;
    t->count++;
}

void touched_filter(const struct touched_days *t, size_t from, size_t count, bson_t *filter)
{
    bson_t day, list;
    BSON_APPEND_DOCUMENT_BEGIN(filter, "day", &day);
    BSON_APPEND_ARRAY_BEGIN(&day, "$in", &list);
    for (size_t i = 0; i < count; i++) {
        char number[16];
        const char *key;
        size_t n = bson_uint32_to_string((uint32_t)i, &key, number, sizeof number);
        bson_append_date_time(&list, key, (int)n, day_to_ms(t->days[from + i]));
    }
    bson_append_array_end(&day, &list);
    bson_append_document_end(filter, &day);
}

void touched_release(struct touched_days *t)
{
    free(t->days);
    *t = (struct touched_days){0};
}
