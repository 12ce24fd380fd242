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

#endif
