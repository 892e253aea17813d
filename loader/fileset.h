/* The files of a load: collected from the command line, matched to the files of a profile by their headers. */
#ifndef KPI_LOADER_FILESET_H
#define KPI_LOADER_FILESET_H

#include "loader/csv_source.h"
#include "loader/profile.h"
#include <stdatomic.h>

/* What became of the rows of a file. read = inserted + updated + unchanged + skipped + rejected, at the end. */
struct tally {
    atomic_uint_fast64_t read, inserted, updated, unchanged, skipped, rejected;
};

/* The first row of a file, as one encoding and delimiter show it. */
struct header {
    const struct header *next;
    enum encoding encoding;
    char delimiter;
    bool bad_encoding;
    struct text *names; /* with a NUL behind each */
    size_t count;
};

struct input {
    const char *path;
    const char *name; /* its last part, as reports show it */
    bool named;       /* on the command line, not found in a folder */
    uint64_t device, inode;
    uint64_t size;
    const struct profile_file *file; /* of the profile; NULL: none fits */
    const struct header *headers;    /* those read so far */
    enum encoding encoding;          /* of those that the file of the profile may have */
    char delimiter;
    struct text *header; /* the columns as the file names them, with a NUL behind each */
    size_t header_count;
    int *columns;                  /* by the profile's number: the column of the file, or -1 */
    struct lookup *const *lookups; /* by the profile's number of the file; NULL until lookups_read() */
    struct csv_source *source;     /* open from reading on, to show rejected rows */
    struct tally tally;
};

struct fileset {
    struct input *inputs; /* in the order in which they are to be read */
    size_t count, room;
    struct profile *profile; /* owned */
    char reason[512];        /* why this profile, for people */
    struct lookup **lookups; /* by the profile's number of the file; NULL where nothing is looked up in it */
    struct arena arena;
};

/* Adds files, and the CSV files of folders. A file that is named twice is read once. A folder without any, or a path
 * that is nothing, is an error. */
bool fileset_collect(struct fileset *set, char **paths, int count, struct error *err);

/* Matches the files to the profile that `name` says, or without one to the profile of the folder that fits best. */
bool fileset_match(struct fileset *set, const char *name, const char *profiles_dir, struct error *err);

void fileset_release(struct fileset *set);

uint64_t fileset_bytes(const struct fileset *set);

#endif
