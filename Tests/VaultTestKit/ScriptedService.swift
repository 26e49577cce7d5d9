// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
package import SystemPackage
package import Varlink

/// A Varlink service that answers as a test tells it, one connection after the other, on a thread of its own.
///
/// It ends when the last reference goes; a client that is still connected is hung up on when it calls next.
package final class ScriptedService: Sendable {
    /// What to do after a call.
    package enum Next: Sendable {
        case goOn
        /// Close the connection, with whatever has not been sent.
        case hangUp
    }

    /// Answers one call through the connection that it came on.
    package typealias Script = @Sendable (borrowing VarlinkCall, VarlinkServerConnection) -> Next

    package let directory: TemporaryDirectory
    package let path: FilePath
    private let listener: HeldDescriptor

    package init(_ script: @escaping Script) throws {
        directory = try TemporaryDirectory()
        path = directory.path("service.sock")
        let listener = HeldDescriptor(try UnixSocket.listen(at: .path(path), nonBlocking: false))
        self.listener = listener
        startThread {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
            defer { buffer.deallocate() }
            // EINVAL after the shutdown.
            while let socket = try? UnixSocket.accept(on: listener, nonBlocking: false) {
                Self.serve(VarlinkServerConnection(socket: socket), buffer, script)
            }
        }
    }

    /// The socket goes away: whoever connects is refused.
    package func stop() {
        try? UnixSocket.shutDown(listener)
        _ = path.withPlatformString { unlink($0) }
    }

    deinit {
        try? UnixSocket.shutDown(listener)
    }

    private static func serve(
        _ connection: VarlinkServerConnection, _ buffer: UnsafeMutableRawBufferPointer, _ script: Script
    ) {
        while !connection.isFinished {
            guard flush(connection), wait(for: .readable, on: connection), connection.receive(into: buffer) == .bytes
            else {
                return
            }
            do {
                while let call = try connection.nextCall() {
                    if case .hangUp = script(call, connection) { return }
                }
            } catch {
                return
            }
        }
    }

    private static func flush(_ connection: VarlinkServerConnection) -> Bool {
        while true {
            switch connection.flush() {
            case .done: return true
            case .held, .crowded, .failed: return false
            case .blocked: if !wait(for: .writable, on: connection) { return false }
            }
        }
    }

    private static func wait(for interest: Interest, on connection: VarlinkServerConnection) -> Bool {
        (try? Readiness.wait(for: interest, on: connection.socket)) != nil
    }
}
