/* Where the system gives no more files, libmicrohttpd 0.9.75 tries again and again to accept the connection that waits,
 * and takes a whole core for it, if the thread that tries has no connection whose end it could wait for. Defined in the
 * program, this function is found before libc's: what cannot be had now is not had at once either. */
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 50 };

static int is_for_want(int why)
{
    return why == EMFILE || why == ENFILE || why == ENOBUFS || why == ENOMEM;
}

/* <sys/socket.h> declares it with a type that is glibc's own; to the linker this is the same. */
int accept4(int listening, void *address, void *size, int flags);

int accept4(int listening, void *address, void *size, int flags)
{
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    int accepted = (int)syscall(SYS_accept4, listening, address, size, flags), why = errno;
    if (accepted < 0 && is_for_want(why))
        nanosleep(&pause, NULL);
    errno = why;
    return accepted;
}
