#include "loader/lookup_reader.h"
#include "loader/input.h"
#include "loader/row.h"
#include "loader/stop.h"

#include <stdio.h>
#include <stdlib.h>

/* A file while what is looked up in it is read. */
struct reading {
    struct reader *reader;
    struct input *input;
    size_t number; /* of the input */
    struct lookup *lookup;
    bool counted;              /* its rows are counted here: they give no records */
    struct cleaning *cleaning; /* the load's, or one that nobody looks at */
    struct csv_record record;
    struct row row;
};

/* Takes the row into the table. */
static bool keep_row(struct reading *r, struct fault *fault)
{
    struct value key, values[LOOKUP_VALUES_MOST];
    if (!row_read_lookup(&r->row, &r->record, r->cleaning, &key, values, fault))
        return false;
    if (r->row.skipped)
        return true;
    switch (lookup_add(r->lookup, key.text, values)) {
    case LOOKUP_DIFFERS:
        r->cleaning->looked_up_otherwise++;
        return true;
    case LOOKUP_OVERFLOW:
        return fault_set(fault, REASON_BAD_NUMBER, key.text, "the sum for this key has too many digits");
    default:
        return true;
    }
}

static bool read_row(struct reading *r, struct error *err)
{
    struct reader *reader = r->reader;
    struct tally *tally = &r->input->tally;
    struct fault fault;
    bool kept = keep_row(r, &fault);
    if (!r->counted)
        return true;
    atomic_fetch_add(&tally->read, 1);
    reader->rows_read++;
    if (kept) {
        atomic_fetch_add(r->row.skipped ? &tally->skipped : &tally->unchanged, 1);
        return true;
    }
    return rejects_add(reader->rejects, r->number, r->record.line, r->record.offset, &fault, err) &&
           !rejects_too_many(reader->rejects, reader->rows_read, false, err);
}

static bool read_rows(struct reading *r, struct error *err)
{
    char doing[300];
    snprintf(doing, sizeof doing, "reading %s", r->input->name);
    if (r->input->file->has_header && csv_source_next(r->input->source, &r->record, err) == CSV_FAILED)
        return false;
    csv_source_expect(r->input->source, r->input->header_count);
    for (;;) {
        enum csv_result result = csv_source_next(r->input->source, &r->record, err);
        if (result == CSV_END)
            return true;
        if (result == CSV_FAILED || !read_row(r, err) || stop_asked(err))
            return false;
        progress_step(r->reader->progress, doing, csv_source_position(r->input->source), r->input->size);
    }
}

static bool read_input(struct reader *reader, size_t number, struct lookup *lookup, struct error *err)
{
    struct input *input = &reader->files->inputs[number];
    struct cleaning unseen = {0};
    struct reading r = {.reader = reader, .input = input, .number = number, .lookup = lookup};
    bool ok;
    r.counted = input->file->record_count == 0 && !input->skipped;
    r.cleaning = r.counted ? reader->cleaning : &unseen;
    input->source = csv_source_open(input->fd, input->path, input->encoding, input->delimiter, err);
    if (!input->source)
        return false;
    row_start(&r.row, input);
    ok = read_rows(&r, err) && input_check_unchanged(input, err);
    row_release(&r.row);
    if (r.counted) {
        csv_source_finish(input->source); /* rejected rows are shown from it later */
        reader->bytes_read += input->size;
    } else {
        csv_source_free(input->source);
        input->source = NULL;
    }
    return ok;
}

/* Reads all inputs that are this file of the profile into one table. */
static bool read_file(struct reader *reader, size_t number, struct error *err)
{
    struct fileset *files = reader->files;
    const struct profile_file *file = &files->profile->files[number];
    bool sums[LOOKUP_VALUES_MOST];
    for (size_t i = 0; i < file->value_count; i++)
        sums[i] = file->values[i].is_sum;
    for (size_t i = 0; i < files->count; i++) {
        if (files->inputs[i].file != file)
            continue;
        if (!files->lookups[number])
            files->lookups[number] = lookup_new(file->value_count, sums);
        if (!read_input(reader, i, files->lookups[number], err))
            return false;
    }
    return true;
}

/* Whether a file that is going to be read looks up in that one. */
static bool is_looked_in(const struct fileset *files, size_t number)
{
    for (size_t i = 0; i < files->count; i++)
        if (!files->inputs[i].skipped && files->inputs[i].file->looks_in >> number & 1)
            return true;
    return false;
}

bool lookups_read(struct reader *reader, struct error *err)
{
    struct fileset *files = reader->files;
    files->lookups = memory_zeroed(files->profile->file_count, sizeof(struct lookup *));
    for (size_t i = 0; i < files->count; i++)
        files->inputs[i].lookups = files->lookups;
    for (size_t i = 0; i < files->profile->file_count; i++)
        if (files->profile->files[i].key && is_looked_in(files, i) && !read_file(reader, i, err))
            return false;
    return true;
}

void lookups_free(struct fileset *files)
{
    for (size_t i = 0; files->lookups && i < files->profile->file_count; i++)
        lookup_free(files->lookups[i]);
    free(files->lookups);
    files->lookups = NULL;
}
