// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Synchronization
import SystemPackage

/// Taking the whole table over from a daemon that runs (`vaultd --takeover`): its side that begins.
///
/// The one that runs goes on at once where this one says no more, ends, or is killed, at whatever step; and this one goes on
/// with what it has where the other ends. Never do both serve.
///
/// Its functions block, before the loop runs or away from it.
package final class Takeover: Sendable {
    /// How long the other may take until it has finished what is in flight and recorded that it hands over.
    private static let offerLimit: Duration = .seconds(30)
    private static let stepLimit: Duration = .seconds(30)
    /// How long after the end of its connection the other is given to be seen as ended.
    private static let endLimit: Duration = .seconds(2)

    private let channel: HandoverChannel
    /// The daemon that runs.
    private let pidfd: HeldDescriptor
    /// What it handed over and nobody has taken yet.
    private let entries: Mutex<[ActivationSockets.Entry]>
    /// It has ended, and can neither go on nor be told anything.
    private let isAlone: Bool

    /// The name of the socket in the state directory at which a daemon can be taken over from. Only who may enter that
    /// directory gets there, and only root and the daemon's own user are let.
    package static let socketName = "takeover.sock"
    /// The name of the sockets at which clients connect, which the daemon that runs made itself.
    package static let ownSocket = "socket"
    /// The name of the one at which services store descriptors.
    package static let storeSocket = "store-socket"

    /// The name of those at which numbers are collected.
    package static let metricsSocket = "metrics-socket"

    package static func isSocket(_ name: String) -> Bool { [ownSocket, storeSocket, metricsSocket].contains(name) }

    private init(
        _ channel: HandoverChannel, _ pidfd: HeldDescriptor, _ entries: [ActivationSockets.Entry], isAlone: Bool
    ) {
        self.channel = channel
        self.pidfd = pidfd
        self.entries = Mutex(entries)
        self.isAlone = isAlone
    }

    /// Gets everything that the daemon which uses this state directory holds. When this returns, that one serves nobody and
    /// has let go of the log.
    /// - Throws: where nobody hands anything over; then the one that runs, if one does, goes on.
    package static func begin(state: FilePath, version: String) throws(HandoverProblem) -> Takeover {
        let path = state.appending(socketName)
        let channel: HandoverChannel
        let pidfd: HeldDescriptor
        do throws(Errno) {
            let socket = try UnixSocket.connect(to: .path(path), type: .seqpacket)
            pidfd = HeldDescriptor(try peerPidfd(of: socket))
            channel = HandoverChannel(socket)
        } catch {
            throw .system("no daemon that can be taken over from answers at '\(path)'", error)
        }
        try channel.send(["takeover": .integer(HandoverChannel.version), "version": .string(version)])
        let offer = try channel.receive(within: offerLimit).message
        if let message = offer["refused"]?.string { throw .refused(message, remedy: offer["remedy"]?.string) }
        guard let count = offer["descriptors"]?.integer, count >= 0 else { throw .wrong("it does not say how much") }
        var entries: [ActivationSockets.Entry] = []
        do throws(HandoverProblem) {
            while entries.count < count {
                entries += try channel.receive(within: stepLimit, isForeign: KeptDescriptors.isForeign).entries
                try channel.send(["got": .integer(Int64(entries.count))])
            }
            let digest = HandoverChannel.digest(of: entries.map(\.name))
            try channel.send(["all": .integer(Int64(entries.count)), "sha256": .string(digest)])
            guard try channel.receive(within: stepLimit).message.says("released") else {
                throw .wrong("it keeps the log")
            }
            return Takeover(channel, pidfd, entries, isAlone: false)
        } catch {
            // What has come over would be lost with this process too.
            guard case .ended = error, hasEnded(pidfd) else { throw error }
            return Takeover(channel, pidfd, entries, isAlone: true)
        }
    }

    /// What it handed over under names that are meant; once.
    package func take(where isMeant: (_ name: String) -> Bool) -> [ActivationSockets.Entry] {
        entries.withLock { entries in
            let taken = entries.filter { isMeant($0.name) }
            entries.removeAll { isMeant($0.name) }
            return taken
        }
    }

    /// Everything is ready to serve: the other ends, or has. From here on it does not go on.
    /// - Throws: where it is not known to: nothing may be served then.
    package func finish() throws(HandoverProblem) {
        guard !isAlone else { return }
        do throws(HandoverProblem) {
            try channel.send(["ready": true])
            guard try channel.receive(within: Self.stepLimit).message.says("over") else {
                throw .wrong("it does not end")
            }
        } catch {
            guard case .ended = error, Self.hasEnded(pidfd) else { throw error }
        }
    }

    /// It is served: the other need not wait any more.
    package func isServing() { try? channel.send(["serving": true]) }

    private static func hasEnded(_ pidfd: HeldDescriptor) -> Bool {
        let ready = try? Readiness.wait(for: .readable, on: pidfd, until: BootTime.now.advanced(by: endLimit))
        return ready.map { !$0.isEmpty } ?? false
    }

    /// Of the process at the other end: before Linux 6.5 by its pid.
    static func peerPidfd(of socket: borrowing OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
        do throws(Errno) {
            return try Peer.processDescriptor(of: socket)
        } catch {
            return try ProcessDescriptor.open(Peer.credentials(of: socket).pid)
        }
    }
}
