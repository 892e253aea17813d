#include "server/key_file.h"
#include "core/buffer.h"
#include "core/hash.h"
#include "core/plain_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MOST = 1 << 20, ATTEMPTS = 100 };

static const char digest_prefix[] = "sha256:";

const char *const role_names[ROLE_COUNT] = {"", "read", "operate"};

enum role role_of(const char *name)
{
    for (int role = ROLE_READ; role < ROLE_COUNT; role++)
        if (strcmp(name, role_names[role]) == 0)
            return (enum role)role;
    return ROLE_NONE;
}

static bool is_of(const char *text, size_t n, const char *others)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !(text[i] && strchr(others, text[i])))
            return false;
    return true;
}

bool key_name_is_valid(const char *name)
{
    size_t n = strlen(name);
    return n && n <= KEY_NAME_MOST && isalnum((unsigned char)*name) && is_of(name, n, "._-");
}

bool key_digest(const char *text, size_t n, uint8_t digest[KEY_DIGEST_BYTES])
{
    struct sha256_ctx sha;
    if (n != KEY_TEXT_BYTES || strncmp(text, "kpi_", 4) != 0 || !is_of(text, n, "_-"))
        return false;
    sha256_init(&sha);
    sha256_update(&sha, n, (const uint8_t *)text);
    sha256_digest(&sha, KEY_DIGEST_BYTES, digest);
    return true;
}

void key_list_release(struct key_list *list)
{
    free(list->keys);
    *list = (struct key_list){0};
}

static bool read_digest(const char *text, uint8_t digest[KEY_DIGEST_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    size_t prefix = sizeof digest_prefix - 1;
    if (strncmp(text, digest_prefix, prefix) != 0 || strlen(text + prefix) != (size_t)2 * KEY_DIGEST_BYTES)
        return false;
    text += prefix;
    for (size_t i = 0; i < KEY_DIGEST_BYTES; i++) {
        const char *high = strchr(digits, text[2 * i]), *low = strchr(digits, text[2 * i + 1]);
        if (!high || !low)
            return false;
        digest[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
    return true;
}

/* What is wrong with a line; NULL: nothing. */
static const char *read_line(char *line, struct key *key)
{
    char *rest = NULL, *name = strtok_r(line, " \t", &rest), *role = strtok_r(NULL, " \t", &rest);
    char *digest = strtok_r(NULL, " \t", &rest), *made = strtok_r(NULL, " \t", &rest);
    if (!made || strtok_r(NULL, " \t", &rest))
        return "it is not NAME ROLE sha256:DIGEST DAY";
    if (!key_name_is_valid(name))
        return "the name is not made of up to 64 letters, digits and . _ -";
    if (strlen(made) >= sizeof key->made)
        return "the day is not YYYY-MM-DD";
    key->role = role_of(role);
    if (!key->role)
        return "the role is neither read nor operate";
    if (!read_digest(digest, key->digest))
        return "there is no digest: sha256: and 64 hexadecimal digits";
    memcpy(key->name, name, strlen(name));
    memcpy(key->made, made, strlen(made));
    return NULL;
}

/* The same name or the same key twice: which of both is meant to go when one is removed? */
static const char *compare(const struct key_list *list, const struct key *key)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->keys[i].name, key->name) == 0)
            return "there is a key of this name already";
        if (memcmp(list->keys[i].digest, key->digest, sizeof key->digest) == 0)
            return "this key is there already under another name";
    }
    return list->count == KEYS_MOST ? "there are more than 1000 keys" : NULL;
}

static bool read_lines(char *text, struct key_list *list, struct error *err)
{
    size_t number = 1;
    for (char *line = text, *end; *line; line = end, number++) {
        struct key key = {0};
        const char *wrong;
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        line += strspn(line, " \t");
        if (!*line || *line == '#')
            continue;
        wrong = read_line(line, &key);
        if (!wrong)
            wrong = compare(list, &key);
        if (wrong) {
            error_set(err, ERROR_INVALID, "line %zu: %s", number, wrong);
            return false;
        }
        list->keys[list->count++] = key;
    }
    return true;
}

/* Whether it is a file that its owner alone can use. */
static bool is_private(int fd, struct error *err)
{
    struct stat file = {0};
    if (!plain_file_is(fd, FILE_BYTES_MOST, err))
        return false;
    if (fstat(fd, &file) == 0 && !(file.st_mode & (S_IRWXG | S_IRWXO)))
        return true;
    error_set(err, ERROR_INVALID, "others than its owner may use it (mode %04o); say chmod 600 of it",
              (unsigned)(file.st_mode & 07777));
    return false;
}

