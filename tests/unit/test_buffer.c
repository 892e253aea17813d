#include "core/buffer.h"
#include "tests/unit/unit.h"

/* An allocation that is too large returns NULL, as it does without the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

START_TEST(what_is_put_comes_out_in_order)
{
    struct buffer buffer = {0};
    buffer_text(&buffer, "a");
    buffer_char(&buffer, 'b');
    buffer_put(&buffer, "cd", 1);
    buffer_int(&buffer, INT64_MIN);
    buffer_int(&buffer, INT64_MAX);
    buffer_printf(&buffer, "%s-%d", "x", 5);
    assert_buffer(&buffer, "abc-92233720368547758089223372036854775807x-5");
}
END_TEST

START_TEST(nothing_put_is_nothing)
{
    struct buffer buffer = {0};
    buffer_put(&buffer, NULL, 0);
    buffer_text(&buffer, "");
    buffer_printf(&buffer, "%s", "");
    ck_assert_uint_eq(buffer.used, 0);
    buffer_release(&buffer);
    buffer_release(&buffer);
}
END_TEST

/* Around every power of two there is a NUL behind the bytes; the sanitizer watches the end. */
START_TEST(growth_keeps_all_bytes_and_the_nul)
{
    struct buffer buffer = {0};
    for (size_t i = 0; i < 70000; i++) {
        buffer_char(&buffer, (char)('a' + i % 26));
        ck_assert_uint_lt(buffer.used, buffer.room);
        if ((i & (i + 1)) == 0)
            ck_assert_uint_eq(strlen(buffer.bytes), i + 1);
    }
    for (size_t i = 0; i < 70000; i++)
        ck_assert_int_eq(buffer.bytes[i], (char)('a' + i % 26));
    buffer_release(&buffer);
}
END_TEST

static const size_t sizes[] = {0, 1, 254, 255, 256, 257, 511, 512, 513, 100000};

START_TEST(one_put_of_any_size_fits)
{
    struct buffer put = {0}, printed = {0};
    char *bytes = malloc(sizes[_i] + 1);
    memset(bytes, 'x', sizes[_i]);
    bytes[sizes[_i]] = '\0';
    buffer_put(&put, bytes, sizes[_i]);
    assert_buffer(&put, bytes);
    buffer_printf(&printed, "%s", bytes);
    assert_buffer(&printed, bytes);
    free(bytes);
}
END_TEST

START_TEST(bytes_may_be_nul)
{
    struct buffer buffer = {0};
    buffer_put(&buffer, "a\0b", 3);
    ck_assert_uint_eq(buffer.used, 3);
    ck_assert_int_eq(memcmp(buffer.bytes, "a\0b", 4), 0);
    buffer_release(&buffer);
}
END_TEST

static const size_t impossible[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1, SIZE_MAX / 2, SIZE_MAX / 4};

START_TEST(failure_keeps_what_was_there_and_ignores_the_rest)
{
    struct buffer buffer = {0};
    size_t n;
    if (_i < COUNT(impossible))
        buffer_text(&buffer, "kept");
    buffer_put(&buffer, "x", impossible[_i % COUNT(impossible)]);
    ck_assert(buffer.failed);
    buffer_text(&buffer, "ignored");
    buffer_printf(&buffer, "%d", 1);
    buffer_json_string(&buffer, "x", 1);
    if (_i < COUNT(impossible))
        ck_assert_str_eq(buffer.bytes, "kept");
    ck_assert_ptr_null(buffer_take(&buffer, &n));
    ck_assert(!buffer.failed && !buffer.bytes);
}
END_TEST

START_TEST(taken_bytes_are_the_callers_and_the_buffer_is_empty)
{
    struct buffer buffer = {0};
    size_t n = 99;
    char *bytes;
    buffer_text(&buffer, "abc");
    bytes = buffer_take(&buffer, &n);
    ck_assert_str_eq(bytes, "abc");
    ck_assert_uint_eq(n, 3);
    free(bytes);
    ck_assert_ptr_null(buffer.bytes);
    buffer_text(&buffer, "again");
    assert_buffer(&buffer, "again");
}
END_TEST

START_TEST(taking_nothing_gives_an_empty_text)
{
    struct buffer buffer = {0};
    size_t n = 99;
    char *bytes = buffer_take(&buffer, &n);
    ck_assert_str_eq(bytes, "");
    ck_assert_uint_eq(n, 0);
    free(bytes);
}
END_TEST

static const struct {
    const char *in;
    size_t n;
    const char *out;
} strings[] = {
    {"", 0, "\"\""},
    {"plain", 5, "\"plain\""},
    {"\"", 1, "\"\\\"\""},
    {"a\\b", 3, "\"a\\\\b\""},
    {"\n\r\t", 3, "\"\\n\\r\\t\""},
    {"\b\f\x01\x1f", 4, "\"\\u0008\\u000c\\u0001\\u001f\""},
    {"a\0b", 3, "\"a\\u0000b\""},
    {"\x7f/", 2, "\"\x7f/\""},
    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10, "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\""},
    {"</script>", 9, "\"</script>\""},
    {"cut here", 3, "\"cut\""},
};

