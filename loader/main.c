/* kpi-load: CSV files into MongoDB, typed and checked. */
#include "core/log.h"
#include "core/version.h"
#include "loader/load.h"
#include "loader/rejects.h"
#include "loader/stop.h"
#include "loader/watch.h"
#include "loader/zone.h"

#include <curl/curl.h>
#include <mongoc/mongoc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

static void print_help(void)
{
    puts("usage: kpi-load [OPTION]... PATH...\n"
         "       kpi-load [OPTION]... --watch DIR\n"
         "Load CSV files into MongoDB. Loading the same again changes nothing.\n"
         "A PATH is a file, a folder (its .csv and .csv.gz files), a quoted pattern such as 'data/*.csv', - for "
         "standard\n"
         "input, or an http:// or https:// URL. What is packed with gzip is unpacked.\n");
    options_print(PROGRAM_LOADER, stdout);
    puts("\nexamples:\n"
         "  kpi-load --db shop data/                          a folder, its layout recognised by the headers\n"
         "  kpi-load --profile superstore superstore.csv      a layout of loader/profiles by name\n"
         "  kpi-load --profile ./ours.json --max-rejects 0 orders.csv customers.csv\n"
         "  kpi-load 'exports/2026-*/*.csv.gz'                a pattern, for crontab and systemd, which expand none\n"
         "  zcat dump.gz | kpi-load -                         standard input\n"
         "  kpi-load https://shop.example/export/orders.csv   a URL; a login for it is taken from ~/.netrc\n"
         "  kpi-load --watch inbox/                           whatever is dropped there, until SIGTERM\n"
         "\nexit status:\n"
         "  0  all rows are loaded\n"
         "  1  the load failed; the last line on stderr says why, and the same command takes it up again\n"
         "  2  the command line is wrong\n"
         "  3  loaded, but some rows were rejected: see the collection rejects");
}

static int usage(const char *sentence)
{
    fprintf(stderr, "kpi-load: %s\n", sentence);
    return LOAD_USAGE;
}

/* The driver's own messages are for those who debug; what failed is said by the load. */
static void driver_says(mongoc_log_level_t level, const char *domain, const char *message, void *context)
{
    (void)level;
    (void)context;
    log_event(LOG_DEBUG, "the driver says", LOG_STR("domain", domain), LOG_STR("driver", message));
}

/* Every file of a load stays open, and shells start programs with a limit of 1024. */
static void allow_many_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err;
    struct reject_limit limit;
    const char *zone;
    int result;
    if (!options_parse(&options, PROGRAM_LOADER, argc, argv, &err))
        return usage(err.message);
    if (options.number[OPTION_HELP]) {
        print_help();
        return 0;
    }
    if (options.number[OPTION_VERSION]) {
        puts("kpi-load " KPI_VERSION);
        return 0;
    }
    if (options.argument_count == 0 && !options.text[OPTION_WATCH])
        return usage("name the files or the folder to load; see --help");
    if (options.argument_count > 0 && options.text[OPTION_WATCH])
        return usage("--watch loads the files of its own folder and takes no others");
    if (!reject_limit_parse(options.text[OPTION_MAX_REJECTS], &limit, &err))
        return usage(err.message);
    zone = options.text[OPTION_TIMEZONE];
    if (zone && !zone_exists(zone, &err)) {
        error_prefix(&err, "--timezone");
        return usage(err.message);
    }
    options_configure_log(&options);
    stop_on_signals();
    signal(SIGPIPE, SIG_IGN); /* a reader of our messages that goes must not end a load */
    allow_many_files();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    mongoc_init();
    mongoc_log_set_handler(driver_says, NULL);
    result = options.text[OPTION_WATCH] ? watch_run(&options) : (int)load_run(&options);
    mongoc_cleanup();
    curl_global_cleanup();
    return result;
}
