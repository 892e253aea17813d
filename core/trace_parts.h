/* The parts of trace.c: what is known of the rows at a place of a pipeline, and how expressions, conditions and stages
 * read and change it. */
#ifndef KPI_CORE_TRACE_PARTS_H
#define KPI_CORE_TRACE_PARTS_H

#include "core/catalog.h"
#include "core/json_place.h"
#include "core/known.h"

/* A variable of expressions, such as $$this. */
struct trace_variable {
    const char *name; /* NULL: any */
    struct known value;
    const struct trace_variable *outer;
};

/* The variables that a $let, or a $lookup, gives names to. */
struct trace_scope {
    struct trace_variable *list;
    size_t count;
    struct trace_variable any;
    const struct trace_variable *outer;
};

struct trace {
    const struct catalog *catalog;       /* NULL where no sources are read */
    const struct definition *definition; /* NULL for other files */
    struct known rows;                   /* what they have where the walk is */
    struct known undeclared; /* what rows of some source have, but the definition did not ask for; none once they are
                                the pipeline's own */
    struct known before;     /* what rows had until the last stage that made new ones, … */
    char made_at[64];        /* … which stands here; "" for none */
    struct known sorted;     /* what they had where a request's sort is applied */
    bool is_sorted;
    struct known said;                      /* what was said to be missing is not said again */
    bool source_rows;                       /* they are the source's, none left out but by conditions */
    bool filtered;                          /* the request's filter was applied to those */
    const struct trace_variable *variables; /* the innermost first */
    const char *inside;                     /* the stage that the pipeline is a part of, or NULL */
    struct json_place place;
    struct mistakes *mistakes, *warnings;
};

/* Says that the rows may lack what is read there, unless they have it. */
void trace_path(struct trace *trace, const char *path);

/* Reads an expression, and adds what is known of its value; value may be NULL. */
void trace_expression(struct trace *trace, const json_t *expression, struct known *value);

/* An operator with what it is given: trace_expression() of {name: arguments}. */
void trace_operator(struct trace *trace, const char *name, const json_t *arguments, struct known *value);

/* A text such as "$$this.sales"; value as above. */
void trace_variable(struct trace *trace, const char *text, struct known *value);

/* An operator that gives names to variables: whether it is one. */
bool trace_scoped(struct trace *trace, const char *name, const json_t *arguments, struct known *value);

/* Reads the expressions of an object and makes variables of them, until the scope is closed. */
void trace_open_scope(struct trace *trace, const json_t *values, struct trace_scope *scope);
void trace_close_scope(struct trace *trace, struct trace_scope *scope);
void trace_push_variable(struct trace *trace, struct trace_variable *variable);

/* The keys of a sort, each a field of the rows. */
void trace_sort_keys(struct trace *trace, const json_t *sort);

/* Says that a text which names a field is there in place of the field. */
void trace_text(struct trace *trace, const json_t *value, struct mistakes *mistakes);

/* What stands under $match. */
void trace_condition(struct trace *trace, const json_t *condition);

/* All stages, one after the other. */
void trace_stages(struct trace *trace, const json_t *pipeline);

/* Stages that run pipelines of their own, or read other collections. */
void trace_lookup(struct trace *trace, const json_t *body);
void trace_union(struct trace *trace, const json_t *body);
void trace_facet(struct trace *trace, const json_t *body);

/* The rows become others, and *rows empty. What they were is kept, to say of a field that is not there any more where
 * it went. */
void trace_remake(struct trace *trace, struct known *rows);

void trace_release(struct trace *trace);

#endif
