#include "server/openapi.h"
#include "core/buffer.h"
#include "core/version.h"
#include "server/assets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 128 };

/* A document under construction. jansson only fails without memory: then `failed` is set and building goes on with
 * NULLs, which jansson takes, so that one look at the end is enough. */
struct document {
    json_t *root;
    json_t *templates; /* of root, taken out of it: what is copied for each KPI */
    json_t *schemas, *parameters;
    bool failed;
};

/* Sets a member; value is stolen. */
static void put(struct document *doc, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        doc->failed = true;
}

static void put_text(struct document *doc, json_t *object, const char *key, const char *text)
{
    put(doc, object, key, json_string(text));
}

static void append(struct document *doc, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        doc->failed = true;
}

/* Sets a member to the buffer's text, and empties the buffer. */
static void put_buffer(struct document *doc, json_t *object, const char *key, struct buffer *text)
{
    put(doc, object, key, text->failed || !text->bytes ? NULL : json_stringn(text->bytes, text->used));
    buffer_release(text);
}

static json_t *texts(struct document *doc, const char *const *list, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        append(doc, array, json_string(list[i]));
    return array;
}

static json_t *template_copy(struct document *doc, const char *name)
{
    json_t *copy = json_deep_copy(json_object_get(doc->templates, name));
    doc->failed |= !copy;
    return copy;
}

static json_t *reference(struct document *doc, const char *section, const char *name)
{
    struct buffer text = {0};
    json_t *object = json_object();
    buffer_printf(&text, "#/components/%s/%s", section, name);
    put_buffer(doc, object, "$ref", &text);
    return object;
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

static json_t *sort_values(struct document *doc, const struct definition *d)
{
    json_t *values = json_array();
    for (size_t i = 0; i < d->column_count; i++) {
        if (!d->columns[i].sortable)
            continue;
        append(doc, values, json_string(d->columns[i].name));
        append(doc, values, json_sprintf("-%s", d->columns[i].name));
    }
    return values;
}

static json_t *integer_schema(struct document *doc, int least, int most)
{
    json_t *schema = json_object();
    put_text(doc, schema, "type", "integer");
    put(doc, schema, "minimum", json_integer(least));
    put(doc, schema, "maximum", json_integer(most));
    return schema;
}

static json_t *choice_schema(struct document *doc, json_t *values)
{
    json_t *schema = json_object();
    put_text(doc, schema, "type", "string");
    put(doc, schema, "enum", values);
    return schema;
}

static json_t *filter_schema(struct document *doc)
{
    json_t *schema = json_object(), *items = json_object();
    put_text(doc, items, "type", "string");
    put(doc, items, "minLength", json_integer(1));
    put(doc, items, "maxLength", json_integer(FILTER_BYTES_MOST));
    put_text(doc, schema, "type", "array");
    put(doc, schema, "items", items);
    put(doc, schema, "maxItems", json_integer(FILTER_VALUES_MOST));
    return schema;
}

static json_t *day_schema(struct document *doc, bool also_month_and_year)
{
    json_t *schema = json_object();
    put_text(doc, schema, "type", "string");
    if (also_month_and_year)
        put_text(doc, schema, "pattern", "^(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$");
    else
        put_text(doc, schema, "format", "date");
    return schema;
}

/* What a request may say. Examples are in the schema, where Swagger UI does not take them for values to send. */
static json_t *parameter_schema(struct document *doc, const struct definition *d, const struct parameter *parameter)
{
    json_t *schema = NULL;
    switch (parameter->kind) {
    case PARAMETER_FROM:
    case PARAMETER_TO:
    case PARAMETER_AS_OF:
        schema = day_schema(doc, parameter->kind != PARAMETER_AS_OF);
        put(doc, schema, "examples", json_pack("[s]", parameter->example));
        break;
    case PARAMETER_PERIOD:
        schema = choice_schema(doc, texts(doc, period_names, PERIOD_COUNT));
        break;
    case PARAMETER_FILTER:
        schema = filter_schema(doc);
        put(doc, schema, "examples", json_pack("[[s]]", parameter->example));
        break;
    case PARAMETER_GRANULARITY:
        schema = choice_schema(doc, texts(doc, granularity_names, GRANULARITY_COUNT));
        put_text(doc, schema, "default", granularity_names[d->defaults.granularity]);
        break;
    case PARAMETER_SORT:
        schema = choice_schema(doc, sort_values(doc, d));
        put(doc, schema, "default",
            json_sprintf("%s%s", d->defaults.descending ? "-" : "", d->columns[d->defaults.sort].name));
        break;
    case PARAMETER_LIMIT:
        schema = integer_schema(doc, LIMIT_LEAST, LIMIT_MOST);
        put(doc, schema, "default", json_integer(d->defaults.limit));
        break;
    case PARAMETER_OFFSET:
        schema = integer_schema(doc, 0, OFFSET_MOST);
        put(doc, schema, "default", json_integer(0));
        break;
    }
    return schema;
}

static json_t *parameter_object(struct document *doc, const struct definition *d, const struct parameter *parameter)
{
    json_t *object = json_object();
    struct buffer text = {0};
    put_text(doc, object, "name", parameter->name);
    put_text(doc, object, "in", "query");
    buffer_text(&text, parameter->text);
    if (parameter->kind == PARAMETER_FILTER)
        buffer_printf(&text, " For example `%s`.", parameter->example);
    put_buffer(doc, object, "description", &text);
    if (parameter->kind == PARAMETER_FILTER) {
        put_text(doc, object, "style", "form");
        put(doc, object, "explode", json_true());
    }
    put(doc, object, "schema", parameter_schema(doc, d, parameter));
    return object;
}

/* Whether the parameter says the same for every KPI that takes it, and so needs to be described once only. */
static bool is_shared(enum parameter_kind kind)
{
    return kind != PARAMETER_GRANULARITY && kind != PARAMETER_SORT && kind != PARAMETER_LIMIT;
}

static json_t *operation_parameters(struct document *doc, const struct definition *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *parameter = d->parameters[i];
        if (!is_shared(parameter->kind)) {
            append(doc, list, parameter_object(doc, d, parameter));
            continue;
        }
        if (!json_object_get(doc->parameters, parameter->name))
            put(doc, doc->parameters, parameter->name, parameter_object(doc, d, parameter));
        append(doc, list, reference(doc, "parameters", parameter->name));
    }
    append(doc, list, reference(doc, "parameters", "If-None-Match"));
    return list;
}

