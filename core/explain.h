/* Why an answer is as it is: the source that was chosen and why each other was passed over, the pipeline as it was
 * sent, and the time that each part took. */
#ifndef KPI_CORE_EXPLAIN_H
#define KPI_CORE_EXPLAIN_H

#include "core/answer.h"

/* Appends one JSON object. The answer has been read to its end. */
void explain_json(const struct answer *answer, const struct catalog *catalog, struct buffer *out);

#endif
