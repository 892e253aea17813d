#include "core/query.h"
#include "core/nearest.h"
#include "core/stopwatch.h"
#include "core/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool parameter_refuse(struct parameter_error *why, const struct raw_parameter *raw, const char *accepted,
                      const char *detail, ...)
{
    va_list args;
    utf8_copy(why->parameter, sizeof why->parameter, raw->name);
    utf8_copy(why->value, sizeof why->value, raw->value ? raw->value : "");
    utf8_copy(why->accepted, sizeof why->accepted, accepted);
    va_start(args, detail);
    vsnprintf(why->detail, sizeof why->detail, detail, args);
    va_end(args);
    return false;
}

bool parameter_refuse_text(struct parameter_error *why, const struct raw_parameter *raw, int least)
{
    char accepted[64];
    snprintf(accepted, sizeof accepted, "%d to %d bytes of text", least, VALUE_BYTES_MOST);
    return parameter_refuse(why, raw, accepted, *raw->value ? "The value is too long." : "The value is empty.");
}

/* How many bytes of a value a sentence repeats. */
static int shown(const struct raw_parameter *raw)
{
    return (int)utf8_cut(raw->value, 40);
}

/* "a, b, c", cut where the room ends. */
static void join(char *out, size_t room, const char *text)
{
    if (*out)
        strncat(out, ", ", room - strlen(out) - 1);
    strncat(out, text, room - strlen(out) - 1);
}

/* A name such as region[$ne] is nearest to the name before its bracket. */
static bool refuse_unknown(struct parameter_error *why, const struct definition *d, const struct raw_parameter *raw)
{
    char stem[64], accepted[400] = "";
    const char *best = NULL;
    unsigned distance = 0;
    snprintf(stem, sizeof stem, "%.*s", (int)strcspn(raw->name, "["), raw->name);
    for (size_t i = 0; i < d->parameter_count; i++) {
        nearest_consider(stem, d->parameters[i]->name, &best, &distance);
        join(accepted, sizeof accepted, d->parameters[i]->name);
    }
    if (best)
        return parameter_refuse(why, raw, accepted, "%s has no parameter of this name; did you mean '%s'?", d->name,
                                best);
    if (parameter_find(raw->name))
        return parameter_refuse(why, raw, accepted, "%s does not take this parameter.", d->name);
    return parameter_refuse(why, raw, accepted, "%s has no parameter of this name.", d->name);
}

static bool parse_day(const struct raw_parameter *raw, int64_t *first, int64_t *last, struct parameter_error *why)
{
    if (day_parse(raw->value, first, last))
        return true;
    return parameter_refuse(why, raw, "YYYY-MM-DD, YYYY-MM or YYYY, from 1900-01-01 to 2199-12-31",
                            "'%.*s' is no calendar day, month or year.", shown(raw), raw->value);
}

static bool parse_choice(const struct raw_parameter *raw, const char *const *names, int count, int *out,
                         struct parameter_error *why)
{
    char accepted[400] = "";
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], raw->value) == 0) {
            *out = i;
            return true;
        }
        join(accepted, sizeof accepted, names[i]);
    }
    return parameter_refuse(why, raw, accepted, "'%.*s' is not one of the values.", shown(raw), raw->value);
}

bool parameter_int(const struct raw_parameter *raw, long least, long most, int32_t *out, struct parameter_error *why)
{
    char *end;
    long value;
    errno = 0;
    value = strtol(raw->value, &end, 10);
    /* strtol() takes leading spaces and a plus sign; a request may not. */
    if (raw->value[0] >= '0' && raw->value[0] <= '9' && !*end && !errno && value >= least && value <= most) {
        *out = (int32_t)value;
        return true;
    }
    char accepted[64];
    snprintf(accepted, sizeof accepted, "a whole number from %ld to %ld", least, most);
    return parameter_refuse(why, raw, accepted, "'%.*s' is not a whole number in range.", shown(raw), raw->value);
}