/* One parameter as an answer repeats it: days are whole days, a filter with one value is a text. */
static json_t *echoed_schema(struct document *doc, const struct definition *d, const struct parameter *parameter)
{
    json_t *schema;
    switch (parameter->kind) {
    case PARAMETER_FROM:
    case PARAMETER_TO:
        return day_schema(doc, false);
    case PARAMETER_FILTER:
        schema = json_pack("{s:[s,s], s:{s:s}}", "type", "string", "array", "items", "type", "string");
        doc->failed |= !schema;
        return schema;
    default:
        schema = parameter_schema(doc, d, parameter);
        json_object_del(schema, "default");
        return schema;
    }
}

static void fill_echo(struct document *doc, const struct definition *d, json_t *echo)
{
    json_t *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *parameter = d->parameters[i];
        put(doc, properties, parameter->name, echoed_schema(doc, d, parameter));
        if (!is_shared(parameter->kind) || parameter->kind == PARAMETER_OFFSET)
            append(doc, required, json_string(parameter->name));
    }
    put_text(doc, echo, "type", "object");
    put(doc, echo, "properties", properties);
    put(doc, echo, "required", required);
    put(doc, echo, "additionalProperties", json_false());
}

static const json_t *column_template(const struct document *doc, const struct column *column)
{
    return json_object_get(json_object_get(doc->templates, "columns"), column_type_names[column->type]);
}

/* Rows are told apart by their keys, which are there; only a name may be missing in the data. */
static bool may_be_null(const struct column *column)
{
    return column->key ? column->type == COLUMN_STRING : column->nullable;
}

static json_t *column_schema(struct document *doc, const struct column *column)
{
    const json_t *model = column_template(doc, column);
    const char *unit = column->unit ? column->unit : json_string_value(json_object_get(model, "text"));
    json_t *schema = json_deep_copy(json_object_get(model, "schema"));
    struct buffer text = {0};
    if (may_be_null(column))
        put(doc, schema, "type", json_pack("[O,s]", json_object_get(schema, "type"), "null"));
    buffer_text(&text, column->text);
    if (unit)
        buffer_printf(&text, " (%s)", unit);
    put_buffer(doc, schema, "description", &text);
    if (column->unit)
        put_text(doc, schema, "x-unit", column->unit);
    return schema;
}

static json_t *row_schema(struct document *doc, const struct definition *d)
{
    json_t *schema = json_object(), *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < d->column_count; i++) {
        put(doc, properties, d->columns[i].name, column_schema(doc, &d->columns[i]));
        append(doc, required, json_string(d->columns[i].name));
    }
    put_text(doc, schema, "type", "object");
    put(doc, schema, "properties", properties);
    put(doc, schema, "required", required);
    put(doc, schema, "additionalProperties", json_false());
    return schema;
}

static json_t *answer_schema(struct document *doc, const struct definition *d, const char *row_name)
{
    json_t *schema = template_copy(doc, "answer"), *properties = json_object_get(schema, "properties");
    json_t *data = json_object_get(properties, "data");
    put_text(doc, json_object_get(properties, "kpi"), "const", d->name);
    put_text(doc, json_object_get(properties, "title"), "const", d->title);
    fill_echo(doc, d, json_object_get(properties, "parameters"));
    put(doc, data, "items", reference(doc, "schemas", row_name));
    if (d->single_row)
        put(doc, data, "minItems", json_integer(1));
    put(doc, data, "maxItems", json_integer(d->single_row ? 1 : LIMIT_MOST));
    if (!definition_takes(d, PARAMETER_LIMIT))
        json_object_del(properties, "next_offset");
    return schema;
}

