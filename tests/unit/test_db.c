#include "core/db.h"
#include "tests/unit/suite.h"

enum { LIMIT_MS = 5000 };

/* What a URI says of the time that a reply may take, and what holds for a client with a limit of its own. */
static const struct {
    const char *uri;
    int32_t limit_ms;
} limits[] = {
    {"mongodb://127.0.0.1:1/", LIMIT_MS},
    {"mongodb://127.0.0.1:1/?socketTimeoutMS=60000", LIMIT_MS},
    {"mongodb://127.0.0.1:1/?socketTimeoutMS=700", 700},
    {"mongodb://127.0.0.1:1/?socketTimeoutMS=0", LIMIT_MS}, /* no limit */
};

START_TEST(client_beside_the_pool_waits_no_longer_than_its_limit)
{
    struct error err = {0};
    struct db_config config = {
        .uri = limits[_i].uri, .name = "x", .app_name = "test", .pool_size = 1, .query_timeout_ms = 30000};
    struct db *db = db_new(&config, &err);
    mongoc_client_t *client;
    ck_assert_msg(db, "%s", err.message);
    client = db_client_new(db, LIMIT_MS, &err);
    ck_assert_msg(client, "%s", err.message);
    ck_assert_int_eq(mongoc_uri_get_option_as_int32(mongoc_client_get_uri(client), MONGOC_URI_SOCKETTIMEOUTMS, 0),
                     limits[_i].limit_ms);
    mongoc_client_destroy(client);
    db_free(db);
}
END_TEST

static const struct {
    const char *options;
    bool is_enough;
    unsigned most;
} pools[] = {
    {"", true, 4},
    {"?maxPoolSize=3", true, 3},
    {"?maxpoolsize=100", true, 100},
    {"?maxPoolSize=2", false, 0},
    {"?maxPoolSize=1", false, 0},
    {"?maxPoolSize=0", false, 0}, /* the driver takes that for one, and so less than none */
    {"?maxPoolSize=-5", false, 0},
};

START_TEST(a_pool_that_is_too_small_for_its_user_is_refused)
{
    struct error err = {0};
    char uri[80];
    struct db_config config = {
        .uri = uri, .name = "x", .app_name = "test", .pool_size = 4, .pool_least = 3, .query_timeout_ms = 30000};
    struct db *db;
    snprintf(uri, sizeof uri, "mongodb://127.0.0.1:1/%s", pools[_i].options);
    db = db_new(&config, &err);
    ck_assert_int_eq(db != NULL, pools[_i].is_enough);
    if (db)
        ck_assert_uint_eq(db_pool_counts(db).most, pools[_i].most);
    else
        ck_assert_ptr_nonnull(strstr(err.message, "maxPoolSize=3"));
    db_free(db);
}
END_TEST

/* FerretDB gives all that it does not expect the same code. */
static const struct {
    const char *message;
    enum error_kind kind;
} internal[] = {
    {"terminating connection due to unexpected postmaster exit", ERROR_UNAVAILABLE},
    {"write failed: write unix @->/run/.s.PGSQL.5432: write: broken pipe", ERROR_UNAVAILABLE},
    {"FATAL: the database system is starting up (SQLSTATE 57P03)", ERROR_UNAVAILABLE},
    {"unexpected state", ERROR_INTERNAL},
};

START_TEST(lost_backend_is_a_database_that_is_away_and_a_defect_is_not)
{
    struct error err = {0};
    bson_error_t why = {.domain = MONGOC_ERROR_SERVER, .code = 1};
    bson_strncpy(why.message, internal[_i].message, sizeof why.message);
    db_error(&why, "asking", &err);
    ck_assert_int_eq(err.kind, internal[_i].kind);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("db");
    tcase_add_checked_fixture(tests, mongoc_init, NULL);
    tcase_add_loop_test(tests, client_beside_the_pool_waits_no_longer_than_its_limit, 0, COUNT(limits));
    tcase_add_loop_test(tests, a_pool_that_is_too_small_for_its_user_is_refused, 0, COUNT(pools));
    tcase_add_loop_test(tests, lost_backend_is_a_database_that_is_away_and_a_defect_is_not, 0, COUNT(internal));
    return run_case(tests, "db");
}
