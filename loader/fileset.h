/* The files of a load: collected from the command line, matched to the files of a profile by their headers. */
#ifndef KPI_LOADER_FILESET_H
#define KPI_LOADER_FILESET_H

#include "loader/csv_source.h"
#include "loader/profile.h"
#include <stdatomic.h>
#include <sys/stat.h>

/* What became of the rows of a file. read = inserted + updated + unchanged + rejected, at the end. */
struct tally {
    atomic_uint_fast64_t read, inserted, updated, unchanged, rejected;
};

struct input {
    const char *path; /* as people know it: of a URL without its secrets, "stdin" */
    const char *name; /* its last part, as reports show it */
    const char
        *origin;   /* what tells it from others across loads: an absolute real path, or "-", which is like no other */
    bool named;    /* on the command line, not found in a folder */
    int fd;        /* a regular file, open and seekable, read with pread() alone; owned by the fileset */
    uint64_t size; /* of what fd gives; what is appended later is not read */
    struct stat opened; /* of fd when it was opened */
    char sha256[65];    /* of what fd gives; empty until input_digest() */
    uint64_t device, inode;
    const struct profile_file *file; /* of the profile; NULL: none fits */
    struct text *header;             /* the columns as the file names them, with a NUL behind each */
    size_t header_count;
    int *columns;              /* by the profile's number: the column of the file, or -1 */
    struct csv_source *source; /* open from reading on, to show rejected rows */
    bool skipped;              /* it is loaded already: nothing of it is read */
    bool appended;             /* only what stands behind from_offset is read, the rest being loaded already */
    uint64_t from_offset, from_line;
    uint64_t lines; /* of the whole file, once it is read */
    bool ends_line; /* its last line has an end, once its digest is known */
    uint64_t unknown_references; /* rows that were rejected for what they refer to, which may yet come */
    struct tally tally;
};

struct fileset {
    struct input *inputs; /* in the order in which they are to be read */
    size_t count, room;
    struct profile *profile; /* owned */
    char reason[512];        /* why this profile, for people */
    struct error lacks;      /* a file that the profile needs, and that a first load cannot do without; or no error */
    struct arena arena;
};

/* Adds files, and the CSV files of folders. A file that is named twice is read once. A folder without any, or a path
 * that is nothing, is an error. */
bool fileset_collect(struct fileset *set, char **paths, int count, struct error *err);

/* Matches the files to the profile that `name` says, or without one to the profile of the folder that fits best. */
bool fileset_match(struct fileset *set, const char *name, const char *profiles_dir, struct error *err);

/* Forgets what was read, so that the files can be read again. */
void fileset_rewind(struct fileset *set);

void fileset_release(struct fileset *set);

uint64_t fileset_bytes(const struct fileset *set);

#endif
