/* The parameters of a KPI's request, from the bytes behind the ? to the parameters in effect, or to the problem that
 * says what is wrong; and those of the paths that list.
 *
 * Input: which KPI, which data and headers, then the query. */
#include "core/compare.h"
#include "server/list_query.h"
#include "tests/fuzz/request.h"

/* The parameters in effect, which the caller frees. */
static char *canonical(const struct query *query, size_t *n)
{
    struct buffer out = {0};
    query_json(query, &out);
    fuzz_require(!out.failed, "no memory");
    return buffer_take(&out, n);
}

static void check_bounds(const struct query *query)
{
    int32_t most = query->format == FORMAT_JSON ? LIMIT_MOST : LIMIT_NONE;
    fuzz_require(query->limit >= LIMIT_LEAST && query->limit <= most, "%d", query->limit);
    fuzz_require(query->offset >= 0 && query->offset <= OFFSET_MOST, "%d", query->offset);
    fuzz_require(query->filter_count <= FILTER_VALUES_MOST, "%zu", query->filter_count);
    fuzz_require(query->sort <= query->definition->column_count, "%zu", query->sort);
    if (query->has_from && query->has_to)
        fuzz_require(query->from <= query->to, "%lld %lld", (long long)query->from, (long long)query->to);
    for (size_t i = 0; i < query->filter_count; i++)
        fuzz_require(*query->filters[i].value && strlen(query->filters[i].value) <= VALUE_BYTES_MOST, "filter %zu", i);
}

/* What is refused is said in a problem that is JSON, whatever was sent. */
static void check_problem(const struct parameter_error *why)
{
    struct response response = {0};
    fuzz_require(*why->accepted && *why->detail, "%s is refused without a word", why->parameter);
    response_parameter_problem(&response, why);
    fuzz_require(response.status == 400 && response.bytes, "status %d", (int)response.status);
    fuzz_require_json(response.bytes, response.size);
    fuzz_require_utf8(response.bytes, response.size);
    response_release(&response);
}

/* The order of parameters says nothing. */
static void check_reversed(const struct query *query, const struct dataset *dataset, enum format accepted,
                           const struct fuzz_parameters *sent)
{
    struct raw_parameter reversed[FUZZ_PARAMETERS_MOST];
    struct query other;
    struct parameter_error why;
    size_t n, m;
    char *one, *two;
    for (size_t i = 0; i < sent->count; i++)
        reversed[i] = sent->list[sent->count - 1 - i];
    fuzz_require(query_parse_as(accepted, &other, query->definition, dataset, reversed, sent->count, &why), "%s: %s",
                 why.parameter, why.detail);
    one = canonical(query, &n);
    two = canonical(&other, &m);
    fuzz_require(n == m && memcmp(one, two, n) == 0, "%s\n%s", one, two);
    fuzz_require_json(one, n);
    fuzz_require_utf8(one, n);
    free(one);
    free(two);
}

static void check_compared(const struct query *query, const struct dataset *dataset)
{
    struct compared compared;
    if (!compare_query(query, dataset, &compared) || !compared.reached)
        return;
    fuzz_require(compared.query.has_from && compared.query.has_to, "half a range");
    fuzz_require(compared.query.from <= compared.query.to, "%lld %lld", (long long)compared.query.from,
                 (long long)compared.query.to);
}

static void check_list(const struct fuzz_parameters *sent)
{
    static const struct list_form form = {.text = "q", .limit = 100, .limit_most = 1000};
    struct request request = {.parameters = (struct raw_parameter *)(uintptr_t)sent->list,
                              .parameter_count = sent->count};
    struct list_query query;
    struct parameter_error why = {0};
    if (!list_query_parse(&form, &request, &query, &why)) {
        check_problem(&why);
        return;
    }
    fuzz_require(query.limit >= 1 && query.limit <= 1000 && query.offset >= 0, "%d %d", query.limit, query.offset);
    fuzz_require(strlen(query.text) <= VALUE_BYTES_MOST, "%s", query.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    const struct definition *definition = fuzz_definition(bytes_next(&in));
    unsigned kind = bytes_next(&in);
    struct dataset dataset = fuzz_dataset(kind, 0);
    enum format accepted = (enum format)(kind / 8 % FORMAT_COUNT);
    struct fuzz_parameters sent;
    struct query query;
    struct parameter_error why = {0};
    fuzz_parameters_read(&sent, in);
    if (!sent.refused) {
        if (query_parse_as(accepted, &query, definition, &dataset, sent.list, sent.count, &why)) {
            check_bounds(&query);
            check_reversed(&query, &dataset, accepted, &sent);
            check_compared(&query, &dataset);
        } else {
            check_problem(&why);
        }
        check_list(&sent);
    }
    free(sent.text);
    return 0;
}
