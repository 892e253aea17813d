#include "core/costed.h"

#include <stdio.h>
#include <string.h>

static const char sales_name[] = "sales", part_name[] = "costed_sales";

struct costed costed_of(const struct definition *definition, const struct dataset *dataset)
{
    bool both = definition_column(definition, sales_name) && definition_column(definition, part_name);
    return (struct costed){.wanted = both && dataset->has[FEATURE_COST]};
}

/* Adds the amount of that name; a row without one adds nothing. */
static bool add(const bson_t *row, const char *name, struct decimal *sum)
{
    bson_iter_t it;
    bson_decimal128_t raw;
    struct decimal amount;
    if (!bson_iter_init_find(&it, row, name) || BSON_ITER_HOLDS_NULL(&it))
        return true;
    if (BSON_ITER_HOLDS_INT32(&it) || BSON_ITER_HOLDS_INT64(&it))
        amount = decimal_from_int(bson_iter_as_int64(&it));
    else if (!BSON_ITER_HOLDS_DECIMAL128(&it) || !bson_iter_decimal128(&it, &raw) || !decimal_from_bson(&raw, &amount))
        return false;
    return decimal_add(*sum, amount, sum);
}

void costed_add(struct costed *costed, const bson_t *row)
{
    if (costed->wanted && !(add(row, sales_name, &costed->sales) && add(row, part_name, &costed->part)))
        costed->unfit = true;
}

/* "12.3 %", or words where sales that came back leave no such share. */
static void write_share(const struct costed *costed, struct decimal rest, char *out, size_t room)
{
    struct decimal hundredfold, percent;
    char digits[DECIMAL_TEXT_MAX];
    if (decimal_sign(costed->sales) <= 0 || decimal_sign(rest) < 0 || decimal_sign(costed->part) < 0 ||
        !decimal_multiply(rest, decimal_from_int(100), &hundredfold) ||
        !decimal_divide(hundredfold, costed->sales, 1, &percent)) {
        snprintf(out, room, "A part");
        return;
    }
    decimal_text(percent, digits);
    if (decimal_sign(percent) == 0)
        snprintf(out, room, "Less than 0.1 %%");
    else if (strcmp(digits, "100") == 0 && decimal_sign(costed->part) > 0)
        snprintf(out, room, "More than 99.9 %%");
    else
        snprintf(out, room, "%s %%", digits);
}

bool costed_note(const struct costed *costed, char note[COSTED_NOTE_MAX])
{
    struct decimal rest;
    char share[DECIMAL_TEXT_MAX + 8];
    if (!costed->wanted || costed->unfit || !decimal_subtract(costed->sales, costed->part, &rest) ||
        decimal_sign(rest) == 0)
        return false;
    write_share(costed, rest, share, sizeof share);
    snprintf(note, COSTED_NOTE_MAX,
             "%s of the sales in these rows are of order lines whose cost is not known: profit is of the others "
             "(costed_sales).",
             share);
    return true;
}
