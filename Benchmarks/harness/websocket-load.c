// Loads a WebSocket server: so many connections, each of which sends a message, waits until it comes back, and sends the
// next one.
//
//   websocket-load PORT PATH CONNECTIONS SIZE SECONDS DEFLATE [SOURCE sockets|events]
//
// DEFLATE 1 asks for permessage-deflate without context takeover, and fails when it is not agreed on.
//
// With SOURCE the connections only receive, WebSockets or event streams, what one more WebSocket at that path sends: its
// next message when all of them have the one before.
//
// Prints "ready" when all are connected, waits for a line, and prints a line of JSON in the end.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

struct connection {
    int socket;
    int is_open;
    // Of the frame being read.
    unsigned char head[10];
    int have, wants;
    uint64_t left;
    int ends_message, is_data;
    // Of the frame being sent.
    size_t sent;
    uint64_t start;
    uint64_t received;
    // Of an event stream: how much of "data:" has come.
    int matched;
};

#define LONGEST 1000000
static uint32_t latencies[LONGEST];
static uint64_t messages, bytes, samples;
static unsigned char *frame;
static size_t frame_size, payload_size;
static int uses_deflate, poll_set;
// With one sender: how many receive, and how many of them have not got its last message.
static struct connection *source;
static int receivers, awaited, has_events;

static void fail(const char *what) {
    printf("{\"error\": \"%s%s%s\"}\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void make_frame(size_t size) {
    static const char *words[] = {"{\"user\": ", "\"alice\", ", "\"text\": ", "\"hello\", ", "\"room\": ", "42} "};
    unsigned char *text = malloc(size + 16);
    size_t count = 0;
    uint32_t random = 1;
    while (count < size) {
        random = random * 1664525 + 1013904223;
        const char *word = words[(random >> 16) % 6];
        size_t length = strlen(word);
        if (length > size - count) length = size - count;
        memcpy(text + count, word, length);
        count += length;
    }
    if (uses_deflate) {
        z_stream stream = {0};
        if (deflateInit2(&stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) fail("zlib");
        unsigned char *small = malloc(size + 1024);
        stream.next_in = text;
        stream.avail_in = size;
        stream.next_out = small;
        stream.avail_out = size + 1024;
        deflate(&stream, Z_SYNC_FLUSH);
        count = size + 1024 - stream.avail_out - 4;
        deflateEnd(&stream);
        free(text);
        text = small;
    }
    payload_size = count;
    frame = malloc(count + 14);
    unsigned char *end = frame;
    *end++ = uses_deflate ? 0xC1 : 0x81;
    if (count <= 125) {
        *end++ = 0x80 | count;
    } else if (count <= 0xFFFF) {
        *end++ = 0x80 | 126;
        *end++ = count >> 8;
        *end++ = count;
    } else {
        *end++ = 0x80 | 127;
        for (int shift = 56; shift >= 0; shift -= 8) *end++ = (uint64_t)count >> shift;
    }
    static const unsigned char key[] = {0x37, 0xFA, 0x21, 0x3D};
    memcpy(end, key, 4);
    end += 4;
    for (size_t index = 0; index < count; index++) *end++ = text[index] ^ key[index & 3];
    frame_size = end - frame;
}

static void open_connection(struct connection *connection, int port, const char *path, int is_stream) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->socket, (void *)&address, sizeof address)) fail("connect");
    int one = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    char text[1024];
    int size = snprintf(
        text, sizeof text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s\r\n", path,
        is_stream ? "Accept: text/event-stream\r\n"
                  : "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        uses_deflate ? "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; "
                       "server_no_context_takeover\r\n" : "");
    if (write(connection->socket, text, size) != size) fail("write");
    char answer[4096];
    int count = 0;
    while (!memmem(answer, count, "\r\n\r\n", 4)) {
        // Byte by byte: what follows the head is a frame.
        if (count == sizeof answer || read(connection->socket, answer + count, 1) != 1) fail("handshake");
        count++;
    }
    answer[count - 1] = 0;
    errno = 0;
    if (!strstr(answer, is_stream ? " 200 " : " 101 ")) fail("the request was refused");
    if (is_stream && !strcasestr(answer, "text/event-stream")) fail("there is no event stream");
    if (uses_deflate && !strcasestr(answer, "permessage-deflate")) fail("permessage-deflate was not agreed on");
    fcntl(connection->socket, F_SETFL, O_NONBLOCK);
    connection->wants = 2;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(poll_set, EPOLL_CTL_ADD, connection->socket, &event);
}

static void resume_send(struct connection *connection) {
    while (connection->sent < frame_size) {
        ssize_t count = write(connection->socket, frame + connection->sent, frame_size - connection->sent);
        if (count < 0) {
            if (errno != EAGAIN) fail("write");
            struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
            epoll_ctl(poll_set, EPOLL_CTL_MOD, connection->socket, &event);
            return;
        }
        connection->sent += count;
    }
}

