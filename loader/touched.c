#include "loader/touched.h"
#include "core/day.h"
#include "loader/sorted.h"

#include <stdlib.h>

bool touched_has(const struct touched_days *t, int64_t day)
{
    return sorted_has(t->days, t->count, day);
}

void touched_add(struct touched_days *t, int64_t day)
{
    sorted_add(&t->days, &t->count, &t->room, day);
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
