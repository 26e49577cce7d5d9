// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// The places whose content decides who gets what: the state directory, the configuration, the policies. Whoever else may
/// write there is an administrator, whatever the rules say.
struct TrustedPlaces: Sendable {
    /// Nobody but the broker's user enters it.
    let state: String
    /// A file, or a directory with all that lies in it.
    let readFrom: [String]
    /// Root, the owner of the vault, and the broker's user.
    let owners: Set<UInt32>

    init(_ configuration: BrokerConfiguration) {
        state = configuration.stateDirectory
        readFrom = [configuration.configurationFile, configuration.policyDirectory].compactMap { $0 }
        owners = [0, configuration.ownerUID, geteuid()]
    }

    /// What others may write or, of the state, read. Blocks: for a thread that may wait for a file system.
    func problems() -> [StatusProblem] {
        stateProblems + readFrom.flatMap(problems(with:))
    }

    private var stateProblems: [StatusProblem] {
        guard let status = try? FileStatus(ofPath: FilePath(state)) else {
            return [.init("the state directory \(state) is gone", remedy: "put it back, and start the broker again")]
        }
        if status.uid != geteuid() {
            return [
                .init(
                    "the state directory \(state) belongs to uid \(status.uid), and the broker is uid \(geteuid())",
                    remedy: "chown -R \(geteuid()) \(state)")
            ]
        }
        guard status.permissions & 0o077 != 0 else { return above(state) }
        return [
            .init(
                "others may enter the state directory \(state) (mode \(Self.octal(status))): the log and its key lie there",
                remedy: "chmod 0700 \(state)")
        ]
    }

    private func problems(with path: String) -> [StatusProblem] {
        guard let status = try? FileStatus(ofPath: FilePath(path)) else { return [] }
        var found = [objection(to: path, status)].compactMap { $0 }
        if status.kind == .directory {
            found += names(in: path).compactMap { name in
                let file = path + "/" + name
                return (try? FileStatus(ofPath: FilePath(file))).flatMap { objection(to: file, $0) }
            }
        }
        return found + above(path)
    }

    /// The directories above: whoever may write there can put another in the place of the next one. The sticky bit
    /// prevents that.
    private func above(_ path: String) -> [StatusProblem] {
        guard var directory = try? FilePath(path).resolved() else { return [] }
        var found: [StatusProblem] = []
        while directory.removeLastComponent() {
            guard let status = try? FileStatus(ofPath: directory) else { continue }
            if status.permissions & UInt32(S_ISVTX) != 0, owners.contains(status.uid) { continue }
            if let problem = objection(to: directory.string, status) { found.append(problem) }
        }
        return found
    }

    private func objection(to path: String, _ status: FileStatus) -> StatusProblem? {
        guard owners.contains(status.uid) else {
            return .init(
                "\(path) belongs to uid \(status.uid), who can so change what is permitted",
                remedy: "chown root \(path)")
        }
        // A group that is root's or the owner's own has nobody else in it.
        let groupMayWrite = status.permissions & 0o020 != 0 && status.gid != 0 && status.gid != status.uid
        guard groupMayWrite || status.permissions & 0o002 != 0 else { return nil }
        return .init(
            "others may write \(path) (mode \(Self.octal(status))), and so change what is permitted",
            remedy: "chmod go-w \(path)")
    }

    private func names(in directory: String) -> [String] {
        ((try? FilePath(directory).entryNames()) ?? []).map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    private static func octal(_ status: FileStatus) -> String {
        let digits = String(status.permissions, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
