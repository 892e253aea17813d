#include "loader/partition.h"
#include "loader/content_hash.h"
#include "loader/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PARTITIONS_MOST = 256 };

struct partition {
    struct buffer buffer;
    int fd;           /* of its temporary file, or -1 */
    uint64_t in_file; /* bytes */
};

struct partitions {
    struct partition *list;
    size_t count;
    uint64_t memory, used, spilled;
    struct buffer packing;
};

/* What stands before the packed values. */
struct head {
    uint64_t offset, digest;
    uint32_t size; /* of head and values */
    uint32_t line;
    uint16_t file;
    uint8_t kind;
    uint8_t flags;
};

enum { FLAG_COUNTED = 1, FLAG_FIRST_WINS = 2 };

struct partitions *partitions_new(uint64_t expected_bytes, uint64_t memory_bytes)
{
    struct partitions *p = memory_zeroed(1, sizeof *p);
    /* A partition is to be an eighth of the memory, so that one can be worked on while the others wait. */
    uint64_t count = expected_bytes / (memory_bytes / 8) + 1;
    p->count = count > PARTITIONS_MOST ? PARTITIONS_MOST : (size_t)count;
    p->list = memory_zeroed(p->count, sizeof *p->list);
    p->memory = memory_bytes;
    for (size_t i = 0; i < p->count; i++)
        p->list[i].fd = -1;
    return p;
}

void partitions_free(struct partitions *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++) {
        buffer_release(&p->list[i].buffer);
        if (p->list[i].fd >= 0)
            close(p->list[i].fd);
    }
    buffer_release(&p->packing);
    free(p->list);
    free(p);
}

/* Writes a partition's records to its file and gives their memory back. */
static bool spill(struct partitions *p, struct partition *partition, struct error *err)
{
    size_t n = partition->buffer.used;
    if (partition->fd < 0 && (partition->fd = spool_open(err)) < 0)
        return false;
    if (!spool_write(partition->fd, partition->buffer.bytes, n, err)) {
        error_prefix(err, "more rows wait for their order than --memory takes");
        return false;
    }
    partition->in_file += n;
    p->spilled += n;
    p->used -= partition->buffer.room;
    buffer_release(&partition->buffer);
    return true;
}

static bool spill_largest(struct partitions *p, struct error *err)
{
    struct partition *largest = &p->list[0];
    for (size_t i = 1; i < p->count; i++)
        if (p->list[i].buffer.room > largest->buffer.room)
            largest = &p->list[i];
    return spill(p, largest, err);
}

bool partitions_add(struct partitions *p, const struct partition_record *record, const struct value *values,
                    struct error *err)
{
    struct text key = values[schema_order_field(record->kind)].text;
    uint64_t hash = content_hash(key.bytes, key.n);
    struct partition *partition = &p->list[(hash >> 32) * p->count >> 32];
    struct head head = {
        .offset = record->offset,
        .digest = record->digest,
        .line = record->line,
        .file = record->file,
        .kind = (uint8_t)record->kind,
        .flags = (uint8_t)((record->counted ? FLAG_COUNTED : 0) | (record->first_wins ? FLAG_FIRST_WINS : 0))};
    size_t room = partition->buffer.room;
    p->packing.used = 0;
    values_pack(&p->packing, values, schema_kinds[record->kind].field_count);
    head.size = (uint32_t)(sizeof head + p->packing.used);
    buffer_put(&partition->buffer, &head, sizeof head);
    buffer_put(&partition->buffer, p->packing.bytes, p->packing.used);
    if (partition->buffer.failed || p->packing.failed) {
        error_set(err, ERROR_INTERNAL, "out of memory; try a smaller --memory");
        return false;
    }
    p->used += partition->buffer.room - room;
    return p->used <= p->memory || spill_largest(p, err);
}

size_t partitions_count(const struct partitions *p)
{
    return p->count;
}

uint64_t partitions_spilled(const struct partitions *p)
{
    return p->spilled;
}

bool partitions_take(struct partitions *p, size_t number, char **bytes, size_t *n, struct error *err)
{
    struct partition *partition = &p->list[number];
    uint64_t done = 0;
    *n = (size_t)partition->in_file + partition->buffer.used;
    *bytes = NULL;
    if (partition->fd < 0) {
        p->used -= partition->buffer.room;
        *bytes = buffer_take(&partition->buffer, n);
        return true;
    }
    *bytes = memory_zeroed(*n, 1);
    while (done < partition->in_file) {
        ssize_t got = pread(partition->fd, *bytes + done, partition->in_file - done, (off_t)done);
        if (got <= 0) {
            error_set(err, ERROR_INTERNAL, "a temporary file cannot be read back: %s",
                      got < 0 ? strerror(errno) : "it is shorter than what was written");
            free(*bytes);
            *bytes = NULL;
            return false;
        }
        done += (uint64_t)got;
    }
    if (partition->buffer.used)
        memcpy(*bytes + done, partition->buffer.bytes, partition->buffer.used);
    p->used -= partition->buffer.room;
    buffer_release(&partition->buffer);
    close(partition->fd);
    partition->fd = -1;
    return true;
}

bool partition_next(const char **at, const char *end, struct partition_record *record)
{
    struct head head;
    if (*at == end)
        return false;
    memcpy(&head, *at, sizeof head);
    *record = (struct partition_record){.kind = (enum kind)head.kind,
                                        .counted = head.flags & FLAG_COUNTED,
                                        .first_wins = head.flags & FLAG_FIRST_WINS,
                                        .file = head.file,
                                        .line = head.line,
                                        .offset = head.offset,
                                        .digest = head.digest,
                                        .packed = *at + sizeof head};
    *at += head.size;
    return true;
}
