/* Parts of the OpenAPI document: building blocks, and what is said of parameters. For openapi.c only; one thread. */
#ifndef KPI_SERVER_OPENAPI_PARTS_H
#define KPI_SERVER_OPENAPI_PARTS_H

#include "core/buffer.h"
#include "core/catalog.h"

/* A document under construction. jansson only fails without memory: then `failed` is set and building goes on with
 * NULLs, which jansson takes, so that one look at the end is enough. */
struct openapi {
    json_t *root;
    json_t *templates; /* of root, taken out of it: what is copied for each KPI */
    json_t *schemas, *parameters;
    bool failed;
};

/* Sets a member; value is stolen. */
void openapi_put(struct openapi *doc, json_t *object, const char *key, json_t *value);
void openapi_put_text(struct openapi *doc, json_t *object, const char *key, const char *text);

/* Sets a member to the buffer's text, and empties the buffer. */
void openapi_put_buffer(struct openapi *doc, json_t *object, const char *key, struct buffer *text);

/* Appends to an array; value is stolen. */
void openapi_append(struct openapi *doc, json_t *array, json_t *value);

/* {"$ref": "#/components/SECTION/NAME"} */
json_t *openapi_reference(struct openapi *doc, const char *section, const char *name);

/* Whether the parameter says the same for every KPI that takes it, and so needs to be described once only. */
bool openapi_is_shared(enum parameter_kind kind);

/* What a request may say. */
json_t *openapi_parameter_schema(struct openapi *doc, const struct definition *d, const struct parameter *parameter);

/* The parameters of a KPI's operation. Those that all KPIs share are put under components. */
json_t *openapi_parameters(struct openapi *doc, const struct definition *d);

/* The schema of the parameters in effect, as an answer repeats them. */
void openapi_fill_echo(struct openapi *doc, const struct definition *d, json_t *echo);

#endif
