/* What a load reads: its files, the profile that knows them, and the clock by which their times are meant. */
#ifndef KPI_LOADER_CHOICE_H
#define KPI_LOADER_CHOICE_H

#include "core/hash.h"
#include "core/options.h"
#include "loader/fileset.h"
#include "loader/known_files.h"

/* Where it is written down what is loaded already: get() gives the database, or NULL when it does not answer. */
struct known_store {
    const struct store *(*get)(void *context);
    void *context;
};

struct choice {
    const struct options *options;
    struct known_store known;
    struct fileset files;
    struct zone *zone;
    char reading[HASH_TEXT_MAX]; /* a digest of all that decides what documents a file's rows become */
    bool up_to_date;             /* all files are URLs, and what they give is loaded already: the rest is not set */
};

/* Collects the files that the options name, within the scope if it is given, and finds their profile; prints which it
 * is, and why. `progress` must outlive the call. */
bool choice_make(struct choice *choice, const struct options *options, const struct known_store *known,
                 struct fileset_scope *scope, struct progress *progress, struct error *err);
void choice_release(struct choice *choice);

#endif