/* Reads from the beginning of an open file. */
static bool read_fd(int fd, struct key_list *list, struct error *err)
{
    char *text = calloc(1, FILE_BYTES_MOST + 1);
    size_t used = 0;
    ssize_t n = 1;
    bool ok = false;
    list->keys = calloc(KEYS_MOST, sizeof *list->keys);
    if (!text || !list->keys) {
        error_set(err, ERROR_INTERNAL, "out of memory");
        goto out;
    }
    while (n > 0 && used < FILE_BYTES_MOST) {
        n = pread(fd, text + used, FILE_BYTES_MOST - used, (off_t)used);
        used += n > 0 ? (size_t)n : 0;
    }
    if (n < 0)
        error_set(err, ERROR_INVALID, "cannot be read: %s", strerror(errno));
    else if (strlen(text) != used)
        error_set(err, ERROR_INVALID, "it is no text: there is a NUL in it");
    else
        ok = read_lines(text, list, err);
out:
    if (!ok)
        key_list_release(list);
    free(text);
    return ok;
}

bool key_file_read(const char *file, struct key_list *list, struct error *err)
{
    int fd = plain_file_open(file, FILE_BYTES_MOST, err);
    bool ok;
    *list = (struct key_list){0};
    ok = fd >= 0 && is_private(fd, err) && read_fd(fd, list, err);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Opens and locks; who had it before may have put another file in its place. */
static int lock(const char *file, bool make, struct error *err)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        struct stat mine, now;
        int fd = open(file, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (make ? O_CREAT : 0), 0600);
        if (fd < 0)
            break;
        if (flock(fd, LOCK_EX) == 0 && fstat(fd, &mine) == 0 && stat(file, &now) == 0 && mine.st_ino == now.st_ino &&
            mine.st_dev == now.st_dev)
            return fd;
        close(fd);
    }
    error_set(err, ERROR_INVALID, "it cannot be opened: %s", strerror(errno));
    return -1;
}

bool key_edit_open(struct key_edit *edit, const char *file, bool make, struct error *err)
{
    *edit = (struct key_edit){.fd = lock(file, make, err)};
    if (edit->fd < 0)
        return false;
    edit->path = realpath(file, NULL);
    if (!edit->path)
        error_set(err, ERROR_INTERNAL, "its path cannot be found: %s", strerror(errno));
    else if (is_private(edit->fd, err) && read_fd(edit->fd, &edit->list, err))
        return true;
    key_edit_close(edit);
    return false;
}

void key_edit_close(struct key_edit *edit)
{
    if (edit->fd >= 0)
        close(edit->fd);
    free(edit->path);
    key_list_release(&edit->list);
    edit->fd = -1;
}

static void put_keys(const struct key_list *list, struct buffer *out)
{
    char digits[2 * KEY_DIGEST_BYTES + 1];
    buffer_text(out,
                "# API keys of kpi-server: name, role, digest of the key, day. kpi-server key adds and removes.\n");
    for (size_t i = 0; i < list->count; i++) {
        const struct key *key = &list->keys[i];
        hash_digits(key->digest, sizeof key->digest, digits);
        buffer_printf(out, "%s %s %s%s %s\n", key->name, role_names[key->role], digest_prefix, digits, key->made);
    }
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

/* The new file belongs to whom the old one did: root may add a key to the file of the server's user. */
static bool keep_owner(int old, int new)
{
    struct stat was, is;
    if (fstat(old, &was) != 0 || fstat(new, &is) != 0)
        return false;
    return (was.st_uid == is.st_uid && was.st_gid == is.st_gid) || fchown(new, was.st_uid, was.st_gid) == 0;
}

/* Before it is known to be there after a loss of power, nobody is told a key. */
static void sync_folder(const char *path)
{
    char *folder = strndup(path, (size_t)(strrchr(path, '/') - path) + 1);
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

bool key_edit_save(struct key_edit *edit, struct error *err)
{
    struct buffer text = {0}, path = {0};
    bool ok = false;
    int fd = -1;
    put_keys(&edit->list, &text);
    buffer_printf(&path, "%s.XXXXXX", edit->path);
    buffer_put(&path, "", 1);
    if (text.failed || path.failed)
        error_set(err, ERROR_INTERNAL, "out of memory");
    else if ((fd = mkostemp(path.bytes, O_CLOEXEC)) < 0) /* of mode 0600 */
        error_set(err, ERROR_INVALID, "no file can be written beside it: %s", strerror(errno));
    else if (!keep_owner(edit->fd, fd) || !write_all(fd, text.bytes, text.used) || fsync(fd) != 0 ||
             rename(path.bytes, edit->path) != 0)
        error_set(err, ERROR_INVALID, "it cannot be written: %s", strerror(errno));
    else
        ok = true;
    if (ok)
        sync_folder(edit->path);
    else if (fd >= 0)
        unlink(path.bytes);
    if (fd >= 0)
        close(fd);
    buffer_release(&text);
    buffer_release(&path);
    return ok;
}
