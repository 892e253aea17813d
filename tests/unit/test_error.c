#include "core/error.h"
#include "tests/unit/unit.h"

static char long_text[1000];

static void fill(void)
{
    memset(long_text, 'x', sizeof long_text - 1);
}

START_TEST(sentence_and_kind_are_kept)
{
    struct error err = {0};
    error_set(&err, ERROR_TIMEOUT, "%s took %d s", "it", 30);
    assert_error(&err, ERROR_TIMEOUT, "it took 30 s");
}
END_TEST

START_TEST(nobody_need_listen)
{
    error_set(NULL, ERROR_INTERNAL, "%s", "x");
    error_prefix(NULL, "%s", "x");
}
END_TEST

START_TEST(long_sentence_is_cut_at_the_end)
{
    struct error err = {0};
    fill();
    error_set(&err, ERROR_INVALID, "%s", long_text);
    ck_assert_uint_eq(strlen(err.message), sizeof err.message - 1);
}
END_TEST

START_TEST(context_comes_first_and_the_kind_stays)
{
    struct error err = {0};
    error_set(&err, ERROR_NOT_FOUND, "$.title: is missing");
    error_prefix(&err, "%s.%s", "sales", "json");
    assert_error(&err, ERROR_NOT_FOUND, "sales.json: $.title: is missing");
}
END_TEST

START_TEST(context_of_nothing_is_the_context)
{
    struct error err = {0};
    error_prefix(&err, "a");
    ck_assert_str_eq(err.message, "a: ");
}
END_TEST

START_TEST(context_may_be_made_from_the_sentence_itself)
{
    struct error err = {0};
    error_set(&err, ERROR_INVALID, "a");
    error_prefix(&err, "%s", err.message);
    assert_error(&err, ERROR_INVALID, "a: a");
}
END_TEST

START_TEST(context_pushes_the_end_of_a_long_sentence_out)
{
    struct error err = {0};
    fill();
    error_set(&err, ERROR_INVALID, "%s", long_text);
    error_prefix(&err, "file");
    ck_assert_uint_eq(strlen(err.message), sizeof err.message - 1);
    ck_assert_int_eq(strncmp(err.message, "file: xxx", 9), 0);
}
END_TEST

START_TEST(long_context_leaves_no_room_for_the_sentence)
{
    struct error err = {0};
    fill();
    error_set(&err, ERROR_INVALID, "why");
    error_prefix(&err, "%s", long_text);
    ck_assert_uint_eq(strlen(err.message), sizeof err.message - 1);
    ck_assert_ptr_null(strchr(err.message, 'w'));
    error_prefix(&err, "%s", long_text);
    ck_assert_uint_eq(strlen(err.message), sizeof err.message - 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("error");
    tcase_add_test(tests, sentence_and_kind_are_kept);
    tcase_add_test(tests, nobody_need_listen);
    tcase_add_test(tests, long_sentence_is_cut_at_the_end);
    tcase_add_test(tests, context_comes_first_and_the_kind_stays);
    tcase_add_test(tests, context_of_nothing_is_the_context);
    tcase_add_test(tests, context_may_be_made_from_the_sentence_itself);
    tcase_add_test(tests, context_pushes_the_end_of_a_long_sentence_out);
    tcase_add_test(tests, long_context_leaves_no_room_for_the_sentence);
    return run_case(tests, "error");
}
