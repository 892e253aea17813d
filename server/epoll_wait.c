/* libmicrohttpd 0.9.75 asks epoll_wait() for up to 128 events, and when exactly 128 come it takes the call for
 * incomplete and waits again, for its whole timeout, before it serves any of them: 128 simultaneous requests stall for
 * seconds. Defined in the program, this function is found before libc's and asks for one event less. */
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MHD_EVENTS = 128 };

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    if (most == MHD_EVENTS)
        most--;
    return (int)syscall(SYS_epoll_pwait, epoll, events, most, timeout, NULL, 0);
}
