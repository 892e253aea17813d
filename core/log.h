/* The log: one line an event on stderr, as logfmt or as JSON, with a time, a level, a message and named fields.
 *
 *     log_event(LOG_INFO, "definitions loaded", LOG_INT("count", n), LOG_STR("dir", dir));
 *
 * A message is a constant sentence; what varies goes into fields, so that a log can be searched and counted.
 * All functions may be called from any thread; lines never interleave, as none is cut between two calls of write(2). */
#ifndef KPI_CORE_LOG_H
#define KPI_CORE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *key; /* NULL ends a list */
    const char *text;
    int64_t number;
    bool is_text;
};

#define LOG_STR(key_, text_)  ((struct log_field){.key = (key_), .text = (text_), .is_text = true})
#define LOG_INT(key_, value_) ((struct log_field){.key = (key_), .number = (int64_t)(value_)})

/* Sets the least level that is written and the form of a line. Called once, before threads start. */
void log_configure(enum log_level least, bool json);

/* From here on lines of the level debug, of which a server has one a request, are gathered and written 64 KiB at a
 * time, or after 100 ms, or before a line of another level. Starts a thread, once; without memory or threads each line
 * is written by itself still. */
void log_gather(void);

/* Writes what has been gathered; to be called before the program ends. */
void log_flush(void);

bool log_enabled(enum log_level level);
bool log_is_json(void);

void log_fields(enum log_level level, const char *message, const struct log_field *fields);

#define log_event(level, ...) log_event_(level, __VA_ARGS__, ((struct log_field){0}))
#define log_event_(level, message, ...)                                                                                \
    do {                                                                                                               \
        if (log_enabled(level))                                                                                        \
            log_fields(level, message, (const struct log_field[]){__VA_ARGS__});                                       \
    } while (0)

#endif