static bool parse_sort(struct query *query, const struct raw_parameter *raw, struct parameter_error *why)
{
    const struct definition *d = query->definition;
    bool descending = raw->value[0] == '-';
    const struct column *column = definition_column(d, raw->value + descending);
    char accepted[400] = "";
    if (column && column->sortable) {
        query->sort = (size_t)(column - d->columns);
        query->descending = descending;
        return true;
    }
    for (size_t i = 0; i < d->column_count; i++)
        if (d->columns[i].sortable)
            join(accepted, sizeof accepted, d->columns[i].name);
    strncat(accepted, "; with - before it for descending", sizeof accepted - strlen(accepted) - 1);
    return parameter_refuse(why, raw, accepted, "'%.*s' is no column to sort by.", shown(raw), raw->value);
}

/* Keeps filters sorted by parameter and value, without repeats, so that equal requests are equal queries. */
static bool add_filter(struct query *query, const struct parameter *parameter, const struct raw_parameter *raw,
                       struct parameter_error *why)
{
    size_t at = 0;
    if (!*raw->value || strlen(raw->value) > VALUE_BYTES_MOST)
        return parameter_refuse_text(why, raw, 1);
    for (; at < query->filter_count; at++) {
        const struct filter_value *f = &query->filters[at];
        int order = f->parameter == parameter ? strcmp(f->value, raw->value) : f->parameter < parameter ? -1 : 1;
        if (order == 0)
            return true;
        if (order > 0)
            break;
    }
    if (query->filter_count == FILTER_VALUES_MOST)
        return parameter_refuse(why, raw, "at most 100 values of all filters together", "There are too many values.");
    memmove(&query->filters[at + 1], &query->filters[at], (query->filter_count - at) * sizeof query->filters[0]);
    query->filters[at] = (struct filter_value){parameter, raw->value};
    query->filter_count++;
    return true;
}

static const char *const flag_names[] = {"false", "true"};

static bool parse_one(struct query *query, const struct parameter *parameter, const struct raw_parameter *raw,
                      struct parameter_error *why)
{
    int64_t other;
    int choice = 0;
    switch (parameter->kind) {
    case PARAMETER_FROM:
        query->has_from = true;
        return parse_day(raw, &query->from, &other, why);
    case PARAMETER_TO:
        query->has_to = true;
        return parse_day(raw, &other, &query->to, why);
    case PARAMETER_AS_OF:
        query->has_as_of = true;
        if (strlen(raw->value) != DAY_TEXT_MAX - 1 || !day_parse(raw->value, &other, &query->as_of))
            return parameter_refuse(why, raw, "YYYY-MM-DD, from 1900-01-01 to 2199-12-31", "'%.*s' is no calendar day.",
                                    shown(raw), raw->value);
        return true;
    case PARAMETER_PERIOD:
        if (!parse_choice(raw, period_names, PERIOD_COUNT, &choice, why))
            return false;
        query->period = (enum period)choice;
        return true;
    case PARAMETER_COMPARE:
        if (!parse_choice(raw, comparison_names, COMPARE_COUNT, &choice, why))
            return false;
        query->compare = (enum comparison)choice;
        return true;
    case PARAMETER_EXPLAIN:
        if (!parse_choice(raw, flag_names, 2, &choice, why))
            return false;
        query->explain = choice;
        return true;
    case PARAMETER_GRANULARITY:
        if (!parse_choice(raw, granularity_names, GRANULARITY_COUNT, &choice, why))
            return false;
        query->granularity = (enum granularity)choice;
        return true;
    case PARAMETER_SORT:
        return parse_sort(query, raw, why);
    case PARAMETER_LIMIT:
        return parameter_int(raw, LIMIT_LEAST, query->format == FORMAT_JSON ? LIMIT_MOST : LIMIT_STREAM_MOST,
                             &query->limit, why);
    case PARAMETER_OFFSET:
        return parameter_int(raw, 0, OFFSET_MOST, &query->offset, why);
    case PARAMETER_FORMAT:
        if (!parse_choice(raw, format_names, FORMAT_COUNT, &choice, why))
            return false;
        query->format = (enum format)choice;
        return true;
    default:
        return add_filter(query, parameter, raw, why);
    }
}

