#include "server/assets.h"
#include "server/openapi.h"
#include "tests/unit/suite.h"

#include <stdlib.h>

static struct catalog *load(void)
{
    struct error err = {0};
    struct catalog *catalog = catalog_load("pipelines", &err);
    ck_assert_msg(catalog != NULL, "%s", err.message);
    return catalog;
}

START_TEST(every_kpi_is_described)
{
    struct catalog *catalog = load();
    struct error err = {0};
    size_t size;
    char *text = openapi_document(catalog, &size, &err);
    json_t *document = text ? json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    ck_assert_ptr_nonnull(document);
    ck_assert_uint_eq(size, strlen(text));
    for (size_t i = 0; i < catalog->definition_count; i++) {
        char path[128];
        snprintf(path, sizeof path, "/v1/kpis/%s", catalog->definitions[i]->name);
        ck_assert_msg(json_object_get(json_object_get(document, "paths"), path) != NULL, "%s", path);
    }
    ck_assert_ptr_null(json_object_get(document, "x-templates"));
    json_decref(document);
    free(text);
    catalog_release(catalog);
}
END_TEST

START_TEST(same_catalogue_gives_the_same_text)
{
    struct catalog *catalog = load();
    struct error err = {0};
    size_t size, again_size;
    char *text = openapi_document(catalog, &size, &err), *again = openapi_document(catalog, &again_size, &err);
    ck_assert_str_eq(text, again);
    free(text);
    free(again);
    catalog_release(catalog);
}
END_TEST

static long allocations_left;

static void *allocate(size_t n)
{
    return allocations_left-- > 0 ? malloc(n) : NULL;
}

START_TEST(no_memory_is_an_error_wherever_it_runs_out)
{
    enum { MANY = 10000000, POINTS = 60 };
    struct catalog *catalog = load();
    struct error err = {0};
    size_t size;
    char *text;
    long needed;
    json_set_alloc_funcs(allocate, free);
    allocations_left = MANY;
    text = openapi_document(catalog, &size, &err);
    ck_assert_ptr_nonnull(text);
    free(text);
    needed = MANY - allocations_left;
    for (int i = 0; i < POINTS; i++) {
        allocations_left = needed / POINTS * i + i;
        err.message[0] = '\0';
        ck_assert_ptr_null(openapi_document(catalog, &size, &err));
        ck_assert_int_gt((int)strlen(err.message), 0);
    }
    json_set_alloc_funcs(malloc, free);
    catalog_release(catalog);
}
END_TEST

START_TEST(assets_are_found_by_their_whole_path)
{
    const struct asset *page = asset_find("/docs/");
    ck_assert_ptr_nonnull(page);
    ck_assert_int_eq(memcmp(page->bytes, "<!DOCTYPE html>", 15), 0);
    ck_assert_ptr_nonnull(asset_find("/"));
    ck_assert_ptr_nonnull(asset_find("openapi/base.json"));
    ck_assert_ptr_null(asset_find("/openapi/base.json"));
    ck_assert_ptr_null(asset_find("/docs"));
    ck_assert_ptr_null(asset_find(""));
}
END_TEST

START_TEST(assets_have_gzip_bytes_and_a_hash)
{
    for (size_t i = 0; i < asset_count; i++) {
        ck_assert_uint_gt(assets[i].size, 0);
        ck_assert_uint_gt(assets[i].gzip_size, 0);
        ck_assert_int_eq(memcmp(assets[i].gzip, "\x1f\x8b", 2), 0);
        ck_assert_uint_eq(strlen(assets[i].hash), 32);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("openapi");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_kpi_is_described);
    tcase_add_test(tests, same_catalogue_gives_the_same_text);
    tcase_add_test(tests, no_memory_is_an_error_wherever_it_runs_out);
    tcase_add_test(tests, assets_are_found_by_their_whole_path);
    tcase_add_test(tests, assets_have_gzip_bytes_and_a_hash);
    return run_case(tests, "openapi");
}
