#include "server/openapi.h"
#include "core/json.h"
#include "core/render_csv.h"
#include "core/version.h"
#include "server/assets.h"
#include "server/form.h"
#include "server/openapi_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 128 };

static json_t *template_copy(struct openapi *doc, const char *name)
{
    json_t *copy = json_deep_copy(json_object_get(doc->templates, name));
    doc->failed |= !copy;
    return copy;
}

/* A name as an identifier: sales-by-region as salesByRegion, or SalesByRegion where it names a type. */
static void camel_case(const char *name, bool is_type, char out[NAME_MAX_BYTES])
{
    bool upper = is_type;
    size_t n = 0;
    for (; *name && n < NAME_MAX_BYTES - 1; name++) {
        if (!isalnum((unsigned char)*name)) {
            upper = true;
            continue;
        }
        out[n++] = upper ? (char)toupper((unsigned char)*name) : *name;
        upper = false;
    }
    out[n] = '\0';
}

static const json_t *column_template(const struct openapi *doc, const struct column *column)
{
    return json_object_get(json_object_get(doc->templates, "columns"), column_type_names[column->type]);
}

/* Rows are told apart by their keys, which are there; only a name may be missing in the data. */
static bool may_be_null(const struct column *column)
{
    return column->key ? column->type == COLUMN_STRING : column->nullable;
}

static json_t *column_schema(struct openapi *doc, const struct column *column)
{
    const json_t *model = column_template(doc, column);
    const char *unit = column->unit ? column->unit : json_string_value(json_object_get(model, "text"));
    json_t *schema = json_deep_copy(json_object_get(model, "schema"));
    struct buffer text = {0};
    if (may_be_null(column))
        openapi_put(doc, schema, "type", json_pack("[O,s]", json_object_get(schema, "type"), "null"));
    buffer_text(&text, column->text);
    if (unit)
        buffer_printf(&text, " (%s)", unit);
    openapi_put_buffer(doc, schema, "description", &text);
    if (column->unit)
        openapi_put_text(doc, schema, "x-unit", column->unit);
    return schema;
}

static json_t *row_schema(struct openapi *doc, const struct definition *d)
{
    json_t *schema = json_object(), *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < d->column_count; i++) {
        openapi_put(doc, properties, d->columns[i].name, column_schema(doc, &d->columns[i]));
        openapi_append(doc, required, json_string(d->columns[i].name));
    }
    openapi_put_text(doc, schema, "type", "object");
    openapi_put(doc, schema, "properties", properties);
    openapi_put(doc, schema, "required", required);
    openapi_put(doc, schema, "additionalProperties", json_false());
    return schema;
}

static json_t *answer_schema(struct openapi *doc, const struct definition *d, const char *row_name)
{
    json_t *schema = template_copy(doc, "answer"), *properties = json_object_get(schema, "properties");
    json_t *data = json_object_get(properties, "data");
    openapi_put_text(doc, json_object_get(properties, "kpi"), "const", d->name);
    openapi_put_text(doc, json_object_get(properties, "title"), "const", d->title);
    openapi_fill_echo(doc, d, json_object_get(properties, "parameters"));
    json_t *comparison = json_object_get(properties, "comparison");
    openapi_put(doc, data, "items", openapi_reference(doc, "schemas", row_name));
    if (d->single_row)
        openapi_put(doc, data, "minItems", json_integer(1));
    openapi_put(doc, data, "maxItems", json_integer(d->single_row ? 1 : LIMIT_MOST));
    json_t *compared = json_deep_copy(data);
    json_object_del(compared, "minItems");
    openapi_put(doc, json_object_get(comparison, "properties"), "data", compared);
    if (!definition_takes(d, PARAMETER_LIMIT)) {
        json_object_del(properties, "next_offset");
        json_object_del(json_object_get(comparison, "properties"), "next_offset");
    }
    if (!definition_takes(d, PARAMETER_COMPARE))
        json_object_del(properties, "comparison");
    return schema;
}

