#include "loader/fault.h"

#include <stdarg.h>
#include <stdio.h>

#define REASON_CODE(id, code, text) code,
const char *const reason_codes[REASON_COUNT] = {REASONS(REASON_CODE)};
#undef REASON_CODE

#define REASON_TEXT(id, code, text) text,
const char *const reason_texts[REASON_COUNT] = {REASONS(REASON_TEXT)};
#undef REASON_TEXT

bool fault_set(struct fault *fault, enum reason reason, struct text value, const char *format, ...)
{
    va_list args;
    fault->reason = reason;
    fault->column = NULL;
    fault->field = -1;
    fault->value = value;
    va_start(args, format);
    vsnprintf(fault->detail, sizeof fault->detail, format, args);
    va_end(args);
    return false;
}
