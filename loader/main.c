/* kpi-load: CSV files into MongoDB, typed and checked. */
#include "core/log.h"
#include "core/version.h"
#include "loader/check.h"
#include "loader/load.h"
#include "loader/rejects.h"
#include "loader/stop.h"

#include <mongoc/mongoc.h>
#include <stdio.h>
#include <string.h>

static void print_help(void)
{
    puts("usage: kpi-load [OPTION]... PATH...\n"
         "       kpi-load check [OPTION]... [PROFILE]... [PATH]...\n"
         "Load CSV files, or all CSV files of a folder, into MongoDB. Loading the same again changes nothing.\n"
         "check reads mapping profiles, and says what is wrong with them or what they make of files; no database is "
         "needed.\n");
    options_print(PROGRAM_LOADER, stdout);
    puts("\nexamples:\n"
         "  kpi-load --db shop data/                          a folder, its layout recognised by the headers\n"
         "  kpi-load --profile superstore superstore.csv      a layout of loader/profiles by name\n"
         "  kpi-load --profile ./ours.json --max-rejects 0 orders.csv customers.csv\n"
         "  kpi-load check ./ours.json                        all that is wrong with a profile, or what it says\n"
         "  kpi-load check ./ours.json orders.csv             what it makes of the first 1,000 rows, without a "
         "database\n"
         "  kpi-load check data/                              which profile knows the files of a folder\n"
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

int main(int argc, char **argv)
{
    struct options options;
    struct error err;
    struct reject_limit limit;
    enum load_result result;
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
    if (options.argument_count == 0)
        return usage("name the files or the folder to load; see --help");
    if (strcmp(options.arguments[0], "check") == 0)
        return check_run(&options);
    if (!reject_limit_parse(options.text[OPTION_MAX_REJECTS], &limit, &err))
        return usage(err.message);
    options_configure_log(&options);
    stop_on_signals();
    mongoc_init();
    mongoc_log_set_handler(driver_says, NULL);
    result = load_run(&options);
    mongoc_cleanup();
    return (int)result;
}
