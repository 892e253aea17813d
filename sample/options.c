#include "sample/options.h"

#include "core/secret.h"
#include "sample/calendar.h"
#include "sample/shop.h"

#include <stddef.h>
#include <string.h>

#define ORDERS_MAX       50000000u
#define DIRTY_ORDERS_MAX 10000000u /* more would reach the numbers that bad rows have */
#define DAYS_MAX         18300     /* fifty years */

const char *const options_help =
    "usage: kpi-sample [OPTION]… DIR\n"
    "\n"
    "Writes sample data of a shop into the directory DIR: the same options give the same bytes.\n"
    "\n"
    "  --orders N       how many orders (default 10000, at most 50000000)\n"
    "  --products N     how many products (default 200 and one for 50 orders, at most 5000)\n"
    "  --seed S         another seed is another shop (default 1)\n"
    "  --layout LAYOUT  native (default): eight files, locations.csv to reviews.csv\n"
    "                   superstore: one file, superstore.csv\n"
    "                   olist: nine files, olist_customers_dataset.csv and so on\n"
    "  --from DAY       first day of orders (default 2022-01-01)\n"
    "  --to DAY         last day of orders, and of all that is known (default 2024-12-31)\n"
    "  --dirty          add rows that must be rejected, listed in dirty.json, and odd ones that must not\n"
    "                   (native layout only)\n"
    "  --help           print this and exit\n"
    "\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.\n";

static bool number_parse(const char *text, uint64_t most, uint64_t *number)
{
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        uint64_t digit = (uint64_t)(*text - '0');
        if (value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}

static bool orders_parse(struct options *options, const char *text, struct problem *problem)
{
    uint64_t number = 0;
    if (!number_parse(text, ORDERS_MAX, &number) || number == 0) {
        problem_set(problem, "--orders %.40s: give a whole number from 1 to %u", text, ORDERS_MAX);
        return false;
    }
    options->orders = (uint32_t)number;
    return true;
}

static bool products_parse(struct options *options, const char *text, struct problem *problem)
{
    uint64_t number = 0;
    if (!number_parse(text, PRODUCTS_MAX, &number) || number < PRODUCTS_MIN) {
        problem_set(problem, "--products %.40s: give a whole number from %u to %u", text, PRODUCTS_MIN, PRODUCTS_MAX);
        return false;
    }
    options->products = (uint32_t)number;
    return true;
}

static bool seed_parse(struct options *options, const char *text, struct problem *problem)
{
    if (number_parse(text, UINT64_MAX, &options->seed))
        return true;
    problem_set(problem, "--seed %.40s: give a whole number from 0 to 18446744073709551615", text);
    return false;
}

static bool layout_parse(struct options *options, const char *text, struct problem *problem)
{
    static const char *const names[] = {"native", "superstore", "olist"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            options->layout = (enum layout)i;
            return true;
        }
    }
    problem_set(problem, "--layout %.40s: give native, superstore or olist", text);
    return false;
}

static bool from_parse(struct options *options, const char *text, struct problem *problem)
{
    if (day_parse(text, &options->from))
        return true;
    problem_set(problem, "--from %.40s: give a day from 1970-01-01 to 2199-12-31, like 2022-01-31", text);
    return false;
}

static bool to_parse(struct options *options, const char *text, struct problem *problem)
{
    if (day_parse(text, &options->to))
        return true;
    problem_set(problem, "--to %.40s: give a day from 1970-01-01 to 2199-12-31, like 2024-12-31", text);
    return false;
}

static const struct row {
    const char *name;
    bool (*parse)(struct options *options, const char *text, struct problem *problem); /* NULL: takes no value */
    size_t flag;                                                                       /* where it is kept then */
} rows[] = {
    {"--orders", orders_parse, 0},
    {"--products", products_parse, 0},
    {"--seed", seed_parse, 0},
    {"--layout", layout_parse, 0},
    {"--from", from_parse, 0},
    {"--to", to_parse, 0},
    {"--dirty", NULL, offsetof(struct options, dirty)},
    {"--help", NULL, offsetof(struct options, help)},
    {"-h", NULL, offsetof(struct options, help)},
};

