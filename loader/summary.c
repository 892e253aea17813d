#include "loader/summary.h"

#include <string.h>

enum { COLUMNS = 6 };

static void load_tally(const struct tally *tally, uint64_t out[COLUMNS])
{
    out[0] = atomic_load(&tally->read);
    out[1] = atomic_load(&tally->inserted);
    out[2] = atomic_load(&tally->updated);
    out[3] = atomic_load(&tally->unchanged);
    out[4] = atomic_load(&tally->skipped);
    out[5] = atomic_load(&tally->rejected);
}

/* Digits in groups of three: 1,234,567. */
static void print_count(FILE *out, uint64_t n)
{
    char digits[32], grouped[48];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            grouped[at++] = ',';
        grouped[at++] = digits[i];
    }
    grouped[at] = '\0';
    fprintf(out, "%13s", grouped);
}

static void print_row(FILE *out, int width, const char *name, const uint64_t counts[COLUMNS])
{
    fprintf(out, "  %-*s", width, name);
    for (int i = 0; i < COLUMNS; i++)
        print_count(out, counts[i]);
    fputc('\n', out);
}

static void print_cleaning(void *context, const char *what, uint64_t count)
{
    FILE *out = context;
    print_count(out, count);
    fprintf(out, "  %s\n", what);
}

static void print_rejects(FILE *out, const struct rejects *rejects, bool dry_run)
{
    if (!rejects->count)
        return;
    fprintf(out, "\nRejected, by reason:\n");
    for (int i = 0; i < REASON_COUNT; i++) {
        if (!rejects->by_reason[i])
            continue;
        print_count(out, rejects->by_reason[i]);
        fprintf(out, "  %s: %s\n", reason_codes[i], reason_texts[i]);
    }
    fprintf(out, "The first:\n");
    for (uint64_t i = 0; i < rejects->count && i < REJECTS_SHOWN; i++)
        fprintf(out, "  %s\n", rejects->shown[i]);
    if (!dry_run)
        fprintf(out, "All of them are in the collection rejects, under import_id %s.\n", rejects->import_id);
}

void summary_print(FILE *out, const struct fileset *files, const struct rejects *rejects,
                   const struct cleaning *cleaning, uint64_t spilled, bool dry_run, double seconds)
{
    uint64_t total[COLUMNS] = {0}, counts[COLUMNS];
    int width = 5;
    for (size_t i = 0; i < files->count; i++)
        if ((int)strlen(files->inputs[i].name) > width)
            width = (int)strlen(files->inputs[i].name);
    fprintf(out, "\n  %-*s%13s%13s%13s%13s%13s%13s\n", width, "rows", "read", "inserted", "updated", "unchanged",
            "skipped", "rejected");
    for (size_t i = 0; i < files->count; i++) {
        load_tally(&files->inputs[i].tally, counts);
        for (int k = 0; k < COLUMNS; k++)
            total[k] += counts[k];
        if (files->inputs[i].skipped)
            fprintf(out, "  %-*s  is loaded already\n", width, files->inputs[i].name);
        else
            print_row(out, width, files->inputs[i].name, counts);
    }
    print_row(out, width, "all", total);
    fprintf(out, "  in %.1f s, %.0f rows/s\n", seconds, seconds > 0 ? (double)total[0] / seconds : 0.0);
    if (spilled)
        fprintf(out, "  %llu MiB went through temporary files; --memory says how much may stay in memory\n",
                (unsigned long long)(spilled >> 20) + 1);
    if (cleaning_any(cleaning))
        fprintf(out, "\nCleaned:\n");
    cleaning_list(cleaning, print_cleaning, out);
    print_rejects(out, rejects, dry_run);
    if (dry_run)
        fprintf(out, "\nA dry run: nothing was written.\n");
}
