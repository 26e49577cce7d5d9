// SPDX-License-Identifier: Apache-2.0

import BasicContainers
import Descriptors
import Glibc
import JSONText
import Synchronization
import SystemPackage
import VaultTestKit

/// A connection to the broker that knows only the wire: bytes, NUL, and descriptors. What it does blocks, with a limit.
final class RawConnection: Sendable {
    struct Reply: Sendable {
        let value: JSONValue
        let descriptors: [HeldDescriptor]

        var error: String? { value["error"]?.string }
        var parameters: JSONValue { value["parameters"] ?? [:] }
    }

    /// What was read and not handed out: whole replies, and the beginning of the next.
    private struct Rest {
        var replies: [Reply] = []
        var bytes: [UInt8] = []
        var descriptors: [HeldDescriptor] = []
    }

    let socket: HeldDescriptor
    private let rest = Mutex(Rest())

    init(to path: FilePath) throws {
        socket = HeldDescriptor(try UnixSocket.connect(to: .path(path)))
    }

    static func open(_ names: String...) -> String {
        let requests = names.map { #"{"name":"\#($0)"}"# }.joined(separator: ",")
        return #"{"method":"io.vaultd.Broker.Open","parameters":{"requests":[\#(requests)]}}"#
    }

    static let whoAmI = #"{"method":"io.vaultd.Broker.WhoAmI"}"#

    /// Sends all bytes; the descriptors go with the first.
    /// - Throws: `EPIPE` or `ECONNRESET` when the broker has hung up, `EAGAIN` when it takes nothing for five seconds.
    func send(_ bytes: [UInt8], passing descriptors: [HeldDescriptor] = []) throws(Errno) {
        var rest = bytes[...]
        var passing = descriptors
        while !rest.isEmpty {
            do {
                let count = try MessageSocket.send(
                    Array(rest).span, passing: passing, on: socket, flags: .dontWait)
                rest = rest.dropFirst(count)
                passing = []
            } catch .resourceTemporarilyUnavailable {
                let ready = try Readiness.wait(
                    for: .writable, on: socket, until: BootTime.now.advanced(by: .seconds(5)))
                if ready.isEmpty { throw .resourceTemporarilyUnavailable }
            }
        }
    }

    /// One message, with its NUL.
    func send(_ message: String, passing descriptors: [HeldDescriptor] = []) throws(Errno) {
        try send(Array(message.utf8) + [0], passing: descriptors)
    }

    func endSending() throws(Errno) {
        try UnixSocket.shutDown(socket, reading: false)
    }

    /// The next reply; `nil` when the broker has hung up.
    func reply(limit: Duration = .seconds(20)) throws -> Reply? {
        try replies(1, limit: limit).first
    }

    /// The next `count` replies, fewer if the broker hangs up before.
    func replies(_ count: Int, limit: Duration = .seconds(20)) throws -> [Reply] {
        try rest.withLock { rest in
            while rest.replies.count < count {
                try waitOnThread(on: socket, what: "a reply", limit: limit)
                guard let (chunk, arrived) = try receive() else { break }
                try Self.take(chunk, arrived, &rest)
            }
            let taken = Array(rest.replies.prefix(count))
            rest.replies.removeFirst(taken.count)
            return taken
        }
    }

    private static func take(_ chunk: [UInt8], _ arrived: [HeldDescriptor], _ rest: inout Rest) throws {
        var parts = chunk.split(separator: 0, omittingEmptySubsequences: false)
        let unfinished = parts.removeLast()
        for (index, part) in parts.enumerated() {
            rest.bytes += part
            // Descriptors belong to the message whose bytes end the read they came with.
            if unfinished.isEmpty, index == parts.count - 1 { rest.descriptors += arrived }
            rest.replies.append(Reply(value: try JSONValue(parsing: rest.bytes), descriptors: rest.descriptors))
            (rest.bytes, rest.descriptors) = ([], [])
        }
        rest.bytes += unfinished
        if !unfinished.isEmpty { rest.descriptors += arrived }
    }

    /// - Returns: `nil` at the end, in whatever way it came.
    private func receive() throws -> ([UInt8], [HeldDescriptor])? {
        try withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer in
            do {
                var message = try MessageSocket.receive(into: buffer, room: .mostDescriptors, on: socket)
                guard !message.isEndOfFile else { return nil }
                precondition(!message.isControlTruncated, "there was room for all")
                var held: [HeldDescriptor] = []
                while let descriptor = message.descriptors.popLast() { held.append(HeldDescriptor(descriptor)) }
                return (Array(buffer[..<message.byteCount]), held.reversed())
            } catch Errno.connectionReset {
                return nil
            }
        }
    }

    /// Sends one call and waits for its reply; `nil` when the broker hangs up instead.
    func call(_ message: String, passing descriptors: [HeldDescriptor] = []) throws -> Reply? {
        try send(message, passing: descriptors)
        return try reply()
    }

    /// Whether the broker hangs up within `limit`, whatever it says before.
    func isHungUp(within limit: Duration) throws -> Bool {
        let end = BootTime.now.advanced(by: limit)
        while try !Readiness.wait(for: .readable, on: socket, until: end).isEmpty {
            if try receive() == nil { return true }
        }
        return false
    }
}
