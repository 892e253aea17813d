#include "server/subject.h"
#include "tests/unit/unit.h"
#include <arpa/inet.h>
#include <netinet/in.h>

static struct subject subject_of(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(1234)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(1234)};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return subject_of_address((const struct sockaddr *)&v4);
    ck_assert_int_eq(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return subject_of_address((const struct sockaddr *)&v6);
}

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"::ffff:192.0.2.1", "192.0.2.1", true},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
    {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
    {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
    {"2001:db8:1:2::1", "2001:db8:2:2::1", false},
    {"::1", "::2", true},
    {"::1", "0.0.0.0", false},
};

START_TEST(a_subject_is_an_ipv4_address_or_an_ipv6_64)
{
    struct subject a = subject_of(pairs[_i].a), b = subject_of(pairs[_i].b);
    ck_assert_msg(subject_equals(&a, &b) == pairs[_i].same, "%s and %s", pairs[_i].a, pairs[_i].b);
    ck_assert(subject_equals(&b, &a) == pairs[_i].same);
    ck_assert(!subject_is_key(&a));
}
END_TEST

START_TEST(a_key_is_no_address_and_none_is_one_of_its_own)
{
    const uint8_t digests[2][KEY_DIGEST_BYTES] = {{192, 0, 2, 1}, {192, 0, 2, 1, 1}};
    struct subject one = subject_of_key(digests[0]), other = subject_of_key(digests[1]);
    struct subject address = subject_of("192.0.2.1"), none = subject_of_address(NULL);
    ck_assert(subject_is_key(&one) && subject_equals(&one, &one));
    ck_assert(!subject_equals(&one, &other) && !subject_equals(&one, &address));
    ck_assert(subject_equals(&none, &none) && !subject_equals(&none, &address) && !subject_is_key(&none));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("subject");
    tcase_add_loop_test(tests, a_subject_is_an_ipv4_address_or_an_ipv6_64, 0, COUNT(pairs));
    tcase_add_test(tests, a_key_is_no_address_and_none_is_one_of_its_own);
    return run_case(tests, "subject");
}
