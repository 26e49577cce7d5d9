// SPDX-License-Identifier: Apache-2.0
//
// The load generator: one thread that keeps a number of connections busy, each with a number of calls in flight, and
// reports how many were answered and how long each took. It serves the broker, the baseline in C, and s6-fdholderd.

#define _GNU_SOURCE
#include "client.h"
#include "server.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: BenchmarkLoad --socket PATH [--name NAME]... [--connections N] [--seconds S | --calls N] [--warm-up S]\n"
    "                     [--depth N] [--names N] [--rights RIGHT] [--reconnect] [--receipts] [--call METHOD]\n"
    "                     [--protocol varlink|s6] [--server PID] [--pin SERVER,OWN] [--json]\n"
    "  --name         a capability to open; given several times, calls take them in turn (bench/file)\n"
    "  --connections  at once (1)                 --seconds  that are measured (3)\n"
    "  --warm-up      seconds before (0.5)        --depth    calls in flight on a connection, to 64 (1)\n"
    "  --names        names in one Open (1)       --rights   asked for with each name (as much as may be had)\n"
    "  --reconnect    a new connection for each call\n"
    "  --receipts     each call says, in the same write, that what the reply before it brought has arrived\n"
    "  --calls        as many in place of seconds, without a warm-up\n"
    "  --call         this method, without parameters, in place of Open\n"
    "  --server       tell also what this process, and those that it started, need of a processor\n"
    "  --pin          tie them to one core, and this program to another, by their numbers\n"
    "Ends with 1 at the first call that fails. After SIGTERM it reports what was measured by then.\n";

struct arguments {
    const char *socket;
    char *names[1024];
    size_t name_count;
    size_t connections;
    double seconds;
    double warm_up;
    uint64_t calls;
    size_t depth;
    size_t names_in_call;
    const char *rights;
    const char *call;
    bool reconnect;
    bool receipts;
    struct server server;
    int server_core;
    int own_core;
    bool is_pinned;
    bool s6;
    bool json;
};

static _Noreturn void wrong_usage(void) {
    fputs(usage, stderr);
    exit(2);
}

static struct arguments parse(int argc, char **argv) {
    static const struct option options[] = {
        {"socket", required_argument, NULL, 's'},  {"name", required_argument, NULL, 'n'},
        {"connections", required_argument, NULL, 'c'}, {"seconds", required_argument, NULL, 't'},
        {"warm-up", required_argument, NULL, 'w'}, {"depth", required_argument, NULL, 'd'},
        {"names", required_argument, NULL, 'k'},   {"rights", required_argument, NULL, 'r'},
        {"reconnect", no_argument, NULL, 'R'},     {"call", required_argument, NULL, 'C'},
        {"protocol", required_argument, NULL, 'p'}, {"json", no_argument, NULL, 'j'},
        {"calls", required_argument, NULL, 'N'},   {"server", required_argument, NULL, 'S'},
        {"pin", required_argument, NULL, 'P'},     {"receipts", no_argument, NULL, 'q'},
        {NULL, 0, NULL, 0},
    };
    struct arguments arguments = {.connections = 1, .seconds = 3, .warm_up = 0.5, .depth = 1, .names_in_call = 1};
    const char *protocol = "varlink";
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's': arguments.socket = optarg; break;
        case 'n':
            if (arguments.name_count == sizeof arguments.names / sizeof *arguments.names)
                wrong_usage();
            arguments.names[arguments.name_count++] = optarg;
            break;
        case 'c': arguments.connections = strtoul(optarg, NULL, 10); break;
        case 't': arguments.seconds = atof(optarg); break;
        case 'w': arguments.warm_up = atof(optarg); break;
        case 'd': arguments.depth = strtoul(optarg, NULL, 10); break;
        case 'k': arguments.names_in_call = strtoul(optarg, NULL, 10); break;
        case 'r': arguments.rights = optarg; break;
        case 'R': arguments.reconnect = true; break;
        case 'q': arguments.receipts = true; break;
        case 'N': arguments.calls = strtoull(optarg, NULL, 10); break;
        case 'C': arguments.call = optarg; break;
        case 'S': arguments.server.pid = (pid_t)strtol(optarg, NULL, 10); break;
        case 'P':
            arguments.is_pinned = sscanf(optarg, "%d,%d", &arguments.server_core, &arguments.own_core) == 2;
            if (!arguments.is_pinned)
                wrong_usage();
            break;
        case 'p': protocol = optarg; break;
        case 'j': arguments.json = true; break;
        default: wrong_usage();
        }
    }
    arguments.s6 = strcmp(protocol, "s6") == 0;
    if (arguments.name_count == 0)
        arguments.names[arguments.name_count++] = "bench/file";
    bool good = optind == argc && arguments.socket && (arguments.s6 || strcmp(protocol, "varlink") == 0);
    good = good && arguments.connections > 0 && arguments.seconds > 0 && arguments.depth > 0;
    good = good && arguments.depth <= DEPTH_MAX && arguments.names_in_call > 0 && arguments.names_in_call <= 253;
    if (!good || (arguments.s6 && (arguments.names_in_call > 1 || arguments.call)))
        wrong_usage();
    return arguments;
}

