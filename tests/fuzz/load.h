/* A load of files without a database, for targets: read, put together and counted as with --dry-run. */
#ifndef KPI_TESTS_FUZZ_LOAD_H
#define KPI_TESTS_FUZZ_LOAD_H

#include "loader/fileset.h"
#include "tests/fuzz/fuzz.h"

/* An input is cut where this byte stands, which no text holds: between files. */
enum { FUZZ_FILES_MOST = 8, FUZZ_MARK = 0x1e };

/* Loads the inputs as files of the profile: a name of loader/profiles, or a path. Rows are counted once each, and every
 * document is valid BSON of UTF-8. */
void fuzz_load(const char *profile, struct bytes files);

#endif
