// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "reply.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

size_t call_names(const char *bytes, size_t length) {
    static const char key[] = "\"name\"";
    const char *end = bytes + length;
    size_t count = 0;

    while ((bytes = memmem(bytes, (size_t)(end - bytes), key, sizeof key - 1)) != NULL) {
        bytes += sizeof key - 1;
        count++;
    }
    return count;
}

static size_t write_reply(char *text, size_t room, size_t count, int64_t record) {
    size_t length = (size_t)snprintf(text, room, "{\"parameters\":{\"grants\":[");

    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(
            text + length, room - length,
            "%s{\"name\":\"bench/file\",\"fileDescriptor\":%zu,\"rights\":[\"read\"],\"kind\":\"file\","
            "\"delivery\":\"shared\",\"revocation\":\"none\",\"record\":%lld}",
            i ? "," : "", i, (long long)record + (long long)i);
    length += (size_t)snprintf(text + length, room - length, "]}}");
    return length + 1;  // with the NUL that ends a message
}

int reply_send(int socket, size_t count, int descriptor, int64_t record) {
    char text[64 + REPLY_DESCRIPTORS_MAX * 192];
    char control[CMSG_SPACE(REPLY_DESCRIPTORS_MAX * sizeof(int))];
    struct iovec part = {.iov_base = text};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (count > REPLY_DESCRIPTORS_MAX)
        return -1;
    part.iov_len = write_reply(text, sizeof text, count, record);
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        for (size_t i = 0; i < count; i++)
            memcpy(CMSG_DATA(header) + i * sizeof(int), &descriptor, sizeof descriptor);
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)part.iov_len ? 0 : -1;
}
