// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep_head(struct reply *reply, const char *bytes, size_t length) {
    if (reply->received < sizeof reply->head) {
        size_t room = sizeof reply->head - reply->received;
        memcpy(reply->head + reply->received, bytes, length < room ? length : room);
    }
    reply->received += length;
}

static struct message open_call(char *const *pool, size_t pool_count, size_t first, size_t names, const char *rights) {
    struct message message = {.descriptors = names};
    FILE *stream = open_memstream(&message.bytes, &message.length);

    fputs("{\"method\":\"io.vaultd.Broker.Open\",\"parameters\":{\"requests\":[", stream);
    for (size_t i = 0; i < names; i++) {
        fprintf(stream, "%s{\"name\":\"%s\"", i ? "," : "", pool[(first + i) % pool_count]);
        if (rights)
            fprintf(stream, ",\"rights\":[\"%s\"]", rights);
        fputc('}', stream);
    }
    fputs("]}}", stream);
    fputc(0, stream);
    fclose(stream);
    return message;
}

struct calls varlink_open_calls(char *const *pool, size_t pool_count, size_t names, const char *rights) {
    struct calls calls = {calloc(pool_count, sizeof *calls.messages), pool_count};

    for (size_t i = 0; i < pool_count; i++)
        calls.messages[i] = open_call(pool, pool_count, i, names, rights);
    return calls;
}

struct calls varlink_plain_call(const char *method) {
    struct calls calls = {calloc(1, sizeof *calls.messages), 1};
    FILE *stream = open_memstream(&calls.messages->bytes, &calls.messages->length);

    fprintf(stream, "{\"method\":\"%s\"}", method);
    fputc(0, stream);
    fclose(stream);
    return calls;
}

size_t varlink_read_reply(struct reply *reply, const char *bytes, size_t length, bool *complete) {
    const char *nul = memchr(bytes, 0, length);
    size_t taken = nul ? (size_t)(nul - bytes) + 1 : length;

    keep_head(reply, bytes, taken);
    *complete = nul != NULL;
    return taken;
}

bool varlink_is_success(const struct reply *reply) {
    size_t length = reply->received < sizeof reply->head ? reply->received : sizeof reply->head;
    return memmem(reply->head, length, "\"error\":", 8) == NULL;
}

// s6 puts six bytes before each message: its length and its number of descriptors, the more significant byte first. A
// retrieve is 'R', whether to delete, the length of the name, the name, NUL; its reply one byte, the errno, which
// with the head makes seven.
enum { S6_HEAD = 6, S6_REPLY = 7 };

struct calls s6_retrieve_calls(char *const *pool, size_t pool_count) {
    struct calls calls = {calloc(pool_count, sizeof *calls.messages), pool_count};

    for (size_t i = 0; i < pool_count; i++) {
        struct message *message = &calls.messages[i];
        FILE *stream = open_memstream(&message->bytes, &message->length);
        size_t length = strlen(pool[i]);
        char head[S6_HEAD] = {0, 0, (char)((length + 4) >> 8), (char)(length + 4), 0, 0};
        fwrite(head, 1, sizeof head, stream);
        fprintf(stream, "R%c%c%s%c", 0, (int)length, pool[i], 0);
        fclose(stream);
        message->descriptors = 1;
    }
    return calls;
}

size_t s6_read_reply(struct reply *reply, const char *bytes, size_t length, bool *complete) {
    size_t wanted = S6_REPLY - reply->received;
    size_t taken = length < wanted ? length : wanted;

    keep_head(reply, bytes, taken);
    *complete = reply->received == S6_REPLY;
    return taken;
}

bool s6_is_success(const struct reply *reply) {
    return reply->head[S6_HEAD] == 0;
}
