/* libmongoc before 1.25 believes the lengths inside a reply: one that is garbled is read beyond its end, or is asserted
 * to be right, and the program crashes. Defined in the program, _mongoc_rpc_scatter() is found before the library's
 * own, and does not let it read what cannot be read. The driver then reports a malformed message, and gives up the
 * connection. Newer libraries look for themselves, and have no function of that name. */
#include "core/frame.h"

#include <bson/bson.h>
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

enum {
    OP_REPLY = 1,
    OP_COMPRESSED = 2012,
    OP_MSG = 2013,
    HEADER = 16,
    REPLY_HEADER = HEADER + 20,     /* flags, cursor, start, count */
    COMPRESSED_HEADER = HEADER + 9, /* kind, size, compressor */
    MSG_HEADER = HEADER + 5,        /* flags, kind of section */
    DOCUMENT_LEAST = 5,
    MESSAGE_MOST = 48000000,
    NESTED_MOST = 200, /* levels; MongoDB itself has 180 at most */
    SNAPPY = 1,        /* the first of those that compress */
    ZSTD = 3,
};

static uint32_t number_at(const uint8_t *message, size_t at)
{
    uint32_t number;
    memcpy(&number, message + at, sizeof number);
    return BSON_UINT32_FROM_LE(number);
}

static bool is_sound(const uint8_t *data, size_t size, unsigned levels);

static bool holds_sound_document(const bson_iter_t *iter, unsigned levels)
{
    const uint8_t *data;
    uint32_t size;
    if (BSON_ITER_HOLDS_DOCUMENT(iter))
        bson_iter_document(iter, &size, &data);
    else
        bson_iter_array(iter, &size, &data);
    return data && is_sound(data, size, levels);
}

/* Whether every element lies within its document, down to the last level. bson_validate() passes over documents inside
 * that do not end where they say. */
static bool is_sound(const uint8_t *data, size_t size, unsigned levels)
{
    bson_t document;
    bson_iter_t iter;
    if (!levels || !bson_init_static(&document, data, size) || !bson_iter_init(&iter, &document))
        return false;
    while (bson_iter_next(&iter)) {
        bool nested = BSON_ITER_HOLDS_DOCUMENT(&iter) || BSON_ITER_HOLDS_ARRAY(&iter);
        if (nested && !holds_sound_document(&iter, levels - 1))
            return false;
    }
    return !iter.err_off;
}

/* Whether a document begins there that can be read, and ends within the message, at its end if it must. */
static bool has_document(const uint8_t *message, size_t size, size_t at, bool to_the_end)
{
    uint32_t length;
    if (size < at + DOCUMENT_LEAST)
        return false;
    length = number_at(message, at);
    return length >= DOCUMENT_LEAST && (to_the_end ? length == size - at : length <= size - at) &&
           is_sound(message + at, length, NESTED_MOST);
}

static bool is_kind(uint32_t kind)
{
    return kind == OP_MSG || kind == OP_REPLY;
}

bool frame_is_whole(const uint8_t *message, size_t size)
{
    if (size < HEADER || number_at(message, 0) != size)
        return false;
    switch (number_at(message, 12)) {
    case OP_MSG: /* no server sends more than one section */
        return size > MSG_HEADER && message[MSG_HEADER - 1] == 0 && has_document(message, size, MSG_HEADER, true);
    case OP_REPLY:
        return has_document(message, size, REPLY_HEADER, false);
    case OP_COMPRESSED: /* what is in it comes here by itself */
        return size > COMPRESSED_HEADER && is_kind(number_at(message, HEADER)) &&
               number_at(message, HEADER + 4) <= MESSAGE_MOST && message[COMPRESSED_HEADER - 1] >= SNAPPY &&
               message[COMPRESSED_HEADER - 1] <= ZSTD;
    default:
        return false;
    }
}

typedef bool scatter(void *rpc, const uint8_t *message, size_t size);

static scatter *library_scatter;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find_scatter(void)
{
    void *found = dlsym(RTLD_NEXT, "_mongoc_rpc_scatter");
    memcpy(&library_scatter, &found, sizeof found);
}

scatter _mongoc_rpc_scatter; /* there is no header that declares it */

bool _mongoc_rpc_scatter(void *rpc, const uint8_t *message, size_t size)
{
    pthread_once(&once, find_scatter);
    return library_scatter && frame_is_whole(message, size) && library_scatter(rpc, message, size);
}
