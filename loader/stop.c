#include "loader/stop.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t asked;

static void ask(int signal_number)
{
    asked = signal_number;
}

void stop_on_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = ask;
    action.sa_flags = SA_RESTART | (int)SA_RESETHAND; /* a second one ends the program at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool stop_asked(struct error *err)
{
    if (asked)
        error_set(err, ERROR_UNAVAILABLE, "stopped by %s; the same command takes the load up again",
                  asked == SIGINT ? "SIGINT" : "SIGTERM");
    return asked != 0;
}
