#include "loader/trial.h"
#include "core/day.h"
#include "loader/compute.h"
#include "loader/encoding.h"
#include "loader/lookup_reader.h"
#include "loader/row.h"

#include <stdio.h>
#include <string.h>

enum { FAULTS_SHOWN = 5, TEXT_SHOWN = 60 };

/* A file while its first rows are tried. */
struct attempt {
    struct input *input;
    struct csv_source *source;
    struct csv_record record;
    struct row row;
    struct cleaning cleaning;
    uint64_t read, skipped, rejected;
    char faults[FAULTS_SHOWN][400];
    bool shown; /* a good row */
};

static void print_time(const struct value *value)
{
    char day[DAY_TEXT_MAX];
    int64_t seconds = value->integer / 1000 - day_from_ms(value->integer) * 86400;
    day_text(day_from_ms(value->integer), day);
    printf("%s", day);
    if (value->type == VALUE_TIME)
        printf("T%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
}

static void print_value(const struct schema_field *field, const struct value *value)
{
    char text[DECIMAL_TEXT_MAX];
    switch (value->type) {
    case VALUE_NULL:
        printf("null");
        break;
    case VALUE_TEXT:
        printf("\"%.*s\"%s", (int)text_cut(value->text, TEXT_SHOWN).n, value->text.bytes,
               value->text.n > TEXT_SHOWN ? "…" : "");
        break;
    case VALUE_NUMBER:
        decimal_text(value->number, text);
        printf("%s", text);
        break;
    case VALUE_INTEGER:
        if (field->type == FIELD_STATUS)
            printf("%s", order_statuses[value->integer].name);
        else
            printf("%lld", (long long)value->integer);
        break;
    default:
        print_time(value);
    }
}

/* The records of the first good row, so that an author sees what became of the columns. */
static void print_records(const struct attempt *a)
{
    const struct profile_file *file = a->input->file;
    printf("    line %llu says\n", (unsigned long long)a->record.line);
    for (size_t i = 0; i < file->record_count; i++) {
        const struct schema_kind *schema = &schema_kinds[file->records[i].kind];
        bool first = true;
        if (!row_has(&a->row, i))
            continue;
        printf("      %s: ", schema->name);
        for (size_t k = 0; k < schema->field_count; k++) {
            if (!file->records[i].fields[k] && a->row.records[i][k].type == VALUE_NULL)
                continue;
            printf("%s%s ", first ? "" : ", ", schema->fields[k].name);
            print_value(&schema->fields[k], &a->row.records[i][k]);
            first = false;
        }
        printf("\n");
    }
}

static void note_fault(struct attempt *a, const struct fault *fault)
{
    struct text value = text_cut(fault->value, TEXT_SHOWN);
    if (a->rejected < FAULTS_SHOWN)
        snprintf(a->faults[a->rejected], sizeof a->faults[0], "line %llu%s%s: %s: %s%.*s%s%s",
                 (unsigned long long)a->record.line, fault->column ? ", " : "", fault->column ? fault->column : "",
                 reason_codes[fault->reason], value.n ? "'" : "", (int)value.n, value.n ? value.bytes : "",
                 value.n ? "' " : "", fault->detail);
    a->rejected++;
}

/* Reads the row, and works an item's amounts out as far as that goes without its product. */
static bool read_row(struct attempt *a, struct fault *fault)
{
    const struct profile_file *file = a->input->file;
    struct value key, values[LOOKUP_VALUES_MOST];
    if (file->record_count == 0)
        return row_read_lookup(&a->row, &a->record, &a->cleaning, &key, values, fault);
    if (!row_read(&a->row, &a->record, &a->cleaning, fault))
        return false;
    for (size_t i = 0; i < file->record_count && !a->row.skipped; i++)
        if (file->records[i].kind == KIND_ITEM && row_has(&a->row, i) && !compute_item(a->row.records[i], NULL, fault))
            return fault->field >= 0 && row_blame(&a->row, i, (size_t)fault->field, fault);
    return true;
}

static void try_row(struct attempt *a)
{
    struct fault fault;
    a->read++;
    if (!read_row(a, &fault)) {
        note_fault(a, &fault);
    } else if (a->row.skipped) {
        a->skipped++;
    } else if (!a->shown && a->input->file->record_count > 0) {
        print_records(a);
        a->shown = true;
    }
}

static void print_cleaning(void *context, const char *what, uint64_t count)
{
    (void)context;
    printf("    %llu %s\n", (unsigned long long)count, what);
}

static void print_result(const struct attempt *a)
{
    printf("    %llu rows tried, %llu skipped, %llu would be rejected%s\n", (unsigned long long)a->read,
           (unsigned long long)a->skipped, (unsigned long long)a->rejected, a->rejected ? ":" : "");
    for (uint64_t i = 0; i < a->rejected && i < FAULTS_SHOWN; i++)
        printf("      %s\n", a->faults[i]);
    cleaning_list(&a->cleaning, print_cleaning, NULL);
}

static bool try_rows(struct attempt *a, struct error *err)
{
    enum csv_result result = CSV_RECORD;
    if (a->input->file->has_header)
        result = csv_source_next(a->source, &a->record, err);
    while (result == CSV_RECORD && a->read < TRIAL_ROWS) {
        result = csv_source_next(a->source, &a->record, err);
        if (result == CSV_RECORD)
            try_row(a);
    }
    return result != CSV_FAILED;
}

static bool try_input(struct input *input, bool *rejected, struct error *err)
{
    struct attempt a = {.input = input};
    bool ok;
    a.source = csv_source_open(input->fd, input->path, input->encoding, input->delimiter, err);
    if (!a.source)
        return false;
    printf("%s is the file %s, in %s, delimited by %s\n", input->path, input->file->name,
           encoding_names[input->encoding], input->delimiter == '\t' ? "tabulators" : (char[]){input->delimiter, '\0'});
    csv_source_expect(a.source, input->header_count);
    row_start(&a.row, input);
    ok = try_rows(&a, err);
    print_result(&a);
    row_release(&a.row);
    csv_source_free(a.source);
    *rejected = *rejected || a.rejected;
    return ok;
}

/* What is looked up in is read whole, as a load does it. */
static bool read_lookups(struct fileset *files, struct error *err)
{
    struct cleaning cleaning = {0};
    struct progress progress;
    struct rejects rejects = {.files = files, .import_id = ""};
    struct reader reader = {.files = files, .rejects = &rejects, .cleaning = &cleaning, .progress = &progress};
    bool ok;
    progress_start(&progress);
    ok = reject_limit_parse("100%", &rejects.limit, err) && lookups_read(&reader, err);
    progress_clear(&progress);
    rejects_release(&rejects);
    return ok;
}

bool trial_run(struct fileset *files, bool *rejected, struct error *err)
{
    *rejected = false;
    if (!read_lookups(files, err))
        return false;
    for (size_t i = 0; i < files->count; i++)
        if (!try_input(&files->inputs[i], rejected, err))
            return false;
    return true;
}
