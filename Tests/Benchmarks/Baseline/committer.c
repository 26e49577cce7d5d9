// SPDX-License-Identifier: Apache-2.0

#include "committer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct committer {
    struct store *store;
    pthread_t thread;
    int done;
    pthread_mutex_t mutex;
    pthread_cond_t submitted;
    size_t count;   // under the mutex; 0: nothing to do
    int64_t first;  // written before `done` is signalled, read after
};

static void *commit_batches(void *argument) {
    struct committer *committer = argument;
    uint64_t one = 1;

    for (;;) {
        pthread_mutex_lock(&committer->mutex);
        while (committer->count == 0)
            pthread_cond_wait(&committer->submitted, &committer->mutex);
        size_t count = committer->count;
        committer->count = 0;
        pthread_mutex_unlock(&committer->mutex);

        committer->first = store_commit(committer->store, count);
        if (write(committer->done, &one, sizeof one) != sizeof one)
            abort();
    }
    return NULL;
}

struct committer *committer_start(struct store *store) {
    struct committer *committer = calloc(1, sizeof *committer);

    committer->store = store;
    committer->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&committer->mutex, NULL);
    pthread_cond_init(&committer->submitted, NULL);
    if (committer->done < 0 || pthread_create(&committer->thread, NULL, commit_batches, committer) != 0) {
        perror("baseline: commit thread");
        exit(1);
    }
    return committer;
}

int committer_event(const struct committer *committer) {
    return committer->done;
}

void committer_submit(struct committer *committer, size_t count) {
    pthread_mutex_lock(&committer->mutex);
    committer->count = count;
    pthread_cond_signal(&committer->submitted);
    pthread_mutex_unlock(&committer->mutex);
}

int64_t committer_collect(struct committer *committer) {
    uint64_t count;

    if (read(committer->done, &count, sizeof count) != sizeof count)
        abort();
    return committer->first;
}