static struct load make_load(const struct arguments *arguments) {
    struct load load = {
        .socket = arguments->socket,
        .read_reply = arguments->s6 ? s6_read_reply : varlink_read_reply,
        .is_success = arguments->s6 ? s6_is_success : varlink_is_success,
        .depth = arguments->depth,
        .reconnect = arguments->reconnect,
        .receipts = arguments->receipts,
        .calls_left = arguments->calls ? arguments->calls : UINT64_MAX,
        .epoll = epoll_create1(EPOLL_CLOEXEC),
    };

    if (arguments->s6)
        load.calls = s6_retrieve_calls(arguments->names, arguments->name_count);
    else if (arguments->call)
        load.calls = varlink_plain_call(arguments->call);
    else
        load.calls = varlink_open_calls(
            arguments->names, arguments->name_count, arguments->names_in_call, arguments->rights);
    return load;
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static volatile sig_atomic_t is_ended;

static void end_load(int number) {
    (void)number;
    is_ended = 1;
}

/// What a load took.
struct taken {
    double seconds;
    struct server_time server;
    double own_nanoseconds;
};

struct clocks {
    uint64_t now;
    uint64_t own;
    struct server_time server;
};

/// Finding the server's processes takes a millisecond or two, in which nothing is measured: what `now` says is for the
/// caller to choose, before or after it.
static struct clocks read_clocks(const struct arguments *arguments, uint64_t now) {
    struct timespec own;
    struct server_time server = server_time(&arguments->server);

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
    return (struct clocks){
        .now = now, .own = (uint64_t)own.tv_sec * 1000000000 + (uint64_t)own.tv_nsec, .server = server};
}

/// Runs the load and returns what it took. A server that answers nothing for ten seconds fails it; where calls are
/// counted it may be one that runs under valgrind.
static struct taken run(struct load *load, const struct arguments *arguments) {
    struct client *clients = calloc(arguments->connections, sizeof *clients);
    struct epoll_event events[256];
    struct clocks from = read_clocks(arguments, 0), to;
    uint64_t end;
    int patience = arguments->calls ? 120 : 10;
    size_t active = arguments->connections;
    bool is_measured = arguments->calls > 0, has_ended = false;

