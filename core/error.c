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
    char context[sizeof err->message];
    size_t n, kept;
    va_list args;
    if (!err)
        return;
    va_start(args, format);
    vsnprintf(context, sizeof context - 2, format, args);
    va_end(args);
    n = strlen(context);
    memcpy(context + n, ": ", 3);
    n += 2;
    kept = strlen(err->message);
    if (n + kept >= sizeof err->message)
        kept = sizeof err->message - 1 - n;
    memmove(err->message + n, err->message, kept);
    memcpy(err->message, context, n);
    err->message[n + kept] = '\0';
}
