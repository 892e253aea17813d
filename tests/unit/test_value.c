#include "loader/value.h"
#include "tests/unit/suite.h"

static struct value number(int64_t coefficient, int scale)
{
    return value_number((struct decimal){coefficient, scale});
}

START_TEST(packed_values_come_back)
{
    const struct value values[] = {
        value_null(),
        value_text(text_of("x")),
        value_text(text_of("Crème brûlée, 12\"")),
        number(0, 0),
        number(-383031, 3),
        number(INT64_MAX, 34),
        value_number((struct decimal){-(int128)INT64_MAX * 1000000, 5}),
        value_number((struct decimal){INT64_MAX, 0}),
        value_number((struct decimal){(int128)INT64_MAX + 1, 0}),
        value_number((struct decimal){(int128)INT64_MIN * 2 - 1, 0}),
        value_number((struct decimal){(int128)100000000000000000 * 99999999999999999, 34}),
        value_number((struct decimal){(int128)-100000000000000000 * 99999999999999999, 34}),
        value_integer(0),
        value_integer(INT64_MIN),
        value_integer(INT64_MAX),
        value_integer(-1),
        value_integer(INT32_MIN),
        value_integer(INT32_MAX),
        {.type = VALUE_TIME, .integer = 1655821962123},
        {.type = VALUE_TIME, .integer = -1},
        {.type = VALUE_DAY, .integer = 1655769600000},
        {.type = VALUE_DAY, .integer = -86400000},
    };
    struct value back[COUNT(values)];
    struct buffer packed = {0};
    values_pack(&packed, values, COUNT(values));
    ck_assert_ptr_eq(values_unpack(packed.bytes, back, COUNT(values)), packed.bytes + packed.used);
    for (int i = 0; i < COUNT(values); i++)
        ck_assert_msg(value_equal(&values[i], &back[i]), "value %d differs", i);
    buffer_release(&packed);
}
END_TEST

START_TEST(long_text_comes_back)
{
    static char text[1 << 20];
    struct value long_text = value_text((struct text){text, sizeof text}), back;
    struct buffer packed = {0};
    memset(text, 'x', sizeof text);
    values_pack(&packed, &long_text, 1);
    values_unpack(packed.bytes, &back, 1);
    ck_assert(value_equal(&long_text, &back));
    buffer_release(&packed);
}
END_TEST

START_TEST(equal_amounts_are_equal_whatever_their_zeros)
{
    struct value a = number(510, 2), b = number(51, 1), c = number(51, 2);
    ck_assert(value_equal(&a, &b));
    ck_assert(!value_equal(&a, &c));
}
END_TEST

START_TEST(day_and_time_at_midnight_are_the_same_moment)
{
    struct value day = {.type = VALUE_DAY, .integer = 0}, time = {.type = VALUE_TIME, .integer = 0};
    ck_assert(value_equal(&day, &time));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("value");
    tcase_add_test(tests, packed_values_come_back);
    tcase_add_test(tests, long_text_comes_back);
    tcase_add_test(tests, equal_amounts_are_equal_whatever_their_zeros);
    tcase_add_test(tests, day_and_time_at_midnight_are_the_same_moment);
    return run_case(tests, "value");
}
