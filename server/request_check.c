#include "server/request_check.h"

#include <ctype.h>
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
 * that is the version, HTTP/1.1 and a NUL, unless the target itself has a NUL and goes on. A comparison stops at the
 * first byte that differs, well within the request's first line. A target that goes on with just that cannot be told
 * from one that ends there, and is taken for it. */
static bool ends_early(const char *uri)
{
    const char *v = uri + strlen(uri) + 1;
    return strncmp(v, "HTTP/", 5) != 0 || !isdigit((unsigned char)v[5]) || v[6] != '.' ||
           !isdigit((unsigned char)v[7]) || v[8];
}

/* The authority of a target that is a whole URL; NULL of one that is not. */
static const char *authority_of(const char *target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncasecmp(target, schemes[i], strlen(schemes[i])) == 0)
            return target + strlen(schemes[i]);
    return NULL;
}

const char *request_target_path(const char *target)
{
    const char *authority = *target == '/' ? NULL : authority_of(target);
    if (!authority)
        return target;
    target = authority + strcspn(authority, "/?");
    return *target == '/' ? target : "/";
}

/* No escapes in the authority: it has to end at the same place when they are decoded. */
static bool is_url(const char *target)
{
    const char *authority = authority_of(target);
    size_t n = authority ? strcspn(authority, "/?") : 0;
    return n && !memchr(authority, '%', n);
}

/* What stands behind the ? of the dashboard is its script's matter: a mistyped link is a page still. */
static bool is_page(const char *uri)
{
    return strncmp(request_target_path(uri), "/?", 2) == 0;
}

static void check_escapes(struct request *request, const char *uri)
{
    for (const char *p = strchr(uri, '%'); p; p = strchr(p + 1, '%')) {
        if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]))
            refuse(request, HTTP_BAD_REQUEST,
                   "The URI has a % without two hexadecimal digits behind it; a percent sign is written %25.");
        else if (p[1] == '0' && p[2] == '0')
            refuse(request, HTTP_BAD_REQUEST, "The URI holds a NUL.");
    }
}

/* How many parameters there are, empty ones among them. */
static size_t count_parameters(const char *uri)
{
    size_t count = 0;
    for (const char *p = strchr(uri, '?'); p; p = strchr(p + 1, '&'))
        count++;
    return count;
}

/* The library parses the parameters next, into the connection's memory. Where that has no room for all of them version
 * 0.9.75 never answers, and a request that is refused needs none: the library is left with none. Its own buffer, which
 * it is going to write NULs into itself. */
static void drop_parameters(const char *uri)
{
    const char *query = strchr(uri, '?');
    if (query)
        ((char *)(uintptr_t)query)[1] = '\0';
}

void request_check_uri(struct request *request, const char *uri)
{
    if (strlen(uri) > URI_BYTES_MOST)
        refuse(request, HTTP_URI_TOO_LONG, "The URI is longer than 8192 bytes.");
    else if (ends_early(uri))
        refuse(request, HTTP_BAD_REQUEST, "The URI holds a NUL.");
    else if (*uri != '/' && strcmp(uri, "*") != 0 && !is_url(uri))
        refuse(request, HTTP_BAD_REQUEST, "What is asked for has to be a path that begins with /, or an http URL.");
    else if (count_parameters(uri) > PARAMETERS_MOST)
        refuse(request, HTTP_BAD_REQUEST, "There are more than 200 parameters.");
    else if (!is_page(uri))
        check_escapes(request, uri);
    if (request->refused)
        drop_parameters(uri);
}

static const char line_ends_mistake[] = "The lines of the headers do not end in CR LF each, or hold a NUL.";

/* What the headers say that a single look-up cannot see. */
struct headers {
    size_t bytes;
    unsigned hosts, lengths, encodings, lists[REQUEST_LISTS];
    bool body;
    const char *broken; /* a sentence on the first that others could read in another way; NULL: there is none */
    const char *next;   /* where the next line stands in the library's buffer; NULL: it cannot be known */
};

/* A name is a token (RFC 9110, 5.6.2): no blank before the colon, and no rest of a folded line, which the library hangs
 * on to the name. */
static bool is_token(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("!#$%&'*+-.^_`|~", name[i]))
            return false;
    return n > 0;
}

/* No control bytes but the tab: a CR within a value ends a line to others. */
static bool is_text(const char *value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)value[i] < ' ' && value[i] != '\t') || value[i] == 0x7f)
            return false;
    return true;
}

/* host[:port] (RFC 9110, 7.2), where the host may be empty. */
static bool is_host(const char *value)
{
    static const char reg_name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()*+,;=";
    size_t n = strspn(value, reg_name);
    if (*value == '[') {
        n = 1 + strspn(value + 1, "0123456789abcdefABCDEF:.");
        if (value[n++] != ']')
            return false;
    }
    if (value[n] == ':')
        n += 1 + strspn(value + n + 1, "0123456789");
    return !value[n + strspn(value + n, " \t")];
}

