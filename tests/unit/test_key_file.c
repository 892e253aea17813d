#include "server/key_file.h"
#include "tests/unit/unit.h"

#include <fcntl.h>

static const char key[] = "kpi_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
static char path[] = "/tmp/kpi-keys-XXXXXX";
static struct key_list list;
static struct error err;

static bool read_text(const char *text, size_t n)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
    close(fd);
    err = (struct error){0};
    return key_file_read(path, &list, &err);
}

START_TEST(a_key_has_a_form_without_which_it_is_not_looked_for)
{
    uint8_t digest[KEY_DIGEST_BYTES];
    char other[sizeof key];
    ck_assert_uint_eq(strlen(key), KEY_TEXT_BYTES);
    ck_assert(key_digest(key, KEY_TEXT_BYTES, digest));
    ck_assert(!key_digest(key, KEY_TEXT_BYTES - 1, digest));
    ck_assert(!key_digest(NULL, 0, digest));
    for (size_t i = 0; i < KEY_TEXT_BYTES; i++) {
        memcpy(other, key, sizeof other);
        other[i] = ' ';
        ck_assert(!key_digest(other, KEY_TEXT_BYTES, digest));
        other[i] = '\0';
        ck_assert(!key_digest(other, KEY_TEXT_BYTES, digest));
        other[i] = (char)0xc3;
        ck_assert(!key_digest(other, KEY_TEXT_BYTES, digest));
    }
}
END_TEST

START_TEST(what_is_saved_is_read_again)
{
    struct key_edit edit;
    ck_assert(read_text("", 0));
    ck_assert_uint_eq(list.count, 0);
    key_list_release(&list);
    ck_assert(key_edit_open(&edit, path, false, &err));
    edit.list.keys[0] = (struct key){.name = "a.b-c_1", .made = "2026-11-21", .role = ROLE_OPERATE};
    key_digest(key, KEY_TEXT_BYTES, edit.list.keys[0].digest);
    edit.list.count = 1;
    ck_assert_msg(key_edit_save(&edit, &err), "%s", err.message);
    ck_assert(key_file_read(path, &list, &err));
    ck_assert_uint_eq(list.count, 1);
    ck_assert_mem_eq(list.keys, edit.list.keys, sizeof *list.keys);
    key_edit_close(&edit);
    key_list_release(&list);
}
END_TEST

/* In every place of a good line: read or refused, and never beyond its end. */
START_TEST(any_byte_in_a_line_is_read_or_refused)
{
    static const char bytes[] = {'\0', ' ', '\n', '\r', '#', ':', 'x', '\x7f', '\xff'};
    char line[] = "name read sha256:0000000000000000000000000000000000000000000000000000000000000000 2026-11-21\n";
    for (size_t i = 0; i < sizeof line - 1; i++)
        for (size_t k = 0; k < sizeof bytes; k++) {
            char before = line[i];
            line[i] = bytes[k];
            if (read_text(line, sizeof line - 1))
                key_list_release(&list);
            else
                ck_assert_ptr_null(strstr(err.message, "sha256:0"));
            ck_assert_ptr_null(list.keys);
            line[i] = before;
        }
}
END_TEST

START_TEST(a_file_cut_anywhere_is_read_or_refused)
{
    char text[] = "# note\r\n\r\n \t\nname read "
                  "sha256:0000000000000000000000000000000000000000000000000000000000000000 2026-11-21";
    for (size_t n = 0; n < sizeof text; n++) {
        bool ok = read_text(text, n);
        ck_assert_uint_le(list.count, 1);
        ck_assert(ok || err.kind == ERROR_INVALID);
        key_list_release(&list);
    }
}
END_TEST

START_TEST(more_keys_than_there_may_be_are_refused)
{
    struct buffer text = {0};
    for (int i = 0; i <= KEYS_MOST; i++)
        buffer_printf(&text, "k%d read sha256:%064x 2026-11-21\n", i, i);
    ck_assert(!read_text(text.bytes, text.used));
    ck_assert_ptr_nonnull(strstr(err.message, "line 1001: there are more than 1000 keys"));
    buffer_release(&text);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("key_file");
    int fd = mkstemp(path), status;
    if (fd < 0)
        return 1;
    close(fd);
    tcase_add_test(tests, a_key_has_a_form_without_which_it_is_not_looked_for);
    tcase_add_test(tests, what_is_saved_is_read_again);
    tcase_add_test(tests, any_byte_in_a_line_is_read_or_refused);
    tcase_add_test(tests, a_file_cut_anywhere_is_read_or_refused);
    tcase_add_test(tests, more_keys_than_there_may_be_are_refused);
    status = run_case(tests, "key_file");
    unlink(path);
    return status;
}
