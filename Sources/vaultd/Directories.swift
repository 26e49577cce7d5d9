// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Makes the directories of state and socket, and gives them to the user as whom the broker runs.
struct Directories {
    private let settings: Settings
    private let user: RunAsUser?

    init(_ settings: Settings, _ user: RunAsUser?) {
        self.settings = settings
        self.user = user
    }

    /// - Parameter makesSocket: the socket is made here, not by the service manager.
    func prepare(makesSocket: Bool) throws(StartFailure) {
        try prepare(settings.state.value, mode: 0o700, origin: settings.state.origin)
        guard makesSocket else { return }
        let socket = settings.socket.value
        guard let slash = socket.lastIndex(of: "/") else { return }
        let directory = slash == socket.startIndex ? "/" : String(socket[..<slash])
        try prepare(directory, mode: 0o755, origin: settings.socket.origin)
    }

    /// An existing directory stays as it is, but for its owner where that is root and the broker is not.
    private func prepare(_ path: String, mode: mode_t, origin: String) throws(StartFailure) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw StartFailure(
                    message: "'\(path)' (\(origin)) is no directory", remedy: "name another place", isUsage: true)
            }
            guard let user, status.st_uid != user.uid, mode == 0o700 else { return }
            return try give(path, to: user)
        }
        try makeParents(of: path, origin)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw failure("make", path, origin) }
        if let user { try give(path, to: user) }
    }

    private func makeParents(of path: String, _ origin: String) throws(StartFailure) {
        var parent = ""
        for component in path.split(separator: "/").dropLast() {
            parent += (parent.isEmpty && !path.hasPrefix("/") ? "" : "/") + component
            guard mkdir(parent, 0o755) == 0 || errno == EEXIST else { throw failure("make", parent, origin) }
        }
    }

    private func give(_ path: String, to user: RunAsUser) throws(StartFailure) {
        guard chown(path, user.uid, user.gid) == 0 else { throw failure("give to \(user.name)", path, "run-as") }
    }

    private func failure(_ verb: String, _ path: String, _ origin: String) -> StartFailure {
        StartFailure(
            message: "cannot \(verb) '\(path)' (\(origin)): \(String(cString: strerror(errno)))",
            remedy: "make the directory, or name another place")
    }
}
