#include "loader/order.h"
#include "loader/compute.h"

#include <stdlib.h>
#include <string.h>

/* What a line adds up by, and all that is stored of it. */
static const int summed[] = {ITEM_QUANTITY, ITEM_GROSS,  ITEM_DISCOUNT, ITEM_SALES,
                             ITEM_COST,     ITEM_PROFIT, ITEM_FREIGHT,  ITEM_COSTED_SALES};
static const int stored[] = {ITEM_PRODUCT, ITEM_SELLER, ITEM_QUANTITY, ITEM_UNIT_PRICE, ITEM_GROSS, ITEM_DISCOUNT,
                             ITEM_SALES,   ITEM_COST,   ITEM_PROFIT,   ITEM_FREIGHT,    ITEM_LINE,  ITEM_COSTED_SALES};

enum { SUMMED = sizeof summed / sizeof summed[0], STORED = sizeof stored / sizeof stored[0] };

void order_clear(struct order *order)
{
    order->line_count = order->item_count = order->payment_count = order->review_count = 0;
    order->at_customer = false;
}

void order_release(struct order *order)
{
    free(order->lines);
    free(order->items);
    free(order->payments);
    free(order->reviews);
    memset(order, 0, sizeof *order);
}

static bool same_line(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < STORED; i++)
        if (!value_equal(&a[stored[i]], &b[stored[i]]))
            return false;
    return true;
}

static bool is_keyed(const struct value *line)
{
    return line[ITEM_LINE].type != VALUE_NULL;
}

static bool same_product_and_seller(const struct value *a, const struct value *b)
{
    return value_equal(&a[ITEM_PRODUCT], &b[ITEM_PRODUCT]) && value_equal(&a[ITEM_SELLER], &b[ITEM_SELLER]);
}

static struct order_line *find_line(struct order *order, const struct value *line)
{
    for (size_t i = 0; i < order->line_count; i++) {
        const struct value *other = order->lines[i].values;
        if (is_keyed(line) ? value_equal(&other[ITEM_LINE], &line[ITEM_LINE])
                           : !is_keyed(other) && same_product_and_seller(other, line))
            return &order->lines[i];
    }
    return NULL;
}

/* Adds all amounts of the line, or none: false when a sum does not fit. */
static bool add_amounts(struct value *sum, const struct value *line)
{
    struct value sums[SUMMED];
    for (size_t k = 0; k < SUMMED; k++) {
        sums[k] = sum[summed[k]];
        if (!compute_add(&sums[k], &line[summed[k]]))
            return false;
    }
    for (size_t k = 0; k < SUMMED; k++)
        sum[summed[k]] = sums[k];
    return true;
}

static bool same_payment(const struct value *a, const struct value *b)
{
    return values_equal(a, b, PAYMENT_FIELDS);
}

static bool same_review(const struct value *a, const struct value *b)
{
    return values_equal(a, b, REVIEW_FIELDS);
}

static struct order_said said_of_line(const struct order *order, struct order_line *line)
{
    static const struct order_part_sort sort = {ITEM_FIELDS, same_line};
    return (struct order_said){&sort, &line->part, line->values, line->before, &order->counter, &order->memory};
}

static struct order_said said_of_payment(const struct order *order, struct order_payment *payment)
{
    static const struct order_part_sort sort = {PAYMENT_FIELDS, same_payment};
    return (struct order_said){&sort,           &payment->part,  payment->values,
                               payment->before, &order->counter, &order->memory};
}

static struct order_said said_of_review(const struct order *order, struct order_review *review)
{
    static const struct order_part_sort sort = {REVIEW_FIELDS, same_review};
    return (struct order_said){&sort, &review->part, review->values, review->before, &order->counter, &order->memory};
}

static void settle_all(struct order *order)
{
    for (size_t i = 0; i < order->line_count; i++) {
        struct order_said said = said_of_line(order, &order->lines[i]);
        order_part_settle(&said);
    }
    for (size_t i = 0; i < order->payment_count; i++) {
        struct order_said said = said_of_payment(order, &order->payments[i]);
        order_part_settle(&said);
    }
    for (size_t i = 0; i < order->review_count; i++) {
        struct order_said said = said_of_review(order, &order->reviews[i]);
        order_part_settle(&said);
    }
}

