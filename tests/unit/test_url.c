#include "loader/url.h"
#include "tests/unit/suite.h"

static const struct {
    const char *text;
    bool is;
} texts[] = {
    {"http://h/x", true},  {"HTTPS://h/x", true}, {"s3://bucket/x", true},
    {"svn+ssh://h", true}, {"a.csv", false},      {"data/http://x", false},
    {"C:\\data", false},   {"://x", false},       {"http:/x", false},
    {"", false},           {"-", false},
};

START_TEST(address_is_told_from_a_path)
{
    ck_assert_int_eq(url_is(texts[_i].text), texts[_i].is);
}
END_TEST

static const struct {
    const char *text, *origin, *name, *shown;
    bool secure, hides;
} urls[] = {
    {"http://h/a/b.csv", "http://h/a/b.csv", "b.csv", "http://h/a/b.csv", false, false},
    {"HTTPS://Host:8443/b.csv?x=1&y=2#part", "https://Host:8443/b.csv?x=1&y=2", "b.csv",
     "https://Host:8443/b.csv?x=…&y=…", true, false},
    {"http://user:pass@h/b.csv", "http://h/b.csv", "b.csv", "http://h/b.csv", false, false},
    {"http://token@h/b.csv", "http://h/b.csv", "b.csv", "http://h/b.csv", false, false},
    {"http://h", "http://h/", "h", "http://h/", false, false},
    {"http://h/export/", "http://h/export/", "h", "http://h/export/", false, false},
    {"http://h/b?token=t", "http://h/b", "b", "http://h/b?token=…", false, true},
    {"http://h/b?TOKEN=t&day=1", "http://h/b?day=1", "b", "http://h/b?TOKEN=…&day=…", false, true},
    {"http://h/b?day=1&sig=s&sv=2&X-Amz-Signature=t", "http://h/b?day=1&sv=2", "b",
     "http://h/b?day=…&sig=…&sv=…&X-Amz-Signature=…", false, true},
    {"http://h/b?design=1&keys=2&secretary=3&tokens", "http://h/b?design=1&keys=2&secretary=3&tokens", "b",
     "http://h/b?design=…&keys=…&secretary=…&…", false, false},
    {"http://h/b?password", "http://h/b", "b", "http://h/b?…", false, true},
    {"http://h/b?&&a=1&", "http://h/b?a=1", "b", "http://h/b?a=…", false, false},
    /* A digest tells those apart that were different before. */
    {"http://h/b?private_token=S&hapikey=T",
     "http://h/b?private_token=sha256:8de0b3c47f112c59&hapikey=sha256:e632b7095b0bf32c", "b",
     "http://h/b?private_token=…&hapikey=…", false, false},
    {"http://h/b?X-Api-Key=S&n=1", "http://h/b?X-Api-Key=sha256:8de0b3c47f112c59&n=1", "b",
     "http://h/b?X-Api-Key=…&n=…", false, false},
    {"http://h/b?accessKeyId=S", "http://h/b?accessKeyId=sha256:8de0b3c47f112c59", "b", "http://h/b?accessKeyId=…",
     false, false},
    {"http://h/b?client_secret=S", "http://h/b?client_secret=sha256:8de0b3c47f112c59", "b",
     "http://h/b?client_secret=…", false, false},
    {"http://h/b?access_key=", "http://h/b?access_key=", "b", "http://h/b?access_key=…", false, false},
};

START_TEST(secrets_are_left_out)
{
    struct arena arena = {0};
    struct error err = {0};
    struct url url;
    ck_assert_msg(url_read(&url, &arena, urls[_i].text, &err), "%s", err.message);
    ck_assert_str_eq(url.whole, urls[_i].text);
    ck_assert_str_eq(url.origin, urls[_i].origin);
    ck_assert_str_eq(url.shown, urls[_i].shown);
    ck_assert_str_eq(url.name, urls[_i].name);
    ck_assert_int_eq(url.secure, urls[_i].secure);
    ck_assert_int_eq(url.hides, urls[_i].hides);
    arena_release(&arena);
}
END_TEST

START_TEST(long_address_is_cut_where_it_is_shown)
{
    struct arena arena = {0};
    struct error err = {0};
    struct url url;
    char text[3000] = "http://h/";
    memset(text + 9, 'x', sizeof text - 10);
    ck_assert(url_read(&url, &arena, text, &err));
    ck_assert_uint_eq(strlen(url.origin), sizeof text - 1);
    ck_assert_uint_eq(strlen(url.shown), 163);
    ck_assert_uint_lt(strlen(url.name), 200);
    arena_release(&arena);
}
END_TEST

static const struct {
    const char *text, *sentence;
} wrong[] = {
    {"ftp://h/x", "ftp:// is not read; give a path, or an address with http:// or https://"},
    {"http://u:hidden@h:99999/x", "an address that starts with http:// is not valid: "},
    {"https://", "an address that starts with https:// is not valid: "},
};

START_TEST(what_cannot_be_fetched_is_refused)
{
    struct arena arena = {0};
    struct error err = {0};
    struct url url;
    ck_assert(!url_read(&url, &arena, wrong[_i].text, &err));
    ck_assert_msg(strncmp(err.message, wrong[_i].sentence, strlen(wrong[_i].sentence)) == 0, "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, "hidden"));
    arena_release(&arena);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("url");
    tcase_add_loop_test(tests, address_is_told_from_a_path, 0, COUNT(texts));
    tcase_add_loop_test(tests, secrets_are_left_out, 0, COUNT(urls));
    tcase_add_test(tests, long_address_is_cut_where_it_is_shown);
    tcase_add_loop_test(tests, what_cannot_be_fetched_is_refused, 0, COUNT(wrong));
    return run_case(tests, "url");
}
