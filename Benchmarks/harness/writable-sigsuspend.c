// Preloaded into a server under valgrind. libdispatch parks the main thread in sigsuspend with a mask that lies in
// read-only memory; valgrind writes to that mask and dies. A copy on the stack keeps it alive.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return (int)syscall(SYS_rt_sigsuspend, &copy, _NSIG / 8);
}
