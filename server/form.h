/* The forms of an answer on the wire: media types, and which of them a request wants. Constant data, any thread. */
#ifndef KPI_SERVER_FORM_H
#define KPI_SERVER_FORM_H

#include "server/request.h"

struct form {
    const char *type;         /* as Accept names it */
    const char *content_type; /* as the answer says */
    const char *extension;    /* of the file it is saved to; NULL: it is shown */
};

extern const struct form forms[FORMAT_COUNT];

/* The form that Accept likes best; FORMAT_COUNT where it admits none. */
enum format form_negotiate(const struct request *request);

#endif
