// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import VaultCore

/// Every connection over which a credential is being read, or zeros in place of one, from the accept to its end. The service manager
/// keeps each (`FDSTORE`), so that it outlives a broker that is killed: the next run finds it, and has it fail. Else its end would
/// be that of an empty credential. A broker that is taken over hands them to the next. The manager lets go of one by itself when its other end is closed.
///
/// Lives on the broker's loop.
final class CredentialGuard {
    /// So many of the vault's owner at once; beyond, who connects waits in the socket. Fewer where the manager keeps few: these
    /// have a sixteenth of its store, others half of that.
    static let mostOpen = 256
    private static let prefix = "credential="
    /// After how long it is tried again, and how often: it is time in which this process runs.
    private static let retry: Duration = .milliseconds(20)
    private static let mostTries = 1500

    private struct Connection {
        let socket: HeldDescriptor
        /// Of one that is not the owner's.
        let place: Charge?
    }

    private enum Outcome {
        case kept
        case later(Errno)
        /// What is the matter.
        case never(String)
    }

    /// One that was accepted, and that the manager does not keep yet.
    private final class Waiting {
        var connection: OwnedDescriptor?
        let uid: UInt32
        let body: (consuming OwnedDescriptor, String?) -> Void
        var triesLeft = mostTries

        init(
            _ connection: consuming OwnedDescriptor, _ uid: UInt32,
            _ body: @escaping (consuming OwnedDescriptor, String?) -> Void
        ) {
            self.connection = consume connection
            self.uid = uid
            self.body = body
        }
    }

    private let manager: ServiceNotifier?
    private let owner: UInt32
    private let loop: EventLoop
    private let most: Int
    private let others: Shares
    /// By the names under which they are stored.
    private var open: [String: Connection] = [:]
    private var ofOwner = 0
    private var kept: [HeldDescriptor] = []
    private var waiting: Waiting?

    /// - Parameter entries: what the manager handed over of its store.
    init(_ manager: ServiceNotifier?, _ entries: [ActivationSockets.Entry], owner: UInt32, _ loop: EventLoop) {
        self.manager = manager
        self.owner = owner
        self.loop = loop
        most = max(1, min(Self.mostOpen, manager?.storeLimit.map { $0 / 16 } ?? .max))
        others = Shares(most: max(1, most / 2), ofOne: max(1, most / 8))
        for entry in entries where Self.hasStored(entry.name) {
            kept.append(entry.descriptor)
            note(entry.name, Connection(socket: entry.descriptor, place: nil))
        }
    }

    /// Whether a descriptor of this name was stored here.
    static func hasStored(_ name: String) -> Bool { name.utf8.starts(with: prefix.utf8) }

    /// Whether this is of who owns the vault, or of root: nobody else connects, unless the socket's mode says so.
    func isOwners(_ uid: UInt32) -> Bool { uid == owner || uid == 0 }

    /// Whether one more may be accepted.
    var hasRoom: Bool { ofOwner < most && waiting == nil }

    var isEmpty: Bool { open.isEmpty && waiting == nil }

    /// How many there are.
    var count: Int { open.count + (waiting == nil ? 0 : 1) }

    /// All that are open, for a broker that has them fail.
    var entries: [ActivationSockets.Entry] {
        open.keys.sorted().compactMap { name in open[name].map { .init(descriptor: $0.socket, name: name) } }
    }

    /// What an earlier run left; once.
    func takeKept() -> [HeldDescriptor] {
        defer { kept = [] }
        return kept
    }

    // MARK: From the accept to the end

    /// Has the manager keep a connection, and then calls `body` with it, at once or when the manager has taken it; where it does not,
    /// with what is the matter: it is to fail.
    /// - Precondition: it ``hasRoom``.
    func keep(
        _ connection: consuming OwnedDescriptor, of uid: UInt32,
        _ body: @escaping (consuming OwnedDescriptor, String?) -> Void
    ) {
        precondition(waiting == nil, "one after the other")
        waiting = Waiting(connection, uid, body)
        tryAgain()
    }

    /// What waits for the manager is to fail: no more is begun.
    func giveUp() {
        waiting?.triesLeft = 0
        tryAgain()
    }

    /// To be called when a connection is over, after its `shutdown(2)`.
    func drop(_ connection: HeldDescriptor) {
        guard let name = Self.name(connection), let gone = open.removeValue(forKey: name) else { return }
        if gone.place == nil { ofOwner -= 1 }
        // Where the manager is too busy to hear of it, that it was shut down tells it too.
        try? manager?.remove(stored: name, waits: false)
    }

    private func tryAgain() {
        guard let waiting, let connection = waiting.connection.take() else { return }
        let outcome = tryToKeep(connection, of: waiting.uid)
        var problem: String?
        switch outcome {
        case .kept: break
        case .never(let why): problem = why
        case .later(let error):
            guard waiting.triesLeft == 0 else {
                waiting.triesLeft -= 1
                waiting.connection = consume connection
                let bound = LoopBound(self, to: loop)
                _ = loop.timer(after: Self.retry) { bound.value.tryAgain() }
                return
            }
            problem = "the service manager does not take its connection: \(error)"
        }
        self.waiting = nil
        waiting.body(connection, problem)
    }

    private func tryToKeep(_ connection: borrowing OwnedDescriptor, of uid: UInt32) -> Outcome {
        do throws(Errno) {
            guard let name = Self.name(connection) else { return .later(.badFileDescriptor) }
            if open[name] == nil {
                let place = isOwners(uid) ? nil : others.take(for: .user(uid))
                guard place != nil || isOwners(uid) else { return .never("uid \(uid) has too many such connections") }
                note(name, Connection(socket: HeldDescriptor(try connection.duplicate()), place: place))
            }
            if let manager, let socket = open[name]?.socket {
                try manager.store(socket, name: name, endsWithHangUp: true, waits: false)
            }
            return .kept
        } catch {
            switch error {
            case .wouldBlock, .tooManyReferences, .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noBufferSpace,
                .noMemory:
                return .later(error)
            default: return .never("the service manager cannot be asked to keep its connection: \(error)")
            }
        }
    }

    private func note(_ name: String, _ connection: Connection) {
        open[name] = connection
        if connection.place == nil { ofOwner += 1 }
    }

    /// The inode of a socket is its own for as long as somebody has it open.
    private static func name(_ connection: borrowing some Descriptor & ~Copyable) -> String? {
        (try? FileStatus(of: connection)).map { prefix + "\($0.inode)" }
    }
}
