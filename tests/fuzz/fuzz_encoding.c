/* Bytes in one of the encodings as UTF-8, and texts that are cut, repaired and escaped.
 *
 * Input: which encodings a file may have and where texts are cut, then the bytes. */
#include "core/utf8.h"
#include "loader/encoding.h"
#include "loader/encoding_guess.h"
#include "tests/fuzz/fuzz.h"

static void check_utf8(struct text text)
{
    bool is = text_is_utf8(text);
    fuzz_require(is == bson_utf8_validate(text.bytes, text.n, false), "the library thinks otherwise");
    fuzz_require(!text_is_ascii(text) || is, "ASCII is not UTF-8");
}

/* What is converted is either text, or marked where it is none. */
static void check_conversion(enum encoding from, struct text text)
{
    struct buffer out = {0};
    bool good = text_to_utf8(from, text, &out);
    struct text converted = {out.bytes ? out.bytes : "", out.used};
    fuzz_require(!out.failed, "no memory");
    fuzz_require(good == text_is_utf8(converted), "%s is said to be %d", encoding_names[from], good);
    fuzz_require(converted.n <= 3 * text.n, "it has grown from %zu to %zu", text.n, converted.n);
    buffer_release(&out);
}

static void check_repair(struct text text)
{
    struct buffer out = {0}, again = {0};
    text_repair(text, &out);
    buffer_utf8(&again, text.bytes, text.n);
    fuzz_require(!out.used || text_is_utf8((struct text){out.bytes, out.used}), "it is no UTF-8 yet");
    fuzz_require(!again.used || text_is_utf8((struct text){again.bytes, again.used}), "it is no UTF-8 yet");
    fuzz_require(!text_is_utf8(text) || (out.used == text.n && (!text.n || memcmp(out.bytes, text.bytes, text.n) == 0)),
                 "what was right is changed");
    buffer_release(&out);
    buffer_release(&again);
}

static void check_cuts(struct text text, size_t most)
{
    struct text cut = text_cut(text, most);
    char *copy = bytes_text((struct bytes){(const uint8_t *)text.bytes, text.n}), room[64];
    fuzz_require(cut.n <= most && cut.bytes == text.bytes, "%zu of %zu", cut.n, most);
    fuzz_require(!text_is_utf8(text) || text_is_utf8(cut), "a character is cut");
    fuzz_require(utf8_cut(copy, most) <= most, "%zu of %zu", utf8_cut(copy, most), most);
    utf8_copy(room, 1 + most % sizeof room, copy);
    fuzz_require(strlen(room) <= most % sizeof room, "%s", room);
    fuzz_require(!text_is_utf8(text) || bson_utf8_validate(room, strlen(room), false), "a character is cut");
    free(copy);
}

static void check_json(struct text text)
{
    struct buffer out = {0};
    buffer_json_string(&out, text.bytes, text.n);
    fuzz_require(!out.failed, "no memory");
    fuzz_require_json(out.bytes, out.used);
    buffer_release(&out);
}

static void check_guess(struct bytes in, unsigned which)
{
    const enum encoding allowed[] = {(enum encoding)(which % ENCODING_COUNT),
                                     (enum encoding)(which / 4 % ENCODING_COUNT)};
    int fd = bytes_file(in);
    enum encoding guess = encoding_guess(fd, allowed, 2);
    fuzz_require(guess == allowed[0] || guess == allowed[1], "%d was not allowed", (int)guess);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    unsigned which = bytes_next(&in), most = bytes_next(&in);
    char *copy = malloc(in.n ? in.n : 1); /* not one byte more */
    struct text text = {copy, in.n};
    if (in.n)
        memcpy(copy, in.at, in.n);
    check_utf8(text);
    for (int from = 0; from < ENCODING_COUNT; from++)
        check_conversion((enum encoding)from, text);
    check_repair(text);
    check_cuts(text, most);
    check_json(text);
    check_guess(in, which);
    free(copy);
    return 0;
}
