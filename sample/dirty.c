#include "sample/dirty.h"

#include "sample/dirty_rows.h"

#include <stdlib.h>

/* A row that was written and must be rejected. */
struct reject {
    uint64_t line; /* where it starts */
    const struct dirty_row *row;
};

/* How far the dirt of one file has come. */
struct progress {
    size_t next;      /* in dirty_rows */
    uint64_t gap;     /* good rows between two rows of dirt */
    uint64_t waiting; /* good rows since the last one */
};

struct dirty {
    const struct shop *shop;
    struct out *files[NATIVE_FILES];
    struct progress progress[NATIVE_FILES];
    bool priced; /* the row with a zero price is written */
    bool repeated;
    size_t reject_count;
    struct reject rejects[];
};

/* The next row of dirt for a file, from an index on. */
static size_t row_from(enum native_file file, size_t index)
{
    while (index < dirty_row_count && dirty_rows[index].file != file)
        index++;
    return index;
}

/* About how many good rows a file will have. */
static uint64_t rows_expected(const struct shop *shop, enum native_file file)
{
    uint64_t orders = shop->options.orders;
    switch (file) {
    case LOCATIONS_CSV:
        return location_count();
    case CUSTOMERS_CSV:
        return shop->customers;
    case PRODUCTS_CSV:
        return shop->catalog.product_count;
    case SELLERS_CSV:
        return SELLER_COUNT;
    case ORDER_ITEMS_CSV:
        return orders + orders / 2;
    case REVIEWS_CSV:
        return orders / 2;
    case ORDERS_CSV:
    case PAYMENTS_CSV:
    case NATIVE_FILES:
        break;
    }
    return orders;
}

struct dirty *dirty_new(const struct shop *shop, struct out *const files[NATIVE_FILES], struct problem *problem)
{
    struct dirty *dirty = calloc(1, sizeof *dirty + dirty_row_count * sizeof dirty->rejects[0]);
    if (!dirty) {
        problem_set(problem, "out of memory: close other programs, or ask for fewer orders");
        return NULL;
    }
    dirty->shop = shop;
    for (int i = 0; i < NATIVE_FILES; i++) {
        enum native_file file = (enum native_file)i;
        uint64_t count = 0;
        for (size_t row = row_from(file, 0); row < dirty_row_count; row = row_from(file, row + 1))
            count++;
        dirty->files[i] = files[i];
        dirty->progress[i].next = row_from(file, 0);
        dirty->progress[i].gap = rows_expected(shop, file) / (count + 1) + 1;
    }
    return dirty;
}

void dirty_free(struct dirty *dirty)
{
    free(dirty);
}

/* Writes the next row of dirt of a file, remembering where if it is to be rejected. */
static void row_write(struct dirty *dirty, enum native_file file, bool line_feed)
{
    struct out *out = dirty->files[file];
    struct progress *progress = &dirty->progress[file];
    const struct dirty_row *row = &dirty_rows[progress->next];
    if (row->reason)
        dirty->rejects[dirty->reject_count++] = (struct reject){out->line, row};
    out_text(out, row->text);
    for (const char *at = row->text; *at; at++)
        out->line += *at == '\n';
    if (line_feed)
        out_end(out);
    progress->next = row_from(file, progress->next + 1);
    progress->waiting = 0;
}

/* The first customer once more: as it was, and with spaces around. Both are the row that is there already. */
static void customer_repeat(struct dirty *dirty)
{
    struct out *out = dirty->files[CUSTOMERS_CSV];
    struct home home = shop_home(dirty->shop, 0);
    char name[NAME_SIZE];
    shop_customer_name(dirty->shop, 0, name);
    for (int spaced = 0; spaced < 2; spaced++) {
        const char *space = spaced ? " " : "";
        /* A space before a quote is part of the value, so a name with quotes stays as it is. */
        const char *name_space = strpbrk(name, ",\"") ? "" : space;
        out_text(out, space);
        CUSTOMER_ID(out, 0);
        out_text(out, space);
        out_char(out, ',');
        out_text(out, name_space);
        out_field(out, name);
        out_text(out, name_space);
        out_char(out, ',');
        out_text(out, space);
        out_text(out, segment_names[home.segment]);
        out_text(out, space);
        out_char(out, ',');
        out_text(out, space);
        LOCATION_ID(out, home.location);
        out_text(out, space);
        out_end(out);
    }
}

void dirty_after_row(struct dirty *dirty, enum native_file file)
{
    struct progress *progress = &dirty->progress[file];
    if (file == CUSTOMERS_CSV && !dirty->repeated) {
        dirty->repeated = true;
        customer_repeat(dirty);
    }
    if (++progress->waiting < progress->gap || progress->next == dirty_row_count)
        return;
    if (row_from(file, progress->next + 1) != dirty_row_count) /* the last one is for the end of the file */
        row_write(dirty, file, true);
}

void dirty_zero_price(struct dirty *dirty, const struct order *order)
{
    struct out *out = dirty->files[ORDER_ITEMS_CSV];
    if (dirty->priced)
        return;
    dirty->priced = true;
    ORDER_ID(out, order->number);
    out_char(out, ',');
    PRODUCT_ID(out, order->lines[0].product);
    out_char(out, ',');
    SELLER_ID(out, order->lines[0].seller);
    out_text(out, ",1,0.00,0.00,0.00");
    out_end(out);
}

/* One entry of dirty.json. Names, reasons and columns are plain words: nothing to escape. */
static void reject_write(struct out *out, const struct reject *reject)
{
    out_text(out, "  {\"file\": \"");
    out_text(out, native_file_names[reject->row->file]);
    out_text(out, "\", \"line\": ");
    out_number(out, (int64_t)reject->line);
    out_text(out, ", \"reason\": \"");
    out_text(out, reject->row->reason);
    out_text(out, reject->row->column ? "\", \"column\": \"" : "\", \"column\": null}");
    if (reject->row->column) {
        out_text(out, reject->row->column);
        out_text(out, "\"}");
    }
}

bool dirty_finish(struct dirty *dirty, struct folder *folder, struct problem *problem)
{
    for (int i = 0; i < NATIVE_FILES; i++) {
        enum native_file file = (enum native_file)i;
        while (dirty->progress[i].next != dirty_row_count) {
            bool last = row_from(file, dirty->progress[i].next + 1) == dirty_row_count;
            row_write(dirty, file, !last || (file != SELLERS_CSV && file != REVIEWS_CSV));
        }
    }
    struct out *out = folder_add(folder, DIRTY_JSON, "\n", problem);
    if (!out)
        return false;
    /* Names, reasons and columns are plain words: nothing to escape. */
    const char *before = "[\n";
    for (int i = 0; i < NATIVE_FILES; i++) {
        for (size_t j = 0; j < dirty->reject_count; j++) {
            if (dirty->rejects[j].row->file != (enum native_file)i)
                continue;
            out_text(out, before);
            reject_write(out, &dirty->rejects[j]);
            before = ",\n";
        }
    }
    out_text(out, "\n]");
    out_end(out);
    return true;
}
