#include "server/tls.h"
#include "core/log.h"
#include "core/plain_file.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { CHAIN_MOST = 16, ID_BYTES = 64, FILE_BYTES_MOST = 1 << 20, DAY_S = 86400, WARN_DAYS = 14 };

/* A certificate as it was read once. */
struct identity {
    struct identity *before; /* connections may be using it still */
    gnutls_pcert_st chain[CHAIN_MOST];
    unsigned count;
    gnutls_privkey_t key;
};

struct tls {
    const char *certificate_file, *key_file;
};

/* GnuTLS hands the callback nothing of ours, so that it has to find this by itself. */
static struct identity *current; /* atomic */

static int choose(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
                  const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **chain,
                  unsigned *count, gnutls_privkey_t *key)
{
    struct identity *identity = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
    (void)session;
    (void)authorities;
    (void)authority_count;
    (void)algorithms;
    (void)algorithm_count;
    *chain = identity->chain;
    *count = identity->count;
    *key = identity->key;
    return 0;
}

static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

struct MHD_OptionItem tls_options[] = {
    {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(uintptr_t)choose},
    {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)priorities},
    {MHD_OPTION_END, 0, NULL},
};

static void identity_free(struct identity *identity)
{
    while (identity) {
        struct identity *before = identity->before;
        for (unsigned i = 0; i < identity->count; i++)
            gnutls_pcert_deinit(&identity->chain[i]);
        if (identity->key)
            gnutls_privkey_deinit(identity->key);
        free(identity);
        identity = before;
    }
}

static bool refuse(const char *what, const char *file, const char *reason, struct error *err)
{
    error_set(err, ERROR_INVALID, "%s %s: %s", what, file, reason);
    return false;
}

static bool read_all(int fd, gnutls_datum_t *text)
{
    ssize_t n = 1;
    text->data = gnutls_malloc(FILE_BYTES_MOST);
    if (!text->data)
        return false;
    while (n > 0 && text->size < FILE_BYTES_MOST) {
        n = read(fd, text->data + text->size, FILE_BYTES_MOST - text->size);
        text->size += n > 0 ? (unsigned)n : 0;
    }
    return n >= 0;
}

/* Reads a plain file, which gnutls_load_file() does not ask for. What is read is wiped and freed with forget(), also
 * where it failed. */
static bool load(const char *what, const char *file, gnutls_datum_t *text, struct error *err)
{
    int fd = plain_file_open(file, FILE_BYTES_MOST, err);
    bool ok = fd >= 0 && read_all(fd, text);
    if (fd < 0)
        error_prefix(err, "%s %s", what, file);
    else if (!ok)
        refuse(what, file, strerror(errno), err);
    if (fd >= 0)
        close(fd);
    return ok;
}

static void forget(gnutls_datum_t *text)
{
    if (text->data)
        gnutls_memset(text->data, 0, text->size);
    gnutls_free(text->data);
}

static bool read_chain(struct identity *identity, const char *file, struct error *err)
{
    gnutls_datum_t text = {0};
    unsigned count = CHAIN_MOST;
    int why = 0;
    bool ok = load("--tls-cert", file, &text, err);
    if (ok)
        why = gnutls_pcert_list_import_x509_raw(identity->chain, &count, &text, GNUTLS_X509_FMT_PEM,
                                                GNUTLS_X509_CRT_LIST_SORT);
    forget(&text);
    if (why < 0)
        return refuse("--tls-cert", file, gnutls_strerror(why), err);
    if (ok)
        identity->count = count;
    return ok;
}

/* Others that can read the key can be this server. */
static void warn_of_readers(const char *file)
{
    struct stat key;
    if (stat(file, &key) == 0 && key.st_mode & (S_IRWXG | S_IRWXO))
        log_event(LOG_WARN, "others than its owner may use the TLS key; say chmod 600 of it", LOG_STR("file", file));
}

