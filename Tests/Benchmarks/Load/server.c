// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "server.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PROCESSES_MAX = 256 };

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

/// The parent of a process; 0 where it has ended. The name, in parentheses, may have any character.
static pid_t parent_of(pid_t pid) {
    char path[64], text[512];
    int parent = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    const char *behind = strrchr(text, ')');
    if (!behind || sscanf(behind, ") %*c %d", &parent) != 1)
        return 0;
    return parent;
}

/// Fills `found` with the process and its descendants, it first, and returns how many there are.
static size_t find_processes(pid_t pid, pid_t found[PROCESSES_MAX]) {
    static struct { pid_t pid, parent; } all[32768];
    size_t count = 0, known = 1;
    DIR *directory = opendir("/proc");

    if (!directory)
        fail("/proc");
    for (struct dirent *entry; (entry = readdir(directory)) && count < sizeof all / sizeof *all;) {
        pid_t number = atoi(entry->d_name);
        if (number <= 0)
            continue;
        all[count].pid = number;
        all[count++].parent = parent_of(number);
    }
    closedir(directory);
    found[0] = pid;
    for (size_t i = 0; i < known; i++) {
        for (size_t k = 0; k < count && known < PROCESSES_MAX; k++) {
            if (all[k].parent == found[i])
                found[known++] = all[k].pid;
        }
    }
    return known;
}

static uint64_t processor_nanoseconds(pid_t pid) {
    struct timespec spent;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0)
        return 0;
    return (uint64_t)spent.tv_sec * 1000000000 + (uint64_t)spent.tv_nsec;
}

struct server_time server_time(const struct server *server) {
    struct server_time time = {0};
    pid_t found[PROCESSES_MAX];

    if (server->pid == 0)
        return time;
    time.own = processor_nanoseconds(server->pid);
    size_t count = find_processes(server->pid, found);
    for (size_t i = 1; i < count; i++)
        time.helpers += processor_nanoseconds(found[i]);
    return time;
}

static void pin(pid_t thread, int core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    if (sched_setaffinity(thread, sizeof cores, &cores) != 0 && errno != ESRCH)
        fail("sched_setaffinity");
}

void server_pin(const struct server *server, int server_core, int own_core) {
    pid_t found[PROCESSES_MAX];
    size_t count = server->pid ? find_processes(server->pid, found) : 0;

    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task", found[i]);
        DIR *threads = opendir(path);
        if (!threads)
            continue;
        for (struct dirent *entry; (entry = readdir(threads));) {
            pid_t thread = atoi(entry->d_name);
            if (thread > 0)
                pin(thread, server_core);
        }
        closedir(threads);
    }
    pin(0, own_core);
}
