#include "server/metrics.h"
#include "server/routes.h"
#include "tests/unit/unit.h"

#include <regex.h>

static struct metrics metrics;
static char *text; /* as last printed */

static void begin(void)
{
    metrics_init(&metrics);
    text = NULL;
}

static void end(void)
{
    free(text);
    metrics_release(&metrics);
}

static void print(void)
{
    struct buffer out = {0};
    size_t n;
    free(text);
    metrics_print(&metrics, &out);
    text = buffer_take(&out, &n);
    ck_assert_ptr_nonnull(text);
}

/* The value of a sample by its name and labels, or -1. */
static double sample(const char *name)
{
    size_t n = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, name, n) == 0 && line[n] == ' ')
            return strtod(line + n, NULL);
    return -1;
}

static size_t known_route(const char *path)
{
    const char *tail;
    return (size_t)(route_find(path, &tail) - routes);
}

/* Every line is a comment or a sample of a metric whose type was told before. */
static void assert_is_prometheus_text(void)
{
    static const char comment[] =
        "^# (HELP kpi_[a-z_]+ [A-Z].*\\.|TYPE kpi_[a-z_]+ (counter|gauge|histogram|summary))$";
    static const char one[] = "^(kpi_[a-z_]+)(\\{[a-z]+=\"[^\"\\\\]*\"(,[a-z]+=\"[^\"\\\\]*\")*\\})? "
                              "[0-9]+(\\.[0-9]+)?$";
    regex_t is_comment, is_sample;
    regmatch_t parts[5];
    char *copy = strdup(text), *rest = NULL, types[4096] = "";
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
    ck_assert_int_eq(regcomp(&is_comment, comment, REG_EXTENDED), 0);
    ck_assert_int_eq(regcomp(&is_sample, one, REG_EXTENDED), 0);
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *name = NULL, *known;
        if (regexec(&is_comment, line, 0, NULL, 0) == 0) {
            if (strncmp(line, "# TYPE ", 7) == 0)
                snprintf(types + strlen(types), sizeof types - strlen(types), "%.*s ", (int)strcspn(line + 7, " "),
                         line + 7);
            continue;
        }
        ck_assert_msg(regexec(&is_sample, line, 5, parts, 0) == 0, "%s", line);
        ck_assert_int_gt(asprintf(&name, "%.*s", (int)parts[1].rm_eo, line), 0);
        for (known = NULL; !known && *name; name[strlen(name) - 1] = '\0') {
            char *word = NULL;
            ck_assert_int_gt(asprintf(&word, "%s ", name), 0);
            known = strstr(types, word);
            free(word);
        }
        ck_assert_msg(known != NULL, "%s has no type", line);
        free(name);
    }
    regfree(&is_comment);
    regfree(&is_sample);
    free(copy);
}

START_TEST(nothing_counted_is_good_text)
{
    print();
    assert_is_prometheus_text();
    ck_assert_ptr_null(strstr(text, "route="));
    ck_assert(sample("kpi_http_requests_in_flight") == 0);
}
END_TEST

START_TEST(requests_are_counted_by_route_and_status)
{
    size_t kpi = known_route("/v1/kpis/total-sales"), list = known_route("/v1/kpis");
    metrics_request(&metrics, kpi, HTTP_OK, 150);
    metrics_request(&metrics, kpi, HTTP_OK, 150);
    metrics_request(&metrics, kpi, HTTP_BAD_REQUEST, 10);
    metrics_request(&metrics, list, HTTP_NOT_MODIFIED, 10);
    metrics_request(&metrics, route_count, HTTP_NOT_FOUND, 10);
    print();
    assert_is_prometheus_text();
    ck_assert(sample("kpi_http_requests_total{route=\"/v1/kpis/{name}\",status=\"200\"}") == 2);
    ck_assert(sample("kpi_http_requests_total{route=\"/v1/kpis/{name}\",status=\"400\"}") == 1);
    ck_assert(sample("kpi_http_requests_total{route=\"/v1/kpis\",status=\"304\"}") == 1);
    ck_assert(sample("kpi_http_requests_total{route=\"unknown\",status=\"404\"}") == 1);
    ck_assert(sample("kpi_http_requests_total{route=\"/v1/kpis\",status=\"200\"}") == -1);
}
END_TEST

START_TEST(every_status_has_a_counter)
{
    size_t counted = 0;
#define COUNT_STATUS(number, name, title) metrics_request(&metrics, 0, HTTP_##name, 1);
    HTTP_STATUSES(COUNT_STATUS)
#undef COUNT_STATUS
    print();
    for (const char *p = text; (p = strstr(p, "kpi_http_requests_total{")); p++)
        counted++;
#define ONE(number, name, title) +1
    ck_assert_uint_eq(counted, 0 HTTP_STATUSES(ONE));
#undef ONE
    assert_is_prometheus_text();
}
END_TEST