static bool read_key(struct identity *identity, const char *file, struct error *err)
{
    gnutls_datum_t text = {0};
    int why = 0;
    bool ok = load("--tls-key", file, &text, err);
    if (ok)
        why = gnutls_privkey_init(&identity->key);
    if (ok && why >= 0)
        why = gnutls_privkey_import_x509_raw(identity->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    forget(&text);
    if (why < 0)
        return refuse("--tls-key", file, gnutls_strerror(why), err);
    if (ok)
        warn_of_readers(file);
    return ok;
}

static bool belong_together(const struct identity *identity)
{
    unsigned char ids[2][ID_BYTES];
    size_t sizes[2] = {ID_BYTES, ID_BYTES};
    gnutls_pubkey_t public;
    bool same = false;
    if (gnutls_pubkey_init(&public) < 0)
        return false;
    if (gnutls_pubkey_import_privkey(public, identity->key, 0, 0) >= 0 &&
        gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, ids[0], &sizes[0]) >= 0 &&
        gnutls_pubkey_get_key_id(identity->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, ids[1], &sizes[1]) >= 0)
        same = sizes[0] == sizes[1] && memcmp(ids[0], ids[1], sizes[0]) == 0;
    gnutls_pubkey_deinit(public);
    return same;
}

/* Says that the certificate is in use. That it has run out is a fault of its renewal; it is served all the same. */
static void log_end(const struct identity *identity, const char *file)
{
    gnutls_x509_crt_t certificate;
    char day[sizeof "YYYY-MM-DD"] = "";
    struct tm utc;
    time_t end;
    if (gnutls_x509_crt_init(&certificate) < 0)
        return;
    if (gnutls_x509_crt_import(certificate, &identity->chain[0].cert, GNUTLS_X509_FMT_DER) >= 0) {
        end = gnutls_x509_crt_get_expiration_time(certificate);
        strftime(day, sizeof day, "%Y-%m-%d", gmtime_r(&end, &utc));
        log_event(end < time(NULL) + (time_t)WARN_DAYS * DAY_S ? LOG_WARN : LOG_INFO, "TLS certificate loaded",
                  LOG_STR("file", file), LOG_STR("ends", day));
    }
    gnutls_x509_crt_deinit(certificate);
}

static struct identity *identity_read(const struct tls *tls, struct error *err)
{
    struct identity *identity = calloc(1, sizeof *identity);
    if (!identity) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    if (read_chain(identity, tls->certificate_file, err) && read_key(identity, tls->key_file, err)) {
        if (belong_together(identity))
            return identity;
        error_set(err, ERROR_INVALID, "--tls-key %s is not the key of the certificate in --tls-cert %s", tls->key_file,
                  tls->certificate_file);
    }
    identity_free(identity);
    return NULL;
}

struct tls *tls_open(const char *certificate, const char *key, struct error *err)
{
    struct tls *tls = calloc(1, sizeof *tls);
    if (!tls) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    tls->certificate_file = certificate;
    tls->key_file = key;
    current = identity_read(tls, err);
    if (current) {
        log_end(current, certificate);
        return tls;
    }
    free(tls);
    return NULL;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    identity_free(current);
    current = NULL;
    free(tls);
}

static bool are_equal(const struct identity *a, const struct identity *b)
{
    bool same = a->count == b->count;
    for (unsigned i = 0; same && i < a->count; i++)
        same = a->chain[i].cert.size == b->chain[i].cert.size &&
               memcmp(a->chain[i].cert.data, b->chain[i].cert.data, a->chain[i].cert.size) == 0;
    return same;
}

void tls_reload(struct tls *tls)
{
    struct error err = {0};
    struct identity *identity = identity_read(tls, &err);
    if (!identity) {
        log_event(LOG_ERROR, "the TLS certificate was not reloaded, that of before goes on serving",
                  LOG_STR("reason", err.message));
    } else if (are_equal(identity, current)) {
        identity_free(identity);
    } else {
        identity->before = current;
        __atomic_store_n(&current, identity, __ATOMIC_RELEASE);
        log_end(identity, tls->certificate_file);
    }
}