static bool is_rejected_still(const struct order *order, uint16_t file, struct text place)
{
    return order->memory.rejects && order->memory.rejects(order->memory.context, file, place);
}

/* Whether a file says the other lines of its product and seller anew, and so may say this one too: not the file that it
 * was rejected from, where that still has it as it was. */
static bool is_outdated(const struct order *order, const struct order_line *mended)
{
    struct text key = mended->values[ITEM_LINE].text, place;
    size_t n = strlen(MENDED_LINE);
    if (!is_keyed(mended->values) || key.n < n || memcmp(key.bytes, MENDED_LINE, n) != 0)
        return false;
    place = (struct text){key.bytes + n, key.n - n};
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        if (!is_keyed(line->values) && line->part.changed && line->part.file != mended->part.file &&
            same_product_and_seller(line->values, mended->values) && !is_rejected_still(order, line->part.file, place))
            return true;
    }
    return false;
}

static void drop_outdated(struct order *order)
{
    for (size_t i = 0; i < order->line_count;) {
        if (!is_outdated(order, &order->lines[i])) {
            i++;
            continue;
        }
        order->line_count--;
        memmove(&order->lines[i], &order->lines[i + 1], (order->line_count - i) * sizeof order->lines[i]);
    }
}

/* The line with its costed sales: its own sales, unless it is a sum of which they are known, or its profit is not. */
static void complete_line(const struct value given[ITEM_FIELDS], struct value line[ITEM_FIELDS])
{
    memcpy(line, given, ITEM_FIELDS * sizeof *line);
    if (line[ITEM_COSTED_SALES].type == VALUE_NULL)
        line[ITEM_COSTED_SALES] =
            line[ITEM_PROFIT].type == VALUE_NULL ? value_number(decimal_from_int(0)) : line[ITEM_SALES];
}

enum order_result order_add_item(struct order *order, const struct value given[ITEM_FIELDS],
                                 const struct order_word *word, struct cleaning *cleaning, const struct value **first)
{
    struct value values[ITEM_FIELDS];
    struct order_line *line = find_line(order, given);
    struct order_said said;
    complete_line(given, values);
    if (!line) {
        order->lines = memory_grow(order->lines, &order->line_room, order->line_count + 1, sizeof *order->lines);
        line = &order->lines[order->line_count++];
        *line = (struct order_line){.part = order_part_first(word)};
        memcpy(line->values, values, sizeof line->values);
        return ORDER_ADDED;
    }
    *first = line->values;
    said = said_of_line(order, line);
    if (is_keyed(values))
        return order_part_repeat(&said, values, word);
    if (line->part.file != word->file) {
        order_part_replace(&said, values, word);
        return ORDER_AGAIN;
    }
    if (!add_amounts(line->values, values))
        return ORDER_OVERFLOW;
    line->part.rows += word->counted;
    line->part.digest += word->digest;
    cleaning->merged++;
    return ORDER_SUMMED;
}

/* Whether a payment that is there is the one that a file says. One without a sequence is known by its content, and each
 * can be said once by a file: two alike in a file are two. */
static bool is_payment(const struct order_payment *known, const struct value *payment, uint16_t file)
{
    if (payment[PAYMENT_SEQUENCE].type != VALUE_NULL)
        return value_equal(&known->values[PAYMENT_SEQUENCE], &payment[PAYMENT_SEQUENCE]);
    return known->part.file != file && same_payment(known->values, payment);
}

enum order_result order_add_payment(struct order *order, const struct value payment[PAYMENT_FIELDS],
                                    const struct order_word *word, const struct value **first)
{
    struct order_payment *added;
    struct order_said said;
    enum order_result result;
    for (size_t i = 0; i < order->payment_count; i++) {
        struct order_payment *known = &order->payments[i];
        if (!is_payment(known, payment, word->file))
            continue;
        *first = known->values;
        said = said_of_payment(order, known);
        result = order_part_repeat(&said, payment, word);
        return result == ORDER_SAME && payment[PAYMENT_SEQUENCE].type == VALUE_NULL ? ORDER_AGAIN : result;
    }
    order->payments =
        memory_grow(order->payments, &order->payment_room, order->payment_count + 1, sizeof *order->payments);
    added = &order->payments[order->payment_count++];
    memcpy(added->values, payment, sizeof added->values);
    added->part = order_part_first(word);
    return ORDER_ADDED;
}

