#include "loader/stop.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a load does between two looks at the flag takes far less, as long as the database answers. */
enum { PATIENCE_SECONDS = 8 };

static volatile sig_atomic_t asked;
static sem_t came;

static void ask(int signal_number)
{
    asked = signal_number;
    sem_post(&came);
}

static const char *name(void)
{
    return asked == SIGINT ? "SIGINT" : "SIGTERM";
}

/* Nobody may read what is said any more, and other threads may stand still with stderr in their hands. */
static void say_what_is_left(void)
{
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    char text[256];
    int n = snprintf(text, sizeof text,
                     "%skpi-load: stopped by %s in the midst of its work: what it waited for, most likely the "
                     "database, did not come within %d s; the same command takes the load up again\n",
                     isatty(STDERR_FILENO) ? "\r\033[K" : "", name(), PATIENCE_SECONDS);
    if (n > 0 && poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) && write(STDERR_FILENO, text, (size_t)n) < 0)
        return;
}

/* Nothing else can end a thread that waits for the answer to a command. */
static void *end_what_does_not(void *unused)
{
    struct timespec left = {PATIENCE_SECONDS, 0};
    (void)unused;
    while (sem_wait(&came) != 0)
        ;
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    say_what_is_left();
    _exit(1);
}

/* Signals are for the main thread, which blocks them where it must not miss one. Without the thread a load stops where
 * it can all the same. */
static void start_ending(void)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, end_what_does_not, NULL) == 0)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void stop_on_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = ask;
    action.sa_flags = SA_RESTART | (int)SA_RESETHAND; /* a second one ends the program at once */
    sem_init(&came, 0, 0);
    start_ending();
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool stop_asked(struct error *err)
{
    if (asked)
        error_set(err, ERROR_UNAVAILABLE, "stopped by %s; the same command takes the load up again", name());
    return asked != 0;
}
