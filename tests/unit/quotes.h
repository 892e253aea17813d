/* JSON in C's texts, with ' for ", so that it can be read. */
#ifndef KPI_TESTS_QUOTES_H
#define KPI_TESTS_QUOTES_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* The text with every ' replaced by "; the caller frees it. */
static inline char *with_quotes(const char *text)
{
    char *copy = strdup(text);
    ck_assert_ptr_nonnull(copy);
    for (char *p = copy; *p; p++)
        if (*p == '\'')
            *p = '"';
    return copy;
}

#endif
