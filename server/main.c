/* kpi-server: serves the KPIs of a database over HTTP. */
#include "core/log.h"
#include "core/options.h"
#include "core/version.h"
#include "server/check.h"
#include "server/http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static void print_help(void)
{
    printf("kpi-server: serves one JSON endpoint per KPI, each a stored aggregation pipeline.\n\n"
           "usage: kpi-server [OPTION…]\n"
           "       kpi-server check [OPTION…] [FILE…]\n\n"
           "check says all that is wrong with definition files, or with all of the pipelines folder; with --uri or\n"
           "$MONGODB_URI it also runs their pipelines on that server, on sample data in databases of their own that it\n"
           "drops again.\n\n");
    options_print(PROGRAM_SERVER, stdout);
    printf("\nA flag wins over its environment variable. Money in answers is exact.\n"
           "SIGTERM and SIGINT stop it gracefully; SIGHUP reads the definitions again.\n\n"
           "examples:\n"
           "  kpi-server --uri mongodb://127.0.0.1:27017 --db shop\n"
           "  curl 'http://127.0.0.1:8080/v1/kpis/sales-by-region?from=2023&to=2023'\n"
           "  kpi-server check pipelines/kpi/ours.json\n"
           "  kpi-server check --uri mongodb://127.0.0.1:27017\n\n"
           "exit status: 0 stopped on request, or nothing is wrong; 1 could not start, or something is; 2 wrong usage\n");
}

/* Waits for signals: reloads on SIGHUP, returns on those that end the program. */
static void wait_for_end(struct server *server, const sigset_t *signals)
{
    int number;
    while (sigwait(signals, &number) == 0 && number == SIGHUP) {
        struct error err = {0};
        if (!server_reload(server, &err))
            log_event(LOG_ERROR, "the definitions were not reloaded, the old ones go on serving",
                      LOG_STR("reason", err.message));
    }
    log_event(LOG_INFO, "stopping");
}

/* From here a second signal ends the program at once. */
static void unblock(const sigset_t *signals)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

static int serve(struct server *server, const sigset_t *signals)
{
    struct error err = {0};
    struct http *http = http_start(server, &err);
    if (!http) {
        fprintf(stderr, "kpi-server: %s\n", err.message);
        return EXIT_FAILURE;
    }
    log_event(LOG_INFO, "serving", LOG_STR("address", http_address(http)));
    wait_for_end(server, signals);
    unblock(signals);
    http_stop(http, server->config.stop_timeout_s);
    log_event(LOG_INFO, "stopped");
    return EXIT_SUCCESS;
}

static int run(const struct options *options, const sigset_t *signals)
{
    struct server_config config = {
        .listen = options->text[OPTION_LISTEN],
        .pipelines = options->text[OPTION_PIPELINES],
        .workers = (unsigned)options->number[OPTION_WORKERS],
        .queue_most = (unsigned)options->number[OPTION_QUEUE],
        .query_timeout_s = (int)options->number[OPTION_QUERY_TIMEOUT],
        .stop_timeout_s = (int)options->number[OPTION_STOP_TIMEOUT],
    };
    struct db_config db_config = {
        .uri = options->text[OPTION_URI],
        .name = options->text[OPTION_DB],
        .app_name = "kpi-server",
        .pool_size = config.workers + SERVER_LIGHT_WORKERS + 1, /* and the watcher */
        .query_timeout_ms = (unsigned)config.query_timeout_s * 1000,
    };
    struct error err = {0};
    struct server server;
    struct db *db = db_new(&db_config, &err);
    int status;
    if (!db || !server_init(&server, &config, db, &err)) {
        fprintf(stderr, "kpi-server: %s\n", err.message);
        db_free(db);
        return EXIT_FAILURE;
    }
    status = serve(&server, signals);
    /* A pipeline that outlasts the patience of a stop is left to the process's end. */
    if (!server_release(&server))
        _exit(status);
    db_free(db);
    return status;
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
    if (options.argument_count && strcmp(options.arguments[0], "check") != 0) {
        fprintf(stderr, "kpi-server: '%s' is no option; see --help\n", options.arguments[0]);
        return EXIT_USAGE;
    }
    options_configure_log(&options);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    /* Blocked before any thread starts, so that every thread leaves them to sigwait(). */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    srand((unsigned)getpid()); /* for the spread of Retry-After alone */
    mongoc_init();
    status = options.argument_count ? check_run(&options) : run(&options, &signals);
    mongoc_cleanup();
    return status;
}
