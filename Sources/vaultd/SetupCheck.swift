// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import TerminalKit

/// What `vaultd --check` finds of owners and modes: directories and files of the set-up that belong to somebody else, or
/// that others may write to.
struct SetupCheck {
    let settings: Settings

    struct Finding: Equatable {
        let message: String
        let remedy: String
        /// Whether the daemon would not do what the settings say.
        var isError = true

        func report() {
            StandardOutput.writeErrorLine(
                "vaultd: \(isError ? "" : "warning: ")\(message.escaped)\nTry: \(remedy.escaped)")
        }
    }

    func findings() -> [Finding] {
        guard let broker else {
            // To whom the rest should belong nobody knows before.
            return [
                Finding(
                    message: RunAsUser.missing(settings.runAs),
                    remedy: RunAsUser.remedy(forMissing: settings.runAs.value ?? ""))
            ] + configuration
        }
        return configuration + state(of: broker) + socketDirectory(of: broker) + policies(of: broker)
    }

    /// nil: there is no such user.
    private var broker: UInt32? {
        guard let name = settings.runAs.value else { return geteuid() }
        return getpwnam(name)?.pointee.pw_uid
    }

    /// Root, or whoever runs this: to whom the settings and the policies may belong.
    private var trusted: Set<UInt32> { [0, geteuid(), settings.owner] }

    private var configuration: [Finding] {
        guard let path = settings.configurationFile.value else { return [] }
        let directory = FilePath(path).removingLastComponent().string
        return [
            checked(path, "the configuration", owners: trusted),
            checked(directory.isEmpty ? "." : directory, "the directory of the configuration", owners: trusted),
        ].compactMap { $0 }
    }

    private func policies(of broker: UInt32) -> [Finding] {
        guard let path = settings.policies.value else { return [] }
        var paths = [path]
        for name in Self.names(in: path) where name.utf8.suffix(5).elementsEqual(".yaml".utf8) {
            paths.append("\(path)/\(name)")
        }
        return paths.compactMap { checked($0, "the policy", owners: trusted.union([broker])) }
    }

    private func state(of broker: UInt32) -> [Finding] {
        let path = settings.state.value
        var status = stat()
        guard stat(path, &status) == 0 else { return [] }
        // A daemon that root starts gives what is root's to the user of run-as.
        let owners: Set<UInt32> = geteuid() == 0 ? [broker, 0] : [broker]
        if let finding = checked(path, "the state (\(settings.state.origin))", owners: owners) { return [finding] }
        guard status.st_mode & 0o077 == 0 else {
            return [
                Finding(
                    message: "the state '\(path)' (\(settings.state.origin)) may be entered by others than its owner",
                    remedy: "chmod 700 '\(path)'", isError: false)
            ]
        }
        return []
    }

    private func socketDirectory(of broker: UInt32) -> [Finding] {
        settings.sockets.compactMap { socket in
            let directory = FilePath(socket.value).removingLastComponent().string
            let path = directory.isEmpty ? "." : directory
            return checked(path, "the directory of the socket", owners: trusted.union([broker]))
        }
    }

    /// What is not there is made by the start, or reported by whoever needs it.
    private func checked(_ path: String, _ what: String, owners: Set<UInt32>) -> Finding? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard owners.contains(status.st_uid) else {
            let owner = owners.min().map { "\($0)" } ?? "root"
            return Finding(
                message: "\(what): '\(path)' belongs to uid \(status.st_uid)", remedy: "chown \(owner) '\(path)'")
        }
        // In a sticky directory nobody takes away or replaces what is another's.
        guard status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0 else {
            return Finding(
                message: "\(what): '\(path)' may be written by others than its owner", remedy: "chmod go-w '\(path)'")
        }
        return nil
    }

    private static func names(in path: String) -> [String] {
        ((try? FilePath(path).entryNames()) ?? []).map { String(decoding: $0, as: UTF8.self) }.sorted()
    }
}
