/* kpi-server: serves the KPIs of a database over HTTP. */
#include "core/log.h"
#include "core/options.h"
#include "core/version.h"
#include "server/check.h"
#include "server/folder_watch.h"
#include "server/http.h"
#include "server/key_command.h"
#include "server/notify.h"
#include "server/tls.h"

#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, BLIND_MS = 500 /* between two looks at signals, where they cannot be polled */ };

static void print_help(void)
{
    printf(
        "kpi-server: serves one JSON endpoint per KPI, each a stored aggregation pipeline.\n\n"
        "usage: kpi-server [OPTION…]\n"
        "       kpi-server check [OPTION…] [FILE…]\n"
        "       kpi-server key add NAME [--role ROLE] | key list | key remove NAME   with --keys FILE\n\n"
        "check says all that is wrong with definition files, or with all of the pipelines folder; with --uri or\n"
        "$MONGODB_URI it also runs their pipelines on that server, on sample data in databases of their own that it\n"
        "drops again. key makes API keys, shows their names, and takes one away; a running server follows.\n\n");
    options_print(PROGRAM_SERVER, stdout);
    printf(
        "\nA flag wins over its environment variable. Money in answers is exact.\n"
        "SIGTERM and SIGINT stop it gracefully. Definitions and keys are read again when their files change, and on\n"
        "SIGHUP, the certificate then too.\n\n"
        "examples:\n"
        "  kpi-server --uri mongodb://127.0.0.1:27017 --db shop\n"
        "  curl 'http://127.0.0.1:8080/v1/kpis/sales-by-region?from=2023&to=2023'\n"
        "  kpi-server check pipelines/kpi/ours.json\n"
        "  kpi-server check --uri mongodb://127.0.0.1:27017\n"
        "  kpi-server key add dashboard --keys /etc/kpi-server/keys\n\n"
        "exit status: 0 stopped on request, or nothing is wrong; 1 could not start, or something is; 2 wrong usage\n");
}

/* The next signal that is pending, or 0. */
static int next_signal(const sigset_t *signals)
{
    const struct timespec now = {0};
    int number = sigtimedwait(signals, NULL, &now);
    return number > 0 ? number : 0;
}

static void reload_all(struct server *server)
{
    server_reload(server, true);
    if (server->access && access_keys(server->access))
        keys_reload(access_keys(server->access), true);
    if (server->tls)
        tls_reload(server->tls);
}

/* Reloads on SIGHUP and when a definition changes; returns on the signals that end the program. */
static void wait_for_end(struct server *server, struct folder_watch *watch, const sigset_t *signals)
{
    int ready = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
    int number = 0;
    while (!number || number == SIGHUP) {
        struct pollfd events[] = {{.fd = ready, .events = POLLIN}, {.fd = watch->fd, .events = POLLIN}};
        int wait_ms = folder_watch_wait_ms(watch);
        poll(events, 2, ready < 0 && (wait_ms < 0 || wait_ms > BLIND_MS) ? BLIND_MS : wait_ms);
        if (folder_watch_due(watch))
            server_reload(server, false);
        number = next_signal(signals);
        if (number == SIGHUP)
            reload_all(server);
    }
    close(ready);
    log_event(LOG_INFO, "stopping");
}

/* From here a second signal ends the program at once. */
static void unblock(const sigset_t *signals)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

/* The end of a start that failed: a sentence to a human, or a line of the log to what reads objects. */
static void say_failed_start(const struct error *err)
{
    if (log_is_json())
        log_event(LOG_ERROR, "the server cannot start", LOG_STR("reason", err->message));
    else
        fprintf(stderr, "kpi-server: %s\n", err->message);
}

static int serve(struct server *server, struct folder_watch *watch, const sigset_t *signals)
{
    struct error err = {0};
    struct http *http = http_start(server, &err);
    if (!http) {
        say_failed_start(&err);
        return EXIT_FAILURE;
    }
    log_event(LOG_INFO, "serving", LOG_STR("address", http_address(http)));
    notify_state("READY=1");
    wait_for_end(server, watch, signals);
    notify_state("STOPPING=1");
    unblock(signals);
    http_stop(http, server->config.stop_timeout_s);
    log_event(LOG_INFO, "stopped"); /* behind what was gathered */
    return EXIT_SUCCESS;
}

