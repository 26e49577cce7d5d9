// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultBroker

/// The broker's socket: handed over by the service manager, or made here, before the rights for that are given up. A stale path is replaced, a live one is not.
struct ListeningSocket {
    /// So many connections wait to be accepted. All users wait in one row here, so it is one that is gone through in a
    /// moment, whoever fills it.
    private static let backlog: CInt = 512

    let descriptors: [HeldDescriptor]
    /// What is to be removed at the end; nil when the service manager keeps it.
    private let path: FilePath?

    /// - Parameters:
    ///   - place: where it is made; nil: only where the service manager hands it over.
    ///   - activated: the service manager's.
    ///   - unit: which unit of the service manager does that.
    ///   - handed: those that the daemon made which was taken over from. One at another place than the settings name is not
    ///     served any more.
    fileprivate init(
        at place: Settings.Value<String>?, mode: UInt32, option: String, activated: [ActivationSockets.Entry],
        unit: String, handed: [ActivationSockets.Entry]
    ) throws(StartFailure) {
        let own = place.map { FilePath($0.value) }
        if let own,
            let entry = handed.first(where: { (try? SocketOption.localAddress(of: $0.descriptor)) == .path(own) })
        {
            descriptors = [entry.descriptor]
            path = own
            return
        }
        guard activated.isEmpty else {
            try StartFailure.reporting(
                "the service manager's sockets are not listening Unix sockets",
                remedy: "check ListenStream= in \(unit)"
            ) { () throws(Errno) in
                for entry in activated {
                    guard try SocketOption.isListening(entry.descriptor) else { throw .invalidArgument }
                    // Before the first accept, so that every message says who sent it.
                    try SocketOption.setPassCredentials(true, on: entry.descriptor)
                    try DescriptorStatus.setNonBlocking(true, of: entry.descriptor)
                }
            }
            descriptors = activated.map(\.descriptor)
            path = nil
            return
        }
        guard let place else {
            descriptors = []
            path = nil
            return
        }
        let name = FilePath(place.value)
        do throws(Errno) {
            try Self.makeWay(at: name)
            let socket = try UnixSocket.listen(
                at: .path(name), mode: mode, backlog: Self.backlog, passCredentials: true)
            descriptors = [HeldDescriptor(socket)]
            path = name
        } catch .notSocket {
            throw StartFailure(
                message: "something other than a socket lies at '\(name)' (\(place.origin))",
                remedy: "move it away, or name another place with \(option)")
        } catch .addressInUse {
            throw StartFailure(
                message: "another process serves '\(name)' (\(place.origin))",
                remedy: "stop it, or name another place with \(option)")
        } catch {
            throw StartFailure(
                message: "cannot listen at '\(name)' (\(place.origin)): \(error)",
                remedy: "check the directory and who may write to it")
        }
    }

    private static func makeWay(at path: FilePath) throws(Errno) {
        switch try UnixSocket.state(ofPath: path) {
        case .absent: return
        case .stale:
            try SystemCall.retrying { path.withPlatformString { unlink($0) } }
        case .live: throw .addressInUse
        // Whatever it is, it is somebody's: it is not removed.
        case .occupied: throw .notSocket
        }
    }

    func remove() {
        guard let path else { return }
        _ = path.withPlatformString { unlink($0) }
    }
}

/// The sockets at which clients connect.
struct OwnSockets {
    let varlink: ListeningSocket
    /// For clients of s6; without descriptors where there is to be none.
    let s6: ListeningSocket

    init(
        _ settings: Settings, _ activated: ActivatedDescriptors, handed: [ActivationSockets.Entry]
    ) throws(StartFailure) {
        varlink = try ListeningSocket(
            at: settings.socket, mode: settings.socketMode.value, option: "--socket", activated: activated.listening,
            unit: "vaultd.socket", handed: handed)
        do throws(StartFailure) {
            s6 = try ListeningSocket(
                at: settings.s6Socket.value.map { Settings.Value(value: $0, origin: settings.s6Socket.origin) },
                mode: settings.s6SocketMode.value, option: "s6-socket.path", activated: activated.s6,
                unit: "vaultd-s6.socket", handed: handed)
        } catch {
            // What was handed over is the other daemon's still.
            if handed.isEmpty { varlink.remove() }
            throw error
        }
    }

    func remove() {
        varlink.remove()
        s6.remove()
    }
}

/// What the service manager handed over, by name: the broker's own sockets, and what an earlier run of the broker gave it
/// to keep (`FDSTORE=1` of sd_notify(3)).
struct ActivatedDescriptors {
    /// Where clients connect.
    let listening: [ActivationSockets.Entry]
    /// Where clients of s6 do: `FileDescriptorName=s6`.
    let s6: [ActivationSockets.Entry]
    let kept: KeptDescriptors

    /// `FileDescriptorName=` of the shipped socket is `vault`; that of one without a name is its unit's, and managers
    /// without names leave it `unknown`.
    init(_ entries: [ActivationSockets.Entry]) {
        func isOwnSocket(_ name: String) -> Bool {
            name == "vault" || name == "unknown" || (name.hasSuffix(".socket") && !KeptDescriptors.isName(name))
        }
        listening = entries.filter { isOwnSocket($0.name) }
        s6 = entries.filter { $0.name == "s6" }
        kept = KeptDescriptors(entries.filter { !isOwnSocket($0.name) && $0.name != "s6" })
    }
}
