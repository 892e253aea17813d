#include "server/check.h"
#include "core/definition.h"
#include "core/definition_check.h"
#include "core/folder.h"
#include "core/json.h"
#include "core/quality_file.h"
#include "core/rollup.h"
#include "core/star_file.h"
#include "server/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_RIGHT = 0, CHECK_WRONG = 1, PATH_MOST = 4096 };

/* The kinds of files, by the folder they are in. */
enum kind { KIND_SOURCE, KIND_ROLLUP, KIND_KPI, KIND_DIMENSION, KIND_QUALITY, KIND_STAR, KIND_COUNT };

static const struct {
    const char *folder, *what;
    bool required;
} kinds[KIND_COUNT] = {
    [KIND_SOURCE] = {"source", "sources", true},
    [KIND_ROLLUP] = {"rollup", "rollups", false},
    [KIND_KPI] = {"kpi", "KPIs", true},
    [KIND_DIMENSION] = {"dimension", "dimensions", true},
    [KIND_QUALITY] = {"quality", "checks of quality", false},
    [KIND_STAR] = {"star", "tables", false},
};

struct check {
    const char *dir;         /* the pipelines folder, or that of the file at hand */
    struct catalog *catalog; /* the sources and rollups of that folder; NULL when the sources cannot be used */
    char catalog_dir[PATH_MOST];
    struct trial *trial; /* NULL: pipelines are not run */
    struct mistakes all;
    struct mistakes warnings; /* what may be meant, and does not fail the check */
    size_t files[KIND_COUNT];
    enum kind kind;            /* of the file at hand */
    struct mistakes *mistakes; /* its own */
};

/* Sources and rollups that cannot be used are said when it is their turn to be checked. */
static void take_sources(struct check *check)
{
    struct mistakes said_elsewhere = {0};
    if (strcmp(check->catalog_dir, check->dir) == 0)
        return;
    catalog_release(check->catalog);
    check->catalog = catalog_of_sources(check->dir, &said_elsewhere);
    snprintf(check->catalog_dir, sizeof check->catalog_dir, "%s", check->dir);
    mistakes_release(&said_elsewhere);
}

/* Whether there are sources; that there are none is a mistake in the file at hand. */
static bool has_sources(struct check *check)
{
    take_sources(check);
    return check->catalog ||
           mistakes_add(check->mistakes, "", "the sources of %s cannot be used: check them too", check->dir);
}

/* What is wrong as it stands is not run: its rows would say the same once more for each way in which it shows. */
static void check_kpi(struct check *check, json_t *json, const char *name)
{
    struct mistakes *mistakes = check->mistakes;
    struct definition *d = definition_parse(json, name, mistakes);
    if (!d)
        return;
    if (definition_check(has_sources(check) ? check->catalog : NULL, d, mistakes, &check->warnings) && check->trial)
        trial_definition(check->trial, check->catalog, d, mistakes, &check->warnings);
    definition_free(d);
}

static void check_source(struct check *check, json_t *json, const char *name)
{
    struct source *source = source_parse(json, name, check->mistakes);
    if (source)
        source_check(source, check->mistakes, &check->warnings);
    source_free(source);
}

static void check_rollup(struct check *check, json_t *json, const char *name)
{
    const struct catalog *catalog;
    struct rollup *rollup;
    if (!has_sources(check)) {
        json_decref(json);
        return;
    }
    catalog = check->catalog;
    rollup = rollup_parse(json, name, catalog->sources, catalog->source_count, check->mistakes);
    if (rollup)
        rollup_link(rollup, catalog->rollups, catalog->rollup_count, check->mistakes);
    rollup_free(rollup);
}

static void check_dimension(struct check *check, json_t *json, const char *name)
{
    struct menu *menu = menu_parse(json, name, check->mistakes);
    if (menu && menu_check(menu, check->mistakes, &check->warnings) && check->trial)
        trial_menu(check->trial, menu, check->mistakes);
    menu_free(menu);
}

static void check_loaders_file(struct check *check, json_t *json, const char *name)
{
    bool ok = check->kind == KIND_STAR ? star_file_check(name, json, check->mistakes, &check->warnings)
                                       : quality_file_check(json, check->mistakes, &check->warnings);
    if (ok && check->trial)
        trial_file(check->trial, json, check->mistakes);
    json_decref(json);
}

