#include "server/key_command.h"
#include "core/nearest.h"
#include "server/key_file.h"

#include <errno.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { RANDOM_BYTES = 32, EXIT_USAGE = 2 };

static int fail(int status, const struct error *err, const char *file)
{
    fprintf(stderr, "kpi-server: key: %s%s%s\n", file ? file : "", file ? ": " : "", err->message);
    return status;
}

/* "kpi_" so that a key is known for one where it should not be, as in a log or a repository. */
static bool make_key(char text[KEY_TEXT_BYTES + 1], struct error *err)
{
    uint8_t random[RANDOM_BYTES];
    char encoded[BASE64_ENCODE_RAW_LENGTH(RANDOM_BYTES)];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        error_set(err, ERROR_INTERNAL, "the system gives no random bytes: %s", strerror(errno));
        return false;
    }
    base64_encode_raw(encoded, sizeof random, random);
    for (size_t i = 0; i < sizeof encoded; i++)
        encoded[i] = encoded[i] == '+' ? '-' : encoded[i] == '/' ? '_' : encoded[i];
    snprintf(text, KEY_TEXT_BYTES + 1, "kpi_%.43s", encoded); /* without its padding */
    return true;
}

static struct key *find(struct key_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->keys[i].name, name) == 0)
            return &list->keys[i];
    return NULL;
}

static bool append(struct key_edit *edit, const char *name, enum role role, const char *text, struct error *err)
{
    struct key *key = &edit->list.keys[edit->list.count];
    time_t now = time(NULL);
    struct tm day;
    if (find(&edit->list, name)) {
        error_set(err, ERROR_INVALID, "there is a key of the name '%s' already: remove it first, or take another name",
                  name);
        return false;
    }
    if (edit->list.count == KEYS_MOST) {
        error_set(err, ERROR_INVALID, "there are %d keys already, the most there may be", KEYS_MOST);
        return false;
    }
    *key = (struct key){.role = role};
    memcpy(key->name, name, strlen(name));
    gmtime_r(&now, &day);
    strftime(key->made, sizeof key->made, "%Y-%m-%d", &day);
    key_digest(text, strlen(text), key->digest);
    edit->list.count++;
    return key_edit_save(edit, err);
}

/* The key alone goes to stdout, for scripts. */
static int add(const char *file, const char *name, enum role role)
{
    char text[KEY_TEXT_BYTES + 1];
    struct key_edit edit;
    struct error err = {0};
    bool ok;
    if (!key_name_is_valid(name)) {
        error_set(&err, ERROR_INVALID, "'%s' is no name for a key: up to 64 letters, digits and . _ - behind the first",
                  name);
        return fail(EXIT_USAGE, &err, NULL);
    }
    if (!make_key(text, &err) || !key_edit_open(&edit, file, true, &err))
        return fail(EXIT_FAILURE, &err, file);
    ok = append(&edit, name, role, text, &err);
    key_edit_close(&edit);
    if (!ok)
        return fail(EXIT_FAILURE, &err, file);
    if (printf("%s\n", text) < 0 || fflush(stdout) != 0) {
        error_set(&err, ERROR_INVALID, "the key cannot be shown: %s. Remove '%s' and add it again", strerror(errno),
                  name);
        return fail(EXIT_FAILURE, &err, NULL);
    }
    fprintf(stderr,
            "Added '%s' with the role %s. This is the only time that its key is shown: the file keeps a digest.\n"
            "It is sent as a header: Authorization: Bearer KEY, or X-API-Key: KEY.\n",
            name, role_names[role]);
    return EXIT_SUCCESS;
}

static int list_all(const char *file)
{
    struct key_list list;
    struct error err = {0};
    int width = 4;
    if (!key_file_read(file, &list, &err))
        return fail(EXIT_FAILURE, &err, file);
    for (size_t i = 0; i < list.count; i++)
        if ((int)strlen(list.keys[i].name) > width)
            width = (int)strlen(list.keys[i].name);
    printf("%-*s  %-7s  MADE\n", width, "NAME", "ROLE");
    for (size_t i = 0; i < list.count; i++)
        printf("%-*s  %-7s  %s\n", width, list.keys[i].name, role_names[list.keys[i].role], list.keys[i].made);
    key_list_release(&list);
    return EXIT_SUCCESS;
}

static bool take_out(struct key_edit *edit, const char *name, struct error *err)
{
    struct key_list *list = &edit->list;
    struct key *key = find(list, name);
    const char *best = NULL;
    unsigned distance = 0;
    if (key) {
        memmove(key, key + 1, (size_t)(list->keys + list->count - key - 1) * sizeof *key);
        list->count--;
        return key_edit_save(edit, err);
    }
    for (size_t i = 0; i < list->count; i++)
        nearest_consider(name, list->keys[i].name, &best, &distance);
    error_set(err, ERROR_NOT_FOUND, "there is no key of the name '%.80s'%s%s%s", name, best ? "; did you mean '" : "",
              best ? best : "", best ? "'?" : "");
    return false;
}

static int remove_one(const char *file, const char *name)
{
    struct key_edit edit;
    struct error err = {0};
    bool ok;
    if (!key_edit_open(&edit, file, false, &err))
        return fail(EXIT_FAILURE, &err, file);
    ok = take_out(&edit, name, &err);
    key_edit_close(&edit);
    if (!ok)
        return fail(EXIT_FAILURE, &err, file);
    fprintf(stderr, "Removed '%s'. A server that reads this file refuses it within two seconds.\n", name);
    return EXIT_SUCCESS;
}

int key_command_run(const struct options *options)
{
    const char *file = options->text[OPTION_KEYS];
    const char *verb = options->argument_count > 1 ? options->arguments[1] : "";
    const char *name = options->argument_count == 3 ? options->arguments[2] : NULL;
    struct error err = {0};
    if (!file)
        error_set(&err, ERROR_INVALID, "say which file the keys are in, with --keys FILE or $KPI_KEYS");
    else if (strcmp(verb, "add") == 0 && name)
        return add(file, name, role_of(options->text[OPTION_ROLE]));
    else if (strcmp(verb, "remove") == 0 && name)
        return remove_one(file, name);
    else if (strcmp(verb, "list") == 0 && options->argument_count == 2)
        return list_all(file);
    else
        error_set(&err, ERROR_INVALID,
                  "use key add NAME [--role read|operate], key list or key remove NAME, with --keys FILE");
    return fail(EXIT_USAGE, &err, NULL);
}
