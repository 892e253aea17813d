/* What a request is called in logs: its own id, and the trace of other programs that it is a part of. */
#ifndef KPI_SERVER_REQUEST_ID_H
#define KPI_SERVER_REQUEST_ID_H

#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_ID_MAX = 128, REQUEST_ID_MADE = 33 };

/* Whether a client's own id may be taken over into an answer and a log: up to REQUEST_ID_MAX letters, digits and
 * . _ : + / = @ - , at least one. NULL is not. */
bool request_id_is_sane(const char *text);

/* Makes an id that no other request has, here or elsewhere: 32 hexadecimal digits. Any thread. */
void request_id_make(char id[REQUEST_ID_MADE]);

/* Of the header traceparent (https://www.w3.org/TR/trace-context/). */
struct trace_parent {
    char trace_id[33], parent_id[17];
};

/* False: the header is not one that may be believed, and *out is unchanged. NULL is not. */
bool trace_parent_parse(const char *header, struct trace_parent *out);

#endif
