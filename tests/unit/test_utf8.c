#include "core/utf8.h"
#include "tests/unit/unit.h"

static const struct {
    const char *text;
    size_t most, expected;
} cuts[] = {
    {"", 0, 0},
    {"", 10, 0},
    {"abc", 2, 2},
    {"abc", 3, 3},
    {"abc", 4, 3},
    {"aé", 1, 1},
    {"aé", 2, 1},
    {"aé", 3, 3},
    {"é", 1, 0},
    {"€€", 5, 3},
    {"€€", 3, 3},
    {"\xf0\x9f\x98\x80", 3, 0},
    {"\x80\x80\x80", 2, 0},
};

START_TEST(text_is_cut_where_a_character_ends)
{
    ck_assert_uint_eq(utf8_cut(cuts[_i].text, cuts[_i].most), cuts[_i].expected);
}
END_TEST

START_TEST(copy_never_leaves_its_room)
{
    char *out = malloc(4);
    utf8_copy(out, 4, "a€");
    ck_assert_str_eq(out, "a");
    utf8_copy(out, 4, "€€");
    ck_assert_str_eq(out, "€");
    utf8_copy(out, 4, "abcdef");
    ck_assert_str_eq(out, "abc");
    utf8_copy(out, 1, "abcdef");
    ck_assert_str_eq(out, "");
    free(out);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("utf8");
    tcase_add_loop_test(tests, text_is_cut_where_a_character_ends, 0, COUNT(cuts));
    tcase_add_test(tests, copy_never_leaves_its_room);
    return run_case(tests, "utf8");
}
