#include "loader/csv_raw.h"
#include "loader/arena.h"
#include "loader/encoding.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool csv_raw_quotes_are_right(const char *bytes, size_t n, char delimiter)
{
    bool quoted = false, at_start = true;
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i], next = i + 1 < n ? bytes[i + 1] : '\n';
        if (!quoted) {
            quoted = at_start && c == '"';
            at_start = c == delimiter;
        } else if (c == '"' && next == '"') {
            i++;
        } else if (c == '"') {
            if (next != delimiter && next != '\r' && next != '\n')
                return false;
            quoted = false;
        }
    }
    return !quoted;
}

/* The length of the record at bytes: up to a line end outside quotes. */
static size_t record_length(const struct csv_place *place, const char *bytes, size_t n)
{
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '"')
            quoted = !quoted && !place->first_line_only;
        else if (!quoted && (bytes[i] == place->line_end || (bytes[i] == '\r' && i + 1 < n && bytes[i + 1] == '\n')))
            return i;
    }
    return n;
}

bool csv_raw_append(const struct csv_place *place, size_t most, struct buffer *to)
{
    size_t room = 4096, length = 0, mark = 0;
    char *raw = NULL;
    ssize_t n;
    do {
        room *= 4;
        free(raw);
        raw = memory_zeroed(room, 1);
        n = pread(place->fd, raw, room, (off_t)place->offset);
        mark = n >= 3 && place->offset == 0 && memcmp(raw, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        if (n > 0)
            length = record_length(place, raw + mark, (size_t)n - mark);
        /* A record that fills all that was read may go on. */
    } while (n == (ssize_t)room && length == room - mark && room <= most);
    if (n > 0)
        buffer_put(to, raw + mark, length);
    memory_check(to);
    free(raw);
    return n > 0;
}

void csv_raw_excerpt(const struct csv_place *place, enum encoding encoding, size_t most, struct buffer *to)
{
    char *raw = memory_zeroed(most, 1);
    ssize_t n = pread(place->fd, raw, most, (off_t)place->offset);
    struct buffer utf8 = {0}, repaired = {0};
    if (n > 0) {
        struct text cut;
        text_to_utf8(encoding, (struct text){raw, record_length(place, raw, (size_t)n)}, &utf8);
        text_repair((struct text){utf8.bytes, utf8.used}, &repaired);
        cut = text_cut((struct text){repaired.bytes, repaired.used}, most);
        buffer_put(to, cut.bytes, cut.n);
        memory_check(to);
    }
    buffer_release(&utf8);
    buffer_release(&repaired);
    free(raw);
}
