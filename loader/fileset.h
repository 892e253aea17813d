/* The files of a load: collected from the command line, matched to the files of a profile by their headers. */
#ifndef KPI_LOADER_FILESET_H
#define KPI_LOADER_FILESET_H

#include "loader/csv_source.h"
#include "loader/download.h"
#include "loader/profile.h"
#include <stdatomic.h>
#include <sys/stat.h>

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

/* A file of the load. The texts live in the fileset's arena. */
struct input {
    const char *path;   /* as people know it: of a URL without its secrets, "stdin" */
    const char *name;   /* its last part, as reports show it */
    const char *origin; /* tells it from others across loads: an absolute real path, a URL without its secrets, or "-",
                           which is like no other, not even "-" */
    const struct url *url; /* NULL: it is no URL */
    bool named;            /* on the command line, not found in a folder or by a pattern */
    bool not_modified;     /* a URL whose file is the version that was known: without bytes until fileset_match() */
    struct source_version version; /* of a URL, to be known by the next load */
    int fd;                  /* a regular file, open and seekable, read with pread() alone; owned by the fileset */
    uint64_t size;           /* of what fd gives, unpacked; what is appended later is not read */
    struct stat opened;      /* of fd when it was opened */
    char sha256[65];         /* of what fd gives; empty until input_read_digest() */
    struct input_pass *pass; /* of that; NULL until then */
    uint64_t device, inode;  /* of what was opened; fd may be a copy */
    const struct profile_file *file; /* of the profile; NULL: none fits */
    const struct header *headers;    /* those read so far */
    enum encoding encoding;          /* of those that the file of the profile may have */
    char delimiter;
    struct text *header; /* the columns as the file names them, with a NUL behind each */
    size_t header_count;
    int *columns;                  /* by the profile's number: the column of the file, or -1 */
    struct lookup *const *lookups; /* by the profile's number of the file; NULL until lookups_read() */
    int mended_file, mended_line;  /* columns of a file of rejected rows (reject_file.h), or -1 */
    struct csv_source *source;     /* open from reading on, to show rejected rows */
    bool skipped;                  /* it is loaded already: nothing of it is read */
    const char *copy_of;           /* skipped, since the same content was loaded from that origin; or NULL */
    bool changed;  /* other content was loaded from there: only what is new in it is its word of today */
    bool appended; /* only what stands behind from_offset is read, the rest being loaded already */
    uint64_t from_offset, from_line;
    uint64_t lines;              /* of the whole file, once it is read */
    bool ends_line;              /* its last line has an end, once its digest is known */
    uint64_t unknown_references; /* rows that were rejected for what they refer to, which may be another file's fault */
    struct tally tally;
};

/* The say of who has a folder loaded again and again: one file must not keep the others from being loaded. */
struct fileset_scope {
    bool (*takes)(void *context, const char *path); /* whether a file of a folder is to be read now */
    void *context;
    bool left_out;    /* some were not taken */
    char unfit[4096]; /* the file of a folder for which a load has failed before it wrote anything; empty: none */
};

/* How files are got that are not on this machine. Zeroed is not usable: limits must be set. */
struct fileset_options {
    struct download_limits download;
    /* Finds the version of a URL that an earlier load has read whole; false: none. NULL: nothing is known of any. */
    bool (*known)(void *context, const char *origin, struct source_version *version);
    void *context;
    struct fileset_scope *scope; /* NULL: all files of folders are read */
};

struct fileset {
    struct fileset_options options;
    struct input *inputs; /* in the order in which they are to be read */
    size_t count, room;
    struct profile *profile; /* owned */
    char reason[512];        /* why this profile, for people */
    struct error lacks;      /* a file that the profile needs, and that a first load cannot do without; or no error */
    struct lookup **lookups; /* by the profile's number of the file; NULL where nothing is looked up in it */
    struct arena arena;
};

/* Opens what the command line names: files, pipes, "-" for standard input, URLs, the .csv and .csv.gz files of folders,
 * and what a glob(3) pattern matches. A file that is named twice is read once. A folder or a pattern without any, or a
 * path that is nothing, is an error. Fetches URLs; those of which the known version is current are left not_modified.
 */
bool fileset_collect(struct fileset *set, char **paths, int count, const struct fileset_options *options,
                     struct error *err);

/* Whether a file of that name is taken from a folder: not what programs name while they write it. */
bool fileset_takes(const char *name);

/* Whether all files are not_modified: then there is nothing to load. */
bool fileset_not_modified(const struct fileset *set);

/* Matches the files to the profile that `name` says, or without one to the profile of the folder that fits best. What
 * was left as not_modified is fetched after all: the other files may need it. */
bool fileset_match(struct fileset *set, const char *name, const char *profiles_dir, struct error *err);

/* Forgets what was read, so that the files can be read again. */
void fileset_rewind(struct fileset *set);

void fileset_release(struct fileset *set);

uint64_t fileset_bytes(const struct fileset *set);

/* The scope, if there is one, learns that the load fails for this file of a folder. */
void fileset_blame(const struct fileset *set, const char *path);

#endif