/* A row made up of each type's example, and of the parameter's where a column is what a parameter filters by. */
static json_t *example_row(struct openapi *doc, const struct definition *d)
{
    json_t *row = json_object();
    for (size_t i = 0; i < d->column_count; i++) {
        const struct column *column = &d->columns[i];
        const struct parameter *parameter = parameter_find(column->name);
        if (column->type == COLUMN_STRING && parameter)
            openapi_put_text(doc, row, column->name, parameter->example);
        else
            openapi_put(doc, row, column->name, json_incref(json_object_get(column_template(doc, column), "example")));
    }
    return row;
}

static json_t *example_answer(struct openapi *doc, const struct definition *d)
{
    json_t *example = template_copy(doc, "example"), *echo = json_object_get(example, "parameters");
    openapi_put_text(doc, example, "kpi", d->name);
    openapi_put_text(doc, example, "title", d->title);
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *parameter = d->parameters[i];
        if (!openapi_is_shared(parameter->kind) || parameter->kind == PARAMETER_OFFSET) {
            json_t *schema = openapi_parameter_schema(doc, d, parameter);
            openapi_put(doc, echo, parameter->name, json_incref(json_object_get(schema, "default")));
            json_decref(schema);
        }
    }
    openapi_append(doc, json_object_get(example, "data"), example_row(doc, d));
    return example;
}

/* The forms that are rows alone: each a text, one line a row. */
static void put_streams(struct openapi *doc, const struct definition *d, json_t *content)
{
    struct buffer csv = {0};
    const char *type;
    json_t *media;
    render_csv_header(d, &csv);
    json_object_foreach(json_object_get(doc->templates, "streams"), type, media)
    {
        json_t *copy = json_deep_copy(media);
        if (strcmp(type, forms[FORMAT_CSV].type) == 0)
            openapi_put_buffer(doc, copy, "example", &csv);
        openapi_put(doc, content, type, copy);
    }
    buffer_release(&csv);
}

static json_t *operation_responses(struct openapi *doc, const struct definition *d, const char *answer_name)
{
    json_t *responses = json_object(), *ok = json_object(), *headers = json_object();
    json_t *media = json_object(), *content = json_object();
    json_t *errors = json_object_get(doc->templates, "responses");
    openapi_put(doc, media, "schema", openapi_reference(doc, "schemas", answer_name));
    openapi_put(doc, media, "examples",
                json_pack("{s:{s:s, s:o?}}", "shape", "summary", "The shape of an answer; its figures are made up",
                          "value", example_answer(doc, d)));
    openapi_put(doc, content, forms[FORMAT_JSON].type, media);
    put_streams(doc, d, content);
    openapi_put(doc, headers, "ETag", openapi_reference(doc, "headers", "ETag"));
    openapi_put(doc, headers, "Cache-Status", openapi_reference(doc, "headers", "Cache-Status"));
    openapi_put_text(doc, ok, "description", d->single_row ? "The answer, with one row" : "The answer, with its rows");
    openapi_put(doc, ok, "headers", headers);
    openapi_put(doc, ok, "content", content);
    openapi_put(doc, responses, "200", ok);
    if (json_object_update(responses, errors) != 0)
        doc->failed = true;
    return responses;
}

