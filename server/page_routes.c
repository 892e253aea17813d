#include "server/assets.h"
#include "server/routes.h"
#include "server/server.h"

#include <stdio.h>
#include <string.h>

/* Pages run no script but their own files, and talk to no server but this one. Swagger UI draws its icons from data:
 * URLs in its style sheet. */
static const char page_csp[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                               "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void handle_openapi(struct request *request)
{
    struct library *library;
    if (!request_takes_none(request))
        return;
    library = server_library(request->server);
    document_answer(library, &library->openapi, request);
    library_release(library);
}

/* A small file or a picture can be larger when compressed. */
static bool is_worth_compressing(const struct asset *asset)
{
    return asset->gzip_size < asset->size;
}

static void answer_asset(struct request *request, const struct asset *asset)
{
    struct response *response = &request->response;
    char plain[sizeof response->etag], compressed[sizeof response->etag];
    bool gzip = is_worth_compressing(asset) && request_accepts_gzip(request);
    snprintf(plain, sizeof plain, "\"%s\"", asset->hash);
    snprintf(compressed, sizeof compressed, "\"%s-gzip\"", asset->hash);
    if (request_matches(request, gzip ? compressed : plain)) {
        response_constant(response, HTTP_NOT_MODIFIED, NULL, "", 0);
    } else if (gzip) {
        response_constant(response, HTTP_OK, asset->content_type, asset->gzip, asset->gzip_size);
        response->encoding = "gzip";
    } else {
        response_constant(response, HTTP_OK, asset->content_type, asset->bytes, asset->size);
    }
    snprintf(response->etag, sizeof response->etag, "%s", gzip ? compressed : plain);
    response->never_changes = asset->never_changes;
    response->vary = is_worth_compressing(asset) ? MHD_HTTP_HEADER_ACCEPT_ENCODING : NULL;
    if (strncmp(asset->content_type, "text/html", 9) == 0)
        response->csp = page_csp;
}

/* Files take no notice of parameters: a page may be linked to with some for its own script. */
void handle_asset(struct request *request)
{
    const struct asset *asset = asset_find(request->path);
    if (!asset)
        response_problem(&request->response, HTTP_NOT_FOUND, "There is no file at this path.");
    else if (!request_accepts(request, asset->content_type))
        response_problem(&request->response, HTTP_NOT_ACCEPTABLE, "This file is %s.", asset->content_type);
    else
        answer_asset(request, asset);
}

/* The page loads its files relative to its own path, which therefore has to end in a slash. */
void handle_docs_redirect(struct request *request)
{
    response_constant(&request->response, HTTP_PERMANENT_REDIRECT, NULL, "", 0);
    request->response.location = "docs/";
}
