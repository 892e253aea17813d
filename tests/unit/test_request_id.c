#include "server/request_id.h"
#include "tests/unit/unit.h"

#include <pthread.h>

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static const char *const sane[] = {"a", "0", "3f1c-22:x/y+z=_.@", "4bf92f3577b34da6a3ce929d0e0e4736"};
static const char *const odd[] = {NULL,          "",     " ",         "a b", "a\tb", "a\nb", "a\r\nSet-Cookie: x=y",
                                  "a\"b",        "a\\b", "<script>",  "{a}", "a,b",  "a;b",  "a%b",
                                  "caf\xc3\xa9", "\xff", "$(reboot)", "`x`"};

START_TEST(sane_id_is_taken_over)
{
    ck_assert(request_id_is_sane(sane[_i]));
}
END_TEST

START_TEST(odd_id_is_not_taken_over)
{
    ck_assert(!request_id_is_sane(odd[_i]));
}
END_TEST

START_TEST(id_is_no_longer_than_128)
{
    char text[REQUEST_ID_MAX + 2];
    memset(text, 'a', sizeof text);
    text[REQUEST_ID_MAX] = '\0';
    ck_assert(request_id_is_sane(text));
    text[REQUEST_ID_MAX] = 'a';
    text[REQUEST_ID_MAX + 1] = '\0';
    ck_assert(!request_id_is_sane(text));
}
END_TEST

enum { MADE = 2000 };
static char made[2 * MADE][REQUEST_ID_MADE];

static void *make_many(void *from)
{
    char(*ids)[REQUEST_ID_MADE] = from;
    for (int i = 0; i < MADE; i++)
        request_id_make(ids[i]);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

START_TEST(made_ids_are_sane_and_never_the_same)
{
    pthread_t other;
    ck_assert_int_eq(pthread_create(&other, NULL, make_many, made + MADE), 0);
    make_many(made);
    pthread_join(other, NULL);
    qsort(made, 2 * MADE, sizeof made[0], compare);
    for (int i = 0; i < 2 * MADE; i++) {
        ck_assert(request_id_is_sane(made[i]));
        ck_assert_uint_eq(strspn(made[i], "0123456789abcdef"), 32);
        ck_assert(i == 0 || strcmp(made[i - 1], made[i]) != 0);
    }
}
END_TEST

static const char *const parents[] = {
    "00-" TRACE "-" PARENT "-01",
    "00-" TRACE "-" PARENT "-00",
    "01-" TRACE "-" PARENT "-01",
    "cc-" TRACE "-" PARENT "-01-what-a-later-version-says",
};

START_TEST(trace_and_parent_are_read)
{
    struct trace_parent parent = {{0}, {0}};
    ck_assert(trace_parent_parse(parents[_i], &parent));
    ck_assert_str_eq(parent.trace_id, TRACE);
    ck_assert_str_eq(parent.parent_id, PARENT);
}
END_TEST

static const char *const no_parents[] = {
    NULL,
    "",
    "00",
    "00-" TRACE "-" PARENT,
    "00-" TRACE "-" PARENT "-",
    "00-" TRACE "-" PARENT "-0",
    "00-" TRACE "-" PARENT "-01-",
    "00-" TRACE "-" PARENT "-01-more",
    "00-" TRACE "-" PARENT "-011",
    "cc-" TRACE "-" PARENT "-01.more",
    "cc-" TRACE "-" PARENT "-011",
    "ff-" TRACE "-" PARENT "-01",
    "0-" TRACE "-" PARENT "-01",
    "000-" TRACE "-" PARENT "-01",
    "0g-" TRACE "-" PARENT "-01",
    "00-00000000000000000000000000000000-" PARENT "-01",
    "00-" TRACE "-0000000000000000-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT "-01",
    "00-" TRACE "-00F067AA0BA902B7-01",
    "00-" TRACE "-" PARENT "-0x",
    "00-" TRACE "_" PARENT "-01",
    "00_" TRACE "-" PARENT "-01",
    "00-" TRACE "-" PARENT "_01",
    " 00-" TRACE "-" PARENT "-01",
    "00-" TRACE "-" PARENT "-01 ",
    "00-" TRACE "-" PARENT "-01,00-" TRACE "-" PARENT "-01",
    "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7a-01",
};

START_TEST(what_is_no_trace_is_not_believed)
{
    struct trace_parent parent = {"as it was", "as it was"};
    ck_assert(!trace_parent_parse(no_parents[_i], &parent));
    ck_assert_str_eq(parent.trace_id, "as it was");
    ck_assert_str_eq(parent.parent_id, "as it was");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("request_id");
    tcase_add_loop_test(tests, sane_id_is_taken_over, 0, COUNT(sane));
    tcase_add_loop_test(tests, odd_id_is_not_taken_over, 0, COUNT(odd));
    tcase_add_test(tests, id_is_no_longer_than_128);
    tcase_add_test(tests, made_ids_are_sane_and_never_the_same);
    tcase_add_loop_test(tests, trace_and_parent_are_read, 0, COUNT(parents));
    tcase_add_loop_test(tests, what_is_no_trace_is_not_believed, 0, COUNT(no_parents));
    return run_case(tests, "request_id");
}
