/* Options: one table for both programs. A row says flag, environment variable, type, default and help; the parser, the
 * help text and the validation are made from it. A flag wins over its environment variable, that over the default. */
#ifndef KPI_CORE_OPTIONS_H
#define KPI_CORE_OPTIONS_H

#include "core/error.h"
#include <stdbool.h>
#include <stdio.h>

enum program { PROGRAM_SERVER = 1, PROGRAM_LOADER = 2, PROGRAM_ALL = 3 };

enum option_id {
    OPTION_URI,
    OPTION_DB,
    OPTION_LISTEN,
    OPTION_PIPELINES,
    OPTION_SOURCES,
    OPTION_WORKERS,
    OPTION_QUEUE,
    OPTION_QUERY_TIMEOUT,
    OPTION_IDLE_TIMEOUT,
    OPTION_STREAM_TIMEOUT,
    OPTION_STREAM_RATE,
    OPTION_STOP_TIMEOUT,
    OPTION_CACHE_MB,
    OPTION_FRESH_WAIT,
    OPTION_MAX_STALE,
    OPTION_PROFILE,
    OPTION_PROFILES,
    OPTION_TIMEZONE,
    OPTION_MAX_REJECTS,
    OPTION_REJECTS,
    OPTION_MEMORY,
    OPTION_RETRY,
    OPTION_LOCK_WAIT,
    OPTION_RELOAD,
    OPTION_REPLACE,
    OPTION_DRY_RUN,
    OPTION_MAX_DOWNLOAD,
    OPTION_DOWNLOAD_TIMEOUT,
    OPTION_WATCH,
    OPTION_WATCH_SETTLE,
    OPTION_WATCH_RETRY,
    OPTION_QUALITY,
    OPTION_KEEP_ANALYSES,
    OPTION_STAR,
    OPTION_ROLLUPS,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

struct options {
    enum program program;
    const char *text[OPTION_COUNT]; /* point into argv, the environment or the table: not owned */
    long number[OPTION_COUNT];      /* of integer options, and 0 or 1 of flags */
    bool given[OPTION_COUNT];       /* by a flag or the environment: not the default */
    char **arguments;               /* what is left of argv: not owned */
    int argument_count;
};

/* Reads argv and the environment. An unknown flag, a missing or bad value: false, with a sentence that names the flag.
 */
bool options_parse(struct options *options, enum program program, int argc, char **argv, struct error *err);

/* Writes the lines of --help that describe the options of this program, with defaults and environment variables. */
void options_print(enum program program, FILE *out);

/* Configures the log from --log-level and --log-format. */
void options_configure_log(const struct options *options);

#endif
