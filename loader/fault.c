#include "loader/fault.h"
#include "loader/encoding.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_MOST = 80 };

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

void fault_describe(const struct fault *fault, struct buffer *out)
{
    struct text value = text_cut(fault->value, SHOWN_MOST);
    struct buffer clean = {0};
    if (value.bytes)
        text_repair(value, &clean);
    for (size_t i = 0; i < clean.used; i++)
        if ((unsigned char)clean.bytes[i] < 0x20)
            clean.bytes[i] = ' ';
    if (fault->column)
        buffer_printf(out, "%s: ", fault->column);
    if (clean.used)
        buffer_printf(out, "'%.*s%s' ", (int)clean.used, clean.bytes, fault->value.n > value.n ? "…" : "");
    buffer_text(out, fault->detail);
    memory_check(out);
    buffer_release(&clean);
}
