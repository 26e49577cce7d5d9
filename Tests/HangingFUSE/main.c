// SPDX-License-Identifier: Apache-2.0
//
// `HangingFUSE DIRECTORY`: a file system in user space, spoken directly over /dev/fuse, that hangs on purpose.
//   hang…   a file that can be found, but whose open is read and never answered
//   read…   a file that opens, but whose every read(2) is never answered
//   flush…  a file that opens, but whose every close(2) is never answered
//   mute…   a file that opens; from then on no fstat(2) or fstatfs(2) of such a file is answered
//   lost…   a name whose look-up is read and never answered
//   other   a file that opens and holds "fine\n"
// It says "mounted" when it is, and unmounts at the end of its input. Only root can run it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char contents[] = "fine\n";

static void answer(int device, uint64_t unique, int error, const void *body, size_t size) {
    char buffer[4096];
    struct fuse_out_header header = {.len = (uint32_t)(sizeof header + size), .error = -error, .unique = unique};
    memcpy(buffer, &header, sizeof header);
    if (size > 0) {
        memcpy(buffer + sizeof header, body, size);
    }
    // ENOENT: whoever asked has given up meanwhile.
    if (write(device, buffer, header.len) < 0 && errno != ENOENT) {
        perror("write");
    }
}

static void describe(uint64_t node, struct fuse_attr *attributes) {
    memset(attributes, 0, sizeof *attributes);
    attributes->ino = node;
    attributes->nlink = 1;
    attributes->mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
    attributes->size = node == FUSE_ROOT_ID ? 0 : sizeof contents - 1;
    attributes->blksize = 4096;
}

// Node numbers: 1 is the root; of the others the last three bits say what they do.
enum { MUTE = 0, FINE = 1, HANGS_ON_OPEN = 2, HANGS_ON_FLUSH = 3, HANGS_ON_READ = 4 };

static int is_mute;

static uint64_t node_of(const char *name) {
    uint64_t node = 1000;
    for (const char *c = name; *c != 0; c++) {
        node = node * 31 % 100000007 + (unsigned char)*c;
    }
    int kind = strncmp(name, "hang", 4) == 0    ? HANGS_ON_OPEN
               : strncmp(name, "flush", 5) == 0 ? HANGS_ON_FLUSH
               : strncmp(name, "mute", 4) == 0  ? MUTE
               : strncmp(name, "read", 4) == 0  ? HANGS_ON_READ
                                                : FINE;
    return node * 8 + kind;
}

static void look_up(int device, uint64_t unique, const char *name) {
    if (strncmp(name, "lost", 4) == 0) {
        return;
    }
    struct fuse_entry_out entry = {.nodeid = node_of(name), .generation = 1};
    describe(entry.nodeid, &entry.attr);
    answer(device, unique, 0, &entry, sizeof entry);
}

static void serve(int device, const char *request) {
    struct fuse_in_header header;
    memcpy(&header, request, sizeof header);
    const char *body = request + sizeof header;
    switch (header.opcode) {
    case FUSE_INIT: {
        struct fuse_init_out out = {.major = 7, .minor = 31, .max_readahead = 4096, .max_write = 4096};
        answer(device, header.unique, 0, &out, sizeof out);
        break;
    }
    case FUSE_LOOKUP:
        look_up(device, header.unique, body);
        break;
    case FUSE_GETATTR: {
        if (is_mute && header.nodeid % 8 == MUTE) {
            break;
        }
        struct fuse_attr_out out = {.attr_valid = 1};
        describe(header.nodeid, &out.attr);
        answer(device, header.unique, 0, &out, sizeof out);
        break;
    }
    case FUSE_STATFS: {
        if (is_mute && header.nodeid % 8 == MUTE) {
            break;
        }
        struct fuse_statfs_out out = {.st = {.bsize = 4096, .namelen = 255}};
        answer(device, header.unique, 0, &out, sizeof out);
        break;
    }
    case FUSE_OPEN:
        is_mute |= header.nodeid % 8 == MUTE;
        if (header.nodeid % 8 != HANGS_ON_OPEN) {
            struct fuse_open_out out = {.fh = 1};
            answer(device, header.unique, 0, &out, sizeof out);
        }
        break;
    case FUSE_READ: {
        struct fuse_read_in read_in;
        memcpy(&read_in, body, sizeof read_in);
        if (header.nodeid % 8 == HANGS_ON_READ) {
            break;
        }
        size_t left = read_in.offset < sizeof contents - 1 ? sizeof contents - 1 - read_in.offset : 0;
        answer(device, header.unique, 0, contents + (sizeof contents - 1 - left), left);
        break;
    }
    case FUSE_FLUSH:
        if (header.nodeid % 8 != HANGS_ON_FLUSH) {
            answer(device, header.unique, 0, NULL, 0);
        }
        break;
    case FUSE_RELEASE:
        answer(device, header.unique, 0, NULL, 0);
        break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
        break;
    default:
        answer(device, header.unique, ENOSYS, NULL, 0);
    }
}

int main(int argc, char **argv) {
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (argc != 2 || device < 0) {
        perror("/dev/fuse");
        return 1;
    }
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", device);
    if (mount("hanging", argv[1], "fuse.hanging", MS_NOSUID | MS_NODEV, options) != 0) {
        perror("mount");
        return 1;
    }
    puts("mounted");
    fflush(stdout);
    struct pollfd requests[2] = {{.fd = device, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (poll(requests, 2, -1) >= 0 && requests[1].revents == 0) {
        static char request[FUSE_MIN_READ_BUFFER + 4096];
        if (requests[0].revents != 0) {
            if (read(device, request, sizeof request) < (ssize_t)sizeof(struct fuse_in_header)) {
                break;
            }
            serve(device, request);
        }
    }
    // Closing the device, which the end of this process does, ends all who hang.
    return umount2(argv[1], MNT_DETACH) == 0 ? 0 : 1;
}