static int run(const struct options *options, const sigset_t *signals)
{
    struct server_config config = {
        .listen = options->text[OPTION_LISTEN],
        .tls_certificate = options->text[OPTION_TLS_CERT],
        .tls_key = options->text[OPTION_TLS_KEY],
        .is_public = options->number[OPTION_PUBLIC],
        .access =
            {
                .keys_file = options->text[OPTION_KEYS],
                .origins = options->text[OPTION_CORS_ORIGIN],
                .rate_limit = (unsigned)options->number[OPTION_RATE_LIMIT],
                .rate_burst = (unsigned)options->number[OPTION_RATE_BURST],
            },
        .pipelines = options->text[OPTION_PIPELINES],
        .sources = options->text[OPTION_SOURCES],
        .workers = (unsigned)options->number[OPTION_WORKERS],
        .queue_most = (unsigned)options->number[OPTION_QUEUE],
        .query_timeout_s = (int)options->number[OPTION_QUERY_TIMEOUT],
        .pace = {(unsigned)options->number[OPTION_STREAM_TIMEOUT], (size_t)options->number[OPTION_STREAM_RATE] << 10},
        .idle_timeout_s = (unsigned)options->number[OPTION_IDLE_TIMEOUT],
        .cache_bytes = (size_t)options->number[OPTION_CACHE_MB] << 20,
        .fresh_wait_s = (int)options->number[OPTION_FRESH_WAIT],
        .max_stale_s = (int)options->number[OPTION_MAX_STALE],
        .stop_timeout_s = (int)options->number[OPTION_STOP_TIMEOUT],
    };
    struct db_config db_config = {
        .uri = options->text[OPTION_URI],
        .name = options->text[OPTION_DB],
        .app_name = "kpi-server",
        .pool_size = config.workers + SERVER_LIGHT_WORKERS + SERVER_EXPORT_WORKERS + 1, /* and the watcher */
        .query_timeout_ms = (unsigned)config.query_timeout_s * 1000,
    };
    struct error err = {0};
    struct folder_watch watch;
    struct server server;
    struct db *db = NULL;
    int status;
    folder_watch_open(&watch, config.pipelines); /* first: no change is missed */
    if (capacity_claim(db_config.pool_size + 1 /* the watcher's own */, &config.capacity, &err))
        db = db_new(&db_config, &err);
    if (!db || !server_init(&server, &config, db, &err)) {
        say_failed_start(&err);
        folder_watch_close(&watch);
        db_free(db);
        return EXIT_FAILURE;
    }
    status = serve(&server, &watch, signals);
    folder_watch_close(&watch);
    /* A pipeline that outlasts the patience of a stop is left to the process's end. */
    if (!server_release(&server)) {
        log_flush();
        _exit(status);
    }
    db_free(db);
    return status;
}

/* An option that would do nothing by itself is meant to do something. */
static bool fits_together(const struct options *options, struct error *err)
{
    if (!options->text[OPTION_TLS_CERT] != !options->text[OPTION_TLS_KEY]) {
        error_set(err, ERROR_INVALID, "--tls-cert and --tls-key go together, and there is no %s; give both or neither",
                  options->text[OPTION_TLS_CERT] ? "--tls-key" : "--tls-cert");
        return false;
    }
    if (options->number[OPTION_RATE_BURST] && !options->number[OPTION_RATE_LIMIT]) {
        error_set(err, ERROR_INVALID,
                  "--rate-burst says how many of the requests that --rate-limit allows may come at once, and there is "
                  "no --rate-limit; give both or neither");
        return false;
    }
    return true;
}

/* Threads share two heaps, answers of some size are mapped by themselves, and what is freed goes back to the system: by
 * itself glibc gives each thread a heap that keeps what its largest answers took. */
static void bound_heaps(void)
{
#ifdef M_ARENA_MAX
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 128 << 10);
#endif
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    sigset_t signals;
    int status;

    if (!options_parse(&options, PROGRAM_SERVER, argc, argv, &err)) {
        fprintf(stderr, "kpi-server: %s\n", err.message);
        return EXIT_USAGE;
    }
    if (options.number[OPTION_HELP]) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (options.number[OPTION_VERSION]) {
        printf("kpi-server %s\n", KPI_VERSION);
        return EXIT_SUCCESS;
    }
    if (options.argument_count && strcmp(options.arguments[0], "key") == 0)
        return key_command_run(&options);
    if (options.argument_count && strcmp(options.arguments[0], "check") != 0) {
        fprintf(stderr, "kpi-server: '%s' is no option; see --help\n", options.arguments[0]);
        return EXIT_USAGE;
    }
    options_configure_log(&options);
    bound_heaps();
    if (!options.argument_count && !fits_together(&options, &err)) {
        fprintf(stderr, "kpi-server: %s\n", err.message);
        return EXIT_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    /* Blocked before any thread starts, so that every thread leaves them to sigwait(). */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    log_gather();
    srand((unsigned)getpid()); /* for the spread of Retry-After alone */
    mongoc_init();
    mongoc_log_set_handler(db_driver_says, NULL);
    status = options.argument_count ? check_run(&options) : run(&options, &signals);
    mongoc_cleanup();
    log_flush();
    return status;
}
