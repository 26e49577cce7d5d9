// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// Paths that can mean nothing, or that the system cannot take: told before anything is made, by the option that gave them.
extension Settings {
    /// `PATH_MAX` and `NAME_MAX` of Linux, without a NUL.
    private static let (longestPath, longestName) = (4095, 255)
    /// What `sun_path` takes, without a NUL.
    private static let longestSocket = 107
    /// SQLite takes no path of more than 512 bytes; its files lie in the directory, with names of up to 20.
    private static let longestState = 490

    func checkPaths() throws(StartFailure) {
        try Self.checkSocket(socket, "--socket")
        let others = [
            (s6Socket, "s6-socket.path", "that for s6"),
            (credentialsSocket, "credentials-socket.path", "that for credentials"),
        ]
        var taken = [(path: socket.value, what: "the socket (\(socket.origin))")]
        for (setting, option, what) in others {
            guard let path = setting.value else { continue }
            try Self.checkSocket(Value(value: path, origin: setting.origin), option)
            if let other = taken.first(where: { $0.path == path }) {
                throw StartFailure(
                    message: "'\(path)' is to be \(other.what) and \(what) (\(setting.origin))",
                    remedy: "name another one as \(option)", isUsage: true)
            }
            taken.append((path, "\(what) (\(setting.origin))"))
        }
        if let path = flags.openerSocket {
            let opener = Value(value: path, origin: "--opener-socket")
            try Self.checkSocket(opener, "--opener-socket")
            try Self.checkKind(opener, "socket") { $0 == .socket }
        }
        try Self.checkDirectory(state, "--state")
        try Self.checkKind(state, "directory") { $0 == .directory }
        try checkLengthOfState()
        if let path = policies.value {
            try Self.checkDirectory(Value(value: path, origin: policies.origin), "--policies")
        }
    }

    /// Before the file is read.
    static func checkConfiguration(_ path: Value<String?>) throws(StartFailure) {
        guard let value = path.value else { return }
        try checkLength(Value(value: value, origin: path.origin), "a file", "--config")
    }

    private static func checkSocket(_ socket: Value<String>, _ option: String) throws(StartFailure) {
        _ = try StateLocation.split(socket: socket)
        let count = socket.value.utf8.count
        guard count <= longestSocket else {
            throw StartFailure(
                message:
                    "the path of the socket '\(socket.value)' (\(socket.origin)) has \(count) bytes, and a Unix socket's at most "
                    + "\(longestSocket)",
                remedy: "name a shorter one with \(option)", isUsage: true)
        }
    }

    private static func checkDirectory(_ directory: Value<String>, _ option: String) throws(StartFailure) {
        try checkLength(directory, "a directory", option)
    }

    private static func checkLength(_ path: Value<String>, _ what: String, _ option: String) throws(StartFailure) {
        guard !path.value.isEmpty else {
            throw StartFailure(
                message: "'' (\(path.origin)) does not name \(what)", remedy: "name one, or leave \(path.origin) out",
                isUsage: true)
        }
        let names = path.value.utf8.split(separator: UInt8(ascii: "/"))
        guard path.value.utf8.count <= longestPath, names.allSatisfy({ $0.count <= longestName }) else {
            throw StartFailure(
                message: "the path '\(path.value)' (\(path.origin)) is longer than a path or a name in it can be",
                remedy: "name a shorter one with \(option)", isUsage: true)
        }
    }

    /// What is there already is of this kind; what is not there is made, or waited for.
    private static func checkKind(
        _ path: Value<String>, _ what: String, _ isRight: (FileKind) -> Bool
    ) throws(StartFailure) {
        guard let status = try? FileStatus(ofPath: FilePath(path.value)), !isRight(status.kind) else { return }
        throw StartFailure(
            message: "'\(path.value)' (\(path.origin)) is no \(what)", remedy: "name another place", isUsage: true)
    }

    private func checkLengthOfState() throws(StartFailure) {
        let path =
            (try? FilePath(state.value).resolved()).map { $0.string } ?? Self.fromHere(state.value) ?? state.value
        guard path.utf8.count > Self.longestState else { return }
        throw StartFailure(
            message:
                "the path of the state '\(path)' (\(state.origin)) has \(path.utf8.count) bytes, and its database takes at most "
                + "\(Self.longestState)",
            remedy: "name a shorter one with --state", isUsage: true)
    }
}
