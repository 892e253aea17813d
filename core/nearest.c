#include "core/nearest.h"

#include <string.h>

enum { NAME_MAX_BYTES = 63 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned edit_distance(const char *a, const char *b, unsigned limit)
{
    /* Three rows of the classic table: the one being filled, the one above, and the one above that. */
    unsigned rows[3][NAME_MAX_BYTES + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > NAME_MAX_BYTES || m > NAME_MAX_BYTES)
        return limit + 1;
    for (unsigned j = 0; j <= m; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= m; j++) {
            now[j] = least(least(above[j] + 1, now[j - 1] + 1), above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], above2[j - 2] + 1);
        }
    }
    return least(rows[n % 3][m], limit + 1);
}

void nearest_consider(const char *name, const char *candidate, const char **best, unsigned *distance)
{
    unsigned length = (unsigned)strnlen(name, NAME_MAX_BYTES);
    unsigned limit = length < 3 ? length / 2 : length < 6 ? 2 : length / 3, d;
    if (*best && *distance <= limit)
        limit = *distance - (*distance > 0);
    d = edit_distance(name, candidate, limit);
    if (d > limit || (*best && d >= *distance))
        return;
    *best = candidate;
    *distance = d;
}
