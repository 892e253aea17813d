#include "server/form.h"
#include "tests/unit/unit.h"

/* The header Accept of the request, instead of libmicrohttpd's. */
static const char *header;

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *name)
{
    (void)connection;
    (void)kind;
    return strcmp(name, "Accept") == 0 ? header : NULL;
}

static const struct {
    const char *accept;
    enum format format;
} wishes[] = {
    {NULL, FORMAT_JSON},
    {"", FORMAT_JSON},
    {"*/*", FORMAT_JSON},
    {"application/*", FORMAT_JSON},
    {"application/*, application/x-ndjson", FORMAT_NDJSON},
    {"text/*", FORMAT_CSV},
    {"text/csv", FORMAT_CSV},
    {"text/csv, */*", FORMAT_CSV},
    {"text/csv;q=0.5, */*", FORMAT_JSON},
    {"text/csv;q=0.5, application/json;q=0.4", FORMAT_CSV},
    {"text/csv;q=0.5, application/x-ndjson;q=0.5", FORMAT_CSV},
    {"application/json;q=0, */*;q=0.1", FORMAT_CSV},
    {"application/json;q=0, text/csv;q=0, */*", FORMAT_NDJSON},
    {"text/html", FORMAT_COUNT},
    {"*/*;q=0", FORMAT_COUNT},
};

START_TEST(form_is_the_one_that_is_liked_best)
{
    const struct request request = {0};
    header = wishes[_i].accept;
    ck_assert_int_eq(form_negotiate(&request), wishes[_i].format);
}
END_TEST

START_TEST(forms_say_what_they_are)
{
    for (int i = 0; i < FORMAT_COUNT; i++) {
        size_t n = strlen(forms[i].type);
        ck_assert_int_eq(strncmp(forms[i].content_type, forms[i].type, n), 0);
        ck_assert(forms[i].content_type[n] == '\0' || forms[i].content_type[n] == ';');
        ck_assert_int_eq(forms[i].extension == NULL, i == FORMAT_JSON);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("form");
    tcase_add_loop_test(tests, form_is_the_one_that_is_liked_best, 0, COUNT(wishes));
    tcase_add_test(tests, forms_say_what_they_are);
    return run_case(tests, "form");
}
