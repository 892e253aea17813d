#include "loader/dictionary.h"
#include "tests/unit/suite.h"
#include <stdio.h>
#include <stdlib.h>

/* The number of the value under "v". */
static uint32_t take(struct dictionary *d, bson_t *doc)
{
    bson_iter_t it;
    uint32_t number = UINT32_MAX;
    ck_assert(bson_iter_init_find(&it, doc, "v"));
    if (!dictionary_take(d, &it, &number))
        number = UINT32_MAX;
    bson_destroy(doc);
    return number;
}

static uint32_t take_text(struct dictionary *d, const char *text)
{
    return take(d, BCON_NEW("v", BCON_UTF8(text)));
}

START_TEST(a_value_has_one_number_however_many_there_are)
{
    enum { MANY = 20000 };
    struct dictionary d;
    char text[16];
    dictionary_init(&d);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < MANY; i++) {
            snprintf(text, sizeof text, "V%d", i);
            ck_assert_uint_eq(take_text(&d, text), (uint32_t)i + 1);
        }
    dictionary_release(&d);
}
END_TEST

START_TEST(null_is_0_and_no_empty_text)
{
    struct dictionary d;
    dictionary_init(&d);
    ck_assert_uint_eq(take(&d, BCON_NEW("v", BCON_NULL)), DICTIONARY_NULL);
    ck_assert_uint_eq(take_text(&d, ""), 1);
    dictionary_release(&d);
}
END_TEST

START_TEST(types_are_told_apart)
{
    struct dictionary d;
    dictionary_init(&d);
    ck_assert_uint_eq(take_text(&d, "1"), 1);
    ck_assert_uint_eq(take(&d, BCON_NEW("v", BCON_INT32(1))), 2);
    ck_assert_uint_eq(take(&d, BCON_NEW("v", BCON_INT64(1))), 3);
    ck_assert_uint_eq(take(&d, BCON_NEW("v", BCON_BOOL(true))), 4);
    ck_assert_uint_eq(take(&d, BCON_NEW("v", BCON_DATE_TIME(1))), 5);
    ck_assert_uint_eq(take(&d, BCON_NEW("v", BCON_DOUBLE(1))), 6);
    dictionary_release(&d);
}
END_TEST

START_TEST(a_list_is_no_value)
{
    struct dictionary d;
    dictionary_init(&d);
    ck_assert_uint_eq(take(&d, BCON_NEW("v", "[", BCON_INT32(1), "]")), UINT32_MAX);
    dictionary_release(&d);
}
END_TEST

START_TEST(values_are_given_back_as_they_were)
{
    struct dictionary d;
    bson_t *docs[] = {BCON_NEW("v", BCON_NULL),          BCON_NEW("v", BCON_UTF8("Québec")),
                      BCON_NEW("v", BCON_INT32(-5)),     BCON_NEW("v", BCON_INT64(INT64_MIN)),
                      BCON_NEW("v", BCON_BOOL(true)),    BCON_NEW("v", BCON_BOOL(false)),
                      BCON_NEW("v", BCON_DATE_TIME(-1)), BCON_NEW("v", BCON_DOUBLE(0.25))};
    dictionary_init(&d);
    for (int i = 0; i < COUNT(docs); i++) {
        bson_t back = BSON_INITIALIZER;
        dictionary_append(&d, take(&d, bson_copy(docs[i])), &back, "v", 1);
        ck_assert(bson_equal(&back, docs[i]));
        bson_destroy(&back);
        bson_destroy(docs[i]);
    }
    dictionary_release(&d);
}
END_TEST

START_TEST(ranks_follow_values_and_not_arrival)
{
    struct dictionary d, other;
    const uint32_t *ranks;
    dictionary_init(&d);
    dictionary_init(&other);
    take_text(&other, "b");
    ck_assert_uint_eq(take_text(&d, "ba"), 1);
    ck_assert_uint_eq(dictionary_translate(&d, &other, 1), 2);
    ck_assert_uint_eq(dictionary_translate(&d, &other, DICTIONARY_NULL), DICTIONARY_NULL);
    ck_assert_uint_eq(take_text(&d, "a"), 3);
    ck_assert_uint_eq(take_text(&d, ""), 4);
    ranks = dictionary_ranks(&d);
    ck_assert(ranks[0] < ranks[4] && ranks[4] < ranks[3] && ranks[3] < ranks[2] && ranks[2] < ranks[1]);
    take(&d, BCON_NEW("v", BCON_INT32(10)));
    take(&d, BCON_NEW("v", BCON_INT32(-9)));
    ranks = dictionary_ranks(&d);
    ck_assert_uint_lt(ranks[6], ranks[5]);
    dictionary_release(&other);
    dictionary_release(&d);
}
END_TEST

static void check_text(bson_t *doc, const char *wanted)
{
    struct dictionary d;
    char text[DICTIONARY_TEXT_MAX];
    dictionary_init(&d);
    dictionary_text(&d, take(&d, doc), text);
    ck_assert_str_eq(text, wanted);
    dictionary_release(&d);
}

START_TEST(values_are_told_as_people_read_them)
{
    char longest[200] = "", wanted[DICTIONARY_TEXT_MAX] = "'";
    for (int i = 0; i < 60; i++) {
        strcat(longest, "\u00e9");
        if (i < 30)
            strcat(wanted, "\u00e9");
    }
    strcat(wanted, "'");
    check_text(BCON_NEW("v", BCON_UTF8("West")), "'West'");
    check_text(BCON_NEW("v", BCON_UTF8(longest)), wanted);
    check_text(BCON_NEW("v", BCON_NULL), "null");
    check_text(BCON_NEW("v", BCON_INT32(-7)), "-7");
    check_text(BCON_NEW("v", BCON_INT64(INT64_MIN)), "-9223372036854775808");
    check_text(BCON_NEW("v", BCON_DOUBLE(2.5)), "2.5");
    check_text(BCON_NEW("v", BCON_DATE_TIME(INT64_C(86400000))), "1970-01-02");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("dictionary");
    tcase_add_test(tests, a_value_has_one_number_however_many_there_are);
    tcase_add_test(tests, null_is_0_and_no_empty_text);
    tcase_add_test(tests, types_are_told_apart);
    tcase_add_test(tests, a_list_is_no_value);
    tcase_add_test(tests, values_are_given_back_as_they_were);
    tcase_add_test(tests, values_are_told_as_people_read_them);
    tcase_add_test(tests, ranks_follow_values_and_not_arrival);
    return run_case(tests, "dictionary");
}
