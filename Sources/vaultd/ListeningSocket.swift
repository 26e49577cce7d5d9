// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultBroker
import VaultModel

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

    static func makeWay(at path: FilePath, type: SocketType = .stream) throws(Errno) {
        switch try UnixSocket.state(ofPath: path, type: type) {
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
    /// For service managers that read credentials; without descriptors where there is to be none.
    let credentials: ListeningSocket
    /// For services that store descriptors; nil: there is to be none.
    let store: StoreListening?
    /// Where numbers are collected.
    let metrics: MetricsListening

    init(
        _ settings: Settings, _ activated: ActivatedDescriptors, handed: [ActivationSockets.Entry]
    ) throws(StartFailure) {
        varlink = try ListeningSocket(
            at: settings.socket, mode: settings.socketMode.value, option: "--socket", activated: activated.listening,
            unit: "vaultd.socket", handed: handed)
        var made = [varlink]
        do throws(StartFailure) {
            s6 = try Self.listen(
                settings.s6Socket, settings.s6SocketMode, "s6-socket.path", activated.s6, "vaultd-s6.socket", handed)
            made.append(s6)
            credentials = try Self.listen(
                settings.credentialsSocket, settings.credentialsSocketMode, "credentials-socket.path",
                activated.credentials, "vaultd-credentials.socket", handed)
            made.append(credentials)
            store = try StoreListening(settings, activated: activated.stores, handed: handed)
        } catch {
            // What was handed over is the other daemon's still.
            if handed.isEmpty { for socket in made { socket.remove() } }
            throw error
        }
        do throws(StartFailure) {
            metrics = try MetricsListening(settings, activated: activated.metrics, handed: handed)
        } catch {
            if handed.isEmpty {
                for socket in made { socket.remove() }
                store?.remove()
            }
            throw error
        }
    }

    private static func listen(
        _ place: Settings.Value<String?>, _ mode: Settings.Value<UInt32>, _ option: String,
        _ activated: [ActivationSockets.Entry], _ unit: String, _ handed: [ActivationSockets.Entry]
    ) throws(StartFailure) -> ListeningSocket {
        try ListeningSocket(
            at: place.value.map { Settings.Value(value: $0, origin: place.origin) }, mode: mode.value, option: option,
            activated: activated, unit: unit, handed: handed)
    }

    func remove() {
        varlink.remove()
        s6.remove()
        credentials.remove()
        store?.remove()
        metrics.remove()
    }
}

/// The broker's datagram socket for services that store descriptors: handed over by the service manager, or made here, likewise.
struct StoreListening {
    let socket: HeldDescriptor
    let names: StoreNames
    private let path: FilePath?

    /// nil where `vaultd.yaml` asks for none.
    /// - Parameters:
    ///   - activated: the service manager's.
    ///   - handed: that of the daemon that was taken over from; at another place than the settings name it is not served any more.
    init?(
        _ settings: Settings, activated: [ActivationSockets.Entry], handed: [ActivationSockets.Entry] = []
    ) throws(StartFailure) {
        guard let setting = settings.notifySocket.value else {
            guard activated.isEmpty else {
                throw StartFailure(
                    message: "the service manager passed a datagram socket, and vaultd.yaml has no notify-socket",
                    remedy: "say in vaultd.yaml how what is stored there is called, or take ListenDatagram= away",
                    isUsage: true)
            }
            return nil
        }
        names = setting.prefix.value
        let name = FilePath(setting.path.value)
        if let entry = handed.first(where: { (try? SocketOption.localAddress(of: $0.descriptor)) == .path(name) }) {
            socket = entry.descriptor
            path = name
            return
        }
        do throws(Errno) {
            if let entry = activated.first {
                try SocketOption.setPassCredentials(true, on: entry.descriptor)
                try SocketOption.setPassProcessDescriptors(true, on: entry.descriptor)
                try DescriptorStatus.setNonBlocking(true, of: entry.descriptor)
                socket = entry.descriptor
                path = nil
            } else {
                try ListeningSocket.makeWay(at: name, type: .datagram)
                socket = HeldDescriptor(
                    try UnixSocket.bind(
                        to: .path(name), type: .datagram, mode: setting.mode?.value ?? 0o666, nonBlocking: true,
                        passSender: true))
                path = name
            }
        } catch {
            throw StartFailure(
                message: "cannot make the notify-socket '\(name)' (\(settings.notifySocket.origin)): \(error)",
                remedy: "check the directory, who may write to it, and what lies there")
        }
    }

    func remove() {
        guard let path else { return }
        _ = path.withPlatformString { unlink($0) }
    }
}

/// What the service manager handed over, by name: the broker's own sockets, and what an earlier run of the broker gave it
/// to keep (`FDSTORE=1` of sd_notify(3)).
struct ActivatedDescriptors {
    /// Where clients connect.
    let listening: [ActivationSockets.Entry]
    /// Where clients of s6 do: `FileDescriptorName=s6`.
    let s6: [ActivationSockets.Entry]
    /// Where service managers read credentials: `FileDescriptorName=credentials`.
    let credentials: [ActivationSockets.Entry]
    /// Where services store descriptors.
    let stores: [ActivationSockets.Entry]
    /// Where numbers are collected: `FileDescriptorName=metrics`.
    let metrics: [ActivationSockets.Entry]
    let kept: KeptDescriptors

    /// `FileDescriptorName=` of the shipped socket is `vault`; that of one without a name is its unit's, and managers
    /// without names leave it `unknown`.
    init(_ entries: [ActivationSockets.Entry]) {
        func isOwnSocket(_ name: String) -> Bool {
            name == "vault" || name == "unknown" || (name.hasSuffix(".socket") && !KeptDescriptors.isName(name))
        }
        func isDatagram(_ entry: ActivationSockets.Entry) -> Bool {
            (try? SocketOption.type(of: entry.descriptor)) == .datagram
        }
        listening = entries.filter { isOwnSocket($0.name) && !isDatagram($0) }
        stores = entries.filter { isOwnSocket($0.name) && isDatagram($0) }
        s6 = entries.filter { $0.name == "s6" }
        credentials = entries.filter { $0.name == "credentials" }
        metrics = entries.filter { $0.name == "metrics" }
        let others = ["s6", "credentials", "metrics"]
        kept = KeptDescriptors(entries.filter { !isOwnSocket($0.name) && !others.contains($0.name) })
    }

    /// All at which somebody connects.
    var sockets: [ActivationSockets.Entry] { listening + s6 + credentials + metrics }
}

extension Settings {
    /// The places of the sockets that the service manager has not handed over.
    func sockets(notIn activated: ActivatedDescriptors) -> [Value<String>] {
        let all = [
            (Value<String?>(value: socket.value, origin: socket.origin), activated.listening), (s6Socket, activated.s6),
            (credentialsSocket, activated.credentials),
        ]
        return all.compactMap { place, handed in
            handed.isEmpty ? place.value.map { Value(value: $0, origin: place.origin) } : nil
        }
    }
}
