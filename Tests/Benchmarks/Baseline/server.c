// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "server.h"

#include "reply.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 32 * 1024, EVENTS_MAX = 256 };

struct connection {
    int socket;
    size_t filled;
    size_t waiting;  // calls whose commit has not returned
    bool closed;
    struct connection *next_dropped;
    char buffer[BUFFER_BYTES];
};

struct call {
    struct connection *connection;
    size_t names;
};

struct batch {
    struct call *calls;
    size_t count;
    size_t capacity;
    size_t rows;
};

struct server {
    const struct server_options *options;
    int epoll;
    struct batch collecting;
    struct batch committing;
    bool commit_under_way;
    struct connection *dropped;  // closed; freed after a turn in which no call of theirs waits
};

static void check(bool good, const char *what) {
    if (!good) {
        perror(what);
        exit(1);
    }
}

static void watch(struct server *server, int descriptor, void *tag) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = tag};
    check(epoll_ctl(server->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0, "baseline: epoll_ctl");
}

static void drop(struct server *server, struct connection *connection) {
    close(connection->socket);
    connection->closed = true;
    connection->next_dropped = server->dropped;
    server->dropped = connection;
}

/// Only between two turns: an event of the present turn may still name a connection that was dropped in it.
static void free_dropped(struct server *server) {
    struct connection **link = &server->dropped;

    while (*link != NULL) {
        struct connection *connection = *link;
        if (connection->waiting > 0) {
            link = &connection->next_dropped;
        } else {
            *link = connection->next_dropped;
            free(connection);
        }
    }
}

static void answer(struct server *server, struct connection *connection, size_t names, int64_t record) {
    if (!connection->closed && reply_send(connection->socket, names, server->options->descriptor, record) != 0)
        drop(server, connection);
}

static void append(struct batch *batch, struct connection *connection, size_t names) {
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity ? 2 * batch->capacity : 256;
        batch->calls = realloc(batch->calls, batch->capacity * sizeof *batch->calls);
        check(batch->calls != NULL, "baseline: batch");
    }
    batch->calls[batch->count++] = (struct call){connection, names};
    batch->rows += names;
    connection->waiting++;
}

static void answer_batch(struct server *server, struct batch *batch, int64_t record) {
    for (size_t i = 0; i < batch->count; i++) {
        struct call *call = &batch->calls[i];
        answer(server, call->connection, call->names, record);
        record += (int64_t)call->names;
        call->connection->waiting--;
    }
    batch->count = 0;
    batch->rows = 0;
}

/// What follows each turn of the loop: the collected batch goes to the disk, here or on the other thread.
static void end_turn(struct server *server) {
    if (server->collecting.count == 0)
        return;
    if (server->options->store) {
        int64_t first = store_commit(server->options->store, server->collecting.rows);
        answer_batch(server, &server->collecting, first);
    } else if (server->options->committer && !server->commit_under_way) {
        struct batch batch = server->committing;
        server->committing = server->collecting;
        server->collecting = batch;
        server->commit_under_way = true;
        committer_submit(server->options->committer, server->committing.rows);
    }
}

static void take_call(struct server *server, struct connection *connection, const char *bytes, size_t length) {
    size_t names = call_names(bytes, length);

    if (server->options->store || server->options->committer)
        append(&server->collecting, connection, names);
    else
        answer(server, connection, names, 0);
}

static void read_calls(struct server *server, struct connection *connection) {
    if (connection->closed)
        return;
    size_t room = sizeof connection->buffer - connection->filled;
    ssize_t got = recv(connection->socket, connection->buffer + connection->filled, room, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        drop(server, connection);
        return;
    }
    connection->filled += (size_t)got;
    char *start = connection->buffer, *end = start + connection->filled, *nul;
    while (!connection->closed && (nul = memchr(start, 0, (size_t)(end - start))) != NULL) {
        take_call(server, connection, start, (size_t)(nul - start));
        start = nul + 1;
    }
    connection->filled = (size_t)(end - start);
    memmove(connection->buffer, start, connection->filled);
    if (!connection->closed && connection->filled == sizeof connection->buffer)
        drop(server, connection);  // longer than any message that the load generator sends
}

static void accept_all(struct server *server) {
    for (;;) {
        int socket = accept4(server->options->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket < 0)
            return;
        struct connection *connection = malloc(sizeof *connection);
        check(connection != NULL, "baseline: connection");
        connection->socket = socket;
        connection->filled = connection->waiting = 0;
        connection->closed = false;
        watch(server, socket, connection);
    }
}

static int stop_signals(void) {
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

void serve(const struct server_options *options) {
    struct server server = {.options = options, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct epoll_event events[EVENTS_MAX];
    static char listener, done, signals;  // tags: only their addresses matter
    int stop = stop_signals();

    check(server.epoll >= 0 && stop >= 0, "baseline: event loop");
    watch(&server, options->listener, &listener);
    watch(&server, stop, &signals);
    if (options->committer)
        watch(&server, committer_event(options->committer), &done);
    for (;;) {
        int count = epoll_wait(server.epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            void *tag = events[i].data.ptr;
            if (tag == &signals)
                return;
            if (tag == &listener) {
                accept_all(&server);
            } else if (tag == &done) {
                server.commit_under_way = false;
                answer_batch(&server, &server.committing, committer_collect(options->committer));
            } else {
                read_calls(&server, tag);
            }
        }
        end_turn(&server);
        free_dropped(&server);
    }
}
