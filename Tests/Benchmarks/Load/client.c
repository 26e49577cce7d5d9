// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 253, READ_BYTES = 64 * 1024 };

uint64_t now_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static _Noreturn void fail_reply(const struct reply *reply, const char *what) {
    size_t length = reply->received < sizeof reply->head ? reply->received : sizeof reply->head;

    fprintf(stderr, "load: %s, with %zu descriptors: ", what, reply->descriptors);
    for (size_t i = 0; i < length; i++)
        fputc(reply->head[i] >= ' ' && reply->head[i] <= '~' ? reply->head[i] : '.', stderr);
    fputc('\n', stderr);
    exit(1);
}

static void connect_client(struct client *client) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};

    strncpy(address.sun_path, client->load->socket, sizeof address.sun_path - 1);
    client->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->socket < 0 || connect(client->socket, (struct sockaddr *)&address, sizeof address) != 0)
        fail(client->load->socket);
    if (epoll_ctl(client->load->epoll, EPOLL_CTL_ADD, client->socket, &event) != 0)
        fail("epoll_ctl");
    client->load->connects++;
}

static void want_write(struct client *client, bool wanted) {
    struct epoll_event event = {.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = client};
    if (epoll_ctl(client->load->epoll, EPOLL_CTL_MOD, client->socket, &event) != 0)
        fail("epoll_ctl");
}

/// Sends what is left of the newest message. Returns false when the socket takes no more.
static bool send_rest(struct client *client) {
    const char *rest = client->end - client->unsent;
    ssize_t sent = send(client->socket, rest, client->unsent, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        fail("send");
    if (sent > 0)
        client->unsent -= (size_t)sent;
    return client->unsent == 0;
}

static void send_calls(struct client *client) {
    struct load *load = client->load;
    size_t depth = load->reconnect ? 1 : load->depth;

    while (!load->stopping && client->in_flight < depth) {
        const struct message *message = &load->calls.messages[client->next_call];
        client->next_call = (client->next_call + 1) % load->calls.count;
        size_t newest = (client->oldest + client->in_flight++) % DEPTH_MAX;
        if (--load->calls_left == 0)
            load->stopping = true;
        client->sent[newest].at = now_nanoseconds();
        client->sent[newest].message = message;
        client->unsent = message->length;
        client->end = message->bytes + message->length;
        if (client->receipt_length > 0) {
            memcpy(client->receipt + client->receipt_length, message->bytes, message->length);
            client->unsent += client->receipt_length;
            client->end = client->receipt + client->unsent;
            client->receipt_length = 0;
        }
        if (!send_rest(client)) {
            want_write(client, true);
            return;
        }
    }
}

/// Keeps what is to be said of a reply whose beginning has the numbers of its records.
static void note_receipt(struct client *client) {
    const char *place = client->reply.head;
    const char *end = place + (client->reply.received < sizeof client->reply.head ? client->reply.received
                                                                                  : sizeof client->reply.head);
    char *text = client->receipt + client->receipt_length;
    const char *separator = "";

    text += sprintf(text, "{\"method\":\"io.vaultd.Broker.Received\",\"parameters\":{\"records\":[");
    while ((place = memmem(place, (size_t)(end - place), "\"record\":", 9))) {
        place += 9;
        text += sprintf(text, "%s%lu", separator, strtoul(place, NULL, 10));
        separator = ",";
    }
    text += sprintf(text, "]},\"oneway\":true}") + 1;
    client->receipt_length = (size_t)(text - client->receipt);
}

static void finish_call(struct client *client) {
    struct load *load = client->load;
    uint64_t sent = client->sent[client->oldest].at;
    const struct message *call = client->sent[client->oldest].message;

    if (!load->is_success(&client->reply))
        fail_reply(&client->reply, "refused");
    if (client->reply.descriptors != call->descriptors)
        fail_reply(&client->reply, "a reply with the wrong number of descriptors");
    if (load->receipts)
        note_receipt(client);
    client->oldest = (client->oldest + 1) % DEPTH_MAX;
    client->in_flight--;
    client->reply.received = client->reply.descriptors = 0;
    if (sent < load->measured_from || (load->stopping && load->calls_left > 0))
        return;
    load->completed++;
    load->descriptors += call->descriptors;
    histogram_add(&load->latency, now_nanoseconds() - sent);
}

static size_t close_received(struct msghdr *message) {
    size_t count = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < here; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof descriptor, sizeof descriptor);
            close(descriptor);
        }
        count += here;
    }
    return count;
}

/// One read. The descriptors of a read belong to the message whose bytes end it.
static void receive(struct client *client) {
    static char bytes[READ_BYTES];
    char control[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(client->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got < 0)
        fail("recvmsg");
    size_t descriptors = close_received(&message);
    if (message.msg_flags & MSG_CTRUNC)
        fail_reply(&client->reply, "truncated control data");
    if (got == 0)
        fail_reply(&client->reply, "the server closed the connection");
    for (size_t offset = 0; offset < (size_t)got;) {
        bool complete;
        offset += client->load->read_reply(&client->reply, bytes + offset, (size_t)got - offset, &complete);
        if (offset == (size_t)got)
            client->reply.descriptors += descriptors;
        if (complete && client->in_flight == 0)
            fail_reply(&client->reply, "a reply to no call");
        if (complete)
            finish_call(client);
    }
}

void client_start(struct client *client, struct load *load, size_t index) {
    *client = (struct client){.load = load, .next_call = index % load->calls.count};
    client->receipt = malloc(DEPTH_MAX * 8192 + 65536);
    connect_client(client);
    send_calls(client);
}

bool client_continue(struct client *client, uint32_t events) {
    struct load *load = client->load;

    if ((events & EPOLLOUT) && client->unsent > 0 && send_rest(client))
        want_write(client, false);
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        receive(client);
    if (client->in_flight == 0 && (load->reconnect || load->stopping)) {
        close(client->socket);
        if (load->stopping)
            return false;
        connect_client(client);
    }
    if (client->unsent == 0)
        send_calls(client);
    return true;
}