/* What comes after as_of is not there for the answer: without a period by name it is the last day that counts. */
static bool end_at_as_of(struct query *query, struct parameter_error *why)
{
    char from[DAY_TEXT_MAX], as_of[DAY_TEXT_MAX];
    struct raw_parameter raw = {"as_of", as_of};
    query->to_asked = query->has_to ? query->to : query->as_of;
    if (!query->has_as_of)
        return true;
    if (!query->has_to || query->to > query->as_of)
        query->to = query->as_of;
    query->has_to = true;
    if (!query->has_from || query->from <= query->to)
        return true;
    day_text(query->from, from);
    day_text(query->as_of, as_of);
    return parameter_refuse(why, &raw, "a day that is not before from",
                            "as_of is the last day that counts, and the range begins (%s) after it (%s).", from, as_of);
}

/* Rules that concern several parameters, and the range that a period means. */
static bool resolve_range(struct query *query, const struct dataset *dataset, struct parameter_error *why)
{
    if (query->period != PERIOD_NONE && (query->has_from || query->has_to)) {
        struct raw_parameter raw = {"period", period_names[query->period]};
        return parameter_refuse(why, &raw, "either period, or from and to",
                                "period cannot be combined with from or to.");
    }
    if (query->has_from && query->has_to && query->from > query->to) {
        char from[DAY_TEXT_MAX], to[DAY_TEXT_MAX];
        struct raw_parameter raw = {"from", from};
        day_text(query->from, from);
        day_text(query->to, to);
        return parameter_refuse(why, &raw, "a day that is not after to", "The range ends (%s) before it begins (%s).",
                                to, from);
    }
    if (query->period == PERIOD_NONE || query->period == PERIOD_ALL)
        return end_at_as_of(query, why);
    if (query->has_as_of || dataset->has_days) {
        period_range(query->period, query->has_as_of ? query->as_of : dataset->last_day, &query->from, &query->to);
        query->to_asked = query->to;
        query->has_from = query->has_to = true;
    }
    return true;
}

/* What only JSON has room for, and what only a range with a beginning has. */
static bool check_extras(const struct query *query, struct parameter_error *why)
{
    bool compares = query->compare != COMPARE_NONE;
    struct raw_parameter raw = {"explain", flag_names[1]};
    if (compares)
        raw = (struct raw_parameter){"compare", comparison_names[query->compare]};
    if ((compares || query->explain) && query->format != FORMAT_JSON)
        return parameter_refuse(why, &raw, "format json", "%s is answered in JSON only%s.", raw.name,
                                compares ? "; ask for the rows of the other range by from and to" : "");
    if (compares && (query->period == PERIOD_NONE ? !query->has_from : query->period == PERIOD_ALL))
        return parameter_refuse(why, &raw, "compare together with from, or with a period other than all",
                                "The range starts with the data: there is nothing before it to compare with.");
    return true;
}

static bool takes(const struct definition *d, const struct parameter *parameter)
{
    for (size_t i = 0; i < d->parameter_count; i++)
        if (d->parameters[i] == parameter)
            return true;
    return false;
}

/* The form is settled first: what other parameters may say depends on it. A wrong one is refused in its turn. */
static enum format find_format(enum format otherwise, const struct raw_parameter *raw, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int f = 0; f < FORMAT_COUNT; f++)
            if (strcmp(raw[i].name, "format") == 0 && raw[i].value && strcmp(raw[i].value, format_names[f]) == 0)
                return (enum format)f;
    return otherwise;
}

bool query_parse(struct query *query, const struct definition *definition, const struct dataset *dataset,
                 const struct raw_parameter *raw, size_t count, struct parameter_error *why)
{
    return query_parse_as(FORMAT_JSON, query, definition, dataset, raw, count, why);
}

