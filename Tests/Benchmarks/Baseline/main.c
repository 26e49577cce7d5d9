// SPDX-License-Identifier: Apache-2.0
//
// What C can do on this machine: a server that answers the calls of the load generator with a descriptor, as the
// broker would, and that decides nothing. With --mode none it stores nothing; with --mode one it commits a row for
// each grant in its loop; with --mode two a second thread commits while the loop collects the next batch. The last is
// what the broker is measured against.

#define _GNU_SOURCE
#include "server.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char usage[] =
    "usage: BenchmarkBaseline --socket PATH --file PATH [--mode none|one|two] [--database PATH]\n"
    "                         [--row-bytes N] [--checkpoint-pages N] [--ready-fd N]\n"
    "  --file              the file whose descriptor every grant hands out\n"
    "  --database          a database that does not exist yet; needed by the modes one and two\n"
    "  --row-bytes         the size of a record (512)\n"
    "  --checkpoint-pages  the size of the WAL at which it is checkpointed (1000)\n"
    "  --ready-fd          gets a newline when the socket listens\n";

struct arguments {
    const char *socket;
    const char *file;
    const char *mode;
    const char *database;
    size_t row_bytes;
    int checkpoint_pages;
    int ready;
};

static _Noreturn void wrong_usage(void) {
    fputs(usage, stderr);
    exit(2);
}

static struct arguments parse(int argc, char **argv) {
    static const struct option options[] = {
        {"socket", required_argument, NULL, 's'},    {"file", required_argument, NULL, 'f'},
        {"mode", required_argument, NULL, 'm'},      {"database", required_argument, NULL, 'd'},
        {"row-bytes", required_argument, NULL, 'b'}, {"checkpoint-pages", required_argument, NULL, 'c'},
        {"ready-fd", required_argument, NULL, 'r'},  {NULL, 0, NULL, 0},
    };
    struct arguments arguments = {.mode = "two", .row_bytes = 512, .checkpoint_pages = 1000, .ready = -1};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's': arguments.socket = optarg; break;
        case 'f': arguments.file = optarg; break;
        case 'm': arguments.mode = optarg; break;
        case 'd': arguments.database = optarg; break;
        case 'b': arguments.row_bytes = strtoul(optarg, NULL, 10); break;
        case 'c': arguments.checkpoint_pages = atoi(optarg); break;
        case 'r': arguments.ready = atoi(optarg); break;
        default: wrong_usage();
        }
    }
    int stores = strcmp(arguments.mode, "one") == 0 || strcmp(arguments.mode, "two") == 0;
    if (optind != argc || !arguments.socket || !arguments.file || arguments.row_bytes == 0)
        wrong_usage();
    if (stores ? !arguments.database : strcmp(arguments.mode, "none") != 0)
        wrong_usage();
    return arguments;
}

static int check(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
    return result;
}

static int listen_on(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "baseline: socket path too long\n");
        exit(2);
    }
    strcpy(address.sun_path, path);
    unlink(path);
    int listener = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "baseline: socket");
    check(bind(listener, (struct sockaddr *)&address, sizeof address), path);
    check(listen(listener, 4096), "baseline: listen");
    return listener;
}

int main(int argc, char **argv) {
    struct arguments arguments = parse(argc, argv);
    struct server_options options = {
        .descriptor = check(open(arguments.file, O_RDONLY | O_CLOEXEC), arguments.file),
        .listener = listen_on(arguments.socket),
    };
    struct store *store = NULL;

    if (arguments.database)
        store = store_open(arguments.database, arguments.row_bytes, arguments.checkpoint_pages);
    if (strcmp(arguments.mode, "one") == 0)
        options.store = store;
    if (strcmp(arguments.mode, "two") == 0)
        options.committer = committer_start(store);
    if (arguments.ready >= 0 && write(arguments.ready, "\n", 1) == 1)
        close(arguments.ready);
    serve(&options);
    unlink(arguments.socket);
    return 0;
}
