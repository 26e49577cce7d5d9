// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// Makes the directories of state and socket, and gives that of the state to the user as whom the broker runs.
struct Directories {
    private let settings: Settings
    private let user: RunAsUser?

    init(_ settings: Settings, _ user: RunAsUser?) {
        self.settings = settings
        self.user = user
    }

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
        let owner: UInt32
        do throws(Errno) {
            let directory = try OwnedDescriptor.open(FilePath(path), flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            owner = try FileStatus(of: directory).uid
            if owner == 0 { try SystemCall.retrying(on: directory) { fchown($0, user.uid, user.gid) } }
        } catch {
            throw StartFailure(
                message: "cannot give '\(path)' to \(user.name) (run-as): \(error)",
                remedy: "name a directory that is no symbolic link as the state")
        }
        guard owner == 0 || owner == user.uid else {
            throw StartFailure(
                message: "'\(path)' belongs to uid \(owner), and vaultd goes on as \(user.name) (run-as)",
                remedy: "chown -R \(user.name): '\(path)', or name another directory as the state")
        }
    }

    private func make(directory path: String, mode: UInt32, _ origin: String) throws(StartFailure) {
        do throws(Errno) {
            try FilePath(path).makeDirectory(mode: mode)
        } catch {
            throw StartFailure(
                message: "cannot make '\(path)' (\(origin)): \(error)",
                remedy: "make the directory, or name another place")
        }
    }
}
