/* What is wrong with definition files: each mistake with its file, its place in the JSON and a reason; all of them, not
 * only the first. Zeroed, it is empty and usable. Not for use by two threads at once. */
#ifndef KPI_CORE_MISTAKES_H
#define KPI_CORE_MISTAKES_H

#include "core/error.h"

struct mistake {
    char *file;   /* as it was named when it was opened; "" where it is about no file */
    char *place;  /* "$.pipeline[2].$group"; "" where it is about the file as a whole */
    char *reason; /* a sentence without its full stop */
};

struct mistakes {
    struct mistake *list;
    size_t count, room;
    const char *file; /* what is added next is about this one; not owned; NULL for none */
};

enum { MISTAKES_MOST = 1000 }; /* what is found beyond is not kept */

void mistakes_release(struct mistakes *mistakes);

/* Always false, so that a check can end with `return mistakes_add(…)`. */
bool mistakes_add(struct mistakes *mistakes, const char *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Takes over what is in the other list, which is empty then; the file that it is about stays as it is. */
void mistakes_move(struct mistakes *to, struct mistakes *from);

/* "; did you mean 'best'?", or nothing where best is NULL: the end of a reason. */
const char *mistakes_guess(const char *best, char *room, size_t size);

/* The first one as a sentence with its file and place: ERROR_INVALID. */
void mistakes_error(const struct mistakes *mistakes, struct error *err);

/* The same for any of them, into a buffer of that size. */
void mistake_text(const struct mistake *mistake, char *text, size_t size);

#endif
