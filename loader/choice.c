#include "loader/choice.h"

#include <stdio.h>
#include <string.h>

/* Grows when the same rows make other documents than before, so that known files are read again. */
#define DOCUMENTS_RELEASE "5"

/* A digest of all that decides what documents a file's rows become. */
static void digest_reading(const struct profile *profile, const char *zone, char out[HASH_TEXT_MAX])
{
    char text[160];
    snprintf(text, sizeof text, "%s|%s|%s", profile->digest, zone, DOCUMENTS_RELEASE);
    hash_text(text, strlen(text), out);
}

static const char *chosen_zone(const struct choice *c, const struct profile *profile)
{
    const char *zone = c->options->text[OPTION_TIMEZONE];
    return zone ? zone : profile->timezone ? profile->timezone : "UTC";
}

/* The version of a URL that is loaded already, to be asked for only if it is another one now: unless it would be read
 * in another way than then. */
static bool known_version(void *context, const char *origin, struct source_version *version)
{
    struct choice *c = context;
    const struct options *o = c->options;
    const struct store *store =
        o->number[OPTION_RELOAD] || o->number[OPTION_REPLACE] ? NULL : c->known.get(c->known.context);
    const char *name = o->text[OPTION_PROFILE];
    char reading[HASH_TEXT_MAX];
    struct known_version known;
    struct profile *profile;
    struct error ignored;
    bool same;
    if (!store || !known_files_version(store, origin, &known))
        return false;
    profile = profile_named(name ? name : known.profile, o->text[OPTION_PROFILES], &ignored);
    if (!profile)
        return false;
    digest_reading(profile, chosen_zone(c, profile), reading);
    same = strcmp(reading, known.reading) == 0;
    profile_free(profile);
    *version = known.version;
    return same;
}

static bool choose_files(struct choice *c, struct fileset_scope *scope, struct progress *progress, struct error *err)
{
    const struct options *o = c->options;
    struct fileset_options files = {.download = {.most = (uint64_t)o->number[OPTION_MAX_DOWNLOAD] << 20,
                                                 .stall_seconds = o->number[OPTION_DOWNLOAD_TIMEOUT],
                                                 .progress = progress},
                                    .known = known_version,
                                    .context = c,
                                    .scope = scope};
    if (!fileset_collect(&c->files, o->arguments, o->argument_count, &files, err))
        return false;
    if (c->files.count >= UINT16_MAX) {
        error_set(err, ERROR_INVALID, "%zu files are too many for one load; load them in parts", c->files.count);
        return false;
    }
    c->up_to_date = fileset_not_modified(&c->files);
    return c->up_to_date || fileset_match(&c->files, o->text[OPTION_PROFILE], o->text[OPTION_PROFILES], err);
}

bool choice_make(struct choice *c, const struct options *options, const struct known_store *known,
                 struct fileset_scope *scope, struct progress *progress, struct error *err)
{
    c->options = options;
    c->known = *known;
    if (!choose_files(c, scope, progress, err))
        return false;
    if (c->up_to_date)
        return true;
    c->zone = zone_open(chosen_zone(c, c->files.profile), err);
    if (!c->zone)
        return false;
    profile_set_zone(c->files.profile, c->zone);
    digest_reading(c->files.profile, zone_name(c->zone), c->reading);
    fprintf(stderr, "profile %s (%s): %s\n", c->files.profile->name, c->files.profile->title, c->files.reason);
    return true;
}

void choice_release(struct choice *c)
{
    fileset_release(&c->files);
    zone_free(c->zone);
    memset(c, 0, sizeof *c);
}
