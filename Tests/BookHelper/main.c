// SPDX-License-Identifier: Apache-2.0
//
// A helper in C: `BookHelper SOCKET PATH MODE` opens PATH and passes the descriptor back with one byte of data; its
// exit status is 0 or the errno. With a word before these three it does one thing wrong, or more than it should.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int pass(int to, const int *descriptors, size_t count) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(4 * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    char byte = 0;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    return sendmsg(to, &message, 0) == 1 ? 0 : errno;
}

// What the helper is, for a test to read: its ids and privileges, what it inherited, its arguments.
static int describe(int argc, char **argv) {
    int ends[2];
    if (pipe(ends) != 0) {
        return -1;
    }
    dprintf(ends[1], "uid %d %d gid %d %d groups %d\n", (int)getuid(), (int)geteuid(), (int)getgid(), (int)getegid(),
            getgroups(0, NULL));
    dprintf(ends[1], "no_new_privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    for (int number = 0; number < 64; number++) {
        if (number != ends[0] && number != ends[1] && fcntl(number, F_GETFD) >= 0) {
            dprintf(ends[1], "descriptor %d\n", number);
        }
    }
    for (int index = 1; index < argc; index++) {
        dprintf(ends[1], "argument %s\n", argv[index]);
    }
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "Cap", 3) == 0 && strncmp(line, "CapBnd", 6) != 0) {
            dprintf(ends[1], "%s", line);
        }
    }
    close(ends[1]);
    return ends[0];
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) {
        return EINVAL;
    }
    const char *word = argc == 5 ? argv[1] : "";
    int to = atoi(argv[argc - 3]);
    int pair[2];
    if (strcmp(word, "nothing") == 0) {
        return 0;
    }
    if (strcmp(word, "byte") == 0) {
        return pass(to, NULL, 0);
    }
    if (strcmp(word, "crash") == 0) {
        raise(SIGTERM);
    }
    if (strcmp(word, "hang") == 0) {
        pause();
    }
    if (strcmp(word, "describe") == 0) {
        int description = describe(argc, argv);
        return pass(to, &description, 1);
    }
    int file = open(argv[argc - 2], atoi(argv[argc - 1]));
    if (file < 0) {
        return errno;
    }
    if (strcmp(word, "two") == 0) {
        pair[0] = pair[1] = file;
        return pass(to, pair, 2);
    }
    int error = pass(to, &file, 1);
    if (strcmp(word, "twice") == 0) {
        error = pass(to, &file, 1);
    }
    if (strcmp(word, "linger") == 0) {
        pause();
    }
    if (strcmp(word, "fail-after") == 0) {
        return EAGAIN;
    }
    if (strcmp(word, "background") == 0 && fork() == 0) {
        // A child that keeps the socket for a while must not keep the broker waiting.
        sleep(30);
    }
    return error;
}
