#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How one user's grants fare while another does its worst with one method.

fairness.py SOCKET PID CONNECTIONS BASE SECONDS: for each line of standard input, {"name", "uid", "call", "reads"}, the
grants of user 4711 are timed for BASE seconds, then for SECONDS while CONNECTIONS connections of that uid send the call
as fast as they are read from; "reads" says whether they take the answers. In the place of "call" a line may have "hex",
a whole message, and "socket", where beside SOCKET that is sent; with "stores" the call is a datagram that goes to the
notify.sock there, with so many descriptors. One line comes out for each: both percentiles in milliseconds, and by how
many bytes the memory of the daemon PID has grown meanwhile.
"""
import array, json, os, select, signal, socket, sys, threading, time

PATH, PID, CONNECTIONS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
BASE, SECONDS = float(sys.argv[4]), float(sys.argv[5])
OPEN = b'{"method":"io.vaultd.Broker.Open","parameters":{"requests":[{"name":"files/own"}]}}\0'


def become(uid):
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def memory():
    for line in open(f"/proc/{PID}/status"):
        if line.startswith("RssAnon"):
            return int(line.split()[1]) << 10


def grants(connection, seconds):
    """The times of grants, in milliseconds, the slowest last; one that was begun is waited for."""
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        connection.sendall(OPEN)
        data = b""
        while not data.endswith(b"\0"):
            part, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, 253)
            if not part:
                sys.exit("the broker hung up on user 4711")
            for descriptor in descriptors:
                os.close(descriptor)
            data += part
        if b'"error"' in data:
            sys.exit(f"user 4711 was refused: {data.decode()}")
        times.append((time.perf_counter() - start) * 1e3)
        time.sleep(0.001)
    return sorted(times)


def flood(call, reads, path):
    blob = call * max(1, (1 << 16) // len(call))
    poll, waiting = select.epoll(), {}

    def connect():
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
        except OSError:
            return
        connection.setblocking(False)
        waiting[connection.fileno()] = [connection, b""]
        poll.register(connection, select.EPOLLOUT | (select.EPOLLIN if reads else 0))

    for _ in range(CONNECTIONS):
        connect()
    os.write(1, b"x")
    while True:
        for number, events in poll.poll(0.1):
            entry = waiting[number]
            try:
                if events & select.EPOLLIN:
                    data, descriptors, _, _ = socket.recv_fds(entry[0], 1 << 18, 253)
                    for descriptor in descriptors:
                        os.close(descriptor)
                    if not data:
                        raise ConnectionResetError
                if events & select.EPOLLOUT:
                    entry[1] = entry[1] or blob
                    entry[1] = entry[1][entry[0].send(entry[1]):]
            except BlockingIOError:
                pass
            except OSError:
                poll.unregister(number)
                entry[0].close()
                del waiting[number]
                connect()


def store(text, count):
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [os.open("/dev/null", os.O_RDONLY)] * count))]

    def send():
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sender.connect(os.path.join(os.path.dirname(PATH), "notify.sock"))
        while True:
            try:
                sender.sendmsg([text], rights if count else [])
            except OSError:
                # Too many of them are on their way.
                time.sleep(0.0001)

    for _ in range(4):
        threading.Thread(target=send, daemon=True).start()
    time.sleep(0.05)
    os.write(1, b"x")
    time.sleep(3600)


def child(uid, work):
    """Runs work as a user, with its standard output a pipe whose other end is returned."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        os.dup2(write, 1)
        become(uid)
        work()
        os._exit(0)
    os.close(write)
    return pid, open(read)


def percentile(times):
    return times[min(len(times) - 1, int(len(times) * 0.99))]


def measure(work):
    pid, output = child(4711, work)
    peak = memory()
    while not select.select([output], [], [], 0.02)[0]:
        peak = max(peak, memory())
    line = output.readline()
    os.waitpid(pid, 0)
    if not line:
        sys.exit(1)
    return json.loads(line), peak


def timed(seconds):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(PATH)
    connection.settimeout(60)
    os.write(1, json.dumps(percentile(grants(connection, seconds))).encode() + b"\n")


for line in sys.stdin:
    attack = json.loads(line)
    own, before = measure(lambda: timed(BASE))
    message = bytes.fromhex(attack["hex"]) if "hex" in attack else attack["call"].encode() + b"\0"
    path = os.path.join(os.path.dirname(PATH), attack.get("socket", os.path.basename(PATH)))
    stores = attack.get("stores")
    pid, ready = child(
        attack["uid"],
        lambda: flood(message, attack["reads"], path) if stores is None else store(message[:-1], stores))
    ready.read(1)
    under, peak = measure(lambda: timed(SECONDS))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    print(json.dumps({"name": attack["name"], "own": own, "under": under, "grown": max(0, peak - before)}), flush=True)
