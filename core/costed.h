/* What part of an answer's sales profit says nothing of, since the cost of their order lines is not known: a note.
 *
 * By the names of columns: an answer with sales and costed_sales (the sales of the lines whose cost is known). Plain
 * values, any thread. */
#ifndef KPI_CORE_COSTED_H
#define KPI_CORE_COSTED_H

#include "core/catalog.h"
#include "core/dataset.h"
#include "core/decimal.h"

enum { COSTED_NOTE_MAX = 200 };

struct costed {
    bool wanted;                /* the rows have both columns, and the data have costs at all */
    struct decimal sales, part; /* of the rows so far; those whose cost is known */
    bool unfit;                 /* they cannot be summed */
};

struct costed costed_of(const struct definition *definition, const struct dataset *dataset);
void costed_add(struct costed *costed, const bson_t *row);

/* Writes the sentence. False: there is nothing to say. */
bool costed_note(const struct costed *costed, char note[COSTED_NOTE_MAX]);

#endif
