#include "loader/profile_layout.h"
#include "core/json.h"

#include <stdio.h>
#include <string.h>

const char *const encoding_names[ENCODING_COUNT] = {"UTF-8", "windows-1252", "ISO-8859-1"};

const struct layout layout_default = {.encoding = ENCODING_UTF8, .delimiter = ',', .numbers = {'.', 0}};

static bool read_encoding(const json_t *object, struct layout *layout, struct error *err)
{
    const char *name = json_text(object, "encoding");
    if (!json_object_get(object, "encoding"))
        return true;
    for (int i = 0; name && i < ENCODING_COUNT; i++) {
        if (strcmp(encoding_names[i], name) == 0) {
            layout->encoding = (enum encoding)i;
            return true;
        }
    }
    error_set(err, ERROR_INVALID, "encoding is to be UTF-8, windows-1252 or ISO-8859-1");
    return false;
}

/* A member that is one character of ASCII, or empty where that is allowed. */
static bool read_character(const json_t *object, const char *key, bool may_be_empty, char *out, struct error *err)
{
    const char *text = json_text(object, key);
    if (!json_object_get(object, key))
        return true;
    if (!text || strlen(text) > 1 || (!*text && !may_be_empty) || strchr("\"\r\n", *text) == text) {
        error_set(err, ERROR_INVALID, "%s is to be one character%s", key, may_be_empty ? " or empty" : "");
        return false;
    }
    *out = *text;
    return true;
}

static bool read_dates(const json_t *object, struct layout *layout, struct arena *arena, struct error *err)
{
    const json_t *list = json_object_get(object, "date_formats");
    char text[256] = "";
    size_t n = json_array_size(list);
    if (!list)
        return true;
    if (n == 0 || n > DATE_FORMATS_MOST) {
        error_set(err, ERROR_INVALID, "date_formats is to be an array of 1 to %d", DATE_FORMATS_MOST);
        return false;
    }
    layout->date_count = 0;
    for (size_t i = 0; i < n; i++) {
        const char *format = json_string_value(json_array_get(list, i));
        size_t used = strlen(text);
        if (!format || !date_format_compile(format, &layout->dates[i], err)) {
            if (!format)
                error_set(err, ERROR_INVALID, "is no string");
            error_prefix(err, "date_formats[%zu]", i);
            return false;
        }
        layout->date_count++;
        snprintf(text + used, sizeof text - used, "%s%s", used ? " or " : "", format);
    }
    layout->date_text = arena_string(arena, text);
    return true;
}

static bool read_nulls(const json_t *object, struct layout *layout, struct arena *arena, struct error *err)
{
    const json_t *list = json_object_get(object, "nulls");
    if (!list)
        return true;
    if (!json_is_array(list) || json_array_size(list) > NULLS_MOST) {
        error_set(err, ERROR_INVALID, "nulls is to be an array of at most %d", NULLS_MOST);
        return false;
    }
    layout->null_count = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text) {
            error_set(err, ERROR_INVALID, "nulls[%zu] is no string", i);
            return false;
        }
        layout->nulls[layout->null_count++] = arena_string(arena, text);
    }
    return true;
}

bool layout_read(const json_t *object, struct layout *layout, struct arena *arena, struct error *err)
{
    if (!read_encoding(object, layout, err) || !read_character(object, "delimiter", false, &layout->delimiter, err) ||
        !read_character(object, "decimal_point", false, &layout->numbers.point, err) ||
        !read_character(object, "thousands", true, &layout->numbers.group, err) ||
        !read_dates(object, layout, arena, err) || !read_nulls(object, layout, arena, err))
        return false;
    if (layout->numbers.point == layout->numbers.group) {
        error_set(err, ERROR_INVALID, "decimal_point and thousands are the same");
        return false;
    }
    return true;
}