    from.now = now_nanoseconds();
    load->measured_from = from.now + (arguments->calls ? 0 : (uint64_t)(arguments->warm_up * 1e9));
    end = arguments->calls ? UINT64_MAX : load->measured_from + (uint64_t)(arguments->seconds * 1e9);
    for (size_t i = 0; i < arguments->connections; i++)
        client_start(&clients[i], load, i);
    while (active > 0) {
        int count = epoll_wait(load->epoll, events, 256, patience * 1000);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            fprintf(stderr, "load: nothing was answered for %d seconds\n", patience);
            exit(1);
        }
        uint64_t now = now_nanoseconds();
        if (!is_measured && now >= load->measured_from) {
            from = read_clocks(arguments, 0);
            load->measured_from = from.now = now_nanoseconds();
            is_measured = true;
        }
        if (!load->stopping && (now >= end || is_ended)) {
            to = read_clocks(arguments, now);
            load->stopping = true;
            has_ended = true;
        }
        for (int i = 0; i < count; i++) {
            if (!client_continue(events[i].data.ptr, events[i].events))
                active--;
        }
    }
    // Where calls are counted, the last answer is the end.
    if (!has_ended)
        to = read_clocks(arguments, now_nanoseconds());
    return (struct taken){
        .seconds = (double)(to.now - from.now) / 1e9,
        .server = {to.server.own - from.server.own, to.server.helpers - from.server.helpers},
        .own_nanoseconds = (double)(to.own - from.own),
    };
}

/// Microseconds for each call.
static double for_each(const struct load *load, double nanoseconds) {
    return load->completed ? nanoseconds / 1000 / (double)load->completed : 0;
}

static void report(const struct load *load, const struct arguments *arguments, const struct taken *taken) {
    static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
    double micro[4];
    double server = for_each(load, (double)(taken->server.own + taken->server.helpers));
    double helpers = for_each(load, (double)taken->server.helpers);

    for (int i = 0; i < 4; i++)
        micro[i] = (double)histogram_quantile(&load->latency, quantiles[i]) / 1000;
    printf(
        arguments->json
            ? "{\"connections\":%zu,\"depth\":%zu,\"names\":%zu,\"reconnect\":%s,\"seconds\":%.3f,\"calls\":%llu,"
              "\"descriptors\":%llu,\"callsPerSecond\":%.0f,\"descriptorsPerSecond\":%.0f,\"meanUSec\":%.1f,"
              "\"p50USec\":%.1f,\"p90USec\":%.1f,\"p99USec\":%.1f,\"p999USec\":%.1f,\"maxUSec\":%.1f,"
              "\"loadCPUUSecPerCall\":%.2f"
            : "%zu connections, depth %zu, %zu names a call, reconnect %s, %.1f s: %llu calls, %llu descriptors\n"
              "%.0f calls/s, %.0f descriptors/s\n"
              "mean %.1f µs, p50 %.1f, p90 %.1f, p99 %.1f, p99.9 %.1f, max %.1f\n"
              "CPU for each call: load generator %.2f µs",
        arguments->connections, arguments->depth, arguments->names_in_call, arguments->reconnect ? "true" : "false",
        taken->seconds, (unsigned long long)load->completed, (unsigned long long)load->descriptors,
        (double)load->completed / taken->seconds, (double)load->descriptors / taken->seconds,
        histogram_mean(&load->latency) / 1000, micro[0], micro[1], micro[2], micro[3],
        (double)load->latency.max / 1000, for_each(load, taken->own_nanoseconds));
    if (arguments->server.pid)
        printf(
            arguments->json ? ",\"serverCPUUSecPerCall\":%.2f,\"helpersCPUUSecPerCall\":%.2f"
                            : ", server %.2f µs, of which %.2f in processes that it started",
            server, helpers);
    puts(arguments->json ? "}" : "");
}

int main(int argc, char **argv) {
    struct arguments arguments = parse(argc, argv);
    struct load load = make_load(&arguments);
    struct sigaction action = {.sa_handler = end_load};

    raise_descriptor_limit();
    sigaction(SIGTERM, &action, NULL);
    if (arguments.is_pinned)
        server_pin(&arguments.server, arguments.server_core, arguments.own_core);
    struct taken taken = run(&load, &arguments);
    report(&load, &arguments, &taken);
    return 0;
}
