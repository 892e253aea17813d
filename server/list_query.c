#include "server/list_query.h"
#include "core/nearest.h"

#include <stdio.h>
#include <string.h>

static bool refuse_unknown(const struct list_form *form, const struct raw_parameter *raw, struct parameter_error *why)
{
    const char *best = NULL;
    unsigned distance = 0;
    char accepted[64];
    snprintf(accepted, sizeof accepted, "%s, limit, offset", form->text);
    nearest_consider(raw->name, form->text, &best, &distance);
    nearest_consider(raw->name, "limit", &best, &distance);
    nearest_consider(raw->name, "offset", &best, &distance);
    return parameter_refuse(why, raw, accepted, "There is no parameter of this name%s%s%s",
                            best ? "; did you mean '" : ".", best ? best : "", best ? "'?" : "");
}

static bool parse_one(const struct list_form *form, const struct raw_parameter *raw, struct list_query *query,
                      struct parameter_error *why)
{
    bool limit = strcmp(raw->name, "limit") == 0, offset = strcmp(raw->name, "offset") == 0;
    if (!limit && !offset && strcmp(raw->name, form->text) != 0)
        return refuse_unknown(form, raw, why);
    if (!raw->value)
        return parameter_refuse(why, raw, "a value", "The parameter has no value.");
    if (limit)
        return parameter_int(raw, 1, form->limit_most, &query->limit, why);
    if (offset)
        return parameter_int(raw, 0, OFFSET_MOST, &query->offset, why);
    if (strlen(raw->value) > VALUE_BYTES_MOST || (!*raw->value && !form->text_may_be_empty))
        return parameter_refuse_text(why, raw, !form->text_may_be_empty);
    memcpy(query->text, raw->value, strlen(raw->value) + 1);
    return true;
}

bool list_query_parse(const struct list_form *form, const struct request *request, struct list_query *query,
                      struct parameter_error *why)
{
    *query = (struct list_query){.limit = form->limit};
    for (size_t i = 0; i < request->parameter_count; i++) {
        const struct raw_parameter *raw = &request->parameters[i];
        for (size_t j = 0; j < i; j++)
            if (strcmp(request->parameters[j].name, raw->name) == 0)
                return parameter_refuse(why, raw, "one value", "The parameter is given more than once.");
        if (!parse_one(form, raw, query, why))
            return false;
    }
    return true;
}
