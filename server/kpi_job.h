/* A KPI that is computed for one request alone: an explanation, or rows that are too many to be shared. */
#ifndef KPI_SERVER_KPI_JOB_H
#define KPI_SERVER_KPI_JOB_H

#include "server/question.h"
#include "server/server.h"

struct kpi_job {
    struct job job;
    struct server *server;
    struct library *library;
    struct dataset dataset;
    struct query query;
    struct question *question; /* query points into it */
    enum format accepted;      /* the form that the headers ask for */
    struct stream *stream;     /* the writer's end of the answer, or NULL; closed with the job */
    bool whole;                /* all of it has been written */
};

/* Logs why there is no answer. */
void kpi_log_failure(const char *kpi, const struct error *err);

/* The same, and makes the response the problem that it is. */
void kpi_fail(struct kpi_job *kpi, const struct error *err);

/* Answers in a form that is sent row by row, and goes on until the last row, or until nobody reads any more. */
void kpi_stream(struct kpi_job *kpi, mongoc_client_t *client);
void kpi_stream_abandon(struct job *job);

#endif
