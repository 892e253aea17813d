#include "loader/profile_layout.h"

#include <stdio.h>
#include <string.h>

const char *const encoding_names[ENCODING_COUNT] = {"UTF-8", "windows-1252", "ISO-8859-1"};

const struct layout layout_default = {.encodings = {ENCODING_UTF8},
                                      .encoding_count = 1,
                                      .delimiters = {','},
                                      .delimiter_count = 1,
                                      .numbers = {'.', 0, 0}};

static bool add_encoding(struct layout *layout, const json_t *value, struct findings *found)
{
    const char *name = json_string_value(value);
    for (int i = 0; name && i < ENCODING_COUNT; i++) {
        if (strcmp(encoding_names[i], name) != 0)
            continue;
        for (int k = 0; k < layout->encoding_count; k++)
            if (layout->encodings[k] == (enum encoding)i)
                return findings_add(found, "names %s twice", name);
        layout->encodings[layout->encoding_count++] = (enum encoding)i;
        return true;
    }
    return findings_add(found, "is to be UTF-8, windows-1252 or ISO-8859-1");
}

static void read_encodings(const json_t *value, struct layout *layout, struct findings *found)
{
    layout->encoding_count = 0;
    if (json_is_string(value) && strcmp(json_string_value(value), "auto") == 0) {
        layout->encodings[0] = ENCODING_UTF8;
        layout->encodings[1] = ENCODING_WINDOWS_1252;
        layout->encoding_count = 2;
    } else if (json_is_string(value)) {
        add_encoding(layout, value, found);
    } else if (json_array_size(value) > 0 && json_array_size(value) <= ENCODING_COUNT) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            size_t where = findings_enter(found, "[%zu]", i);
            add_encoding(layout, json_array_get(value, i), found);
            findings_leave(found, where);
        }
    } else {
        findings_add(found, "is to be \"auto\", an encoding, or an array of them");
    }
}

/* One character of those accepted, which `names` tells people. */
static bool read_character(const json_t *value, const char *accepted, const char *names, char *out,
                           struct findings *found)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) != 1 || json_string_length(value) != 1 || !strchr(accepted, *text))
        return findings_add(found, "is to be one of %s", names);
    *out = *text;
    return true;
}

static void read_delimiters(const json_t *value, struct layout *layout, struct findings *found)
{
    static const char accepted[] = ",;\t|:^~", names[] = ", ; | : ^ ~ and the tabulator";
    layout->delimiter_count = 0;
    if (!json_is_array(value)) {
        layout->delimiter_count = read_character(value, accepted, names, &layout->delimiters[0], found);
        return;
    }
    if (json_array_size(value) < 1 || json_array_size(value) > DELIMITERS_MOST) {
        findings_add(found, "is to be one character or an array of 1 to %d", DELIMITERS_MOST);
        return;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        size_t where = findings_enter(found, "[%zu]", i);
        char c = 0;
        if (read_character(json_array_get(value, i), accepted, names, &c, found)) {
            if (memchr(layout->delimiters, c, (size_t)layout->delimiter_count))
                findings_add(found, "names the same delimiter twice");
            else
                layout->delimiters[layout->delimiter_count++] = c;
        }
        findings_leave(found, where);
    }
}

static void read_point(const json_t *value, struct layout *layout, struct findings *found)
{
    static const char accepted[] = ".,", names[] = ". and ,";
    struct number_format *numbers = &layout->numbers;
    numbers->other_point = 0;
    if (!json_is_array(value)) {
        read_character(value, accepted, names, &numbers->point, found);
        return;
    }
    if (json_array_size(value) != 2)
        findings_add(found, "is to be \".\", \",\" or an array of both");
    else if (read_character(json_array_get(value, 0), accepted, names, &numbers->point, found) &&
             read_character(json_array_get(value, 1), accepted, names, &numbers->other_point, found) &&
             numbers->point == numbers->other_point)
        findings_add(found, "names the same character twice");
}

static void read_group(const json_t *value, struct layout *layout, struct findings *found)
{
    layout->numbers.group = 0;
    if (!json_is_string(value) || json_string_length(value) > 0)
        read_character(value, ",.'_ ", ", . ' _ and the space, or empty", &layout->numbers.group, found);
}

static void read_dates(const json_t *list, struct layout *layout, struct arena *arena, struct findings *found)
{
    char text[DATE_FORMATS_MOST * 40] = "";
    size_t n = json_array_size(list);
    if (n == 0 || n > DATE_FORMATS_MOST) {
        findings_add(found, "is to be an array of 1 to %d date formats", DATE_FORMATS_MOST);
        return;
    }
    layout->date_count = 0;
    for (size_t i = 0; i < n; i++) {
        const char *format = json_string_value(json_array_get(list, i));
        size_t used = strlen(text), where = findings_enter(found, "[%zu]", i);
        struct error why;
        if (!format)
            findings_add(found, "is to be a text such as \"YYYY-MM-DD\"");
        else if (!date_format_compile(format, &layout->dates[layout->date_count], &why))
            findings_add(found, "%s", why.message);
        else
            layout->date_count++;
        snprintf(text + used, sizeof text - used, "%s%s", used ? " or " : "", format ? format : "?");
        findings_leave(found, where);
    }
    layout->date_text = arena_string(arena, text);
}

static void read_nulls(const json_t *list, struct layout *layout, struct arena *arena, struct findings *found)
{
    if (!json_is_array(list) || json_array_size(list) > NULLS_MOST) {
        findings_add(found, "is to be an array of at most %d texts", NULLS_MOST);
        return;
    }
    layout->null_count = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        size_t where = findings_enter(found, "[%zu]", i);
        if (!text || !*text || strchr(" \t", text[0]) || strchr(" \t", text[strlen(text) - 1]))
            findings_add(found, "is to be a text without spaces around it");
        else
            layout->nulls[layout->null_count++] = arena_string(arena, text);
        findings_leave(found, where);
    }
}

/* Characters that would mean two things at once. */
static void check_characters(const struct layout *layout, struct findings *found)
{
    const struct number_format *n = &layout->numbers;
    if (n->group && (n->group == n->point || n->group == n->other_point))
        findings_add(found, "decimal_point and thousands are the same character, '%c'", n->group);
    if (layout->delimiter_count == 1 && layout->delimiters[0] == n->point && !n->other_point)
        findings_add(found, "delimiter and decimal_point are the same character, '%c'", n->point);
    if (layout->delimiter_count == 1 && layout->delimiters[0] == n->group)
        findings_add(found, "delimiter and thousands are the same character, '%c'", n->group);
}

void layout_read(const json_t *object, struct layout *layout, struct arena *arena, struct findings *found)
{
    static const char *const keys[] = {"encoding", "delimiter", "decimal_point", "thousands", "date_formats", "nulls"};
    bool any = false;
    for (int i = 0; i < 6; i++) {
        const json_t *value = json_object_get(object, keys[i]);
        size_t where = findings_enter(found, ".%s", keys[i]);
        any = any || (value && i < 4);
        if (value && i == 0)
            read_encodings(value, layout, found);
        else if (value && i == 1)
            read_delimiters(value, layout, found);
        else if (value && i == 2)
            read_point(value, layout, found);
        else if (value && i == 3)
            read_group(value, layout, found);
        else if (value && i == 4)
            read_dates(value, layout, arena, found);
        else if (value)
            read_nulls(value, layout, arena, found);
        findings_leave(found, where);
    }
    if (any)
        check_characters(layout, found);
}
