/* A file while it is read, and how the rows of customers, products, places and sellers that it says are held against
 * what is known of them. Internal to the reader. One thread. */
#ifndef KPI_LOADER_READING_H
#define KPI_LOADER_READING_H

#include "loader/reader.h"
#include "loader/row.h"

struct reading {
    struct reader *reader;
    struct input *input;
    uint16_t number; /* of the input */
    struct csv_record record;
    struct row row;
    uint64_t digests[PROFILE_RECORDS_MOST]; /* of the row's records, by the profile's number */
};

/* Turns the texts of references of a record of the row into numbers of rows. */
void reading_resolve(struct reading *reading, size_t number);

/* Adds a dimension's row; says in *fault when its key was there with other content and that is an error. counted: the
 * CSV row is counted with it. */
bool reading_keep_dimension(struct reading *reading, size_t number, bool counted, struct fault *fault);

/* Whether the row's last record, the only one that can be, is going to be rejected since its key is there with other
 * content: looked at before any of the row is kept. */
bool reading_contradicts(struct reading *reading, size_t number, struct fault *fault);

#endif
