// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultCore

/// Connections of service managers that get no credential: each gets zeros, more than a credential may have.
///
/// An end without bytes would be an empty credential, and one in the middle half of one: the unit would be started with it.
/// What is too long is an error (`E2BIG`), and the unit is not.
///
/// Lives on the broker's loop.
final class FailedCredentials {
    /// So many at once; beyond, the one that has not read for longest goes.
    static let mostFailed = 256
    /// How long one may take to read them, in microseconds.
    static let failedUSec: Int64 = 5_000_000
    private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

    private final class Rest {
        let socket: HeldDescriptor
        let spent: (Int64) -> Void
        let done: () -> Void
        var left = OpenRequest.largestContent + 1
        var watch: WatchToken?
        var timer: TimerToken?

        init(_ socket: HeldDescriptor, _ spent: @escaping (Int64) -> Void, _ done: @escaping () -> Void) {
            self.socket = socket
            self.spent = spent
            self.done = done
        }
    }

    private let loop: EventLoop
    private var rests: [UInt64: Rest] = [:]
    private var next: UInt64 = 0

    init(_ loop: EventLoop) { self.loop = loop }

    var isEmpty: Bool { rests.isEmpty }

    /// Takes over a connection that nobody watches.
    /// - Parameters:
    ///   - spent: told how many microseconds of the loop each part takes.
    ///   - done: called when it has ended, at once or later.
    func add(
        _ socket: HeldDescriptor, spent: @escaping (Int64) -> Void = { _ in }, done: @escaping () -> Void = {}
    ) {
        if rests.count >= Self.mostFailed, let oldest = rests.keys.min() { end(oldest) }
        let number = next
        next += 1
        let rest = Rest(socket, spent, done)
        rests[number] = rest
        guard !feed(rest) else { return end(number) }
        let bound = LoopBound(self, to: loop)
        rest.timer = loop.timer(after: .microseconds(Self.failedUSec)) { bound.value.end(number) }
        rest.watch = try? loop.watch(socket, for: .writable) { _ in
            guard let rest = bound.value.rests[number], bound.value.feed(rest) else { return }
            bound.value.end(number)
        }
        if rest.watch == nil { end(number) }
    }

    /// - Returns: whether there is nothing left to do.
    private func feed(_ rest: Rest) -> Bool {
        let start = SystemClock.bootTimeUSec()
        defer { rest.spent(SystemClock.bootTimeUSec() - start) }
        while rest.left > 0 {
            do throws(Errno) {
                let part = Self.zeros.span.extracting(first: min(rest.left, Self.zeros.count))
                rest.left -= try MessageSocket.send(part, on: rest.socket, flags: .dontWait)
            } catch {
                return error != .wouldBlock
            }
        }
        return true
    }

    private func end(_ number: UInt64) {
        guard let rest = rests.removeValue(forKey: number) else { return }
        if let watch = rest.watch { loop.unwatch(watch) }
        if let timer = rest.timer { _ = loop.cancel(timer) }
        // The service manager may keep the connection for us, and would keep its end from being seen.
        try? UnixSocket.shutDown(rest.socket)
        rest.done()
    }
}