/* The row of an option given as --name or --name=value; *value is then what follows the sign, or NULL. */
static const struct row *row_find(const char *argument, const char **value)
{
    size_t size = strcspn(argument, "=");
    *value = argument[size] ? argument + size + 1 : NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strlen(rows[i].name) == size && strncmp(rows[i].name, argument, size) == 0)
            return &rows[i];
    }
    return NULL;
}

/* Takes one option, and the argument after it where that is its value. */
static bool option_take(struct options *options, char **argv, int argc, int *at, struct problem *problem)
{
    const char *value;
    const struct row *row = row_find(argv[*at], &value);
    if (!row) {
        problem_set(problem, "%.80s: no such option; see kpi-sample --help", argv[*at]);
        return false;
    }
    if (!row->parse) {
        if (value) {
            problem_set(problem, "%s takes no value; leave out the = and what follows", row->name);
            return false;
        }
        bool yes = true;
        memcpy((char *)options + row->flag, &yes, sizeof yes);
        return true;
    }
    if (!value && *at + 1 < argc)
        value = argv[++*at];
    if (!value) {
        problem_set(problem, "%s needs a value; see kpi-sample --help", row->name);
        return false;
    }
    return row->parse(options, value, problem);
}

/* What single options cannot know. */
static bool options_check(const struct options *options, struct problem *problem)
{
    if (!options->dir)
        problem_set(problem, "no directory given: say where to write, as in kpi-sample --orders 1000 data");
    else if (options->from > options->to)
        problem_set(problem, "--from is after --to: exchange them");
    else if (options->to - options->from >= DAYS_MAX)
        problem_set(problem, "--from and --to are more than fifty years apart: take a shorter range");
    else if (options->dirty && options->layout != LAYOUT_NATIVE)
        problem_set(problem, "--dirty works with the native layout only: leave out --layout or --dirty");
    else if (options->dirty && options->orders > DIRTY_ORDERS_MAX)
        problem_set(problem, "--dirty works with at most %u orders: ask for fewer", DIRTY_ORDERS_MAX);
    return !problem->text[0];
}

/* An address is not repeated, as it may hold a password; nor is an API key. */
static bool holds_address(int argc, char **argv, struct problem *problem)
{
    for (int i = 1; i < argc; i++) {
        if (secret_is_path(argv[i]))
            continue;
        if (secret_is_key(argv[i])) {
            problem_set(problem, "an API key is of no use here");
            return true;
        }
        if (strstr(argv[i], "://") || secret_in_address(argv[i])) {
            problem_set(problem, "an address is of no use here: say the directory to write to, and kpi-load loads it");
            return true;
        }
    }
    return false;
}

bool options_parse(struct options *options, int argc, char **argv, struct problem *problem)
{
    static const struct date first = {2022, 1, 1};
    static const struct date last = {2024, 12, 31};
    memset(options, 0, sizeof *options);
    options->seed = 1;
    options->orders = 10000;
    options->from = day_of_date(first);
    options->to = day_of_date(last);
    bool only_names = false;
    if (holds_address(argc, argv, problem))
        return false;
    for (int i = 1; i < argc; i++) {
        if (!only_names && strcmp(argv[i], "--") == 0) {
            only_names = true;
        } else if (!only_names && argv[i][0] == '-') {
            if (!option_take(options, argv, argc, &i, problem))
                return false;
            if (options->help)
                return true;
        } else if (options->dir) {
            problem_set(problem, "%.80s: one directory is enough; quote a name with spaces", argv[i]);
            return false;
        } else {
            options->dir = argv[i];
        }
    }
    return options_check(options, problem);
}
