/* Letters with accents: telling two spellings of one name to be the same, and repairing names that people typed.
 *
 * Texts are UTF-8. Known are the letters of the languages written in Latin script; for the case of letters also Greek
 * and Cyrillic. What is not known stays as it is. */
#ifndef KPI_LOADER_LATIN_H
#define KPI_LOADER_LATIN_H

#include "loader/arena.h"

/* Whether both are the same text, whether an accent is part of its letter (NFC) or a character of its own behind it
 * (NFD). */
bool latin_equal(struct text a, struct text b);

enum latin_case { LATIN_KEEP, LATIN_LOWER, LATIN_UPPER, LATIN_TITLE };

/* The text without spaces around it, with one space where there are several or other ones, in that case, and without
 * accents when asked to ("São  PAULO" → "Sao Paulo"). The arena owns the bytes. */
struct text latin_repair(struct text text, enum latin_case to, bool without_accents, struct arena *arena);

#endif
