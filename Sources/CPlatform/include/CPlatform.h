#ifndef SAGI_CPLATFORM_H
#define SAGI_CPLATFORM_H

#include <stdint.h>

// <sys/stat.h> belongs to no module of its own, so which Swift module owns `struct stat` depends on what was
// imported first. These few functions keep it out of Swift.

typedef struct {
    int64_t size;
    int64_t modified_seconds;
    int64_t modified_nanoseconds;
    uint64_t inode;
    uint64_t device;
    uint32_t mode;
    int is_regular;
    int is_directory;
    int is_socket;
    int is_link;
} sagi_file_status;

// Each returns 0, or the errno of the failure.
int sagi_status_of_descriptor(int descriptor, sagi_file_status *status);
int sagi_status_of_path(const char *path, sagi_file_status *status);
int sagi_status_of_link(const char *path, sagi_file_status *status);

// Bytes that a socket has sent or is to send and that the peer has not acknowledged; 0 where that is not known.
int sagi_unacknowledged_bytes(int descriptor);

// Has a listening TCP socket ignore everybody who asks for a connection from now on; their systems ask again a
// second later, and find it closed. Connections on their way in are not disturbed. Does nothing but on Linux.
// Returns 0, or the errno of the failure.
int sagi_ignore_new_connections(int descriptor);

// Whose turn this thread is in: the event loop that set it, or NULL.
const void *sagi_current_turn(void);
void sagi_set_current_turn(const void *loop);

// Which Swift task is running, or NULL: an identity, and nothing else. `withUnsafeCurrentTask` tells the same at sixty
// times the cost.
const void *sagi_current_task(void);

// Starts a program in a process of its own. Of what is open here it gets the three standard descriptors and
// `descriptors`, which become 3, 4, 5 …; it starts in `directory`, with every signal as the system has it by default.
// What it writes goes to `output`, unless that is -1. `arguments` and `environment` end with NULL. Returns 0, or the errno of the failure.
int sagi_spawn(int *process, const char *path, char *const arguments[], char *const environment[],
               const char *directory, int output, const int *descriptors, int count);

// From now on each of these signals writes its number, as one byte, to `descriptor`, which must not block.
// Returns 0, or the errno of the failure.
int sagi_watch_signals(int descriptor, const int *signals, int count);

// What waits for descriptors to have something to read. Returns its descriptor, or -1 with errno.
int sagi_open_poll(void);
// With `is_shared`, of several processes that wait for one descriptor as few as possible are woken: the first that
// asked. Returns 0, or the errno of the failure.
int sagi_poll_add(int poll, int descriptor, int is_shared);
void sagi_poll_remove(int poll, int descriptor);
// Waits for at most so many milliseconds, or for ever with -1, and returns how many descriptors are ready.
int sagi_poll_wait(int poll, int *ready, int capacity, int milliseconds);

// Takes a connection that a listening socket has accepted: it does not block, and no child gets it. Returns it, or -1
// with errno.
int sagi_accept(int descriptor);

#if defined(__linux__)
// Directories are watched for files that are written, made, moved or removed in them.
int sagi_open_watch(void);
int sagi_watch_directory(int watch, const char *path);

typedef struct {
    int directory;
    int is_directory;
    int is_overflow;
    // The name in the directory; empty for itself.
    const char *name;
} sagi_watch_event;

// Takes the event at `offset` of `length` bytes that were read from a watch, and returns the offset of the next one;
// -1 when there is none.
long sagi_next_watch_event(const char *bytes, long length, long offset, sagi_watch_event *event);
#endif

#endif
