// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import VaultCore

/// Connections of service managers that get no credential: each gets zeros, more than a credential may have.
///
/// An end without bytes would be an empty credential, and one in the middle half of one: the unit would be started with it.
/// What is too long is an error (`E2BIG`), and the unit is not. So nothing ends before all zeros have been taken but what the other
/// side has ended, however long that stands still.
///
/// Lives on the broker's loop.
final class FailedCredentials {
    /// So many of all who do not own the vault, and so many of one of them: beyond, what stands still for longest ends.
    /// Those of the owner are bounded where they come in (``CredentialGuard``).
    static let mostFailed = 256
    static let mostFailedOfUser = 64
    /// After how long what epoll does not tell of is tried again.
    private static let retry: Duration = .milliseconds(100)
    private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

    private final class Rest {
        let socket: HeldDescriptor
        /// On whose account it is; nil: the owner's.
        let uid: UInt32?
        let spent: (Int64) -> Void
        let done: () -> Void
        var left = OpenRequest.largestContent + 1
        var watch: WatchToken?

        init(
            _ socket: HeldDescriptor, _ uid: UInt32?, _ spent: @escaping (Int64) -> Void, _ done: @escaping () -> Void
        ) {
            self.socket = socket
            self.uid = uid
            self.spent = spent
            self.done = done
        }
    }

    private enum Progress {
        case over
        /// It is full.
        case blocked
        /// The kernel is short of something.
        case short
    }

    private let loop: EventLoop
    private var rests: [UInt64: Rest] = [:]
    private var next: UInt64 = 0
    private var isPaused = false

    init(_ loop: EventLoop) { self.loop = loop }

    var isEmpty: Bool { rests.isEmpty }

    /// How many there are.
    var count: Int { rests.count }

    /// Takes over a connection that nobody watches.
    /// - Parameters:
    ///   - uid: on whose account it is; nil: the owner's.
    ///   - spent: told how many microseconds of the loop each part takes.
    ///   - done: called when it has ended, at once or later.
    func add(
        _ socket: HeldDescriptor, of uid: UInt32?, spent: @escaping (Int64) -> Void = { _ in },
        done: @escaping () -> Void = {}
    ) {
        if let uid { makeRoom(for: uid) }
        let number = next
        next += 1
        rests[number] = Rest(socket, uid, spent, done)
        feed(number)
    }

    /// Writes no more: another daemon is about to have them fail.
    func pause() {
        isPaused = true
        for rest in rests.values { if let watch = rest.watch.take() { loop.unwatch(watch) } }
    }

    /// That came to nothing.
    func goOn() {
        guard isPaused else { return }
        isPaused = false
        for number in rests.keys.sorted() { feed(number) }
    }

    private func makeRoom(for uid: UInt32) {
        let others = rests.filter { $0.value.uid != nil }
        let ofUser = Dictionary(grouping: others.keys) { others[$0]?.uid }
        if let own = ofUser[uid], own.count >= Self.mostFailedOfUser {
            own.min().map(end)
        } else if others.count >= Self.mostFailed {
            ofUser.values.max { $0.count < $1.count }?.min().map(end)
        }
    }

    private func feed(_ number: UInt64) {
        guard !isPaused, let rest = rests[number] else { return }
        let progress = send(rest)
        if progress == .over { return end(number) }
        let bound = LoopBound(self, to: loop)
        if progress == .blocked {
            if rest.watch == nil {
                rest.watch = try? loop.watch(rest.socket, for: .writable) { _ in bound.value.feed(number) }
            }
            if rest.watch != nil { return }
        }
        if let watch = rest.watch.take() { loop.unwatch(watch) }
        _ = loop.timer(after: Self.retry) { bound.value.feed(number) }
    }

    private func send(_ rest: Rest) -> Progress {
        let start = SystemClock.bootTimeUSec()
        defer { rest.spent(SystemClock.bootTimeUSec() - start) }
        while rest.left > 0 {
            do throws(Errno) {
                let part = Self.zeros.span.extracting(first: min(rest.left, Self.zeros.count))
                rest.left -= try MessageSocket.send(part, on: rest.socket, flags: .dontWait)
            } catch {
                switch error {
                case .brokenPipe, .connectionReset: return .over
                case .wouldBlock: return .blocked
                default: return .short
                }
            }
        }
        return .over
    }

    private func end(_ number: UInt64) {
        guard let rest = rests.removeValue(forKey: number) else { return }
        if let watch = rest.watch { loop.unwatch(watch) }
        // The service manager may keep the connection for us, and would keep its end from being seen.
        try? UnixSocket.shutDown(rest.socket)
        rest.done()
    }
}
