// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Answers each message with itself. Everything in it happens on the loop's thread.
actor EchoServer {
    private struct Connection {
        let socket: HeldDescriptor
        let token: WatchToken
    }

    private let loop: EventLoop
    private let listener: HeldDescriptor
    private var connections: [Int: Connection] = [:]
    private var lastNumber = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop, path: FilePath) throws(Errno) {
        self.loop = loop
        listener = HeldDescriptor(try UnixSocket.listen(at: .path(path), type: .seqpacket))
    }

    func start() throws(Errno) {
        _ = try loop.watch(listener, for: .readable) { [weak self] _ in
            self?.assumeIsolated { try? $0.acceptOne() }
        }
    }

    private func acceptOne() throws(Errno) {
        let socket = HeldDescriptor(try UnixSocket.accept(on: listener))
        lastNumber += 1
        let number = lastNumber
        let token = try loop.watch(socket, for: .readable) { [weak self] _ in
            self?.assumeIsolated { $0.answer(number) }
        }
        connections[number] = Connection(socket: socket, token: token)
    }

    private func answer(_ number: Int) {
        guard let connection = connections[number] else { return }
        do throws(Errno) {
            var bytes = [UInt8](repeating: 0, count: 4096)
            var span = bytes.mutableSpan
            let message = try MessageSocket.receive(into: &span, room: .none, on: connection.socket)
            if message.isEndOfFile { return close(number) }
            try MessageSocket.send(bytes.span.extracting(first: message.byteCount), on: connection.socket)
        } catch .resourceTemporarilyUnavailable {
            // Nothing there after all, or a client that does not read: the answer is dropped.
        } catch {
            close(number)
        }
    }

    private func close(_ number: Int) {
        guard let connection = connections.removeValue(forKey: number) else { return }
        // The loop lets go of the socket, and the end of this function of the last reference, which closes it.
        loop.unwatch(connection.token)
    }
}

/// Serves until the process is told to end.
func serve(at path: FilePath) throws {
    // Before there is any other thread.
    let loop = try EventLoop()
    _ = try loop.signals([SIGTERM, SIGINT]) { _ in loop.stop() }
    let server = try EchoServer(loop: loop, path: path)
    // The loop belongs to this thread until another runs it, so the actor may be entered here.
    try server.assumeIsolated { try $0.start() }
    loop.run()
    try UnixSocket.remove(path)
}