/* Whether it is known how the library leaves its buffer: version 0.9.75 puts NULs in place of a line's end, two for CR
 * LF, so that lines follow one another at two bytes' distance, unless one ended otherwise, was folded, held a NUL, or
 * was dropped for its empty name. */
static bool shows_line_ends(void)
{
    return strcmp(MHD_get_version(), "0.9.75") == 0;
}

/* The library takes a line that begins with a blank for more of the name before it, and moves that. */
static bool is_folded(const char *name, size_t name_size, const char *value)
{
    return (uintptr_t)value <= (uintptr_t)name + name_size;
}

static const char *mistake_of(const struct headers *headers, const char *name, size_t name_size, const char *value,
                              size_t value_size)
{
    if (value && is_folded(name, name_size, value))
        return "A header goes on in another line, which is no longer done (RFC 9112, section 5.2).";
    if (!is_token(name, name_size))
        return "The name of a header has a character that names do not have, such as a blank before the colon.";
    if (value && !is_text(value, value_size))
        return "The value of a header has a control character.";
    if (headers->next && headers->next != name)
        return line_ends_mistake;
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0 && value && !is_host(value))
        return "The header Host is not a host, or a host and a port.";
    return NULL;
}

/* Behind the last header, CR LF and an empty line. Four bytes of the library's buffer, behind which are what it knows
 * of the headers. */
static bool ends_well(const struct headers *headers)
{
    static const char end[4];
    return !headers->next || memcmp(headers->next - 2, end, sizeof end) == 0;
}

static enum MHD_Result count_header(void *data, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                    const char *value, size_t value_size)
{
    struct headers *headers = data;
    (void)kind;
    headers->bytes += name_size + value_size;
    if (!headers->broken)
        headers->broken = mistake_of(headers, name, name_size, value, value_size);
    if (headers->next)
        headers->next = value ? value + value_size + 2 : NULL;
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
        headers->hosts++;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        headers->lengths++;
        headers->body |= !value || value[strspn(value, "0 \t")] != '\0';
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        headers->encodings++;
        headers->body = true;
    }
    for (int i = 0; i < REQUEST_LISTS; i++)
        headers->lists[i] += strcasecmp(name, request_lists[i]) == 0;
    return MHD_YES;
}

/* The lines of a header, which are being put together. */
struct lines {
    const char *name;
    struct buffer text;
};

static enum MHD_Result add_line(void *data, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct lines *lines = data;
    (void)kind;
    if (value && strcasecmp(name, lines->name) == 0) {
        buffer_text(&lines->text, lines->text.used ? ", " : "");
        buffer_text(&lines->text, value);
    }
    return MHD_YES;
}

static void join_lines(struct request *request, int list)
{
    struct lines lines = {.name = request_lists[list]};
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, add_line, &lines);
    buffer_char(&lines.text, '\0');
    if (!lines.text.failed) {
        request->joined[list] = lines.text.bytes;
        return;
    }
    buffer_release(&lines.text);
    refuse(request, HTTP_INTERNAL_ERROR, "Out of memory.");
}

/* Where two programs could disagree on what a request is, it is refused. */
static void check_headers(struct request *request, bool reads, const char *version)
{
    struct headers headers = {.next = shows_line_ends() ? version + strlen(version) + 2 : NULL};
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, count_header, &headers);
    if (headers.bytes > HEADER_BYTES_MOST)
        refuse(request, HTTP_HEADERS_TOO_LARGE, "The headers are longer than 16384 bytes.");
    if (headers.broken)
        refuse(request, HTTP_BAD_REQUEST, headers.broken);
    else if (headers.bytes && !ends_well(&headers))
        refuse(request, HTTP_BAD_REQUEST, line_ends_mistake);
    if (headers.lengths > 1 || headers.encodings > 1 || (headers.lengths && headers.encodings))
        refuse(request, HTTP_BAD_REQUEST, "The headers contradict each other on the length of the body.");
    if (headers.hosts > 1)
        refuse(request, HTTP_BAD_REQUEST, "There is more than one header Host.");
    if (!headers.hosts && strcmp(version, MHD_HTTP_VERSION_1_1) == 0)
        refuse(request, HTTP_BAD_REQUEST, "The header Host is missing.");
    if (headers.body && reads)
        refuse(request, HTTP_CONTENT_TOO_LARGE, "Requests have no body here; parameters go into the URI.");
    for (int i = 0; i < REQUEST_LISTS; i++)
        if (headers.lists[i] > 1)
            join_lines(request, i);
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
    if (!request->refused && strcmp(request->path, "/") != 0)
        read_parameters(request);
}

void request_check(struct request *request, const char *method, const char *version)
{
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0;
    check_headers(request, reads, version);
    if (!bson_utf8_validate(request->path, strlen(request->path), false))
        refuse(request, HTTP_BAD_REQUEST, "The path is not UTF-8.");
}
