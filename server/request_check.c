#include "server/request_check.h"

#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES_MOST = 16 * 1024 };

/* The first complaint counts. */
static void refuse(struct request *request, enum http_status status, const char *because)
{
    if (request->refused)
        return;
    request->refused = status;
    request->refused_because = because;
}

/* libmicrohttpd hands the target over as a C string and has put a NUL in place of the space behind it: what follows
 * that is the version, unless the target itself has a NUL and goes on. A comparison stops at the first byte that
 * differs, well within the request's first line. */
static bool ends_early(const char *uri)
{
    return strncmp(uri + strlen(uri) + 1, "HTTP/", 5) != 0;
}

void request_check_uri(struct request *request, const char *uri)
{
    if (strlen(uri) > URI_BYTES_MOST)
        refuse(request, HTTP_URI_TOO_LONG, "The URI is longer than 8192 bytes.");
    else if (strstr(uri, "%00") || ends_early(uri))
        refuse(request, HTTP_BAD_REQUEST, "The URI holds a NUL.");
}

/* What the headers say that a single look-up cannot see. */
struct headers {
    size_t bytes;
    unsigned hosts, lengths, encodings;
    bool body;
};

static enum MHD_Result count_header(void *data, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                    const char *value, size_t value_size)
{
    struct headers *headers = data;
    (void)kind;
    headers->bytes += name_size + value_size;
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
        headers->hosts++;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        headers->lengths++;
        headers->body |= !value || value[strspn(value, "0 \t")] != '\0';
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        headers->encodings++;
        headers->body = true;
    }
    return MHD_YES;
}

/* Where two programs could disagree on what a request is, it is refused. */
static void check_headers(struct request *request, bool reads, const char *version)
{
    struct headers headers = {0};
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, count_header, &headers);
    if (headers.bytes > HEADER_BYTES_MOST)
        refuse(request, HTTP_HEADERS_TOO_LARGE, "The headers are longer than 16384 bytes.");
    if (headers.lengths > 1 || headers.encodings > 1 || (headers.lengths && headers.encodings))
        refuse(request, HTTP_BAD_REQUEST, "The headers contradict each other on the length of the body.");
    if (headers.hosts > 1)
        refuse(request, HTTP_BAD_REQUEST, "There is more than one header Host.");
    if (!headers.hosts && strcmp(version, MHD_HTTP_VERSION_1_1) == 0)
        refuse(request, HTTP_BAD_REQUEST, "The header Host is missing.");
    if (headers.body && reads)
        refuse(request, HTTP_CONTENT_TOO_LARGE, "Requests have no body here; parameters go into the URI.");
    request->has_body = headers.body;
}

static enum MHD_Result keep_parameter(void *data, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                      const char *value, size_t value_size)
{
    struct request *request = data;
    (void)kind;
    if (!name_size && !value) /* a stray & */
        return MHD_YES;
    if (!bson_utf8_validate(name, name_size, false) || (value && !bson_utf8_validate(value, value_size, false))) {
        refuse(request, HTTP_BAD_REQUEST, "A parameter is not UTF-8.");
        return MHD_NO;
    }
    if (request->parameter_count == PARAMETERS_MOST) {
        refuse(request, HTTP_BAD_REQUEST, "There are more than 200 parameters.");
        return MHD_NO;
    }
    request->parameters[request->parameter_count++] = (struct raw_parameter){name, value};
    return MHD_YES;
}

static void read_parameters(struct request *request)
{
    int count = MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, NULL, NULL);
    if (count <= 0)
        return;
    request->parameters = calloc(PARAMETERS_MOST, sizeof request->parameters[0]);
    if (request->parameters)
        MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, keep_parameter, request);
    else
        refuse(request, HTTP_INTERNAL_ERROR, "Out of memory.");
}

void request_check_parameters(struct request *request)
{
    if (!request->refused)
        read_parameters(request);
}

void request_check(struct request *request, const char *method, const char *version)
{
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0;
    check_headers(request, reads, version);
    if (!bson_utf8_validate(request->path, strlen(request->path), false))
        refuse(request, HTTP_BAD_REQUEST, "The path is not UTF-8.");
}
