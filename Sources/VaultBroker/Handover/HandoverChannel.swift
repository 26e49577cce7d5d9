// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Crypto
import Descriptors
import JSONText
import SystemPackage
import TransparencyLog

/// Why one daemon did not get the table of another.
package enum HandoverProblem: Error, CustomStringConvertible {
    /// The other side has closed the connection, or ended.
    case ended
    /// It did not answer in time.
    case late
    /// It said no.
    case refused(String, remedy: String?)
    /// What came is not what was agreed on.
    case wrong(String)
    case system(String, Errno)

    package var description: String {
        switch self {
        case .ended: "the other daemon has closed the connection"
        case .late: "the other daemon does not answer"
        case .refused(let message, _): message
        case .wrong(let what): "what came over is not what was agreed on: \(what)"
        case .system(let what, let error): "\(what): \(error)"
        }
    }
}

/// The connection over which one daemon hands its table to the next, as TakingOver.md tells:
/// objects of JSON, each a message of a seqpacket socket, with the descriptors that it names.
///
/// Its functions block: not for the loop's thread.
struct HandoverChannel: Sendable {
    /// What both sides have to agree on. A side that says more than the other knows is understood all the same.
    static let version: Int64 = 1
    /// The names in one message: with 255 bytes each, and escapes, they fit into ``longestMessage``.
    static let batch = 128
    private static let longestMessage = 256 << 10

    let socket: HeldDescriptor

    init(_ socket: consuming OwnedDescriptor) {
        self.socket = HeldDescriptor(socket)
    }

    /// Sends one message; the descriptors are borrowed.
    func send(_ message: JSONObject, _ descriptors: [HeldDescriptor] = []) throws(HandoverProblem) {
        do throws(Errno) {
            let bytes = JSONValue.object(message).jsonBytes(.compact)
            try MessageSocket.send(bytes.span, passing: descriptors, on: socket)
        } catch .brokenPipe {
            throw .ended
        } catch .connectionReset {
            throw .ended
        } catch {
            throw .system("cannot send to the other daemon", error)
        }
    }

    /// The next message, with the descriptors that came with it, in order.
    /// - Parameters:
    ///   - limit: how long to wait.
    ///   - isForeign: whether the descriptor that a message names so was passed by a stranger once, so that it is closed
    ///     where that may hang.
    func receive(
        within limit: Duration, isForeign: (_ name: String) -> Bool = { _ in false }
    ) throws(HandoverProblem) -> (message: JSONObject, entries: [ActivationSockets.Entry]) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.longestMessage, alignment: 1)
        defer { buffer.deallocate() }
        var received = try receive(into: buffer, within: limit)
        guard !received.isTruncated, !received.isControlTruncated,
            let message = try? JSONObject(parsing: Array(buffer.prefix(received.byteCount)))
        else { throw .wrong("a message that cannot be read, or descriptors that were lost on the way") }
        let names = message["names"]?.array?.compactMap(\.string) ?? []
        guard names.count == received.descriptors.count else {
            throw .wrong("\(received.descriptors.count) descriptors with \(names.count) names")
        }
        var entries: [ActivationSockets.Entry] = []
        for name in names.reversed() {
            guard let descriptor = received.descriptors.popLast() else { break }
            let owned = OwnedDescriptor(adopting: descriptor.release(), isForeign: isForeign(name))
            entries.append(.init(descriptor: HeldDescriptor(owned), name: name))
        }
        return (message, entries.reversed())
    }

    private func receive(
        into buffer: UnsafeMutableRawBufferPointer, within limit: Duration
    ) throws(HandoverProblem) -> ReceivedMessage {
        var isReady = false
        do throws(Errno) {
            isReady = !(try Readiness.wait(for: .readable, on: socket, until: BootTime.now.advanced(by: limit))).isEmpty
            if isReady {
                let received = try MessageSocket.receive(
                    into: buffer, room: .mostDescriptors, on: socket, areForeign: true)
                if received.isEndOfFile || received.byteCount == 0 { throw .brokenPipe }
                return received
            }
        } catch .brokenPipe {
            throw .ended
        } catch .connectionReset {
            throw .ended
        } catch {
            throw .system("cannot receive from the other daemon", error)
        }
        throw .late
    }

    /// The hash that both sides compare: over the names in their order, each behind its length in bytes.
    static func digest(of names: [String]) -> String {
        var hash = SHA256()
        for name in names { hash.update(data: Array("\(name.utf8.count):\(name)\n".utf8)) }
        return Hexadecimal.encode(Array(hash.finalize()))
    }
}

extension JSONObject {
    /// Whether the other side says this.
    func says(_ key: String) -> Bool { self[key]?.bool == true }
}