enum order_result order_add_review(struct order *order, const struct value review[REVIEW_FIELDS],
                                   const struct order_word *word, const struct value **first)
{
    struct order_review *added;
    struct order_said said;
    for (size_t i = 0; i < order->review_count; i++) {
        struct order_review *known = &order->reviews[i];
        if (!value_equal(&known->values[REVIEW_ID], &review[REVIEW_ID]))
            continue;
        *first = known->values;
        said = said_of_review(order, known);
        return order_part_repeat(&said, review, word);
    }
    order->reviews = memory_grow(order->reviews, &order->review_room, order->review_count + 1, sizeof *order->reviews);
    added = &order->reviews[order->review_count++];
    memcpy(added->values, review, sizeof added->values);
    added->part = order_part_first(word);
    return ORDER_ADDED;
}

/* Whether an item before this one is of the same product, from another seller. */
static bool product_seen(const struct order *order, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (value_equal(&order->items[i].values[ITEM_PRODUCT], &order->items[number].values[ITEM_PRODUCT]))
            return true;
    return false;
}

static int compare_text(struct text a, struct text b)
{
    int order = memcmp(a.bytes ? a.bytes : "", b.bytes ? b.bytes : "", a.n < b.n ? a.n : b.n);
    return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* The key that a reference names; no value for none. */
static struct text key_of(const struct order *order, enum kind kind, const struct value *reference)
{
    struct value key;
    if (reference->type != VALUE_INTEGER)
        return (struct text){0};
    values_unpack(order->dimensions[kind].rows[reference->integer].packed, &key, 1);
    return key.text;
}

/* Lines with a number by it, 2 before 10; then the others, by product and seller. */
static int compare_lines(const struct order *order, const struct value *a, const struct value *b)
{
    struct text x = a[ITEM_LINE].text, y = b[ITEM_LINE].text;
    int by_product;
    if (is_keyed(a) != is_keyed(b))
        return is_keyed(a) ? -1 : 1;
    if (is_keyed(a))
        return x.n != y.n ? (x.n < y.n ? -1 : 1) : compare_text(x, y);
    by_product =
        compare_text(key_of(order, KIND_PRODUCT, &a[ITEM_PRODUCT]), key_of(order, KIND_PRODUCT, &b[ITEM_PRODUCT]));
    return by_product
               ? by_product
               : compare_text(key_of(order, KIND_SELLER, &a[ITEM_SELLER]), key_of(order, KIND_SELLER, &b[ITEM_SELLER]));
}

static int compare_values(const struct value *a, const struct value *b)
{
    struct decimal difference;
    if (a->type == VALUE_NULL || b->type == VALUE_NULL)
        return (a->type == VALUE_NULL) - (b->type == VALUE_NULL); /* null last */
    if (a->type == VALUE_TEXT)
        return compare_text(a->text, b->text);
    if (a->type == VALUE_NUMBER)
        return decimal_subtract(a->number, b->number, &difference) ? decimal_sign(difference) : 0;
    return (a->integer > b->integer) - (a->integer < b->integer);
}

static int compare_parts(const struct value *a, const struct value *b, const int *fields, int n)
{
    int order = 0;
    for (int i = 0; i < n && !order; i++)
        order = compare_values(&a[fields[i]], &b[fields[i]]);
    return order;
}

/* Parts are few, and mostly come in their order: so they are sorted by insertion, and most are only compared. */

static void sort_lines(struct order *order)
{
    struct order_line *lines = order->lines, line;
    for (size_t i = 1; i < order->line_count; i++) {
        size_t at = i;
        while (at && compare_lines(order, lines[i].values, lines[at - 1].values) < 0)
            at--;
        if (at == i)
            continue;
        line = lines[i];
        memmove(lines + at + 1, lines + at, (i - at) * sizeof line);
        lines[at] = line;
    }
}

static void sort_payments(struct order *order)
{
    static const int keys[] = {PAYMENT_SEQUENCE, PAYMENT_TYPE, PAYMENT_INSTALLMENTS, PAYMENT_VALUE};
    struct order_payment *payments = order->payments, payment;
    for (size_t i = 1; i < order->payment_count; i++) {
        size_t at = i;
        while (at && compare_parts(payments[i].values, payments[at - 1].values, keys, 4) < 0)
            at--;
        payment = payments[i];
        memmove(payments + at + 1, payments + at, (i - at) * sizeof payment);
        payments[at] = payment;
    }
}

static void sort_reviews(struct order *order)
{
    static const int keys[] = {REVIEW_CREATED, REVIEW_ID};
    struct order_review *reviews = order->reviews, review;
    for (size_t i = 1; i < order->review_count; i++) {
        size_t at = i;
        while (at && compare_parts(reviews[i].values, reviews[at - 1].values, keys, 2) < 0)
            at--;
        review = reviews[i];
        memmove(reviews + at + 1, reviews + at, (i - at) * sizeof review);
        reviews[at] = review;
    }
}

/* Puts a line into its item. */
static bool add_line(struct order *order, size_t number, struct cleaning *cleaning)
{
    const struct order_line *line = &order->lines[number];
    struct order_item *item;
    for (size_t i = 0; i < order->item_count; i++) {
        item = &order->items[i];
        if (!same_product_and_seller(item->values, line->values))
            continue;
        item->line_count++;
        cleaning->merged += line->part.file != FROM_DATABASE;
        return add_amounts(item->values, line->values);
    }
    order->items = memory_grow(order->items, &order->item_room, order->item_count + 1, sizeof *order->items);
    item = &order->items[order->item_count++];
    memcpy(item->values, line->values, sizeof item->values);
    item->line_count = 1;
    item->first_line = number;
    return true;
}

bool order_add_up(struct order *order, struct cleaning *cleaning)
{
    struct order_totals *t = &order->totals;
    struct value zero = value_number(decimal_from_int(0));
    bool ok = true;
    settle_all(order);
    drop_outdated(order);
    sort_lines(order);
    sort_payments(order);
    sort_reviews(order);
    order->item_count = 0;
    for (size_t i = 0; i < order->line_count; i++)
        ok = add_line(order, i, cleaning) && ok;
    *t = (struct order_totals){zero, zero, zero, value_null(), zero, zero, value_integer(0), value_integer(0)};
    for (size_t i = 0; i < order->item_count; i++) {
        const struct value *item = order->items[i].values;
        ok = compute_add(&t->gross, &item[ITEM_GROSS]) && compute_add(&t->sales, &item[ITEM_SALES]) &&
             compute_add(&t->costed_sales, &item[ITEM_COSTED_SALES]) && compute_add(&t->profit, &item[ITEM_PROFIT]) &&
             compute_add(&t->discount, &item[ITEM_DISCOUNT]) && compute_add(&t->freight, &item[ITEM_FREIGHT]) &&
             compute_add(&t->units, &item[ITEM_QUANTITY]) && ok;
        t->products.integer += !product_seen(order, i);
    }
    return ok;
}

bool order_is_return(const struct order *order)
{
    return order->totals.units.integer < 0;
}

int64_t order_wall_time(const struct order *order, int field)
{
    const struct value *moment = &order->values[field];
    return moment->type == VALUE_TIME ? zone_to_wall(order->zone, moment->integer) : moment->integer;
}

struct value order_review_score(const struct order *order)
{
    struct value score = value_null();
    int64_t latest = INT64_MIN;
    for (size_t i = 0; i < order->review_count; i++) {
        const struct value *review = order->reviews[i].values;
        int64_t at = review[REVIEW_CREATED].type == VALUE_NULL ? INT64_MIN : review[REVIEW_CREATED].integer;
        if (at >= latest) {
            latest = at;
            score = review[REVIEW_SCORE];
        }
    }
    return score;
}
