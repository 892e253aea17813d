/* The collection `files`: what has been loaded, so that a file that comes again is passed over, and one that has only
 * grown is read from where it ended.
 *
 *     _id       where it lay: an absolute path, a URL, "-"
 *     sha256, size, lines, ends_line    of its content when it was loaded
 *     reading   a digest of how it was read: the profile, the time zone, and the release of the loader's documents
 *     records   the imports whose parts of `file_records` tell what the file says
 *     name, profile, import_id, loaded_at, etag, last_modified */
#ifndef KPI_LOADER_KNOWN_FILES_H
#define KPI_LOADER_KNOWN_FILES_H

#include "loader/fileset.h"
#include "loader/store.h"

/* Finds what the server said of a URL's version when it was last loaded, with the name of the profile that read it and
 * the digest of how. False: it is not known. */
struct known_version {
    struct source_version version;
    char profile[128];
    char reading[65];
};
bool known_files_version(const struct store *store, const char *origin, struct known_version *known);

/* Marks what is skipped and what is read from its old end on. `reading` as above. Digests are taken where they are
 * missing. */
bool known_files_look_up(const struct store *store, struct fileset *files, const char *reading, bool parts,
                         struct error *err);

/* Forgets which files are loaded: before what they say is replaced, so that a load that ends in the midst of it leaves
 * no file "loaded already" of which nothing is there. */
bool known_files_forget(const struct store *store, struct error *err);

/* Writes down what was loaded; after everything else of the files is in place. With --replace what earlier loads have
 * written of their files goes too. */
bool known_files_write(const struct store *store, const struct fileset *files, const char *reading,
                       const char *import_id, struct error *err);

#endif
