/* What becomes of a document, or of a row that is part of one. */
#ifndef KPI_LOADER_FATE_H
#define KPI_LOADER_FATE_H

#include <stdbool.h>
#include <stdint.h>

enum fate { FATE_INSERT, FATE_UPDATE, FATE_UNCHANGED, FATE_COUNT };

/* Where rows are counted: add(context, number of the file, fate, rows). */
struct row_counter {
    void (*add)(void *context, uint16_t file, enum fate fate, uint32_t rows);
    void *context;
};

#endif