START_TEST(time_falls_into_the_first_bucket_that_holds_it)
{
    metrics_request(&metrics, 0, HTTP_OK, 0);
    metrics_request(&metrics, 0, HTTP_OK, 100);
    metrics_request(&metrics, 0, HTTP_OK, 101);
    metrics_request(&metrics, 0, HTTP_OK, 10000000);
    metrics_request(&metrics, 0, HTTP_OK, 10000001);
    print();
    assert_is_prometheus_text();
    ck_assert(sample("kpi_http_request_duration_seconds_bucket{route=\"/\",le=\"0.0001\"}") == 2);
    ck_assert(sample("kpi_http_request_duration_seconds_bucket{route=\"/\",le=\"0.0005\"}") == 3);
    ck_assert(sample("kpi_http_request_duration_seconds_bucket{route=\"/\",le=\"5\"}") == 3);
    ck_assert(sample("kpi_http_request_duration_seconds_bucket{route=\"/\",le=\"10\"}") == 4);
    ck_assert(sample("kpi_http_request_duration_seconds_bucket{route=\"/\",le=\"+Inf\"}") == 5);
    ck_assert(sample("kpi_http_request_duration_seconds_count{route=\"/\"}") == 5);
    ck_assert(sample("kpi_http_request_duration_seconds_sum{route=\"/\"}") == 20.000202);
}
END_TEST

START_TEST(endless_time_falls_into_the_last_bucket)
{
    metrics_request(&metrics, 0, HTTP_OK, UINT64_MAX);
    print();
    ck_assert(sample("kpi_http_request_duration_seconds_bucket{route=\"/\",le=\"10\"}") == 0);
    ck_assert(sample("kpi_http_request_duration_seconds_bucket{route=\"/\",le=\"+Inf\"}") == 1);
}
END_TEST

START_TEST(pipelines_are_counted_by_kpi)
{
    metrics_pipeline(&metrics, "total-sales", true, 1500000);
    metrics_pipeline(&metrics, "total-sales", false, 500000);
    metrics_pipeline(&metrics, "peak-days", true, 1);
    print();
    assert_is_prometheus_text();
    ck_assert(sample("kpi_pipeline_seconds_sum{kpi=\"total-sales\"}") == 2);
    ck_assert(sample("kpi_pipeline_seconds_count{kpi=\"total-sales\"}") == 2);
    ck_assert(sample("kpi_pipeline_failures_total{kpi=\"total-sales\"}") == 1);
    ck_assert(sample("kpi_pipeline_failures_total{kpi=\"peak-days\"}") == 0);
}
END_TEST

START_TEST(more_kpis_than_counters_are_no_harm)
{
    for (int i = 0; i < METRIC_PIPELINES + 50; i++) {
        char name[64];
        snprintf(name, sizeof name, "kpi-%d", i);
        metrics_pipeline(&metrics, name, true, 1);
        metrics_pipeline(&metrics, "kpi-0", true, 1);
    }
    print();
    assert_is_prometheus_text();
    ck_assert(sample("kpi_pipeline_seconds_count{kpi=\"kpi-0\"}") == METRIC_PIPELINES + 51);
    ck_assert(sample("kpi_pipeline_seconds_count{kpi=\"kpi-254\"}") == 1);
    ck_assert(sample("kpi_pipeline_seconds_count{kpi=\"kpi-255\"}") == -1);
    ck_assert(sample("kpi_pipeline_seconds_count{kpi=\"(others)\"}") == 51);
}
END_TEST

enum { THREADS = 4, EACH = 10000 };

static void *count_much(void *unused)
{
    (void)unused;
    for (int i = 0; i < EACH; i++) {
        metrics_request(&metrics, 0, HTTP_OK, 1);
        metrics_pipeline(&metrics, i % 2 ? "a" : "b", i % 2, 1);
    }
    return NULL;
}

START_TEST(no_count_is_lost_between_threads)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_much, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    print();
    ck_assert(sample("kpi_http_requests_total{route=\"/\",status=\"200\"}") == THREADS * EACH);
    ck_assert(sample("kpi_pipeline_seconds_count{kpi=\"a\"}") == THREADS * EACH / 2);
    ck_assert(sample("kpi_pipeline_failures_total{kpi=\"b\"}") == THREADS * EACH / 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("metrics");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, nothing_counted_is_good_text);
    tcase_add_test(tests, requests_are_counted_by_route_and_status);
    tcase_add_test(tests, every_status_has_a_counter);
    tcase_add_test(tests, time_falls_into_the_first_bucket_that_holds_it);
    tcase_add_test(tests, endless_time_falls_into_the_last_bucket);
    tcase_add_test(tests, pipelines_are_counted_by_kpi);
    tcase_add_test(tests, more_kpis_than_counters_are_no_harm);
    tcase_add_test(tests, no_count_is_lost_between_threads);
    return run_case(tests, "metrics");
}