START_TEST(json_string_escapes_what_must_be)
{
    struct buffer buffer = {0};
    buffer_json_string(&buffer, strings[_i].in, strings[_i].n);
    assert_buffer(&buffer, strings[_i].out);
}
END_TEST

#define UNKNOWN "\xef\xbf\xbd"

/* Bytes that are no UTF-8: a text that was cut within a character, stray continuations, overlong forms, surrogates. */
static const struct {
    const char *in, *out;
} broken[] = {
    {"\xc3", "\"" UNKNOWN "\""},
    {"a\xe2\x82", "\"a" UNKNOWN "\""},
    {"a\xf0\x9f\x98", "\"a" UNKNOWN "\""},
    {"a\xf0\x9f\x98z", "\"a" UNKNOWN "z\""},
    {"\x80", "\"" UNKNOWN "\""},
    {"\xff\xfe", "\"" UNKNOWN UNKNOWN "\""},
    {"\xc3\"", "\"" UNKNOWN "\\\"\""},
    {"\xe2\n\xac", "\"" UNKNOWN "\\n" UNKNOWN "\""},
    {"\xc0\xaf", "\"" UNKNOWN UNKNOWN "\""},
    {"\xc3\xc3\xa9", "\"" UNKNOWN "\xc3\xa9\""},
};

START_TEST(json_string_is_utf8_whatever_the_bytes)
{
    struct buffer buffer = {0};
    buffer_json_string(&buffer, broken[_i].in, strlen(broken[_i].in));
    assert_buffer(&buffer, broken[_i].out);
}
END_TEST

/* Every two bytes, between others: always JSON, as an independent parser reads it. */
START_TEST(json_string_of_any_two_bytes_is_json)
{
    for (int b = 0; b < 256; b++) {
        struct buffer buffer = {0};
        char text[8] = {'<', (char)_i, (char)b, '>'};
        json_t *value;
        buffer_json_string(&buffer, text, 4);
        value = json_loadb(buffer.bytes, buffer.used, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        ck_assert_msg(value != NULL, "bytes %d %d make no JSON", _i, b);
        ck_assert_int_eq(json_string_value(value)[0], '<');
        ck_assert_int_eq(json_string_value(value)[json_string_length(value) - 1], '>');
        json_decref(value);
        buffer_release(&buffer);
    }
}
END_TEST

START_TEST(json_string_of_any_character_is_given_back)
{
    for (uint32_t c = 1; c <= 0x10ffff; c += c < 0x10000 ? 1 : 251) {
        struct buffer buffer = {0};
        char text[8];
        uint32_t n;
        json_t *value;
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        bson_utf8_from_unichar(c, text, &n);
        buffer_json_string(&buffer, text, n);
        value = json_loadb(buffer.bytes, buffer.used, JSON_DECODE_ANY, NULL);
        ck_assert_msg(value != NULL, "U+%04X makes no JSON", c);
        ck_assert_uint_eq(json_string_length(value), n);
        ck_assert_int_eq(memcmp(json_string_value(value), text, n), 0);
        json_decref(value);
        buffer_release(&buffer);
    }
}
END_TEST

static const struct {
    const char *bytes;
    size_t n;
    const char *text;
} texts[] = {
    {"", 0, ""},
    {"plain \"x\" \n", 11, "plain \"x\" \n"},
    {"São 東京 😀", 16, "São 東京 😀"},
    {"a\0b", 3,
     "a\xef\xbf\xbd"
     "b"},
    {"\xff", 1, "\xef\xbf\xbd"},
    {"S\xc3", 2, "S\xef\xbf\xbd"},
    {"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
};

START_TEST(text_of_any_bytes_is_utf_8_without_nul)
{
    struct buffer buffer = {0};
    buffer_text(&buffer, "<");
    buffer_utf8(&buffer, texts[_i].bytes, texts[_i].n);
    ck_assert_str_eq(buffer.bytes + 1, texts[_i].text);
    buffer_release(&buffer);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("buffer");
    tcase_add_test(tests, what_is_put_comes_out_in_order);
    tcase_add_test(tests, nothing_put_is_nothing);
    tcase_add_test(tests, growth_keeps_all_bytes_and_the_nul);
    tcase_add_loop_test(tests, one_put_of_any_size_fits, 0, COUNT(sizes));
    tcase_add_test(tests, bytes_may_be_nul);
    tcase_add_loop_test(tests, failure_keeps_what_was_there_and_ignores_the_rest, 0, 2 * COUNT(impossible));
    tcase_add_test(tests, taken_bytes_are_the_callers_and_the_buffer_is_empty);
    tcase_add_test(tests, taking_nothing_gives_an_empty_text);
    tcase_add_loop_test(tests, json_string_escapes_what_must_be, 0, COUNT(strings));
    tcase_add_loop_test(tests, json_string_is_utf8_whatever_the_bytes, 0, COUNT(broken));
    tcase_add_loop_test(tests, json_string_of_any_two_bytes_is_json, 0, 256);
    tcase_add_test(tests, json_string_of_any_character_is_given_back);
    tcase_add_loop_test(tests, text_of_any_bytes_is_utf_8_without_nul, 0, COUNT(texts));
    return run_case(tests, "buffer");
}
