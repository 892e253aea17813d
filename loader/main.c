/* kpi-load: CSV files into MongoDB, typed and checked. */
#include "core/db.h"
#include "core/log.h"
#include "core/secret.h"
#include "core/version.h"
#include "loader/check.h"
#include "loader/load.h"
#include "loader/rejects.h"
#include "loader/stop.h"
#include "loader/url.h"
#include "loader/watch.h"
#include "loader/zone.h"

#include <curl/curl.h>
#include <malloc.h>
#include <mongoc/mongoc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static void print_help(void)
{
    puts("usage: kpi-load [OPTION]... PATH...\n"
         "       kpi-load [OPTION]... --watch DIR\n"
         "       kpi-load check [OPTION]... [PROFILE]... [PATH]...\n"
         "Load CSV files into MongoDB. Loading the same again changes nothing.\n"
         "A PATH is a file, a folder (its .csv and .csv.gz files), a quoted pattern such as 'data/*.csv', - for "
         "standard\n"
         "input, or an http:// or https:// URL. What is packed with gzip is unpacked.\n"
         "check reads mapping profiles, and says what is wrong with them or what they make of files; no database is "
         "needed.\n");
    options_print(PROGRAM_LOADER, stdout);
    puts("\nexamples:\n"
         "  kpi-load --db shop data/                          a folder, its layout recognised by the headers\n"
         "  kpi-load --profile superstore superstore.csv      a layout of loader/profiles by name\n"
         "  kpi-load --profile ./ours.json --max-rejects 0 orders.csv customers.csv\n"
         "  kpi-load 'exports/2026-*/*.csv.gz'                a pattern, for crontab and systemd, which expand none\n"
         "  zcat dump.gz | kpi-load -                         standard input\n"
         "  kpi-load https://shop.example/export/orders.csv   a URL; a login for it is taken from ~/.netrc\n"
         "  kpi-load --watch inbox/                           whatever is dropped there, until SIGTERM\n"
         "  kpi-load check ./ours.json                        all that is wrong with a profile, or what it says\n"
         "  kpi-load check ./ours.json orders.csv             what it makes of the first 1,000 rows, without a "
         "database\n"
         "  kpi-load check data/                              which profile knows the files of a folder\n"
         "\nexit status:\n"
         "  0  all rows are loaded\n"
         "  1  the load failed; the last line on stderr says why, and the same command takes it up again\n"
         "  2  the command line is wrong\n"
         "  3  loaded, but some rows were rejected: see the collection rejects; 0 with --allow-rejects");
}

static int usage(const char *sentence)
{
    fprintf(stderr, "kpi-load: %s\n", sentence);
    return LOAD_USAGE;
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

/* All users of a machine can read the arguments: addresses are taken over, and their secrets overwritten there. */
static void take_arguments(struct options *options, struct arena *arena)
{
    char **taken = arena_take(arena, ((size_t)options->argument_count + 1) * sizeof *taken);
    for (int i = 0; i < options->argument_count; i++) {
        taken[i] = options->arguments[i];
        if (url_is(taken[i])) {
            taken[i] = arena_string(arena, options->arguments[i]);
            secret_overwrite(options->arguments[i]);
        }
    }
    options->arguments = taken;
}

static bool is_check(const struct options *options)
{
    return options->argument_count > 0 && strcmp(options->arguments[0], "check") == 0;
}

/* Files may be URLs, and there is no database. */
static int run_check(const struct options *options)
{
    int result;
    options_configure_log(options);
    stop_on_signals();
    allow_many_files();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    result = check_run(options);
    curl_global_cleanup();
    return result;
}

/* What is larger than a batch on its way stays apart from the heap: it grows without being copied, and its memory goes
 * back when it is freed. Batches themselves are taken from the heap and stay there for the next: each would be mapped
 * and zeroed anew. By itself glibc decides both by what was freed last, and what is left between blocks in the heap
 * then adds up to much of what --memory allows. */
static void bound_heap(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, 16 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

/* With options that fit together. */
static int run(const struct options *options)
{
    struct reject_limit limit;
    struct error err;
    int result;
    if (is_check(options))
        return run_check(options);
    if (!reject_limit_parse(options->text[OPTION_MAX_REJECTS], &limit, &err))
        return usage(err.message);
    if (options->text[OPTION_TIMEZONE] && !zone_exists(options->text[OPTION_TIMEZONE], &err)) {
        error_prefix(&err, "--timezone");
        return usage(err.message);
    }
    options_configure_log(options);
    stop_on_signals();
    signal(SIGPIPE, SIG_IGN); /* a reader of our messages that goes must not end a load */
    allow_many_files();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    mongoc_init();
    mongoc_log_set_handler(db_driver_says, NULL);
    result = options->text[OPTION_WATCH] ? watch_run(options) : (int)load_run(options, NULL);
    if (result == LOAD_SOME_REJECTED && options->number[OPTION_ALLOW_REJECTS])
        result = LOAD_ALL;
    mongoc_cleanup();
    curl_global_cleanup();
    return result;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err;
    struct arena arguments = {0};
    int result;
    bound_heap();
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
    take_arguments(&options, &arguments);
    result = run(&options);
    arena_release(&arguments);
    return result;
}
