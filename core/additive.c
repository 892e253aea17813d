#include "core/additive.h"
#include "core/json.h"

#include <string.h>

/* Whether the text is the name of a measure, or a path that begins with one. */
static bool is_of_measure(const struct definition *d, const char *path)
{
    size_t n = strcspn(path, ".");
    for (size_t i = 0; i < d->measure_count; i++)
        if (strlen(d->measures[i]) == n && strncmp(d->measures[i], path, n) == 0)
            return true;
    return false;
}

/* $$ROOT and $$CURRENT hold all fields of a row, its measures among them. */
static bool text_mentions(const struct definition *d, const char *text)
{
    if (strncmp(text, "$$", 2) == 0)
        return strncmp(text, "$$ROOT", 6) == 0 || strncmp(text, "$$CURRENT", 9) == 0;
    return *text == '$' && is_of_measure(d, text + 1);
}

/* Whether a measure stands anywhere inside, as "$sales" or as a key, which it is in the condition of a $match. */
static bool mentions(const struct definition *d, const json_t *value)
{
    const char *key;
    size_t i;
    const json_t *member;
    if (json_is_string(value))
        return text_mentions(d, json_string_value(value));
    json_array_foreach(value, i, member) if (mentions(d, member)) return true;
    json_object_foreach((json_t *)(uintptr_t)value, key,
                        member) if (is_of_measure(d, key) || mentions(d, member)) return true;
    return false;
}

/* Exactly "$sales", and nothing made of it. */
static bool is_measure(const struct definition *d, const json_t *value)
{
    const char *text = json_string_value(value);
    return text && *text == '$' && !strchr(text, '.') && is_of_measure(d, text + 1);
}

/* Whether the value for a sum of rows is the sum of the values for each. */
static bool is_linear(const struct definition *d, const json_t *value)
{
    const json_t *cond = json_object_get(value, "$cond"), *condition, *then, *otherwise;
    if (json_is_number(value))
        return json_number_value(value) == 0;
    if (is_measure(d, value))
        return true;
    if (!cond || json_object_size(value) != 1)
        return false;
    condition = json_is_array(cond) ? json_array_get(cond, 0) : json_object_get(cond, "if");
    then = json_is_array(cond) ? json_array_get(cond, 1) : json_object_get(cond, "then");
    otherwise = json_is_array(cond) ? json_array_get(cond, 2) : json_object_get(cond, "else");
    return condition && !mentions(d, condition) && is_linear(d, then) && is_linear(d, otherwise);
}

/* Whether an accumulator gives the same where rows that are alike but for their measures have become one. $avg, $push,
 * $count and the like do not, whatever they are of: they see how many rows there were. */
static bool accumulator_adds_up(const struct definition *d, const char *name, const json_t *accumulator)
{
    static const char *const same[] = {"$max", "$min", "$first", "$addToSet"};
    const json_t *max = json_object_get(accumulator, "$max"), *value;
    if (json_object_size(accumulator) != 1)
        return false;
    if (json_object_get(accumulator, "$sum"))
        return is_linear(d, json_object_get(accumulator, "$sum"));
    if (is_measure(d, max) && strncmp(name, "some_", 5) == 0)
        return true;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if ((value = json_object_get(accumulator, same[i])))
            return !mentions(d, value);
    return false;
}

static bool group_adds_up(const struct definition *d, const json_t *group)
{
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)group, name, value)
    {
        bool by = strcmp(name, "_id") == 0;
        if (by ? mentions(d, value) : !accumulator_adds_up(d, name, value))
            return false;
    }
    return json_is_object(group);
}

/* Whether a stage lets rows through and gives them fields by their dimensions alone. */
static bool leaves_measures(const struct definition *d, const json_t *stage)
{
    static const char *const harmless[] = {"$match", "$set", "$addFields"};
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (json_object_get(stage, harmless[i]))
            return json_object_size(stage) == 1 && !mentions(d, stage);
    return false;
}

bool additive(const struct definition *d)
{
    const json_t *pipeline = json_object_get(d->json, "pipeline"), *stage, *group;
    size_t i;
    json_array_foreach(pipeline, i, stage)
    {
        if ((group = json_object_get(stage, "$group")))
            return group_adds_up(d, group);
        if (!leaves_measures(d, stage))
            return false;
    }
    return false;
}
