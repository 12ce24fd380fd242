#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#else
#include <sys/event.h>
#endif
#include <sys/socket.h>

static int fill(int result, const struct stat *from, sagi_file_status *to) {
    if (result != 0) return errno;
    to->size = from->st_size;
#if defined(__APPLE__)
    to->modified_seconds = from->st_mtimespec.tv_sec;
    to->modified_nanoseconds = from->st_mtimespec.tv_nsec;
#else
    to->modified_seconds = from->st_mtim.tv_sec;
    to->modified_nanoseconds = from->st_mtim.tv_nsec;
#endif
    to->inode = from->st_ino;
    to->device = from->st_dev;
    to->mode = from->st_mode & 07777;
    to->is_regular = S_ISREG(from->st_mode);
    to->is_directory = S_ISDIR(from->st_mode);
    to->is_socket = S_ISSOCK(from->st_mode);
    to->is_link = S_ISLNK(from->st_mode);
    return 0;
}

int sagi_status_of_descriptor(int descriptor, sagi_file_status *status) {
    struct stat buffer;
    return fill(fstat(descriptor, &buffer), &buffer, status);
}

int sagi_status_of_path(const char *path, sagi_file_status *status) {
    struct stat buffer;
    return fill(stat(path, &buffer), &buffer, status);
}

int sagi_status_of_link(const char *path, sagi_file_status *status) {
    struct stat buffer;
    return fill(lstat(path, &buffer), &buffer, status);
}

int sagi_unacknowledged_bytes(int descriptor) {
#if defined(__linux__)
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : 0;
#else
    (void)descriptor;
    return 0;
#endif
}

int sagi_ignore_new_connections(int descriptor) {
#if defined(__linux__)
    // A TCP segment with SYN and without ACK (RFC 9293 §3.1: the flags are its fourteenth byte) is dropped.
    struct sock_filter drop_requests[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x02, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF),
    };
    struct sock_fprog program = {sizeof(drop_requests) / sizeof(drop_requests[0]), drop_requests};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0 ? 0 : errno;
#else
    (void)descriptor;
    return 0;
#endif
}

static _Thread_local const void *current_turn;

const void *sagi_current_turn(void) { return current_turn; }

void sagi_set_current_turn(const void *loop) { current_turn = loop; }

// Of Swift's concurrency runtime, with a stable ABI.
__attribute__((swiftcall)) void *swift_task_getCurrent(void);

const void *sagi_current_task(void) { return swift_task_getCurrent(); }

static int fill_actions(posix_spawn_file_actions_t *actions, const char *directory, const int *sources, int count) {
    int code = posix_spawn_file_actions_addchdir_np(actions, directory);
    for (int index = 0; index < count && code == 0; index++) {
        code = posix_spawn_file_actions_adddup2(actions, sources[index], 3 + index);
    }
#if defined(__GLIBC__)
    if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(actions, 3 + count);
#endif
    return code;
}

int sagi_spawn(int *process, const char *path, char *const arguments[], char *const environment[],
               const char *directory, int output, const int *descriptors, int count) {
    // Above those that they become, so that none is overwritten before it has been copied.
    int sources[count + 1];
    int made = 0, code = 0;
    for (; made < count; made++) {
        sources[made] = fcntl(descriptors[made], F_DUPFD_CLOEXEC, 3 + count);
        if (sources[made] < 0) {
            code = errno;
            break;
        }
    }
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (code == 0 && output >= 0) code = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (code == 0 && output >= 0) code = posix_spawn_file_actions_adddup2(&actions, output, 2);
    if (code == 0) code = fill_actions(&actions, directory, sources, count);
    pid_t number = 0;
    if (code == 0) code = posix_spawn(&number, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    while (made > 0) close(sources[--made]);
    *process = number;
    return code;
}

static volatile sig_atomic_t signal_descriptor = -1;

static void tell_signal(int number) {
    int code = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t written = write(signal_descriptor, &byte, 1);
    (void)written;
    errno = code;
}

int sagi_watch_signals(int descriptor, const int *signals, int count) {
    signal_descriptor = descriptor;
    struct sigaction action = {0};
    action.sa_handler = tell_signal;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    for (int index = 0; index < count; index++) {
        if (sigaction(signals[index], &action, NULL) != 0) return errno;
    }
    return 0;
}

#if defined(__linux__)
int sagi_open_watch(void) { return inotify_init1(IN_NONBLOCK | IN_CLOEXEC); }

int sagi_watch_directory(int watch, const char *path) {
    return inotify_add_watch(
        watch, path,
        IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR);
}

long sagi_next_watch_event(const char *bytes, long length, long offset, sagi_watch_event *event) {
    if (offset + (long)sizeof(struct inotify_event) > length) return -1;
    const struct inotify_event *found = (const struct inotify_event *)(const void *)(bytes + offset);
    event->directory = found->wd;
    event->is_directory = (found->mask & IN_ISDIR) != 0;
    event->is_overflow = (found->mask & IN_Q_OVERFLOW) != 0;
    event->name = found->len > 0 ? found->name : "";
    return offset + (long)sizeof(struct inotify_event) + found->len;
}
#endif

#if defined(__linux__)
int sagi_open_poll(void) { return epoll_create1(EPOLL_CLOEXEC); }

int sagi_poll_add(int poll, int descriptor, int is_shared) {
    struct epoll_event event = {.events = EPOLLIN | (is_shared ? EPOLLEXCLUSIVE : 0), .data.fd = descriptor};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

void sagi_poll_remove(int poll, int descriptor) { epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL); }

int sagi_poll_wait(int poll, int *ready, int capacity, int milliseconds) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, capacity < 64 ? capacity : 64, milliseconds);
    for (int index = 0; index < count; index++) ready[index] = events[index].data.fd;
    return count;
}

int sagi_accept(int descriptor) { return accept4(descriptor, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC); }
#else
int sagi_open_poll(void) { return kqueue(); }

int sagi_poll_add(int poll, int descriptor, int is_shared) {
    (void)is_shared;
    struct kevent change;
    EV_SET(&change, descriptor, EVFILT_READ, EV_ADD, 0, 0, NULL);
    return kevent(poll, &change, 1, NULL, 0, NULL) == 0 ? 0 : errno;
}

void sagi_poll_remove(int poll, int descriptor) {
    struct kevent change;
    EV_SET(&change, descriptor, EVFILT_READ, EV_DELETE, 0, 0, NULL);
    kevent(poll, &change, 1, NULL, 0, NULL);
}

int sagi_poll_wait(int poll, int *ready, int capacity, int milliseconds) {
    struct kevent events[64];
    struct timespec time = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
    int count = kevent(poll, NULL, 0, events, capacity < 64 ? capacity : 64, milliseconds < 0 ? NULL : &time);
    for (int index = 0; index < count; index++) ready[index] = (int)events[index].ident;
    return count;
}

int sagi_accept(int descriptor) {
    int result = accept(descriptor, NULL, NULL);
    if (result >= 0) {
        fcntl(result, F_SETFD, FD_CLOEXEC);
        fcntl(result, F_SETFL, O_NONBLOCK);
    }
    return result;
}
#endif
