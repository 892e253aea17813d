#include "loader/field.h"
#include "core/parameter.h"
#include "loader/zone.h"

#include <string.h>

/* Money has at most this many digits before and behind its point, so that sums of millions of them stay exact. */
enum {
    DIGITS_BEFORE_POINT = 15,
    DIGITS_BEHIND_POINT = 12,
    KEY_BYTES_MOST = 512,
    QUANTITY_MOST = 10000000, /* of a line: more is a mistake, and sums of an order fit */
    TEXT_MIB_MOST = 2         /* so that all texts of a record fit a document of 16 MiB */
};

static bool too_large(struct decimal a)
{
    const int128 limit = (int128)1000000000000000; /* 10^DIGITS_BEFORE_POINT */
    int128 whole = a.coefficient < 0 ? -a.coefficient : a.coefficient;
    for (int i = 0; i < a.scale && whole >= limit; i++)
        whole /= 10;
    return whole >= limit;
}

/* A number of any size that fits at all. */
static bool read_decimal(const struct layout *layout, struct value *value, struct fault *fault)
{
    struct decimal number = value->number;
    if (value->type == VALUE_TEXT && !number_read(value->text, &layout->numbers, &number, fault))
        return false;
    *value = value_number(decimal_reduce(number));
    return true;
}

static bool read_number(const struct layout *layout, struct value *value, struct fault *fault)
{
    struct text text = value->type == VALUE_TEXT ? value->text : (struct text){0};
    if (!read_decimal(layout, value, fault))
        return false;
    if (value->number.scale > DIGITS_BEHIND_POINT || too_large(value->number))
        return fault_set(fault, REASON_BAD_NUMBER, text,
                         "has more than %d digits before or %d behind the decimal point", DIGITS_BEFORE_POINT,
                         DIGITS_BEHIND_POINT);
    return true;
}

static bool read_integer(const struct layout *layout, int64_t least, int64_t most, struct value *value,
                         struct fault *fault)
{
    struct text text = value->type == VALUE_TEXT ? value->text : (struct text){0};
    if (!read_number(layout, value, fault))
        return false;
    if (value->number.scale > 0 || value->number.coefficient < INT32_MIN || value->number.coefficient > INT32_MAX)
        return fault_set(fault, REASON_BAD_NUMBER, text, "is not a whole number that fits");
    if (value->number.coefficient < least || value->number.coefficient > most)
        return fault_set(fault, REASON_BAD_VALUE, text, "is not from %lld to %lld", (long long)least, (long long)most);
    *value = value_integer((int64_t)value->number.coefficient);
    return true;
}

/* Money that must not be negative, a rate from 0 to 1, or degrees. */
static bool read_bounded(const struct schema_field *field, const struct layout *layout, struct value *value,
                         struct fault *fault)
{
    struct text text = value->type == VALUE_TEXT ? value->text : (struct text){0};
    struct decimal from_least, to_most;
    int most = field->type == FIELD_RATE ? 1 : strcmp(field->name, "latitude") == 0 ? 90 : 180;
    int least = field->type == FIELD_RATE ? 0 : -most;
    if (field->type == FIELD_DEGREES ? !read_decimal(layout, value, fault) : !read_number(layout, value, fault))
        return false;
    if (field->type == FIELD_PRICE) {
        if (decimal_sign(value->number) < 0)
            return fault_set(fault, REASON_NEGATIVE_PRICE, text, "%s is negative", field->name);
        return true;
    }
    if (!decimal_subtract(value->number, decimal_from_int(least), &from_least) ||
        !decimal_subtract(decimal_from_int(most), value->number, &to_most) || decimal_sign(from_least) < 0 ||
        decimal_sign(to_most) < 0)
        return fault_set(fault, REASON_BAD_VALUE, text, "%s is not from %d to %d", field->name, least, most);
    return true;
}

static bool read_time(const struct layout *layout, struct value *value, struct fault *fault)
{
    struct text text = value->type == VALUE_TEXT ? value->text : (struct text){0};
    for (int i = 0; text.bytes && i < layout->date_count; i++) {
        if (!date_format_read(&layout->dates[i], text, value))
            continue;
        if (value->type == VALUE_TIME && !layout->dates[i].has_zone)
            value->integer = zone_to_utc(layout->zone, value->integer);
        return true;
    }
    return fault_set(fault, REASON_BAD_DATE, text, "is no date in the form %s, of 1900 to 2199", layout->date_text);
}

static bool read_status(struct value *value, struct fault *fault)
{
    struct text text = value->type == VALUE_TEXT ? value->text : (struct text){0};
    for (size_t i = 0; i < order_status_count; i++) {
        if (text_equal(text, text_of(order_statuses[i].name))) {
            *value = value_integer((int64_t)i);
            return true;
        }
    }
    return fault_set(fault, REASON_BAD_VALUE, text, "is none of the known statuses of an order");
}

/* A number that an expression worked out, where text is wanted. */
static bool read_text(struct value *value, struct fault *fault)
{
    if (value->type != VALUE_TEXT)
        return fault_set(fault, REASON_BAD_VALUE, (struct text){0}, "is a number where text is wanted");
    if (value->text.n > TEXT_MIB_MOST << 20)
        return fault_set(fault, REASON_BAD_VALUE, value->text, "is a text of more than %d MiB", TEXT_MIB_MOST);
    return true;
}

/* What requests could not name must not be there to be asked for. */
static bool read_filtered(struct value *value, struct fault *fault)
{
    if (!read_text(value, fault))
        return false;
    if (value->text.n > VALUE_BYTES_MOST)
        return fault_set(fault, REASON_BAD_VALUE, value->text, "is a text of more than %d bytes", VALUE_BYTES_MOST);
    return true;
}

static bool read_key(struct value *value, struct fault *fault)
{
    if (!read_text(value, fault))
        return false;
    if (value->text.n > KEY_BYTES_MOST)
        return fault_set(fault, REASON_BAD_VALUE, value->text, "is a key of more than %d bytes", KEY_BYTES_MOST);
    return true;
}

bool field_read(const struct schema_field *field, const struct layout *layout, struct value *value, struct fault *fault)
{
    bool is_key = field->type == FIELD_KEY || field->type == FIELD_REFERENCE;
    if (value->type == VALUE_NULL) {
        if (!field->required)
            return true;
        return fault_set(fault, is_key ? REASON_MISSING_KEY : REASON_MISSING_VALUE, (struct text){0}, "%s is empty",
                         field->name);
    }
    switch (field->type) {
    case FIELD_KEY:
    case FIELD_REFERENCE:
        return read_key(value, fault);
    case FIELD_TEXT:
        return read_text(value, fault);
    case FIELD_VALUE:
        return read_filtered(value, fault);
    case FIELD_MONEY:
        return read_number(layout, value, fault);
    case FIELD_PRICE:
    case FIELD_RATE:
    case FIELD_DEGREES:
        return read_bounded(field, layout, value, fault);
    case FIELD_INTEGER:
        return read_integer(layout, INT32_MIN, INT32_MAX, value, fault);
    case FIELD_QUANTITY: {
        struct text text = value->type == VALUE_TEXT ? value->text : (struct text){0};
        if (!read_integer(layout, -QUANTITY_MOST, QUANTITY_MOST, value, fault))
            return false;
        return value->integer != 0 || fault_set(fault, REASON_BAD_VALUE, text, "a quantity of 0 is no sale");
    }
    case FIELD_SCORE:
        return read_integer(layout, 1, 5, value, fault);
    case FIELD_TIME:
        return read_time(layout, value, fault);
    case FIELD_STATUS:
        return read_status(value, fault);
    }
    return false;
}
