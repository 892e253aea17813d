/* Numbers, dates and instants, as texts and back.
 *
 * Input: how they are written, then a format of dates, a NUL, and a text. */
#include "core/day.h"
#include "loader/date_format.h"
#include "loader/number.h"
#include "loader/zone.h"
#include "tests/fuzz/fuzz.h"

static bool equal(struct decimal a, struct decimal b)
{
    struct decimal x = decimal_reduce(a), y = decimal_reduce(b);
    return x.coefficient == y.coefficient && x.scale == y.scale;
}

/* Plain text, and the database's form, say the same number. */
static void check_forms(struct decimal a)
{
    static const struct decimal_format plain = {'.', 0};
    char text[DECIMAL_TEXT_MAX];
    size_t n = decimal_text(a, text);
    bson_decimal128_t bson;
    struct decimal back;
    fuzz_require(n < sizeof text && strlen(text) == n, "%zu", n);
    fuzz_require(decimal_parse(text, n, plain, &back) && equal(a, back), "%s is read as another", text);
    fuzz_require_json(text, n);
    decimal_to_bson(a, &bson);
    fuzz_require(decimal_from_bson(&bson, &back) && equal(a, back), "%s is stored as another", text);
}

static void check_sums(struct decimal a, struct decimal b)
{
    struct decimal out, back;
    if (decimal_add(a, b, &out) && decimal_subtract(out, b, &back))
        fuzz_require(equal(a, back), "a + b - b is not a");
    if (decimal_subtract(a, b, &out))
        fuzz_require((decimal_sign(out) == 0) == equal(a, b), "a - b is 0, or is not");
    if (decimal_multiply(a, b, &out))
        fuzz_require(decimal_sign(out) == decimal_sign(a) * decimal_sign(b), "the sign of a product is wrong");
    for (int scale = 0; scale <= 10; scale += 5)
        if (decimal_divide(a, b, scale, &out))
            check_forms(out);
    check_forms(decimal_round(a, 2));
    decimal_to_double(a);
}

static void check_numbers(struct text text, unsigned how)
{
    static const struct number_format formats[] = {{'.', 0, 0}, {',', 0, ' '}, {'.', ',', '\''}, {',', 0, '.'}};
    struct decimal a, b = {(int128)how - 128, (int)(how % 5)};
    struct fault fault;
    if (number_read(text, &formats[how % 4], &a, &fault)) {
        check_forms(a);
        check_sums(a, b);
        check_sums(b, a);
        check_sums(a, a);
    } else {
        fuzz_require(*fault.detail, "it is refused without a word");
    }
}

/* What the clock shows at the instant that it shows is the same. */
static void check_instant(int64_t ms)
{
    static struct zone *zone;
    struct error err;
    if (!zone)
        zone = zone_open("Europe/Paris", &err);
    fuzz_require(zone, "%s", err.message);
    if (ms > -400000000000000 && ms < 400000000000000) {
        int64_t utc = zone_to_utc(zone, ms);
        fuzz_require(zone_to_utc(zone, zone_to_wall(zone, utc)) == utc ||
                         zone_to_wall(zone, utc) == zone_to_wall(zone, zone_to_utc(zone, zone_to_wall(zone, utc))),
                     "%lld", (long long)ms);
    }
}

static void check_dates(const char *form, struct text text)
{
    struct date_format format;
    struct error err = {0};
    struct value value;
    if (!date_format_compile(form, &format, &err)) {
        fuzz_require(err.kind != ERROR_NONE, "it is refused without a word");
        return;
    }
    if (!date_format_read(&format, text, &value))
        return;
    fuzz_require(value.type == VALUE_TIME || value.type == VALUE_DAY, "%d", (int)value.type);
    fuzz_require(value.type == VALUE_TIME || value.integer % 86400000 == 0, "a day that begins at another hour");
    check_instant(value.integer);
}

static void check_days(const char *text)
{
    int64_t first, last;
    char again[DAY_TEXT_MAX];
    if (!day_parse(text, &first, &last))
        return;
    fuzz_require(first <= last && first >= day_least && last <= day_most, "%s", text);
    day_text(first, again);
    fuzz_require(strncmp(text, again, strlen(text)) == 0, "%s is %s", text, again);
    for (int g = 0; g < GRANULARITY_COUNT; g++) {
        int64_t start = period_start((enum granularity)g, first);
        fuzz_require(start <= first && period_shift((enum granularity)g, start, 1) > first, "%s: %d", text, g);
        fuzz_require(period_shift((enum granularity)g, period_shift((enum granularity)g, start, 3), -3) == start, "%s",
                     text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    unsigned how = bytes_next(&in);
    char *form = bytes_text(bytes_until(&in, 0)), *copy = bytes_text(in);
    struct text text = {copy, in.n};
    check_numbers(text, how);
    check_dates(form, text);
    check_days(copy);
    free(form);
    free(copy);
    return 0;
}
