// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// The socket itself: whether it is there, and whether others could put one of their own in its place.
struct SocketCheck {
    let path: String
    /// Who starts the broker that is to be there, for what to try.
    let isTheSystems: Bool

    private var start: String {
        isTheSystems
            ? "systemctl start vaultd.socket" : "start vaultd with --socket '\(path)', or name another with --socket"
    }

    func findings() -> [Finding] {
        // An abstract name belongs to nobody.
        guard path.utf8.first != UInt8(ascii: "@") else { return [] }
        let place = FilePath(path)
        let directory = place.removingLastComponent()
        var findings: [Finding] = []
        let status: FileStatus
        do throws(Errno) {
            status = try FileStatus(ofPath: place)
        } catch .permissionDenied {
            return [Finding("socket", Failure(.unavailable(path: path, .permissionDenied)))]
        } catch {
            return [Finding("socket", .failed, "there is no socket at \(path): \(error)", try: start)]
                + above(directory, trusting: nil)
        }
        // The directory of another broker is its user's.
        let owner = (try? FileStatus(ofPath: directory.isEmpty ? "." : directory))?.uid ?? 0
        findings += above(directory, trusting: isTheSystems ? [0] : [0, geteuid(), status.uid, owner])
        guard status.kind == .socket else {
            return [
                Finding(
                    "socket", .failed, "\(path) is no socket", try: "see what it is (ls -l), move it away; \(start)")
            ] + findings
        }
        if isTheSystems, status.uid != 0 {
            findings.append(
                Finding(
                    "socket", "\(path) belongs to uid \(status.uid), and not to root",
                    try: "fuser -v \(path), which tells who serves there; systemctl restart vaultd.socket"))
        }
        if status.permissions & 0o222 != 0o222 {
            let mode = String(status.permissions, radix: 8)
            findings.append(
                Finding(
                    "socket", .note,
                    "not everybody may connect to \(path) (mode 0\(mode)): rules decide only about who may",
                    try: "SocketMode=0666 in vaultd.socket, or socket: { mode: \"0666\" } in vaultd.yaml"))
        }
        return findings
    }

    /// Whoever may write a directory on the way can serve in the broker's place.
    /// - Parameter owners: who may own one; nil where that is not known.
    private func above(_ directory: FilePath, trusting owners: Set<UInt32>?) -> [Finding] {
        // Links on the way lie in directories of their own, and lead to others.
        var places = Self.directories(to: directory)
        if let resolved = try? directory.resolved() {
            places += Self.directories(to: resolved).filter { !places.contains($0) }
        }
        return places.compactMap { place in
            do throws(Errno) {
                let status = try FileStatus(ofPath: place)
                if let owners, !owners.contains(status.uid) {
                    return Finding(
                        "socket",
                        "\(place) belongs to uid \(status.uid), who can put a socket in the place of the broker's",
                        try: "chown root \(place)")
                }
                guard status.permissions & 0o022 != 0, status.permissions & 0o1000 == 0 else { return nil }
                return Finding(
                    "socket", "others may write \(place), and so put a socket of theirs in the place of the broker's",
                    try: "chmod go-w \(place)")
            } catch .noSuchFileOrDirectory {
                return nil
            } catch {
                return Finding(unseen: "socket", "who may write \(place): \(error)", try: "ls -ld \(place)")
            }
        }
    }

    /// It and those that it lies in.
    private static func directories(to directory: FilePath) -> [FilePath] {
        var place = directory.isEmpty ? "." : directory
        var all = [place]
        while place.removeLastComponent(), !place.isEmpty { all.append(place) }
        return all
    }
}
