// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import TerminalKit

/// Where the daemon's own places really are: found out once, at start, from paths that may be relative, lead through links,
/// or contain `.` and `..`. Everything later goes by these, and the opener keeps all others out of them.
struct StateLocation {
    /// The state directory, without any link on the way.
    let state: FilePath
    /// The sockets at which clients connect; each in its real directory.
    let sockets: [FilePath]
    /// What is kept from everybody as the state is: the sockets, and the log's key where it is a credential.
    var hidden: [FilePath] { sockets + (key.map { [$0] } ?? []) }
    private let key: FilePath?
    /// What gives authority to whoever writes it: the configuration file and the directory of policies. As they were
    /// named, since a link may be led elsewhere; absolute.
    let authority: [FilePath]

    /// - Parameter activated: what the service manager passed; those sockets are the daemon's too.
    init(_ settings: Settings, activated: [ActivationSockets.Entry]) throws(StartFailure) {
        state = FilePath(try Self.real(settings.state.value, "state directory", settings.state.origin))
        var sockets: [FilePath] = []
        for socket in settings.sockets {
            let (directory, name) = try Self.split(socket: socket)
            // It may be the service manager's alone, and its directory not there.
            let real = try? Self.real(directory, "socket's directory", socket.origin)
            let place = if let real { real } else { try Self.absolute(directory) }
            sockets.append(FilePath(place).appending(name))
        }
        for entry in activated {
            if case .path(let path) = try? SocketOption.localAddress(of: entry.descriptor), path.isAbsolute {
                sockets.append(path)
            }
        }
        if let path = settings.notifySocket.value?.path.value { sockets.append(FilePath(path)) }
        if case .path(let path, _) = settings.metricsSocket.value { sockets.append(FilePath(path)) }
        self.sockets = sockets
        key = Environment["CREDENTIALS_DIRECTORY"].map { FilePath($0).appending("log.key") }
            .flatMap { $0.isAbsolute ? $0 : nil }
        authority = try [settings.configurationFile.value, settings.policies.value].compactMap(\.self).map {
            path throws(StartFailure) in FilePath(try Self.absolute(path))
        }
    }

    /// The directory of a socket's path and the name in it; `.` where the path has no directory.
    static func split(socket: Settings.Value<String>) throws(StartFailure) -> (directory: String, name: String) {
        let slash = UInt8(ascii: "/")
        let bytes = Array(socket.value.utf8)
        let start = bytes.lastIndex(of: slash).map { $0 + 1 } ?? 0
        let name = String(decoding: bytes[start...], as: UTF8.self)
        guard !["", ".", ".."].contains(name) else {
            throw StartFailure(
                message: "'\(socket.value)' (\(socket.origin)) names no socket",
                remedy: "end it with the socket's name", isUsage: true)
        }
        let directory = bytes[..<start].reversed().drop { $0 == slash }.reversed()
        if directory.isEmpty { return (start == 0 ? "." : "/", name) }
        return (String(decoding: directory, as: UTF8.self), name)
    }

    private static func real(_ path: String, _ what: String, _ origin: String) throws(StartFailure) -> String {
        let found = try StartFailure.reporting(
            "cannot find the \(what) '\(path)' (\(origin))", remedy: "make the directory, or name another place"
        ) { () throws(Errno) in try FilePath(path).resolved() }
        guard let text = String(validating: found) else {
            throw StartFailure(
                message: "the \(what) '\(path)' (\(origin)) lies at a path that is not UTF-8",
                remedy: "name another place", isUsage: true)
        }
        return text
    }

    static func absolute(_ path: String) throws(StartFailure) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        let directory = try real(".", "working directory", "started there")
        return directory == "/" ? "/\(path)" : "\(directory)/\(path)"
    }
}
