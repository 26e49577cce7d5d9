// SPDX-License-Identifier: Apache-2.0
//
// A peer for tests: `ConnectingPeer SOCKET` connects, says so with a line, and does what the lines of its input say:
//   euid N      takes another effective user
//   exec FILE   executes FILE, which keeps the socket
// The end of its input is its end.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) {
        return 2;
    }
    strcpy(address.sun_path, argv[1]);
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        return 1;
    }
    puts("connected");
    fflush(stdout);
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "euid ", 5) == 0) {
            if (seteuid((uid_t)atoi(line + 5)) != 0) {
                perror("seteuid");
                return 1;
            }
        } else if (strncmp(line, "exec ", 5) == 0) {
            puts("executing");
            fflush(stdout);
            execl(line + 5, line + 5, (char *)NULL);
            perror("execl");
            return 1;
        }
        puts("done");
        fflush(stdout);
    }
    return 0;
}
