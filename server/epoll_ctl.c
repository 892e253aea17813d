/* MHD_quiesce_daemon() of libmicrohttpd 0.9.75 and the thread that serves both take the listening socket out of epoll
 * when they find it there, and the library ends the process when it is gone already: a server that is stopped under
 * requests would abort now and then. Defined in the program, this function is found before libc's: what is not there
 * needs not be taken out. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    int failed = (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
    return failed && operation == EPOLL_CTL_DEL && errno == ENOENT ? 0 : failed;
}
