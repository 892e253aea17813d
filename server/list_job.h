/* A page of documents that loads have written: what the paths share that list them, from the request to the answer. */
#ifndef KPI_SERVER_LIST_JOB_H
#define KPI_SERVER_LIST_JOB_H

#include "server/list_query.h"
#include "server/server.h"

struct list_job;

/* Appends the body, or sets response to a problem and returns false. */
typedef bool list_body(struct list_job *list, mongoc_client_t *client, struct buffer *body, struct response *response);

struct list_job {
    struct job job;
    struct server *server;
    struct library *library;
    struct list_query query;
    list_body *body;
    char *if_none_match; /* a copy, or NULL */
};

/* Reads the parameters and hands a job to the workers for light requests, or refuses. The answer's tag is made of its
 * bytes, so it is the same as long as the answer is. */
void list_job_submit(struct request *request, const struct list_form *form, list_body *body);

/* Documents of a collection as a cursor, with the time limit of requests. The caller destroys it. */
mongoc_cursor_t *list_find(const struct list_job *list, mongoc_client_t *client, const char *collection,
                           const bson_t *filter, const bson_t *options);
mongoc_cursor_t *list_aggregate(const struct list_job *list, mongoc_client_t *client, const char *collection,
                                const bson_t *pipeline);

/* What a path puts into its page; each returns false when response was set to a problem. */
struct list_page {
    const char *doing; /* for errors of the database */
    bool (*put)(struct list_job *list, mongoc_client_t *client, const bson_t *doc, struct buffer *body,
                struct response *response);
    /* When there is no document at all, behind the empty list. */
    bool (*put_nothing)(struct list_job *list, mongoc_client_t *client, struct buffer *body, struct response *response);
};

/* Appends the body of an answer: the documents that were asked for, and where the next begin. Destroys the cursor,
 * which gives one document more than fit when there are more. */
bool list_put_page(struct list_job *list, mongoc_client_t *client, mongoc_cursor_t *cursor,
                   const struct list_page *page, struct buffer *body, struct response *response);

/* Whether the cursor has ended well; else response becomes the problem. */
bool list_ended(mongoc_cursor_t *cursor, const char *what, struct response *response);

/* Appends `,"name":value`, null where the document has no such field. */
void list_put_field(struct buffer *out, const char *name, const bson_t *doc, const char *field, enum column_type type);

#endif
