// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
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
        let (directory, name) = try Self.split(socket: settings.socket)
        // It may be the service manager's alone, and its directory not there.
        let real = try? Self.real(directory, "socket's directory", settings.socket.origin)
        let place = if let real { real } else { try Self.absolute(directory) }
        var sockets = [FilePath(place).appending(name)]
        for entry in activated {
            if case .path(let path) = try? SocketOption.localAddress(of: entry.descriptor), path.isAbsolute {
                sockets.append(path)
            }
        }
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

    private static func absolute(_ path: String) throws(StartFailure) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        let directory = try real(".", "working directory", "started there")
        return directory == "/" ? "/\(path)" : "\(directory)/\(path)"
    }
}

/// Makes the directories of state and socket, and gives that of the state to the user as whom the broker runs.
struct Directories {
    let settings: Settings
    let user: RunAsUser?

    /// - Parameter makesSocket: the socket is made here, not by the service manager. Its directory stays this process's
    ///   own: who may write there could put another socket in the place of the broker's.
    func prepare(makesSocket: Bool) throws(StartFailure) {
        try make(settings.state.value, mode: 0o700, origin: settings.state.origin)
        if let user { try give(settings.state.value, to: user) }
        guard makesSocket else { return }
        let (directory, _) = try StateLocation.split(socket: settings.socket)
        if directory != "." { try make(directory, mode: 0o755, origin: settings.socket.origin) }
    }

    /// An existing directory stays as it is.
    private func make(_ path: String, mode: UInt32, origin: String) throws(StartFailure) {
        if let status = try? FileStatus(ofPath: FilePath(path)) {
            guard status.kind == .directory else {
                throw StartFailure(
                    message: "'\(path)' (\(origin)) is no directory", remedy: "name another place", isUsage: true)
            }
            return
        }
        try makeParents(of: path, origin)
        try make(directory: path, mode: mode, origin)
    }

    private func makeParents(of path: String, _ origin: String) throws(StartFailure) {
        var parent = ""
        for component in path.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
            parent += (parent.isEmpty && path.utf8.first != UInt8(ascii: "/") ? "" : "/") + String(Substring(component))
            try make(directory: parent, mode: 0o755, origin)
        }
    }

    /// Through no link: what it leads to may be somebody else's. And only what is root's: another owner is for the
    /// administrator to explain.
    private func give(_ path: String, to user: RunAsUser) throws(StartFailure) {
        let owner = try StartFailure.reporting(
            "cannot give '\(path)' to \(user.name) (run-as)",
            remedy: "name a directory that is no symbolic link as the state"
        ) { () throws(Errno) in
            let directory = try OwnedDescriptor.open(FilePath(path), flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            let owner = try FileStatus(of: directory).uid
            if owner == 0 { try SystemCall.retrying(on: directory) { fchown($0, user.uid, user.gid) } }
            return owner
        }
        guard owner == 0 || owner == user.uid else {
            throw StartFailure(
                message: "'\(path)' belongs to uid \(owner), and vaultd goes on as \(user.name) (run-as)",
                remedy: "chown -R \(user.name): '\(path)', or name another directory as the state")
        }
    }

    private func make(directory path: String, mode: UInt32, _ origin: String) throws(StartFailure) {
        let remedy = "make the directory, or name another place"
        _ = try StartFailure.reporting("cannot make '\(path)' (\(origin))", remedy: remedy) { () throws(Errno) in
            try FilePath(path).makeDirectory(mode: mode)
        }
    }
}
