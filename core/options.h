/* Options: one table for both programs. A row says flag, environment variable, type, default and help; the parser, the
 * help text and the validation are made from it. A flag wins over its environment variable, that over the default. */
#ifndef KPI_CORE_OPTIONS_H
#define KPI_CORE_OPTIONS_H

#include "core/error.h"
#include "core/installed.h"
#include <stdbool.h>
#include <stdio.h>

enum program { PROGRAM_SERVER = 1, PROGRAM_LOADER = 2, PROGRAM_ALL = 3 };

enum option_id {
    OPTION_URI,
    OPTION_URI_FILE,
    OPTION_DB,
    OPTION_LISTEN,
    OPTION_PUBLIC,
    OPTION_KEYS,
    OPTION_ROLE,
    OPTION_RATE_LIMIT,
    OPTION_RATE_BURST,
    OPTION_CORS_ORIGIN,
    OPTION_TLS_CERT,
    OPTION_TLS_KEY,
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
    OPTION_ALLOW_REJECTS,
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
    OPTION_SHARD,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_COUNT
};

enum { OPTIONS_URI_ROOM = 8192 };

struct options {
    enum program program;
    const char *text[OPTION_COUNT]; /* point into argv, the environment, the table or this struct: not owned */
    long number[OPTION_COUNT];      /* of integer options, and 0 or 1 of flags */
    bool given[OPTION_COUNT];       /* by a flag or the environment: not the default */
    char **arguments;               /* what is left of argv: not owned */
    int argument_count;
    char uri[OPTIONS_URI_ROOM];     /* that of the command line, which shows its password no more, or of --uri-file */
    char pipelines[INSTALLED_ROOM]; /* the installed ones, where they are the default */
    char profiles[INSTALLED_ROOM];
};

/* Reads argv and the environment, and the URI from its file. An unknown flag, a missing or bad value, a file that
 * cannot be read: false, with a sentence that names the flag. Secrets of a URI in argv, which all users of a machine
 * can read, are overwritten there. A copy of the struct lives as long as the struct at most. */
bool options_parse(struct options *options, enum program program, int argc, char **argv, struct error *err);

/* Writes the lines of --help that describe the options of this program, with defaults and environment variables. */
void options_print(enum program program, FILE *out);

/* Configures the log from --log-level and --log-format. */
void options_configure_log(const struct options *options);

#endif
