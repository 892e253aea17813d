#include "loader/encoding.h"
#include "tests/unit/suite.h"

static const struct {
    const char *bytes;
    bool is_utf8;
} samples[] = {
    {"plain", true},
    {"Crème", true},
    {"\xe2\x82\xac", true},
    {"\xf0\x9f\x9b\x92", true},
    {"Cr\xe8me", false},
    {"\xc0\x80", false},
    {"\xe0\x80\x80", false},
    {"\xed\xa0\x80", false},
    {"\xf4\x90\x80\x80", false},
    {"\xf0\x80\x80\x80", false},
    {"\xe2\x82", false},
    {"\x80", false},
    {"\xff", false},
    {"\xf5\x80\x80\x80", false},
    {"\xf4\x8f\xbf\xbf", true},
    {"", true},
};

START_TEST(utf8_is_told_from_what_is_none)
{
    ck_assert_msg(text_is_utf8(text_of(samples[_i].bytes)) == samples[_i].is_utf8, "sample %d", _i);
}
END_TEST

START_TEST(nul_is_no_text)
{
    ck_assert(!text_is_utf8((struct text){"a\0b", 3}));
    ck_assert(!text_is_ascii((struct text){"a\0b", 3}));
    ck_assert(text_is_ascii(text_of("0123456789abcdefg")));
    ck_assert(!text_is_ascii(text_of("0123456\xe9 9abcdefg")));
}
END_TEST

static void assert_converted(enum encoding from, const char *bytes, const char *expected, bool ok)
{
    struct buffer out = {0};
    ck_assert_int_eq(text_to_utf8(from, text_of(bytes), &out), ok);
    ck_assert_str_eq(out.bytes, expected);
    buffer_release(&out);
}

START_TEST(single_byte_encodings_become_utf8)
{
    assert_converted(ENCODING_WINDOWS_1252, "Cr\xe8me \x80 \x93x\x94\xa0", "Crème € “x”\xc2\xa0", true);
    assert_converted(ENCODING_ISO_8859_1, "Cr\xe8me", "Crème", true);
    assert_converted(ENCODING_WINDOWS_1252,
                     "a\x81"
                     "b",
                     "a\xff"
                     "b",
                     false);
    assert_converted(ENCODING_UTF8, "Cr\xe8me", "Cr\xe8me", false);
}
END_TEST

START_TEST(repair_marks_what_is_no_text)
{
    struct buffer out = {0};
    text_repair((struct text){"a\xe9z\0é", 6}, &out);
    ck_assert_str_eq(out.bytes, "a\xef\xbf\xbdz\xef\xbf\xbdé");
    buffer_release(&out);
}
END_TEST

START_TEST(cut_is_between_characters)
{
    struct text text = text_of("aéz");
    ck_assert_uint_eq(text_cut(text, 4).n, 4);
    ck_assert_uint_eq(text_cut(text, 3).n, 3);
    ck_assert_uint_eq(text_cut(text, 2).n, 1);
    ck_assert_uint_eq(text_cut(text, 0).n, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("encoding");
    tcase_add_loop_test(tests, utf8_is_told_from_what_is_none, 0, COUNT(samples));
    tcase_add_test(tests, nul_is_no_text);
    tcase_add_test(tests, single_byte_encodings_become_utf8);
    tcase_add_test(tests, repair_marks_what_is_no_text);
    tcase_add_test(tests, cut_is_between_characters);
    return run_case(tests, "encoding");
}
