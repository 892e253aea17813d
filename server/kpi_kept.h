/* Answers to KPIs from the cache: the path of most requests. One that is kept is answered on the HTTP thread; what has
 * to be computed is, once for all who ask (flight.h).
 *
 * An answer is right while the data are in the state that it was made from, and the server may believe that they are
 * (look.c). When the database is away, or a fresh answer takes long, an older one is given, marked "stale". */
#ifndef KPI_SERVER_KPI_KEPT_H
#define KPI_SERVER_KPI_KEPT_H

#include "server/flight.h"
#include "server/kept.h"
#include "server/server.h"

/* Remembers what the request's target is, as it came. */
void kpi_kept_id(struct request *request, const char *uri);

/* Answers a request whose very target was answered before, without reading its parameters. False: it takes longer. */
bool kpi_kept_find(struct request *request, const char *method);

/* Whether the answer is right for a request that came at the time. */
bool kpi_is_right(const struct server *server, const struct kept *kept, uint64_t asked_us);

/* Answers the query, read without a state of the data, now or later. False: it has turned out to be for rows that are
 * too many to be kept, and the request is to be answered with a stream of its own. */
bool kpi_kept_answer(struct request *request, struct library *library, const struct query *query, enum format accepted);

/* The data are in another state: what is asked for most is computed at once. */
void kpi_refresh(struct server *server);

/* The tag of an answer: what it is made of, so that it can be compared without computing it. Weak, since an answer that
 * is computed again, here or by another server of the same data, differs in its computed_at. For that reason the
 * compressed form has the same. "" for what is never the same again. */
void kpi_etag(const struct catalog *catalog, const struct query *query, const struct dataset *dataset, char etag[48]);

/* The id of a question, whatever the data: the query is read without a state of them, so that a period is the word that
 * it was asked by. False: out of memory. */
bool kpi_id(const struct server *server, const struct catalog *catalog, const struct query *query, struct cache_id *id);

/* Computes what a flight is for. */
void kpi_compute(struct job *job, mongoc_client_t *client);

/* Who computes answers of that form. */
struct workers *kpi_workers(const struct server *server, enum format format);

/* What a flight computed, as it is kept; takes the bytes over. What is dirty (answer.h) is for those who wait only: of
 * no state, and without a tag. NULL: err says why not. */
struct kept *kpi_keep(const struct flight *flight, const struct query *query, const struct data_view *view,
                      struct buffer *body, bool dirty, struct error *err);

/* Computes rows for a flight. When they are longer than KEPT_ROWS_MOST one of those who wait gets them, as a stream,
 * while they are read, and the others ask again. NULL: that was so, or err says why there are no rows. */
struct kept *kpi_rows(struct flight *flight, mongoc_client_t *client, const struct query *query,
                      const struct data_view *view, struct error *err);

/* What the file is called that a browser saves rows as: NAME_FROM_TO.csv, the days being those that they are of. */
void kpi_name_file(const struct query *query, const struct dataset *dataset, char *out, size_t room);

extern const char kpi_vary[];
enum { ANSWER_BYTES_MOST = 64 << 20, KEPT_ROWS_MOST = 1 << 20 };

#endif
