#include "server/kept.h"
#include "server/gzip.h"

#include <stdlib.h>
#include <string.h>

const char cache_status_hit[] = "kpi-server; hit";
const char cache_status_stale[] = "kpi-server; hit; detail=stale";
const char cache_status_miss[] = "kpi-server; fwd=miss";
const char cache_status_collapsed[] = "kpi-server; fwd=miss; collapsed";

enum {
    RESPONSE_BYTES = 2048, /* what a response takes for itself and its headers, about */
};

static void free_kept(struct cache_entry *entry)
{
    struct kept *kept = (struct kept *)entry;
    struct MHD_Response *all[] = {kept->plain, kept->gzip, kept->not_modified};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i])
            MHD_destroy_response(all[i]); /* it lives on while a connection sends it */
    question_release(kept->question);
    free(kept);
}

/* The response with its headers; NULL without memory: then it is gone. */
static struct MHD_Response *with_headers(const struct response *head, struct MHD_Response *out)
{
    if (response_add_headers(head, out))
        return out;
    MHD_destroy_response(out);
    return NULL;
}

/* A shared response over bytes that it takes over. */
static struct MHD_Response *share(const struct kept *kept, char *bytes, size_t size, const char *encoding,
                                  const char *status)
{
    struct response head = {
        .status = HTTP_OK, .content_type = kept->content_type, .vary = kept->vary, .policy = kept->policy};
    struct MHD_Response *out = MHD_create_response_from_buffer(size, bytes, MHD_RESPMEM_MUST_FREE);
    if (!out) {
        free(bytes);
        return NULL;
    }
    head.encoding = encoding;
    head.cache_status = status;
    memcpy(head.etag, kept->etag, sizeof head.etag);
    memcpy(head.file_name, kept->file_name, sizeof head.file_name);
    return with_headers(&head, out);
}

static struct MHD_Response *share_not_modified(const struct kept *kept, const char *status)
{
    struct response head = {
        .status = HTTP_NOT_MODIFIED, .vary = kept->vary, .cache_status = status, .policy = kept->policy};
    struct MHD_Response *out = MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    memcpy(head.etag, kept->etag, sizeof head.etag);
    return out ? with_headers(&head, out) : NULL;
}

struct kept *kept_new(struct cache_id id, uint64_t state, struct response *head, const char *status)
{
    struct kept *kept = calloc(1, sizeof *kept);
    if (!kept)
        return NULL;
    cache_entry_init(&kept->entry, id, sizeof *kept + head->size + (size_t)2 * RESPONSE_BYTES, free_kept);
    kept->state = state;
    kept->content_type = head->content_type;
    kept->vary = head->vary;
    kept->status = status;
    kept->policy = head->policy;
    memcpy(kept->etag, head->etag, sizeof kept->etag);
    memcpy(kept->file_name, head->file_name, sizeof kept->file_name);
    kept->bytes = head->bytes;
    kept->size = head->size;
    kept->plain = share(kept, head->bytes, head->size, NULL, status);
    head->bytes = NULL;
    kept->not_modified = share_not_modified(kept, status);
    response_release(head);
    if (kept->plain && kept->not_modified)
        return kept;
    kept_release(kept);
    return NULL;
}

void kept_compress(struct kept *kept, const char *status)
{
    struct buffer packed = {0};
    size_t size;
    char *bytes;
    if (kept->size < COMPRESSED_LEAST || !gzip_whole(kept->bytes, kept->size, &packed) || packed.used >= kept->size) {
        buffer_release(&packed);
        return;
    }
    bytes = buffer_take(&packed, &size);
    kept->gzip = bytes ? share(kept, bytes, size, "gzip", status) : NULL;
    if (!kept->gzip)
        return;
    kept->gzip_bytes = bytes;
    kept->gzip_size = size;
    kept->entry.size += size + RESPONSE_BYTES;
}

struct cache_id kept_stale_id(const struct kept *kept)
{
    struct cache_id id = kept->entry.self.id;
    id.b = ~id.b;
    return id;
}

struct kept *kept_make_stale(const struct kept *kept)
{
    static const char before[] = ",\n\"data\":[", member[] = ",\n\"stale\":true";
    struct response head = {.vary = kept->vary, .policy = kept->policy};
    struct buffer body = {0};
    struct kept *stale;
    /* No text in the answer holds a line feed as it is: this is where its rows begin. */
    const char *at = memmem(kept->bytes, kept->size, before, sizeof before - 1);
    size_t first = at ? (size_t)(at - kept->bytes) : 0;
    buffer_put(&body, kept->bytes, first);
    if (at)
        buffer_text(&body, member);
    buffer_put(&body, kept->bytes + first, kept->size - first);
    response_take(&head, HTTP_OK, kept->content_type, &body);
    if (head.status != HTTP_OK)
        return NULL;
    stale = kept_new(kept_stale_id(kept), kept->state, &head, cache_status_stale);
    if (stale)
        kept_compress(stale, cache_status_stale);
    return stale;
}

struct kept *kept_hold(struct kept *kept)
{
    cache_hold(&kept->entry);
    return kept;
}

void kept_release(struct kept *kept)
{
    cache_release(kept ? &kept->entry : NULL);
}

void kept_answer(struct kept *kept, struct response *response, bool gzip, bool not_modified, const char *status)
{
    response_release(response);
    response->status = not_modified ? HTTP_NOT_MODIFIED : HTTP_OK;
    response->kept = kept_hold(kept);
    response->cache_status = status;
    response->encoding = gzip && kept->gzip && !not_modified ? "gzip" : NULL;
    response->content_type = not_modified ? NULL : kept->content_type;
    response->vary = kept->vary;
    memcpy(response->etag, kept->etag, sizeof response->etag);
    memcpy(response->file_name, kept->file_name, sizeof response->file_name);
}

struct MHD_Response *kept_shared(const struct response *response)
{
    const struct kept *kept = response->kept;
    if (response->status == HTTP_NOT_MODIFIED)
        return kept->not_modified;
    return response->encoding ? kept->gzip : kept->plain;
}

static void let_go(void *data)
{
    kept_release(data);
}

struct MHD_Response *kept_own(const struct response *response)
{
    struct kept *kept = response->kept;
    struct MHD_Response *out;
    if (response->status == HTTP_NOT_MODIFIED)
        return MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    out = MHD_create_response_from_buffer_with_free_callback_cls(
        response->encoding ? kept->gzip_size : kept->size,
        (void *)(uintptr_t)(response->encoding ? kept->gzip_bytes : kept->bytes), let_go, kept);
    if (out)
        kept_hold(kept);
    return out;
}