bool query_parse_as(enum format format, struct query *query, const struct definition *definition,
                    const struct dataset *dataset, const struct raw_parameter *raw, size_t count,
                    struct parameter_error *why)
{
    int64_t started = stopwatch_us();
    memset(query, 0, offsetof(struct query, filters));
    query->definition = definition;
    query->period = PERIOD_NONE;
    query->compare = COMPARE_NONE;
    query->granularity = definition->defaults.granularity;
    query->sort = definition->defaults.sort;
    query->descending = definition->defaults.descending;
    query->format = find_format(format, raw, count);
    query->limit = query->format == FORMAT_JSON ? definition->defaults.limit : LIMIT_NONE;
    query->filter_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct parameter *parameter = parameter_find(raw[i].name);
        if (!parameter || !takes(definition, parameter))
            return refuse_unknown(why, definition, &raw[i]);
        if (!raw[i].value)
            return parameter_refuse(why, &raw[i], "a value", "The parameter has no value; an example is %s=%s.",
                                    parameter->name, parameter->example);
        for (size_t j = 0; j < i && parameter->kind != PARAMETER_FILTER; j++)
            if (strcmp(raw[j].name, raw[i].name) == 0)
                return parameter_refuse(why, &raw[i], "one value", "The parameter is given more than once.");
        if (!parse_one(query, parameter, &raw[i], why))
            return false;
    }
    if (!check_extras(query, why) || !resolve_range(query, dataset, why))
        return false;
    query->parse_us = stopwatch_us() - started;
    return true;
}

static void put_day(struct buffer *out, const char *name, int64_t day)
{
    char text[DAY_TEXT_MAX];
    day_text(day, text);
    buffer_printf(out, "\"%s\":\"%s\",", name, text);
}

/* A filter with one value is a string, with several a list. */
static void put_filters(const struct query *query, struct buffer *out)
{
    for (size_t i = 0, next; i < query->filter_count; i = next) {
        const struct filter_value *f = &query->filters[i];
        for (next = i + 1; next < query->filter_count && query->filters[next].parameter == f->parameter; next++)
            ;
        buffer_printf(out, "\"%s\":%s", f->parameter->name, next - i > 1 ? "[" : "");
        for (size_t j = i; j < next; j++) {
            if (j > i)
                buffer_char(out, ',');
            buffer_json_string(out, query->filters[j].value, strlen(query->filters[j].value));
        }
        buffer_text(out, next - i > 1 ? "]," : ",");
    }
}

void query_json(const struct query *query, struct buffer *out)
{
    const struct definition *d = query->definition;
    buffer_char(out, '{');
    if (query->has_from)
        put_day(out, "from", query->from);
    if (query->has_to)
        put_day(out, "to", query->compare == COMPARE_NONE ? query->to : query->to_asked);
    if (query->period != PERIOD_NONE)
        buffer_printf(out, "\"period\":\"%s\",", period_names[query->period]);
    if (query->has_as_of)
        put_day(out, "as_of", query->as_of);
    if (query->compare != COMPARE_NONE)
        buffer_printf(out, "\"compare\":\"%s\",", comparison_names[query->compare]);
    put_filters(query, out);
    if (definition_takes(d, PARAMETER_GRANULARITY))
        buffer_printf(out, "\"granularity\":\"%s\",", granularity_names[query->granularity]);
    if (definition_takes(d, PARAMETER_SORT))
        buffer_printf(out, "\"sort\":\"%s%s\",", query->descending ? "-" : "", d->columns[query->sort].name);
    if (definition_takes(d, PARAMETER_LIMIT))
        buffer_printf(out, "\"limit\":%d,", query->limit);
    if (definition_takes(d, PARAMETER_OFFSET))
        buffer_printf(out, "\"offset\":%d,", query->offset);
    if (query->explain)
        buffer_text(out, "\"explain\":true,");
    if (out->used && out->bytes[out->used - 1] == ',')
        out->used--;
    buffer_char(out, '}');
}
