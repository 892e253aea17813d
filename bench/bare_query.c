/* What the driver takes for a pipeline: runs it as kpi-server does, and reads its rows. What kpi-server's answers that
 * are computed are measured against: no HTTP, no parameters, no plan, no JSON.
 *
 *   bare_query DATABASE COLLECTION PIPELINE.json      with MONGODB_URI in the environment
 *
 * The file holds the stages as an array of Extended JSON. For each line of the standard input the pipeline runs once,
 * and a line tells the seconds and the number of rows. */
#include "bench/clock.h"

#include <mongoc/mongoc.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH_ROWS = 1000, TIME_MOST_MS = 3600 * 1000, JSON_BYTES_MOST = 1 << 20 };

static void die(const char *what)
{
    fprintf(stderr, "bare_query: %s\n", what);
    exit(1);
}

/* {"pipeline": [...]} of the file's array. */
static bson_t *read_pipeline(const char *path)
{
    static char json[JSON_BYTES_MOST] = "{\"pipeline\":";
    FILE *file = fopen(path, "rb");
    size_t n = strlen(json);
    bson_error_t why;
    bson_t *pipeline;
    if (!file)
        die(path);
    n += fread(json + n, 1, sizeof json - n - 2, file);
    if (!feof(file))
        die("the pipeline is too large");
    fclose(file);
    json[n] = '}';
    pipeline = bson_new_from_json((const uint8_t *)json, (ssize_t)n + 1, &why);
    if (!pipeline)
        die(why.message);
    return pipeline;
}

/* Returns the number of rows. */
static size_t run(mongoc_client_pool_t *pool, const char *database, const char *name, const bson_t *pipeline)
{
    mongoc_client_t *client = mongoc_client_pool_pop(pool);
    mongoc_collection_t *collection = mongoc_client_get_collection(client, database, name);
    bson_t *options = BCON_NEW("maxTimeMS", BCON_INT64(TIME_MOST_MS), "batchSize", BCON_INT32(BATCH_ROWS),
                               "allowDiskUse", BCON_BOOL(true));
    mongoc_cursor_t *cursor = mongoc_collection_aggregate(collection, MONGOC_QUERY_NONE, pipeline, options, NULL);
    const bson_t *row;
    bson_error_t why;
    size_t rows = 0;
    while (mongoc_cursor_next(cursor, &row))
        rows++;
    if (mongoc_cursor_error(cursor, &why))
        die(why.message);
    mongoc_cursor_destroy(cursor);
    bson_destroy(options);
    mongoc_collection_destroy(collection);
    mongoc_client_pool_push(pool, client);
    return rows;
}

int main(int argc, char **argv)
{
    const char *text = getenv("MONGODB_URI");
    mongoc_client_pool_t *pool;
    mongoc_uri_t *uri;
    bson_t *pipeline;
    char line[16];
    if (argc != 4)
        die("usage: bare_query DATABASE COLLECTION PIPELINE.json");
    mongoc_init();
    uri = text ? mongoc_uri_new(text) : NULL;
    pool = uri ? mongoc_client_pool_new(uri) : NULL;
    if (!pool)
        die("MONGODB_URI is no URI of a server");
    mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2);
    pipeline = read_pipeline(argv[3]);
    while (fgets(line, sizeof line, stdin)) {
        double start = clock_seconds();
        size_t rows = run(pool, argv[1], argv[2], pipeline);
        printf("%.6f %zu\n", clock_seconds() - start, rows);
        fflush(stdout);
    }
    bson_destroy(pipeline);
    mongoc_client_pool_destroy(pool);
    mongoc_uri_destroy(uri);
    mongoc_cleanup();
    return 0;
}
