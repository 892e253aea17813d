/* A KPI's pipeline bound with the parameters of a request: whatever these hold, they become values.
 *
 * The same request is planned twice, once with other texts in place of its filters' values. Both pipelines have to have
 * the same keys and operators; where a text differs it is the value of a condition, or stands under $literal.
 *
 * Input: which KPI, which data, which rollups (8 bytes), then the query. */
#include "core/plan.h"
#include "tests/fuzz/request.h"

/* What stands for the values of the filters in the other plan, in the same order. */
static char markers[FILTER_VALUES_MOST][16];

/* The keys that lead to a place: the two last that are operators. */
struct place {
    const char *operator, * before;
};

static struct place below(struct place place, const char *key)
{
    return *key == '$' ? (struct place){key, place.operator} : place;
}

/* A value of a request: alone or in a list of $in as a condition on a field, or a literal. */
static bool is_value_here(struct place place)
{
    if (!place.operator)
        return false;
    return strcmp(place.operator, "$literal") == 0 || strcmp(place.operator, "$match") == 0 ||
           (strcmp(place.operator, "$in") == 0 && place.before && strcmp(place.before, "$match") == 0);
}

static void check_text(const struct query *query, const char *one, const char *other, struct place place)
{
    size_t i = 0;
    if (strcmp(one, other) == 0)
        return;
    while (i < query->filter_count && !(strcmp(query->filters[i].value, one) == 0 && strcmp(markers[i], other) == 0))
        i++;
    fuzz_require(i < query->filter_count, "'%s' became '%s'", one, other);
    fuzz_require(is_value_here(place), "'%s' is bound under %s", one, place.operator ? place.operator : "no operator");
}

static bool is_equal(const bson_iter_t *one, const bson_iter_t *other)
{
    bson_t a = BSON_INITIALIZER, b = BSON_INITIALIZER;
    bool equal = bson_append_iter(&a, "v", 1, one) && bson_append_iter(&b, "v", 1, other) && bson_equal(&a, &b);
    bson_destroy(&a);
    bson_destroy(&b);
    return equal;
}

static void check_same(const struct query *query, bson_iter_t *one, bson_iter_t *other, struct place place)
{
    while (bson_iter_next(one)) {
        const char *key = bson_iter_key(one);
        bson_iter_t inner, beside;
        fuzz_require(bson_iter_next(other), "'%s' is only in one of the plans", key);
        fuzz_require(strcmp(key, bson_iter_key(other)) == 0, "the key '%s' became '%s'", key, bson_iter_key(other));
        fuzz_require(bson_iter_type(one) == bson_iter_type(other), "the type of '%s' is another", key);
        if (BSON_ITER_HOLDS_UTF8(one))
            check_text(query, bson_iter_utf8(one, NULL), bson_iter_utf8(other, NULL), below(place, key));
        else if (bson_iter_recurse(one, &inner) && bson_iter_recurse(other, &beside))
            check_same(query, &inner, &beside, below(place, key));
        else
            fuzz_require(is_equal(one, other), "the value of '%s' is another", key);
    }
    fuzz_require(!bson_iter_next(other), "'%s' is only in one of the plans", bson_iter_key(other));
}

/* The pipeline of the query, which the caller destroys; NULL where the range has too many periods. */
static bson_t *pipeline_of(const struct query *query, const struct dataset *dataset)
{
    struct plan plan;
    struct error err = {0};
    if (!plan_make(&plan, fuzz_catalog(), query, dataset, &err)) {
        fuzz_require(err.kind == ERROR_INVALID, "%s", err.message);
        return NULL;
    }
    fuzz_require(bson_validate(plan.pipeline, BSON_VALIDATE_UTF8, NULL), "the pipeline is no BSON");
    return plan.pipeline;
}

static void check_query(const struct query *query, const struct dataset *dataset)
{
    struct query marked = *query;
    bson_t *one = pipeline_of(query, dataset), *other;
    bson_iter_t first, second;
    if (!one)
        return;
    for (size_t i = 0; i < marked.filter_count; i++) {
        snprintf(markers[i], sizeof markers[i], "marker-%03zu", i);
        marked.filters[i].value = markers[i];
    }
    other = pipeline_of(&marked, dataset);
    fuzz_require(other, "only one of the requests can be planned");
    fuzz_require(bson_iter_init(&first, one) && bson_iter_init(&second, other), "the pipeline is no BSON");
    check_same(query, &first, &second, (struct place){0});
    bson_destroy(one);
    bson_destroy(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    const struct definition *definition = fuzz_definition(bytes_next(&in));
    unsigned kind = bytes_next(&in);
    struct dataset dataset = fuzz_dataset(kind, bytes_number(&in));
    struct fuzz_parameters sent;
    struct query query;
    struct parameter_error why;
    fuzz_parameters_read(&sent, in);
    if (!sent.refused && query_parse(&query, definition, &dataset, sent.list, sent.count, &why))
        check_query(&query, &dataset);
    free(sent.text);
    return 0;
}
