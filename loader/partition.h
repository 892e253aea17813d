/* Records of orders (orders, items, payments, reviews) that wait to be put together: a hash-partitioned join.
 *
 * Records of one order fall into one partition, by the hash of the order's key. Partitions are kept in memory up to a
 * bound; beyond it the largest goes to a temporary file, which has no name and so vanishes with the process. Within a
 * partition records keep the order in which they came. One thread. */
#ifndef KPI_LOADER_PARTITION_H
#define KPI_LOADER_PARTITION_H

#include "core/error.h"
#include "loader/schema.h"
#include "loader/value.h"

struct partitions;

struct partition_record {
    enum kind kind;
    bool counted;    /* the CSV row is counted with this record */
    bool first_wins; /* a repeated key is no error */
    uint16_t file;
    uint32_t line;
    uint64_t offset; /* in the file, to show the row again */
    uint64_t digest; /* of what it says, as file_records.h has it */
    const char *packed;
};

/* For records of about expected_bytes of CSV, holding at most memory_bytes. */
struct partitions *partitions_new(uint64_t expected_bytes, uint64_t memory_bytes);
void partitions_free(struct partitions *partitions); /* NULL is fine */

/* Adds a record with its values. record->packed is not looked at. */
bool partitions_add(struct partitions *partitions, const struct partition_record *record, const struct value *values,
                    struct error *err);

size_t partitions_count(const struct partitions *partitions);

/* Bytes that went to temporary files. */
uint64_t partitions_spilled(const struct partitions *partitions);

/* All records of a partition, one after the other in one block of memory, which the caller frees; NULL when it has
 * none. */
bool partitions_take(struct partitions *partitions, size_t number, char **bytes, size_t *n, struct error *err);

/* Reads the record at *at and moves *at behind it; false at the end. */
bool partition_next(const char **at, const char *end, struct partition_record *record);

#endif
