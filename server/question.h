/* What a request asks of a KPI, in memory of its own: the connection may be gone before there is an answer, and the
 * same may be asked again by nobody, when there are new data. Shared by reference; never changes. Any thread. */
#ifndef KPI_SERVER_QUESTION_H
#define KPI_SERVER_QUESTION_H

#include "core/query.h"

struct question {
    unsigned references;  /* of question.c */
    size_t size;          /* all bytes that it takes */
    enum format accepted; /* the form that the headers ask for */
    const char *kpi;
    size_t count;
    struct raw_parameter parameters[];
};

/* A copy; NULL: out of memory. */
struct question *question_new(const char *kpi, enum format accepted, const struct raw_parameter *raw, size_t count);
struct question *question_hold(struct question *question);
void question_release(struct question *question); /* NULL is fine */

#endif
