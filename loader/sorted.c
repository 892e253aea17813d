#include "loader/sorted.h"
#include "loader/arena.h"

#include <string.h>

/* The place of the first number that is not less. */
static size_t find(const int64_t *numbers, size_t count, int64_t number)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool sorted_has(const int64_t *numbers, size_t count, int64_t number)
{
    size_t at = find(numbers, count, number);
    return at < count && numbers[at] == number;
}

void sorted_add(int64_t **numbers, size_t *count, size_t *room, int64_t number)
{
    size_t at = find(*numbers, *count, number);
    if (at < *count && (*numbers)[at] == number)
        return;
    *numbers = memory_grow(*numbers, room, *count + 1, sizeof **numbers);
    memmove(*numbers + at + 1, *numbers + at, (*count - at) * sizeof **numbers);
    (*numbers)[at] = number;
    ++*count;
}
