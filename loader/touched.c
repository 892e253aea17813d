#include "loader/touched.h"
#include "loader/arena.h"

#include <stdlib.h>
#include <string.h>

void touched_add(struct touched_days *t, int64_t day)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < t->count && t->days[low] == day)
        return;
    t->days = memory_grow(t->days, &t->room, t->count + 1, sizeof *t->days);
    memmove(t->days + low + 1, t->days + low, (t->count - low) * sizeof *t->days);
    t->days[low] = day;
    t->count++;
}

void touched_release(struct touched_days *t)
{
    free(t->days);
    *t = (struct touched_days){0};
}
