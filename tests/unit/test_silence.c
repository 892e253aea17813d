#include "loader/silence.h"
#include "tests/unit/suite.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

/* A stderr that nobody reads: what is written to it waits until it is let go. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool begun, let_go;
} reader = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void set(bool *what)
{
    pthread_mutex_lock(&reader.lock);
    *what = true;
    pthread_cond_broadcast(&reader.changed);
    pthread_mutex_unlock(&reader.lock);
}

static void wait_for(const bool *what)
{
    pthread_mutex_lock(&reader.lock);
    while (!*what)
        pthread_cond_wait(&reader.changed, &reader.lock);
    pthread_mutex_unlock(&reader.lock);
}

static ssize_t write_slowly(void *unused, const char *bytes, size_t n)
{
    (void)unused;
    (void)bytes;
    set(&reader.begun);
    wait_for(&reader.let_go);
    return (ssize_t)n;
}

START_TEST(who_sends_the_command_does_not_wait_for_what_is_said)
{
    FILE *ours = stderr, *unread = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_slowly});
    struct silence *silence = silence_new();
    ck_assert_ptr_nonnull(unread);
    setvbuf(unread, NULL, _IONBF, 0);
    stderr = unread;
    silence_begins(silence);
    wait_for(&reader.begun); /* ten seconds */
    silence_ends(silence);
    silence_begins(silence);
    silence_ends(silence);
    set(&reader.let_go);
    silence_free(silence);
    stderr = ours;
    fclose(unread);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("silence");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, who_sends_the_command_does_not_wait_for_what_is_said);
    return run_case(tests, "silence");
}
