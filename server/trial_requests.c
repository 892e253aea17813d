#include "server/trial_requests.h"

#include <stdio.h>
#include <string.h>

/* Days of the sample: nothing is sold from the one to the other; there are orders before and behind. */
static const char quiet_from[] = "2023-12-13", quiet_to[] = "2023-12-17", middle[] = "2023-12-10";
/* It ends long before. */
static const char later[] = "2035-01-01";

static const char *const of_lines[] = {"category", "subcategory", "product", "seller"};

static struct trial_request *new_request(struct trial_requests *r)
{
    struct trial_request *request = &r->list[r->count < TRIAL_REQUESTS_MOST ? r->count++ : TRIAL_REQUESTS_MOST - 1];
    *request = (struct trial_request){.count = 0};
    return request;
}

static void add_parameter(struct trial_request *request, const char *name, const char *value)
{
    if (name && request->count < TRIAL_PARAMETERS_MOST)
        request->list[request->count++] = (struct raw_parameter){name, value};
}

static void add_request(struct trial_requests *r, const char *name, const char *value)
{
    add_parameter(new_request(r), name, value);
}

static void add_sorts(const struct definition *d, struct trial_requests *r)
{
    for (size_t i = 0; i < 2 * d->column_count; i++) {
        const struct column *column = &d->columns[i / 2];
        snprintf(r->sorts[i], TRIAL_VALUE_BYTES, "%s%.62s", i % 2 ? "-" : "", column->name);
        if (column->sortable)
            add_request(r, "sort", r->sorts[i]);
    }
}

/* Few lines are of a product or a seller, and none of a range in which nothing was sold. */
static bool is_of_lines(const struct trial_request *request)
{
    bool many = false, ranged = false;
    for (size_t i = 0; i < request->count; i++) {
        many = many || strcmp(request->list[i].name, "category") == 0;
        ranged = ranged || strcmp(request->list[i].name, "from") == 0;
    }
    return many && !ranged;
}

static const char *value_of(const bson_t *filters, const char *name)
{
    bson_iter_t it;
    return bson_iter_init_find(&it, filters, name) ? bson_iter_utf8(&it, NULL) : NULL;
}

static void add_single(const struct definition *d, const bson_t *filters, struct trial_requests *r)
{
    for (size_t i = 0; i < d->parameter_count; i++) {
        const struct parameter *p = d->parameters[i];
        if (p->kind == PARAMETER_GRANULARITY)
            for (int g = 0; g < GRANULARITY_COUNT; g++)
                add_request(r, p->name, granularity_names[g]);
        else if (p->kind == PARAMETER_SORT)
            add_sorts(d, r);
        else if (p->kind == PARAMETER_FROM || p->kind == PARAMETER_TO)
            add_request(r, p->name, middle);
        else if (p->kind == PARAMETER_PERIOD)
            add_request(r, p->name, period_names[PERIOD_LAST_90_DAYS]);
        else if (p->kind == PARAMETER_FILTER && value_of(filters, p->name))
            add_request(r, p->name, value_of(filters, p->name));
    }
}

/* The first filter on lines that the definition takes, or NULL. */
static const char *line_filter(const struct definition *d)
{
    for (size_t i = 0; i < sizeof of_lines / sizeof of_lines[0]; i++)
        for (size_t j = 0; j < d->parameter_count; j++)
            if (strcmp(d->parameters[j]->name, of_lines[i]) == 0)
                return of_lines[i];
    return NULL;
}

/* All of the sample's rows, and the same of nothing; lines: the filter on lines to ask for besides, or NULL. */
static void add_edges(const struct definition *d, const char *lines, const char *value, struct trial_requests *r)
{
    struct trial_request *request;
    bool from = definition_takes(d, PARAMETER_FROM);
    if (definition_takes(d, PARAMETER_LIMIT)) {
        request = new_request(r);
        add_parameter(request, "limit", "10000");
        add_parameter(request, lines, value);
    }
    if (from && definition_takes(d, PARAMETER_TO)) {
        request = new_request(r);
        add_parameter(request, "from", quiet_from);
        add_parameter(request, "to", quiet_to);
        add_parameter(request, lines, value);
    }
    if (from) {
        request = new_request(r);
        add_parameter(request, "from", later);
        add_parameter(request, lines, value);
    }
}

void trial_requests_make(struct trial_requests *r, const struct definition *d, const bson_t *filters)
{
    const char *lines = line_filter(d);
    r->count = 0;
    add_request(r, NULL, NULL);
    add_edges(d, NULL, NULL, r);
    if (lines)
        add_edges(d, lines, value_of(filters, lines), r);
    add_single(d, filters, r);
    for (size_t i = 0; i < r->count; i++)
        r->list[i].of_lines = is_of_lines(&r->list[i]);
}

void trial_request_text(const struct trial_request *request, char *text, size_t size)
{
    size_t used = 0;
    *text = '\0';
    for (size_t i = 0; i < request->count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s=%s", i ? "&" : "", request->list[i].name,
                                 request->list[i].value);
}
