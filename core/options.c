#include "core/options.h"
#include "core/log.h"
#include "core/secret.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_type { TYPE_TEXT, TYPE_INTEGER, TYPE_CHOICE, TYPE_FLAG };

struct option_row {
    enum option_id id;
    enum program programs;
    enum option_type type;
    const char *flag;
    const char *env;
    const char *value_name;
    const char *fallback;
    long least, most;    /* of an integer */
    const char *choices; /* "a|b|c" */
    const char *help;
};

static const struct option_row rows[] = {
    {OPTION_URI, PROGRAM_ALL, TYPE_TEXT, "uri", "MONGODB_URI", "URI", "mongodb://127.0.0.1:27017/", 0, 0, NULL,
     "the MongoDB server; prefer the variable when it holds a password"},
    {OPTION_URI_FILE, PROGRAM_ALL, TYPE_TEXT, "uri-file", "MONGODB_URI_FILE", "FILE", NULL, 0, 0, NULL,
     "a file with that URI: a secret of Docker, Kubernetes or systemd"},
    {OPTION_DB, PROGRAM_ALL, TYPE_TEXT, "db", "KPI_DB", "NAME", "kpi", 0, 0, NULL, "the database"},
    {OPTION_LISTEN, PROGRAM_SERVER, TYPE_TEXT, "listen", "KPI_LISTEN", "ADDR:PORT", "127.0.0.1:8080", 0, 0, NULL,
     "address and port to serve on; [::1]:8080 for IPv6, port 0 for any free one"},
    {OPTION_PUBLIC, PROGRAM_SERVER, TYPE_FLAG, "public", "KPI_PUBLIC", NULL, NULL, 0, 0, NULL,
     "serve on an address that others can reach although no key is asked for"},
    {OPTION_KEYS, PROGRAM_SERVER, TYPE_TEXT, "keys", "KPI_KEYS", "FILE", NULL, 0, 0, NULL,
     "ask for an API key of this file; kpi-server key makes them"},
    {OPTION_ROLE, PROGRAM_SERVER, TYPE_CHOICE, "role", NULL, "ROLE", "read", 0, 0, "read|operate",
     "what a key that is added is for: the KPIs, or metrics and explanations too"},
    {OPTION_RATE_LIMIT, PROGRAM_SERVER, TYPE_INTEGER, "rate-limit", "KPI_RATE_LIMIT", "N", "0", 0, 1000000, NULL,
     "requests a second that one API key may make, or one address without a key; more get 429; 0 for any"},
    {OPTION_RATE_BURST, PROGRAM_SERVER, TYPE_INTEGER, "rate-burst", "KPI_RATE_BURST", "N", "0", 0, 1000000, NULL,
     "how many of them may come at once after a pause; 0 for as many as in a second"},
    {OPTION_CORS_ORIGIN, PROGRAM_SERVER, TYPE_TEXT, "cors-origin", "KPI_CORS_ORIGIN", "ORIGIN,…", NULL, 0, 0, NULL,
     "other sites whose pages may read answers, such as https://dashboard.example; without it, none"},
    {OPTION_TLS_CERT, PROGRAM_SERVER, TYPE_TEXT, "tls-cert", "KPI_TLS_CERT", "FILE", NULL, 0, 0, NULL,
     "serve HTTPS with this certificate, PEM, those that signed it behind it; read again on SIGHUP"},
    {OPTION_TLS_KEY, PROGRAM_SERVER, TYPE_TEXT, "tls-key", "KPI_TLS_KEY", "FILE", NULL, 0, 0, NULL,
     "its private key, PEM"},
    {OPTION_PIPELINES, PROGRAM_ALL, TYPE_TEXT, "pipelines", "KPI_PIPELINES", "DIR", "pipelines", 0, 0, NULL,
     "the folder with kpi/, source/ and the other definitions; where ./pipelines is not there, the installed one"},
    {OPTION_SOURCES, PROGRAM_SERVER, TYPE_TEXT, "sources", "KPI_SOURCES", "NAME,…", NULL, 0, 0, NULL,
     "answer from these sources and rollups only; without it, from whichever is cheapest"},
    {OPTION_WORKERS, PROGRAM_SERVER, TYPE_INTEGER, "workers", "KPI_WORKERS", "N", "4", 1, 256, NULL,
     "pipelines that run at once; each has a connection of its own"},
    {OPTION_QUEUE, PROGRAM_SERVER, TYPE_INTEGER, "queue", "KPI_QUEUE", "N", "1024", 1, 1000000, NULL,
     "requests that may wait for a worker of each kind; more get 503"},
    {OPTION_QUERY_TIMEOUT, PROGRAM_SERVER, TYPE_INTEGER, "query-timeout", "KPI_QUERY_TIMEOUT", "SECONDS", "30", 1, 3600,
     NULL,
     "the most a pipeline may take (beyond it the answer is 504), and a request may wait for a worker before (503)"},
    {OPTION_IDLE_TIMEOUT, PROGRAM_SERVER, TYPE_INTEGER, "idle-timeout", "KPI_IDLE_TIMEOUT", "SECONDS", "60", 1, 3600,
     NULL, "how long a connection may be without a request, the time in which one arrives included"},
    {OPTION_STREAM_TIMEOUT, PROGRAM_SERVER, TYPE_INTEGER, "stream-timeout", "KPI_STREAM_TIMEOUT", "SECONDS", "30", 1,
     3600, NULL, "how long a client may take nothing of a CSV or NDJSON answer before it is cut off"},
    {OPTION_STREAM_RATE, PROGRAM_SERVER, TYPE_INTEGER, "stream-rate", "KPI_STREAM_RATE", "KIB", "16", 0, 1048576, NULL,
     "what it must take of it a second in the long run; 0 for any"},
    {OPTION_STOP_TIMEOUT, PROGRAM_SERVER, TYPE_INTEGER, "stop-timeout", "KPI_STOP_TIMEOUT", "SECONDS", "10", 0, 3600,
     NULL, "how long requests in flight may finish after SIGTERM"},
    {OPTION_CACHE_MB, PROGRAM_SERVER, TYPE_INTEGER, "cache-mb", "KPI_CACHE_MB", "MIB", "64", 0, 1048576, NULL,
     "memory for answers that are kept until the data change; 0 keeps none"},
    {OPTION_FRESH_WAIT, PROGRAM_SERVER, TYPE_INTEGER, "fresh-wait", "KPI_FRESH_WAIT", "SECONDS", "2", 0, 3600, NULL,
     "how long a request waits for new numbers before it gets the old ones, marked stale"},
    {OPTION_MAX_STALE, PROGRAM_SERVER, TYPE_INTEGER, "max-stale", "KPI_MAX_STALE", "SECONDS", "3600", 0, 31536000, NULL,
     "how long old numbers are given while new ones cannot be had; 0 never"},
    {OPTION_PROFILE, PROGRAM_LOADER, TYPE_TEXT, "profile", "KPI_PROFILE", "NAME|FILE", NULL, 0, 0, NULL,
     "the layout of the files; without it, recognised by their headers"},
    {OPTION_PROFILES, PROGRAM_LOADER, TYPE_TEXT, "profiles", "KPI_PROFILES", "DIR", "loader/profiles", 0, 0, NULL,
     "the folder with mapping profiles; where ./loader/profiles is not there, the installed one"},
    {OPTION_TIMEZONE, PROGRAM_LOADER, TYPE_TEXT, "timezone", "KPI_TIMEZONE", "NAME", NULL, 0, 0, NULL,
     "the shop's time zone, such as Europe/Paris: days, hours, and times that say no zone are by its clock; without it "
     "the profile's, else UTC"},
    {OPTION_MAX_REJECTS, PROGRAM_LOADER, TYPE_TEXT, "max-rejects", "KPI_MAX_REJECTS", "N|P%", "10%", 0, 0, NULL,
     "stop when more rows, or a larger share of the rows, are rejected"},
    {OPTION_REJECTS, PROGRAM_LOADER, TYPE_TEXT, "rejects", "KPI_REJECTS", "FILE", NULL, 0, 0, NULL,
     "write rejected rows as CSV with their reasons, to be mended and loaded again"},
    {OPTION_ALLOW_REJECTS, PROGRAM_LOADER, TYPE_FLAG, "allow-rejects", "KPI_ALLOW_REJECTS", NULL, NULL, 0, 0, NULL,
     "end with 0 instead of 3 although rows were rejected: for a container or a job that others wait for"},
    {OPTION_MEMORY, PROGRAM_LOADER, TYPE_INTEGER, "memory", "KPI_LOAD_MEMORY", "MIB", "160", 16, 1048576, NULL,
     "memory for rows that wait for their order; what exceeds it goes to temporary files"},
    {OPTION_RETRY, PROGRAM_LOADER, TYPE_INTEGER, "retry", "KPI_RETRY", "SECONDS", "60", 0, 86400, NULL,
     "how long to try again when the database goes away in the middle"},
    {OPTION_LOCK_WAIT, PROGRAM_LOADER, TYPE_INTEGER, "lock-wait", "KPI_LOCK_WAIT", "SECONDS", "600", 0, 86400, NULL,
     "how long to wait for another load of the same database"},
    {OPTION_RELOAD, PROGRAM_LOADER, TYPE_FLAG, "reload", NULL, NULL, NULL, 0, 0, NULL,
     "read files again that are loaded already, instead of passing them over"},
    {OPTION_REPLACE, PROGRAM_LOADER, TYPE_FLAG, "replace", NULL, NULL, NULL, 0, 0, NULL,
     "start over: these files take the place of all that is loaded"},
    {OPTION_DRY_RUN, PROGRAM_LOADER, TYPE_FLAG, "dry-run", NULL, NULL, NULL, 0, 0, NULL,
     "read and check everything, say what would change, and write nothing"},
    {OPTION_MAX_DOWNLOAD, PROGRAM_LOADER, TYPE_INTEGER, "max-download", "KPI_MAX_DOWNLOAD", "MIB", "4096", 1,
     1073741824, NULL, "the most that one URL may give, unpacked too"},
    {OPTION_DOWNLOAD_TIMEOUT, PROGRAM_LOADER, TYPE_INTEGER, "download-timeout", "KPI_DOWNLOAD_TIMEOUT", "SECONDS", "30",
     1, 3600, NULL, "give up a transfer on which nothing came for so long"},
    {OPTION_WATCH, PROGRAM_LOADER, TYPE_TEXT, "watch", NULL, "DIR", NULL, 0, 0, NULL,
     "load the CSV files of the folder, again whenever one is dropped there, until SIGTERM"},
    {OPTION_WATCH_SETTLE, PROGRAM_LOADER, TYPE_INTEGER, "watch-settle", NULL, "SECONDS", "2", 0, 3600, NULL,
     "how long the folder must be quiet, so that files which come together are one load"},
    {OPTION_WATCH_RETRY, PROGRAM_LOADER, TYPE_INTEGER, "watch-retry", NULL, "SECONDS", "60", 1, 86400, NULL,
     "when a failed load is tried again, if nothing is dropped before"},
    {OPTION_QUALITY, PROGRAM_LOADER, TYPE_CHOICE, "quality", "KPI_QUALITY", "WHEN", "on", 0, 0, "on|off",
     "whether the data are checked after a load that changed them"},
    {OPTION_KEEP_ANALYSES, PROGRAM_LOADER, TYPE_INTEGER, "keep-analyses", "KPI_KEEP_ANALYSES", "N", "100", 0, 100000,
     NULL, "of how many versions of the data the answers are kept; 0 keeps none"},
    {OPTION_STAR, PROGRAM_LOADER, TYPE_CHOICE, "star", "KPI_STAR", "WHEN", "off", 0, 0, "on|off",
     "whether the star schema for BI tools is kept up to date"},
    {OPTION_ROLLUPS, PROGRAM_LOADER, TYPE_CHOICE, "rollups", "KPI_ROLLUPS", "WHEN", "on", 0, 0, "on|off",
     "whether the rollups that answer KPIs quickly are kept up to date"},
    {OPTION_SHARD, PROGRAM_LOADER, TYPE_FLAG, "shard", NULL, NULL, NULL, 0, 0, NULL,
     "spread orders over the shards of a cluster, by day; the server has to be a mongos"},
    {OPTION_LOG_LEVEL, PROGRAM_ALL, TYPE_CHOICE, "log-level", "KPI_LOG_LEVEL", "LEVEL", "info", 0, 0,
     "debug|info|warn|error", "the least level that is logged"},
    {OPTION_LOG_FORMAT, PROGRAM_ALL, TYPE_CHOICE, "log-format", "KPI_LOG_FORMAT", "FORM", "logfmt", 0, 0, "logfmt|json",
     "the form of a log line"},
    {OPTION_HELP, PROGRAM_ALL, TYPE_FLAG, "help", NULL, NULL, NULL, 0, 0, NULL, "print this help and exit"},
    {OPTION_VERSION, PROGRAM_ALL, TYPE_FLAG, "version", NULL, NULL, NULL, 0, 0, NULL, "print the version and exit"},
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

/* Whether text is one of "a|b|c". */
static bool is_choice(const char *choices, const char *text)
{
    size_t n = strcspn(text, "|");
    for (const char *p = choices; p && !text[n]; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (n && strncmp(p, text, n) == 0 && (p[n] == '|' || p[n] == '\0'))
            return true;
    return false;
}

/* A flag says itself; its variable says yes or no. */
static bool set_flag(struct options *options, const struct option_row *row, const char *from, const char *text,
                     struct error *err)
{
    static const char yes[] = "1|true|yes|on", no[] = "0|false|no|off";
    bool on = is_choice(yes, text);
    if (!on && !is_choice(no, text)) {
        error_set(err, ERROR_INVALID, "%s: '%s' is none of %s|%s", from, text, yes, no);
        return false;
    }
    options->number[row->id] = on;
    return true;
}

/* An address with a password, or an API key, that came to the wrong place is not handed on to where a message would
 * show it. What only looks like a key, or like an address without its scheme, may be the path of a file. */
static bool is_out_of_place(const char *dashes, const char *from, const char *text, struct error *err)
{
    char shown[SECRET_SHOWN_ROOM];
    bool is_key = secret_is_key(text);
    if ((!is_key && !secret_in_address(text)) || secret_is_path(text))
        return false;
    secret_shown(shown, text);
    error_set(err, ERROR_INVALID, "%s%s: '%s' %s", dashes, from, shown,
              is_key ? "is an API key: requests have it in a header, and the file of keys holds its digest alone"
              : strstr(text, "://")
                  ? "is an address; that of the database is the value of --uri or MONGODB_URI"
                  : "looks like an address without its scheme; that of the database is the value of --uri or "
                    "MONGODB_URI and begins with mongodb://, that of a file to load with https:// or http://; a file's "
                    "own name that looks so has ./ before it");
    return true;
}

/* text is NULL where a flag says itself. */
static bool set_value(struct options *options, const struct option_row *row, const char *from, const char *text,
                      struct error *err)
{
    options->text[row->id] = text;
    if (!text) { /* a flag on the command line */
        options->number[row->id] = true;
        return true;
    }
    if (row->id != OPTION_URI && (row->id != OPTION_CORS_ORIGIN || strchr(text, '@') || secret_is_key(text)) &&
        is_out_of_place(from == row->flag ? "--" : "", from, text, err))
        return false;
    if (row->type == TYPE_FLAG) {
        return set_flag(options, row, from, text, err);
    } else if (row->type == TYPE_INTEGER) {
        char *end;
        long value;
        errno = 0;
        value = strtol(text, &end, 10);
        if (errno || end == text || *end || value < row->least || value > row->most) {
            error_set(err, ERROR_INVALID, "%s%s: '%s' is not a whole number from %ld to %ld",
                      from == row->flag ? "--" : "", from, text, row->least, row->most);
            return false;
        }
        options->number[row->id] = value;
    } else if (row->type == TYPE_CHOICE && !is_choice(row->choices, text)) {
        error_set(err, ERROR_INVALID, "%s%s: '%s' is none of %s", from == row->flag ? "--" : "", from, text,
                  row->choices);
        return false;
    } else if (!*text) {
        error_set(err, ERROR_INVALID, "%s%s: the value is empty", from == row->flag ? "--" : "", from);
        return false;
    }
    return true;
}

/* The row's default: of a folder that is not here, the one that was installed with the program. */
static const char *fallback_of(const struct option_row *row, struct options *options)
{
    const char *installed = NULL;
    if (row->id == OPTION_PIPELINES && access("pipelines/kpi", X_OK) != 0)
        installed = installed_folder("pipelines", options->pipelines, sizeof options->pipelines);
    else if (row->id == OPTION_PROFILES && access("loader/profiles", X_OK) != 0)
        installed = installed_folder("profiles", options->profiles, sizeof options->profiles);
    return installed ? installed : row->fallback;
}

/* Defaults first, then the environment. */
static bool set_fallbacks(struct options *options, enum program program, struct error *err)
{
    for (int i = 0; i < ROW_COUNT; i++) {
        const struct option_row *row = &rows[i];
        const char *text = row->env ? getenv(row->env) : NULL;
        if (!(row->programs & program))
            continue;
        if (row->fallback && !set_value(options, row, row->flag, fallback_of(row, options), err))
            return false;
        if (text && *text && !set_value(options, row, row->env, text, err))
            return false;
        options->given[row->id] = text && *text;
    }
    return true;
}

/* The rows of one program, in the form that getopt_long() takes; val is the row's number. */
static void long_options(enum program program, struct option list[ROW_COUNT + 1])
{
    int n = 0;
    for (int i = 0; i < ROW_COUNT; i++)
        if (rows[i].programs & program)
            list[n++] =
                (struct option){rows[i].flag, rows[i].type == TYPE_FLAG ? no_argument : required_argument, NULL, i};
    list[n] = (struct option){NULL, 0, NULL, 0};
}

/* Says what getopt_long() could not take. Always false. */
static bool refuse(int c, char *const *argv, struct error *err)
{
    if (c == ':')
        error_set(err, ERROR_INVALID, "%s needs a value; see --help", argv[optind - 1]);
    else if (optopt > 0 && optopt < ROW_COUNT)
        error_set(err, ERROR_INVALID, "--%s takes no value; see --help", rows[optopt].flag);
    else if (optopt)
        error_set(err, ERROR_INVALID, "-%c is no option of this program; see --help", optopt);
    else {
        char shown[SECRET_SHOWN_ROOM];
        secret_shown(shown, argv[optind - 1]);
        error_set(err, ERROR_INVALID, "%s is no option of this program; see --help", shown);
    }
    return false;
}

/* What keeps n bytes from being a URI, or NULL. What they are is never shown: they may hold a password. */
static const char *no_uri(const char *text, size_t n)
{
    if (n == 0)
        return "is empty";
    if (n == OPTIONS_URI_ROOM)
        return "is too long for a URI";
    return memchr(text, '\n', n) || memchr(text, '\0', n) ? "holds more than a line" : NULL;
}

/* One line, without the end that editors and echo write. */
static bool read_uri(const char *path, char *uri, struct error *err)
{
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(uri, 1, OPTIONS_URI_ROOM, file) : 0;
    int why = errno;
    bool failed = !file || ferror(file);
    if (file)
        fclose(file);
    if (failed) {
        error_set(err, ERROR_INVALID, "--uri-file: %s: %s", path, strerror(why));
        return false;
    }
    while (n > 0 && n < OPTIONS_URI_ROOM && memchr("\r\n \t", uri[n - 1], 4))
        n--;
    if (no_uri(uri, n)) {
        error_set(err, ERROR_INVALID, "--uri-file: %s %s; write one line into it, such as mongodb://HOST:27017/", path,
                  no_uri(uri, n));
        return false;
    }
    uri[n] = '\0';
    return true;
}

/* Of the URI and its file the one that was said counts; a flag counts before a variable, as ever. */
static bool settle_uri(struct options *options, enum option_id flag, struct error *err)
{
    const char *path = options->text[OPTION_URI_FILE];
    if (!path || flag == OPTION_URI)
        return true;
    if (flag != OPTION_URI_FILE && options->given[OPTION_URI]) {
        error_set(err, ERROR_INVALID, "MONGODB_URI and MONGODB_URI_FILE are both set; unset one of them");
        return false;
    }
    if (!read_uri(path, options->uri, err))
        return false;
    options->text[OPTION_URI] = options->uri;
    options->given[OPTION_URI] = true;
    return true;
}

/* Overwrites who it is that connects, and of its options all where one is a secret. */
static void hide_secrets(char *uri)
{
    const char *at = strrchr(uri, '@'), *query = strchr(at ? at : uri, '?');
    if (at || (query && (strcasestr(query, "password") || strcasestr(query, "properties"))))
        secret_overwrite(uri);
}

/* Of the arguments that are no options only those of the loader may be addresses: of files. */
static bool check_arguments(const struct options *options, struct error *err)
{
    for (int i = 0; i < options->argument_count; i++) {
        const char *argument = options->arguments[i];
        bool fetched = options->program == PROGRAM_LOADER &&
                       (strncasecmp(argument, "http://", 7) == 0 || strncasecmp(argument, "https://", 8) == 0);
        if (!fetched && is_out_of_place("", "argument", argument, err))
            return false;
    }
    return true;
}

/* Takes the URI of the command line over. */
static bool take_uri(struct options *options, char *uri, struct error *err)
{
    size_t n = strlen(uri);
    bool fits = n < sizeof options->uri;
    if (fits)
        memcpy(options->uri, uri, n + 1);
    else
        error_set(err, ERROR_INVALID, "--uri: the value is longer than %zu bytes", sizeof options->uri - 1);
    options->text[OPTION_URI] = options->uri;
    hide_secrets(uri);
    return fits;
}

bool options_parse(struct options *options, enum program program, int argc, char **argv, struct error *err)
{
    enum option_id uri_flag = OPTION_COUNT; /* the last of the two that say it */
    struct option list[ROW_COUNT + 1];
    int c;

    memset(options, 0, sizeof *options);
    options->program = program;
    if (!set_fallbacks(options, program, err))
        return false;
    long_options(program, list);
    opterr = 0;
    optind = 0; /* forgets a scan that ended within a group of letters */
    while ((c = getopt_long(argc, argv, ":h", list, NULL)) != -1) {
        if (c == 'h') {
            options->number[OPTION_HELP] = 1;
        } else if (c == ':' || c == '?') {
            return refuse(c, argv, err);
        } else if (!set_value(options, &rows[c], rows[c].flag, optarg, err)) {
            return false;
        } else if (rows[c].id == OPTION_URI && !take_uri(options, optarg, err)) {
            return false;
        } else {
            options->given[rows[c].id] = true;
            if (rows[c].id == OPTION_URI || rows[c].id == OPTION_URI_FILE)
                uri_flag = rows[c].id;
        }
    }
    options->arguments = argv + optind;
    options->argument_count = argc - optind;
    /* Help needs no secret. */
    return options->number[OPTION_HELP] || options->number[OPTION_VERSION] ||
           (check_arguments(options, err) && settle_uri(options, uri_flag, err));
}

void options_print(enum program program, FILE *out)
{
    struct options folders; /* for the names of those that are defaults */
    for (int i = 0; i < ROW_COUNT; i++) {
        const struct option_row *row = &rows[i];
        char left[64];
        if (!(row->programs & program))
            continue;
        snprintf(left, sizeof left, "--%s%s%s", row->flag, row->value_name ? " " : "",
                 row->value_name ? row->value_name : "");
        fprintf(out, "  %-26s %s", left, row->help);
        if (row->choices)
            fprintf(out, " (%s)", row->choices);
        if (row->fallback)
            fprintf(out, " [%s]", fallback_of(row, &folders));
        if (row->env)
            fprintf(out, " $%s", row->env);
        fputc('\n', out);
    }
}

void options_configure_log(const struct options *options)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    enum log_level level = LOG_INFO;
    for (int i = 0; i < 4; i++)
        if (strcmp(options->text[OPTION_LOG_LEVEL], names[i]) == 0)
            level = (enum log_level)i;
    log_configure(level, strcmp(options->text[OPTION_LOG_FORMAT], "json") == 0);
}
