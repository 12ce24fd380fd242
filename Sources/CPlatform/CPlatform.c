#include "CPlatform.h"

#include <errno.h>
#include <sys/stat.h>

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

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
