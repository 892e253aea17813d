#include "loader/latin.h"
#include "tests/unit/suite.h"

static const struct {
    const char *a, *b;
    bool equal;
} pairs[] = {
    {"quantit\xc3\xa9", "quantite\xcc\x81", true}, /* é as one character, and as e with a mark */
    {"quantit\xc3\xa9", "quantit\xc3\xa9", true},
    {"quantit\xc3\xa9", "quantite", false},
    {"quantit\xc3\xa9", "quantit\xc3\xa8", false},
    {"quantit\xe9", "quantit\xc3\xa9", false}, /* no UTF-8 */
    {"\xe9", "\xe9\xe9", false},
    {"Gr\xc3\xb6\xc3\x9f"
     "e",
     "Gro\xcc\x88\xc3\x9f"
     "e",
     true},
    {"\xe1\xba\xad", "a\xcc\xa3\xcc\x82", true}, /* ậ: two marks */
    {"\xe1\xba\xad", "a\xcc\xa3", false},
    {"a\xcc\xa3", "\xe1\xba\xad", false},
    {"", "", true},
    {"", "\xc3\xa9", false},
};

START_TEST(texts_are_equal_however_accents_are_put_together)
{
    ck_assert_msg(latin_equal(text_of(pairs[_i].a), text_of(pairs[_i].b)) == pairs[_i].equal, "%s and %s", pairs[_i].a,
                  pairs[_i].b);
    ck_assert(latin_equal(text_of(pairs[_i].b), text_of(pairs[_i].a)) == pairs[_i].equal);
}
END_TEST

static const struct {
    const char *text;
    enum latin_case to;
    bool without_accents;
    const char *repaired;
} repairs[] = {
    {"S\xc3\x83O  PAULO", LATIN_TITLE, true, "Sao Paulo"},
    {"s\xc3\xa3o paulo", LATIN_TITLE, false, "S\xc3\xa3o Paulo"},
    {"sa\xcc\x83o paulo", LATIN_TITLE, true, "Sao Paulo"},
    {"  Lyon\xc2\xa0\t 3e ", LATIN_KEEP, false, "Lyon 3e"},
    {"saint-denis (93)", LATIN_TITLE, false, "Saint-Denis (93)"},
    {"SANTA B\xc3\x81RBARA D'OESTE", LATIN_TITLE, false, "Santa B\xc3\xa1rbara D'oeste"},
    {"\xc3\x89VRY", LATIN_LOWER, false, "\xc3\xa9vry"},
    {"\xc3\xa9vry", LATIN_UPPER, false, "\xc3\x89VRY"},
    {"\xc3\x98stra \xc3\x86r\xc3\xb8 Stra\xc3\x9f"
     "e",
     LATIN_KEEP, true, "Ostra AEro Strasse"},
    {"\xc5\x81\xc3\xb3"
     "d\xc5\xba",
     LATIN_LOWER, true, "lodz"},
    {"\xd0\x9c\xd0\x9e\xd0\xa1\xd0\x9a\xd0\x92\xd0\x90", LATIN_TITLE, true,
     "\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0"},
    {"\xce\x91\xce\xa6", LATIN_LOWER, false, "\xce\xb1\xcf\x86"},
    {"\xc3\xbf", LATIN_UPPER, false, "\xc5\xb8"},
    {"\xc5\xb8", LATIN_LOWER, false, "\xc3\xbf"},
    {"\xf0\x9f\x9b\x92 \xe6\x9d\xb1", LATIN_UPPER, true, "\xf0\x9f\x9b\x92 \xe6\x9d\xb1"},
    {"\xc2\xa0", LATIN_KEEP, false, ""},
    {"", LATIN_TITLE, true, ""},
};

START_TEST(name_is_repaired)
{
    struct arena arena = {0};
    struct text repaired = latin_repair(text_of(repairs[_i].text), repairs[_i].to, repairs[_i].without_accents, &arena);
    ck_assert_msg(text_equal(repaired, text_of(repairs[_i].repaired)), "%s gives %.*s", repairs[_i].text,
                  (int)repaired.n, repaired.bytes);
    arena_release(&arena);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("latin");
    tcase_add_loop_test(tests, texts_are_equal_however_accents_are_put_together, 0, COUNT(pairs));
    tcase_add_loop_test(tests, name_is_repaired, 0, COUNT(repairs));
    return run_case(tests, "latin");
}