static void check_file(void *context, const char *path, const char *name, struct mistakes *mistakes)
{
    struct check *check = context;
    json_t *json = trial_interrupted() ? NULL : json_read(path, mistakes);
    check->files[check->kind]++;
    check->mistakes = mistakes;
    check->warnings.file = mistakes->file;
    if (!json)
        return;
    switch (check->kind) {
    case KIND_KPI:
        check_kpi(check, json, name);
        break;
    case KIND_SOURCE:
        check_source(check, json, name);
        break;
    case KIND_ROLLUP:
        check_rollup(check, json, name);
        break;
    case KIND_DIMENSION:
        check_dimension(check, json, name);
        break;
    default:
        check_loaders_file(check, json, name);
    }
}

static void check_folder(struct check *check)
{
    for (int kind = 0; kind < KIND_COUNT; kind++) {
        check->kind = (enum kind)kind;
        folder_read(check->dir, kinds[kind].folder, kinds[kind].required, check_file, check, &check->all);
    }
}

/* Cuts off the last part of a path and returns it. */
static char *cut(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return path;
    *slash = '\0';
    return slash + 1;
}

/* A file in a folder of the right name is of that kind, and its sources are beside that folder; any other is a KPI. */
static void check_named(struct check *check, const char *path)
{
    char dir[PATH_MOST], name[256], *base, *folder;
    const char *pipelines = check->dir;
    struct mistakes mistakes = {.file = path};
    size_t n;
    snprintf(dir, sizeof dir, "%s%s", strchr(path, '/') ? "" : "./", path);
    base = cut(dir);
    folder = cut(dir);
    n = strlen(base);
    check->kind = KIND_KPI;
    for (int kind = 0; kind < KIND_COUNT; kind++)
        if (strcmp(folder, kinds[kind].folder) == 0) {
            check->kind = (enum kind)kind;
            check->dir = folder == dir ? "." : dir;
        }
    snprintf(name, sizeof name, "%.*s", (int)(n > 5 ? n - 5 : 0), base);
    if (n <= 5 || strcmp(base + n - 5, ".json") != 0)
        mistakes_add(&mistakes, "", "the name of a definition file ends in .json");
    else if (folder_check_name(name, &mistakes))
        check_file(check, path, name, &mistakes);
    mistakes_move(&check->all, &mistakes);
    check->dir = pipelines;
}

static void print_list(const struct mistakes *list, const char *label)
{
    char text[2048];
    for (size_t i = 0; i < list->count; i++) {
        mistake_text(&list->list[i], text, sizeof text);
        fprintf(stderr, "%s%s\n", label, text);
    }
}

static void print_count(const char *before, size_t count, const char *what)
{
    printf("%s%zu %s%s", before, count, what, count == 1 ? "" : "s");
}

static void print(const struct check *check)
{
    const char *separator = "checked";
    print_list(&check->all, "");
    print_list(&check->warnings, "warning: ");
    for (int kind = 0; kind < KIND_COUNT; kind++)
        if (check->files[kind]) {
            printf("%s %zu %s", separator, check->files[kind], kinds[kind].what);
            separator = ",";
        }
    if (*separator == ',') {
        print_count(": ", check->all.count, "mistake");
        if (check->warnings.count)
            print_count(", ", check->warnings.count, "warning");
        printf("\n");
    }
    if (!check->trial)
        printf(
            "the pipelines were not run: name a MongoDB server with --uri or $MONGODB_URI, and they are run there on "
            "sample data in databases of their own\n");
}

/* Opens the trial when a server was named: the default address may be somebody's who was not asked. */
static bool open_trial(struct check *check, const struct options *options, struct error *err)
{
    if (!options->given[OPTION_URI])
        return true;
    check->trial = trial_open(options->text[OPTION_URI], (int)options->number[OPTION_QUERY_TIMEOUT], err);
    return check->trial;
}

int check_run(const struct options *options)
{
    struct check check = {.dir = options->text[OPTION_PIPELINES]};
    struct error err = {0};
    bool ok = open_trial(&check, options, &err);
    if (ok) {
        for (int i = 1; i < options->argument_count; i++)
            check_named(&check, options->arguments[i]);
        if (options->argument_count == 1)
            check_folder(&check);
        print(&check);
        ok = !check.all.count && !trial_interrupted();
        if (trial_interrupted())
            fprintf(stderr, "kpi-server: check: interrupted\n");
    }
    if (!trial_close(check.trial, &err) || err.kind != ERROR_NONE) {
        fprintf(stderr, "kpi-server: check: %s\n", err.message);
        ok = false;
    }
    catalog_release(check.catalog);
    mistakes_release(&check.all);
    mistakes_release(&check.warnings);
    return ok ? CHECK_RIGHT : CHECK_WRONG;
}
