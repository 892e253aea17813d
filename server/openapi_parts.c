#include "server/openapi_parts.h"

void openapi_put(struct openapi *doc, json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0)
        doc->failed = true;
}

void openapi_put_text(struct openapi *doc, json_t *object, const char *key, const char *text)
{
    openapi_put(doc, object, key, json_string(text));
}

void openapi_append(struct openapi *doc, json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0)
        doc->failed = true;
}

void openapi_put_buffer(struct openapi *doc, json_t *object, const char *key, struct buffer *text)
{
    openapi_put(doc, object, key, text->failed || !text->bytes ? NULL : json_stringn(text->bytes, text->used));
    buffer_release(text);
}

static json_t *texts(struct openapi *doc, const char *const *list, int count)
{
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        openapi_append(doc, array, json_string(list[i]));
    return array;
}

json_t *openapi_reference(struct openapi *doc, const char *section, const char *name)
{
    struct buffer text = {0};
    json_t *object = json_object();
    buffer_printf(&text, "#/components/%s/%s", section, name);
    openapi_put_buffer(doc, object, "$ref", &text);
    return object;
}

static json_t *sort_values(struct openapi *doc, const struct definition *d)
{
    json_t *values = json_array();
    for (size_t i = 0; i < d->column_count; i++) {
        if (!d->columns[i].sortable)
            continue;
        openapi_append(doc, values, json_string(d->columns[i].name));
        openapi_append(doc, values, json_sprintf("-%s", d->columns[i].name));
    }
    return values;
}

static json_t *integer_schema(struct openapi *doc, int least, int most)
{
    json_t *schema = json_object();
    openapi_put_text(doc, schema, "type", "integer");
    openapi_put(doc, schema, "minimum", json_integer(least));
    openapi_put(doc, schema, "maximum", json_integer(most));
    return schema;
}

static json_t *choice_schema(struct openapi *doc, json_t *values)
{
    json_t *schema = json_object();
    openapi_put_text(doc, schema, "type", "string");
    openapi_put(doc, schema, "enum", values);
    return schema;
}

static json_t *filter_schema(struct openapi *doc)
{
    json_t *schema = json_object(), *items = json_object();
    openapi_put_text(doc, items, "type", "string");
    openapi_put(doc, items, "minLength", json_integer(1));
    openapi_put(doc, items, "maxLength", json_integer(VALUE_BYTES_MOST));
    openapi_put_text(doc, schema, "type", "array");
    openapi_put(doc, schema, "items", items);
    openapi_put(doc, schema, "maxItems", json_integer(FILTER_VALUES_MOST));
    return schema;
}

static json_t *day_schema(struct openapi *doc, bool also_month_and_year)
{
    json_t *schema = json_object();
    openapi_put_text(doc, schema, "type", "string");
    if (also_month_and_year)
        openapi_put_text(doc, schema, "pattern", "^(19|20|21)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$");
    else
        openapi_put_text(doc, schema, "format", "date");
    return schema;
}