static void send_message(struct connection *connection) {
    connection->sent = 0;
    connection->start = now();
    resume_send(connection);
}

static void note_time(uint64_t start) {
    uint64_t time = now() - start;
    latencies[time < LONGEST ? time : LONGEST - 1]++;
    samples++;
}

static void send_to_all(void) {
    awaited = receivers;
    send_message(source);
}

static void message_came(struct connection *connection) {
    messages++;
    if (!uses_deflate && connection->received != payload_size) {
        errno = 0;
        fail("a message came back with another length");
    }
    connection->received = 0;
    if (!source) {
        note_time(connection->start);
        send_message(connection);
    } else if (--awaited == 0) {
        note_time(source->start);
        send_to_all();
    }
}

static void take_events(struct connection *connection, unsigned char *data, size_t count) {
    bytes += count;
    for (unsigned char *end = data + count; data < end; data++) {
        if (*data != "data:"[connection->matched]) {
            connection->matched = *data == 'd';
        } else if (++connection->matched == 5) {
            connection->matched = 0;
            connection->received = payload_size;
            message_came(connection);
        }
    }
}

static void take(struct connection *connection, unsigned char *data, size_t count) {
    bytes += count;
    while (count > 0 || (connection->have == connection->wants && connection->left == 0 && connection->wants > 2)) {
        if (connection->have < connection->wants) {
            connection->head[connection->have++] = *data++;
            count--;
            if (connection->have == 2 && connection->wants == 2) {
                int length = connection->head[1] & 0x7F;
                connection->wants = length == 126 ? 4 : length == 127 ? 10 : 2;
                connection->is_data = (connection->head[0] & 0x0F) < 8;
                connection->ends_message = connection->head[0] & 0x80 && connection->is_data;
                connection->left = length;
            }
            if (connection->have < connection->wants) continue;
            if (connection->wants > 2) {
                connection->left = 0;
                for (int index = 2; index < connection->wants; index++)
                    connection->left = connection->left << 8 | connection->head[index];
            }
        }
        size_t part = count < connection->left ? count : connection->left;
        data += part;
        count -= part;
        connection->left -= part;
        if (connection->is_data) connection->received += part;
        if (connection->left > 0) return;
        connection->have = 0;
        connection->wants = 2;
        if (connection->ends_message) message_came(connection);
    }
}

static double percentile(double share) {
    uint64_t wanted = samples * share, seen = 0;
    for (int index = 0; index < LONGEST; index++) {
        seen += latencies[index];
        if (seen > wanted) return index / 1000.0;
    }
    return LONGEST / 1000.0;
}

int main(int count, char **words) {
    if (count != 7 && count != 9) {
        fprintf(stderr, "usage: websocket-load PORT PATH CONNECTIONS SIZE SECONDS DEFLATE [SOURCE sockets|events]\n");
        return 64;
    }
    int connections = atoi(words[3]);
    double seconds = atof(words[5]);
    uses_deflate = atoi(words[6]);
    alarm(60 + seconds);  // A server that answers nothing.
    make_frame(atol(words[4]));
    poll_set = epoll_create1(0);
    has_events = count == 9 && !strcmp(words[8], "events");
    struct connection *all = calloc(connections + 1, sizeof *all);
    for (int index = 0; index < connections; index++) open_connection(&all[index], atoi(words[1]), words[2], has_events);
    if (count == 9) {
        source = &all[connections];
        receivers = connections;
        open_connection(source, atoi(words[1]), words[7], 0);
    }
    puts("ready");
    fflush(stdout);
    getchar();
    uint64_t start = now(), end = start + seconds * 1e6;
    if (source) send_to_all();
    for (int index = 0; !source && index < connections; index++) send_message(&all[index]);
    static unsigned char buffer[1 << 18];
    struct epoll_event events[256];
    while (now() < end) {
        int ready = epoll_wait(poll_set, events, 256, 1000);
        if (ready == 0) {
            errno = 0;
            fail("nothing came for a second");
        }
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            if (events[index].events & EPOLLOUT) {
                struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
                epoll_ctl(poll_set, EPOLL_CTL_MOD, connection->socket, &event);
                resume_send(connection);
            }
            if (!(events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
            ssize_t size = read(connection->socket, buffer, sizeof buffer);
            if (size < 0 && errno == EAGAIN) continue;
            if (size <= 0) {
                errno = size ? errno : 0;
                fail("a connection was closed");
            }
            if (has_events && connection != source) {
                take_events(connection, buffer, size);
            } else {
                take(connection, buffer, size);
            }
        }
    }
    double took = (now() - start) / 1e6;
    printf(
        "{\"messages\": %lu, \"bytes\": %lu, \"seconds\": %.6f, \"p50\": %.3f, \"p99\": %.3f}\n", (unsigned long)messages,
        (unsigned long)bytes, took, percentile(0.5), percentile(0.99));
    return 0;
}
