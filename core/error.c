#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list args;
    if (!err)
        return;
    err->kind = kind;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
}

void error_prefix(struct error *err, const char *format, ...)
{
    char old[sizeof err->message];
    va_list args;
    int n;
    if (!err)
        return;
    memcpy(old, err->message, sizeof old);
    va_start(args, format);
    n = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->message)
        snprintf(err->message + n, sizeof err->message - (size_t)n, ": %s", old);
}