/* What a request may say. Examples are in the schema, where Swagger UI does not take them for values to send. */
json_t *openapi_parameter_schema(struct openapi *doc, const struct definition *d, const struct parameter *parameter)
{
    json_t *schema = NULL;
    switch (parameter->kind) {
    case PARAMETER_FROM:
    case PARAMETER_TO:
    case PARAMETER_AS_OF:
        schema = day_schema(doc, parameter->kind != PARAMETER_AS_OF);
        openapi_put(doc, schema, "examples", json_pack("[s]", parameter->example));
        break;
    case PARAMETER_PERIOD:
        schema = choice_schema(doc, texts(doc, period_names, PERIOD_COUNT));
        break;
    case PARAMETER_FILTER:
        schema = filter_schema(doc);
        openapi_put(doc, schema, "examples", json_pack("[[s]]", parameter->example));
        break;
    case PARAMETER_GRANULARITY:
        schema = choice_schema(doc, texts(doc, granularity_names, GRANULARITY_COUNT));
        openapi_put_text(doc, schema, "default", granularity_names[d->defaults.granularity]);
        break;
    case PARAMETER_SORT:
        schema = choice_schema(doc, sort_values(doc, d));
        openapi_put(doc, schema, "default",
                    json_sprintf("%s%s", d->defaults.descending ? "-" : "", d->columns[d->defaults.sort].name));
        break;
    case PARAMETER_LIMIT:
        schema = integer_schema(doc, LIMIT_LEAST, LIMIT_MOST);
        openapi_put(doc, schema, "default", json_integer(d->defaults.limit));
        break;
    case PARAMETER_OFFSET:
        schema = integer_schema(doc, 0, OFFSET_MOST);
        openapi_put(doc, schema, "default", json_integer(0));
        break;
    case PARAMETER_COMPARE:
        schema = choice_schema(doc, texts(doc, comparison_names, COMPARE_COUNT));
        break;
    case PARAMETER_FORMAT:
        schema = choice_schema(doc, texts(doc, format_names, FORMAT_COUNT));
        break;
    case PARAMETER_EXPLAIN:
        schema = json_pack("{s:s}", "type", "boolean");
        doc->failed |= !schema;
        break;
    }
    return schema;
}

static json_t *parameter_object(struct openapi *doc, const struct definition *d, const struct parameter *parameter)
{
    json_t *object = json_object();
    struct buffer text = {0};
    openapi_put_text(doc, object, "name", parameter->name);
    openapi_put_text(doc, object, "in", "query");
    buffer_text(&text, parameter->text);
    if (parameter->kind == PARAMETER_FILTER)
        buffer_printf(&text, " For example `%s`.", parameter->example);
    openapi_put_buffer(doc, object, "description", &text);
    if (parameter->kind == PARAMETER_FILTER) {
        openapi_put_text(doc, object, "style", "form");
        openapi_put(doc, object, "explode", json_true());
    }
    openapi_put(doc, object, "schema", openapi_parameter_schema(doc, d, parameter));
    return object;
}

bool openapi_is_shared(enum parameter_kind kind)
{
    return kind != PARAMETER_GRANULARITY && kind != PARAMETER_SORT && kind != PARAMETER_LIMIT;
}

json_t *openapi_parameters(struct openapi *doc, const struct definition *d)
{
    json_t *list = json_array();
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *parameter = d->parameters[i];
        if (!openapi_is_shared(parameter->kind)) {
            openapi_append(doc, list, parameter_object(doc, d, parameter));
            continue;
        }
        if (!json_object_get(doc->parameters, parameter->name))
            openapi_put(doc, doc->parameters, parameter->name, parameter_object(doc, d, parameter));
        openapi_append(doc, list, openapi_reference(doc, "parameters", parameter->name));
    }
    openapi_append(doc, list, openapi_reference(doc, "parameters", "If-None-Match"));
    return list;
}

/* One parameter as an answer repeats it: days are whole days, a filter with one value is a text. */
static json_t *echoed_schema(struct openapi *doc, const struct definition *d, const struct parameter *parameter)
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
        schema = openapi_parameter_schema(doc, d, parameter);
        json_object_del(schema, "default");
        return schema;
    }
}

void openapi_fill_echo(struct openapi *doc, const struct definition *d, json_t *echo)
{
    json_t *properties = json_object(), *required = json_array();
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *parameter = d->parameters[i];
        if (parameter->kind == PARAMETER_FORMAT) /* what repeats parameters is JSON */
            continue;
        openapi_put(doc, properties, parameter->name, echoed_schema(doc, d, parameter));
        if (!openapi_is_shared(parameter->kind) || parameter->kind == PARAMETER_OFFSET)
            openapi_append(doc, required, json_string(parameter->name));
    }
    openapi_put_text(doc, echo, "type", "object");
    openapi_put(doc, echo, "properties", properties);
    openapi_put(doc, echo, "required", required);
    openapi_put(doc, echo, "additionalProperties", json_false());
}
