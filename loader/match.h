/* Matching headers to the files of a profile. */
#ifndef KPI_LOADER_MATCH_H
#define KPI_LOADER_MATCH_H

#include "loader/fileset.h"

/* How well a set of files fits a profile. */
struct match {
    size_t files;       /* inputs that are a file of the profile */
    size_t columns;     /* columns that it knows of them */
    size_t nearest;     /* the most columns of any one file that it knows, fitting or not */
    struct error lacks; /* a file that the profile needs and none of the inputs is, unless the database has its rows */
};

/* Whether the profile takes these files: each named one is a file of it. Sets the inputs' file, delimiter,
 * header and columns.
 * Else err says what is missing, with the nearest name. */
bool match_profile(struct fileset *set, const struct profile *profile, struct match *match, struct error *err);

/* Tells which of the encodings that its file of the profile may be in each input is in. */
void match_encodings(struct fileset *set);

#endif
