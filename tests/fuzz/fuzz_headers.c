/* What requests say in their headers, and their target.
 *
 * Input: three headers and the target, a NUL behind each of the first three. */
#include "server/form.h"
#include "server/request_check.h"
#include "tests/fuzz/fuzz.h"

static const char *accepted, *accept_encoding, *if_none_match;

/* In place of the library's function, so that no connection is needed. */
const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *key)
{
    (void)connection;
    (void)kind;
    return strcmp(key, MHD_HTTP_HEADER_ACCEPT) == 0            ? accepted
           : strcmp(key, MHD_HTTP_HEADER_ACCEPT_ENCODING) == 0 ? accept_encoding
                                                               : if_none_match;
}

static void check_accept(const struct request *request)
{
    static const char *const types[] = {"application/json", "text/csv", "text/html", "*/*"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        int closeness;
        double weight = request_weight(request, types[i], &closeness);
        fuzz_require(weight >= 0 && weight <= 1, "%s has the weight %f", types[i], weight);
        fuzz_require(closeness >= 0 && closeness <= 3, "%d", closeness);
        fuzz_require(request_accepts(request, types[i]) == (weight > 0), "%s", types[i]);
    }
    fuzz_require((unsigned)form_negotiate(request) <= FORMAT_COUNT, "no form");
    request_accepts_gzip(request);
}

/* A tag that is in the list is found, whatever stands before it. */
static void check_tags(const struct request *request)
{
    static const char tag[] = "W/\"0123\"";
    char *with = NULL;
    bool matches = request_matches(request, tag);
    fuzz_require(matches == request_matches(request, "\"0123\""), "weak and strong are not the same");
    fuzz_require(asprintf(&with, "%s,%s", if_none_match, tag) > 0, "no memory");
    fuzz_require(etag_is_named(with, tag), "%s does not name %s", with, tag);
    free(with);
}

/* Whether the target has a NUL in it, and not a whole version behind that. */
static bool has_nul(const char *uri, size_t n)
{
    size_t end = strlen(uri);
    const char *v = uri + end + 1;
    return end < n &&
           !(n - end > 8 && strncmp(v, "HTTP/", 5) == 0 && strspn(v + 5, ".0123456789") == 3 && strlen(v) == 8);
}

/* The library has the version behind the target's NUL. */
static void check_target(struct bytes target)
{
    static const char version[] = "HTTP/1.1";
    char *uri = malloc(target.n + 1 + sizeof version);
    const char *path;
    struct request request = {0};
    bool nul;
    fuzz_require(uri, "no memory");
    if (target.n)
        memcpy(uri, target.at, target.n);
    uri[target.n] = '\0';
    memcpy(uri + target.n + 1, version, sizeof version);
    nul = has_nul(uri, target.n);
    request_check_uri(&request, uri);
    fuzz_require(!request.refused || *request.refused_because, "it is refused without a word");
    fuzz_require(request.refused || !nul, "a NUL is taken");
    path = request_target_path(uri);
    fuzz_require(request.refused || *path == '/' || strcmp(path, "*") == 0, "the path is %s", path);
    free(uri);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    struct request request = {0};
    char *headers[3];
    for (int i = 0; i < 3; i++)
        headers[i] = bytes_text(bytes_until(&in, 0));
    accepted = headers[0];
    accept_encoding = headers[1];
    if_none_match = headers[2];
    check_accept(&request);
    check_tags(&request);
    check_target(in);
    for (int i = 0; i < 3; i++)
        free(headers[i]);
    return 0;
}
