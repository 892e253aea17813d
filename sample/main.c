/* kpi-sample: writes sample data of a shop, deterministic to the byte. */
#include "sample/csv_out.h"
#include "sample/native.h"
#include "sample/olist.h"
#include "sample/options.h"
#include "sample/shop.h"
#include "sample/superstore.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What each layout can show decides what the shop does. */
static struct shop_options shop_options_of(const struct options *options)
{
    struct shop_options result = {
        .seed = options->seed,
        .orders = options->orders,
        .products = options->products,
        .from = options->from,
        .to = options->to,
        .domestic = options->layout != LAYOUT_NATIVE,
        .always_done = options->layout == LAYOUT_SUPERSTORE,
        .no_returns = options->layout != LAYOUT_NATIVE,
    };
    return result;
}

static bool layout_write(const struct options *options, struct shop *shop, struct folder *folder, struct tally *tally,
                         struct problem *problem)
{
    switch (options->layout) {
    case LAYOUT_SUPERSTORE:
        return superstore_write(shop, folder, tally, problem);
    case LAYOUT_OLIST:
        return olist_write(shop, folder, tally, problem);
    case LAYOUT_NATIVE:
        break;
    }
    return native_write(shop, folder, options->dirty, tally, problem);
}

static bool run(const struct options *options, struct problem *problem)
{
    int64_t start = milliseconds();
    struct shop_options shop_options = shop_options_of(options);
    struct shop shop;
    struct tally tally = {0};
    struct folder *folder = NULL;
    bool ok = shop_init(&shop, &shop_options, problem);
    if (ok) {
        folder = folder_new(options->dir, problem);
        ok = folder && layout_write(options, &shop, folder, &tally, problem) && folder_commit(folder, problem);
    }
    if (ok) {
        int64_t spent = milliseconds() - start;
        fprintf(stderr, "kpi-sample: %" PRIu64 " orders, %" PRIu64 " lines, %zu files, %" PRId64 ".%03" PRId64 " s\n",
                tally.orders, tally.lines, folder_count(folder), spent / 1000, spent % 1000);
    }
    folder_free(folder);
    shop_release(&shop);
    return ok;
}

int main(int argc, char **argv)
{
    struct options options;
    struct problem problem = {{0}};
    signal(SIGXFSZ, SIG_IGN); /* a file that grows too large is an error of write(), with a message */
    if (!options_parse(&options, argc, argv, &problem)) {
        fprintf(stderr, "kpi-sample: %s\n", problem.text);
        return EXIT_USAGE;
    }
    if (options.help)
        return fputs(options_help, stdout) < 0 || fflush(stdout) != 0 ? EXIT_FAILED : EXIT_DONE;
    if (!run(&options, &problem)) {
        fprintf(stderr, "kpi-sample: %s\n", problem.text);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}