static void put_kpi(struct openapi *doc, const struct definition *d, json_t *paths)
{
    char id[NAME_MAX_BYTES], type[NAME_MAX_BYTES], answer[NAME_MAX_BYTES + 8], row[NAME_MAX_BYTES + 8];
    char path[NAME_MAX_BYTES + 16];
    struct buffer text = {0};
    json_t *operation = json_object(), *item = json_object();
    camel_case(d->name, false, id);
    camel_case(d->name, true, type);
    snprintf(answer, sizeof answer, "%sAnswer", type);
    snprintf(row, sizeof row, "%sRow", type);
    snprintf(path, sizeof path, "/v1/kpis/%s", d->name);

    buffer_printf(&text, "%s\n\n**Formula.** %s", d->summary, d->formula);
    if (d->keep)
        buffer_printf(&text, "\n\nKept after every import: `/v1/analyses?kpi=%s`.", d->name);
    openapi_put_text(doc, operation, "operationId", id);
    openapi_put(doc, operation, "tags", json_pack("[s]", d->group));
    openapi_put_text(doc, operation, "summary", d->title);
    openapi_put_buffer(doc, operation, "description", &text);
    openapi_put(doc, operation, "x-keep", json_boolean(d->keep));
    openapi_put(doc, operation, "parameters", openapi_parameters(doc, d));
    openapi_put(doc, operation, "responses", operation_responses(doc, d, answer));
    openapi_put(doc, doc->schemas, row, row_schema(doc, d));
    openapi_put(doc, doc->schemas, answer, answer_schema(doc, d, row));
    openapi_put(doc, item, "get", operation);
    openapi_put(doc, paths, path, item);
}

static bool tag_is_used(const json_t *paths, const char *tag)
{
    const char *path;
    json_t *item;
    json_object_foreach((json_t *)(uintptr_t)paths, path, item)
    {
        const json_t *tags = json_object_get(json_object_get(item, "get"), "tags");
        if (strcmp(json_string_value(json_array_get(tags, 0)), tag) == 0)
            return true;
    }
    return false;
}

static bool tag_is_listed(const json_t *tags, const char *tag)
{
    for (size_t i = 0; i < json_array_size(tags); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(tags, i), "name")), tag) == 0)
            return true;
    return false;
}

/* Leaves out the groups without a KPI, and adds those that base.json does not know. */
static void settle_tags(struct openapi *doc, const struct catalog *catalog)
{
    json_t *paths = json_object_get(doc->root, "paths"), *tags = json_object_get(doc->root, "tags");
    for (size_t i = json_array_size(tags); i-- > 0;)
        if (!tag_is_used(paths, json_string_value(json_object_get(json_array_get(tags, i), "name"))))
            json_array_remove(tags, i);
    for (size_t i = 0; i < catalog->definition_count; i++)
        if (!tag_is_listed(tags, catalog->definitions[i]->group))
            openapi_append(doc, tags, json_pack("{s:s}", "name", catalog->definitions[i]->group));
}

static void put_dimension_names(struct openapi *doc, const struct catalog *catalog)
{
    json_t *names = json_array();
    for (size_t i = 0; i < catalog->menu_count; i++)
        openapi_append(doc, names, json_string(catalog->menus[i]->name));
    openapi_put(doc, json_object_get(doc->schemas, "DimensionName"), "enum", names);
}

static void build(struct openapi *doc, const struct catalog *catalog)
{
    json_t *components = json_object_get(doc->root, "components"), *paths = json_object_get(doc->root, "paths");
    doc->templates = json_incref(json_object_get(doc->root, "x-templates"));
    json_object_del(doc->root, "x-templates");
    doc->schemas = json_object_get(components, "schemas");
    doc->parameters = json_object_get(components, "parameters");
    openapi_put_text(doc, json_object_get(doc->root, "info"), "version", KPI_VERSION);
    for (size_t i = 0; i < catalog->definition_count; i++)
        put_kpi(doc, catalog->definitions[i], paths);
    put_dimension_names(doc, catalog);
    if (!doc->failed) /* every path has its tag */
        settle_tags(doc, catalog);
}

char *openapi_document(const struct catalog *catalog, size_t *size, struct error *err)
{
    const struct asset *base = asset_find("openapi/base.json");
    struct openapi doc = {0};
    char *text = NULL;
    doc.root = base ? json_parse((const char *)base->bytes, base->size) : NULL;
    if (doc.root) {
        build(&doc, catalog);
        if (!doc.failed)
            text = json_write(doc.root, JSON_COMPACT | JSON_REAL_PRECISION(15));
    }
    json_decref(doc.templates);
    json_decref(doc.root);
    if (!text) {
        error_set(err, ERROR_INTERNAL, "out of memory for the OpenAPI document");
        return NULL;
    }
    *size = strlen(text);
    return text;
}
