#include "core/log.h"
#include "core/utf8.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static enum log_level least_level = LOG_INFO;
static bool as_json;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

enum {
    UTF8_MOST = 4 /* bytes of a character */,
    LINE_BYTES = 4096,
    TAIL_BYTES = 3,
    GATHERED_BYTES = 64 * 1024,
    FLUSH_MS = 100
};

/* A line under construction; what does not fit is cut, but its tail never is: a quote, a brace and the line feed. */
struct line {
    char bytes[LINE_BYTES];
    size_t used;
};

static struct {
    pthread_mutex_t lock;
    char *bytes; /* NULL: nothing is gathered */
    size_t used;
} gathered = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Nothing can be done about a log that cannot be written. */
static void write_out(const char *bytes, size_t n)
{
    if (n && write(STDERR_FILENO, bytes, n) < 0)
        return;
}

void log_flush(void)
{
    pthread_mutex_lock(&gathered.lock);
    write_out(gathered.bytes, gathered.used);
    gathered.used = 0;
    pthread_mutex_unlock(&gathered.lock);
}

static void *flush_now_and_then(void *unused)
{
    const struct timespec pause = {0, FLUSH_MS * 1000000L};
    (void)unused;
    while (true) {
        nanosleep(&pause, NULL);
        log_flush();
    }
    return NULL;
}

void log_gather(void)
{
    pthread_t thread;
    char *bytes;
    if (!log_enabled(LOG_DEBUG) || pthread_create(&thread, NULL, flush_now_and_then, NULL) != 0)
        return;
    pthread_detach(thread);
    bytes = malloc(GATHERED_BYTES);
    pthread_mutex_lock(&gathered.lock);
    gathered.bytes = bytes;
    pthread_mutex_unlock(&gathered.lock);
}

/* A line that is not gathered goes out behind those that are. */
static void put_out(enum log_level level, const struct line *line)
{
    pthread_mutex_lock(&gathered.lock);
    if (gathered.used && (level > LOG_DEBUG || gathered.used + line->used > GATHERED_BYTES)) {
        write_out(gathered.bytes, gathered.used);
        gathered.used = 0;
    }
    if (gathered.bytes && level == LOG_DEBUG) {
        memcpy(gathered.bytes + gathered.used, line->bytes, line->used);
        gathered.used += line->used;
    } else {
        write_out(line->bytes, line->used);
    }
    pthread_mutex_unlock(&gathered.lock);
}

void log_configure(enum log_level least, bool json)
{
    least_level = least;
    as_json = json;
}

bool log_enabled(enum log_level level)
{
    return level >= least_level;
}

bool log_is_json(void)
{
    return as_json;
}

static bool has_room(const struct line *line, size_t n)
{
    return n + TAIL_BYTES <= LINE_BYTES - line->used;
}

static void put(struct line *line, const char *text, size_t n)
{
    size_t room = LINE_BYTES - line->used;
    if (n > room)
        n = room;
    memcpy(line->bytes + line->used, text, n);
    line->used += n;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* Writes one character of a quoted text, of the bytes that *text begins with, and steps over it. False: no room. */
static bool put_character(struct line *line, const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    char escape[8];
    size_t n = 1, escaped = 0;
    bool valid = true;
    if (*p >= 0x80)
        n = utf8_character(p, strnlen(*text, UTF8_MOST), &valid);
    if (!valid)
        escaped = (size_t)snprintf(escape, sizeof escape, "\\ufffd");
    else if (*p == '"' || *p == '\\')
        escaped = (size_t)snprintf(escape, sizeof escape, "\\%c", *p);
    else if (*p < 0x20 || *p == 0x7f)
        escaped = (size_t)snprintf(escape, sizeof escape, "\\u%04x", *p);
    if (!has_room(line, escaped ? escaped : n))
        return false;
    put(line, escaped ? escape : *text, escaped ? escaped : n);
    *text += n;
    return true;
}

/* A quoted string in which nothing can end the line or forge a field. Characters beyond ASCII pass as they are; bytes
 * that make none are U+FFFD. What has no room is cut where a character ends. */
static void put_quoted(struct line *line, const char *text)
{
    put(line, "\"", 1);
    while (*text && put_character(line, &text))
        ;
    put(line, "\"", 1);
}

/* logfmt leaves a plain word unquoted. */
static bool is_plain(const char *text)
{
    if (!*text)
        return false;
    for (size_t n; *text; text += n) {
        const unsigned char *p = (const unsigned char *)text;
        bool valid = *p > ' ' && *p != '"' && *p != '=' && *p != '\\' && *p != 0x7f;
        n = 1;
        if (*p >= 0x80)
            n = utf8_character(p, strnlen(text, UTF8_MOST), &valid);
        if (!valid)
            return false;
    }
    return true;
}

/* A field that has no room is left out; a long text is cut, and quoted. */
static void put_field(struct line *line, const struct log_field *field)
{
    char number[32];
    const char *text = field->is_text ? (field->text ? field->text : "") : number;
    size_t around = strlen(field->key) + strlen(",\"\":\"");
    bool quoted = false;
    if (field->is_text)
        quoted = as_json || !is_plain(text) || !has_room(line, around + strlen(text));
    else
        snprintf(number, sizeof number, "%lld", (long long)field->number);
    if (!has_room(line, around + (quoted ? 0 : strlen(text))))
        return;
    put_text(line, as_json ? ",\"" : " ");
    put_text(line, field->key);
    put_text(line, as_json ? "\":" : "=");
    if (quoted)
        put_quoted(line, text);
    else
        put_text(line, text);
}

static void put_time(struct line *line)
{
    struct timespec now;
    struct tm utc;
    char text[96];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
             utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000000);
    put_text(line, text);
}

void log_fields(enum log_level level, const char *message, const struct log_field *fields)
{
    struct line line = {.used = 0};
    put_text(&line, as_json ? "{\"time\":\"" : "time=");
    put_time(&line);
    put_text(&line, as_json ? "\",\"level\":\"" : " level=");
    put_text(&line, level_names[level]);
    put_text(&line, as_json ? "\",\"msg\":" : " msg=");
    put_quoted(&line, message);
    for (; fields->key; fields++)
        put_field(&line, fields);
    if (as_json)
        put_text(&line, "}");
    line.bytes[line.used++] = '\n';
    put_out(level, &line);
}