/* A row made up of each type's example, and of the parameter's where a column is what a parameter filters by. */
static json_t *example_row(struct document *doc, const struct definition *d)
{
    json_t *row = json_object();
    for (size_t i = 0; i < d->column_count; i++) {
        const struct column *column = &d->columns[i];
        const struct parameter *parameter = parameter_find(column->name);
        if (column->type == COLUMN_STRING && parameter)
            put_text(doc, row, column->name, parameter->example);
        else
            put(doc, row, column->name, json_incref(json_object_get(column_template(doc, column), "example")));
    }
    return row;
}

static json_t *example_answer(struct document *doc, const struct definition *d)
{
    json_t *example = template_copy(doc, "example"), *echo = json_object_get(example, "parameters");
    put_text(doc, example, "kpi", d->name);
    put_text(doc, example, "title", d->title);
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *parameter = d->parameters[i];
        if (!is_shared(parameter->kind) || parameter->kind == PARAMETER_OFFSET) {
            json_t *schema = parameter_schema(doc, d, parameter);
            put(doc, echo, parameter->name, json_incref(json_object_get(schema, "default")));
            json_decref(schema);
        }
    }
    append(doc, json_object_get(example, "data"), example_row(doc, d));
    return example;
}

static json_t *operation_responses(struct document *doc, const struct definition *d, const char *answer_name)
{
    json_t *responses = json_object(), *ok = json_object(), *headers = json_object();
    json_t *media = json_object(), *content = json_object();
    json_t *errors = json_object_get(doc->templates, "responses");
    put(doc, media, "schema", reference(doc, "schemas", answer_name));
    put(doc, media, "examples",
        json_pack("{s:{s:s, s:o?}}", "shape", "summary", "The shape of an answer; its figures are made up", "value",
                  example_answer(doc, d)));
    put(doc, content, "application/json", media);
    put(doc, headers, "ETag", reference(doc, "headers", "ETag"));
    put_text(doc, ok, "description", d->single_row ? "The answer, with one row" : "The answer, with its rows");
    put(doc, ok, "headers", headers);
    put(doc, ok, "content", content);
    put(doc, responses, "200", ok);
    if (json_object_update(responses, errors) != 0)
        doc->failed = true;
    return responses;
}

static void put_kpi(struct document *doc, const struct definition *d, json_t *paths)
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
    put_text(doc, operation, "operationId", id);
    put(doc, operation, "tags", json_pack("[s]", d->group));
    put_text(doc, operation, "summary", d->title);
    put_buffer(doc, operation, "description", &text);
    put(doc, operation, "parameters", operation_parameters(doc, d));
    put(doc, operation, "responses", operation_responses(doc, d, answer));
    put(doc, doc->schemas, row, row_schema(doc, d));
    put(doc, doc->schemas, answer, answer_schema(doc, d, row));
    put(doc, item, "get", operation);
    put(doc, paths, path, item);
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
static void settle_tags(struct document *doc, const struct catalog *catalog)
{
    json_t *paths = json_object_get(doc->root, "paths"), *tags = json_object_get(doc->root, "tags");
    for (size_t i = json_array_size(tags); i-- > 0;)
        if (!tag_is_used(paths, json_string_value(json_object_get(json_array_get(tags, i), "name"))))
            json_array_remove(tags, i);
    for (size_t i = 0; i < catalog->definition_count; i++)
        if (!tag_is_listed(tags, catalog->definitions[i]->group))
            append(doc, tags, json_pack("{s:s}", "name", catalog->definitions[i]->group));
}

static void put_dimension_names(struct document *doc, const struct catalog *catalog)
{
    json_t *names = json_array();
    for (size_t i = 0; i < catalog->menu_count; i++)
        append(doc, names, json_string(catalog->menus[i]->name));
    put(doc, json_object_get(doc->schemas, "DimensionName"), "enum", names);
}

static void build(struct document *doc, const struct catalog *catalog)
{
    json_t *components = json_object_get(doc->root, "components"), *paths = json_object_get(doc->root, "paths");
    doc->templates = json_incref(json_object_get(doc->root, "x-templates"));
    json_object_del(doc->root, "x-templates");
    doc->schemas = json_object_get(components, "schemas");
    doc->parameters = json_object_get(components, "parameters");
    put_text(doc, json_object_get(doc->root, "info"), "version", KPI_VERSION);
    for (size_t i = 0; i < catalog->definition_count; i++)
        put_kpi(doc, catalog->definitions[i], paths);
    put_dimension_names(doc, catalog);
    if (!doc->failed) /* every path has its tag */
        settle_tags(doc, catalog);
}

char *openapi_document(const struct catalog *catalog, size_t *size, struct error *err)
{
    const struct asset *base = asset_find("openapi/base.json");
    struct document doc = {0};
    json_error_t where;
    char *text = NULL;
    doc.root = base ? json_loadb((const char *)base->bytes, base->size, 0, &where) : NULL;
    if (doc.root) {
        build(&doc, catalog);
        if (!doc.failed)
            text = json_dumps(doc.root, JSON_COMPACT | JSON_REAL_PRECISION(15));
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
