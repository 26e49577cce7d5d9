// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage

/// The state directory and its file system, and what `vaultd --check` finds in the settings and the policies.
struct PlaceCheck {
    let state: String
    let isTheSystems: Bool

    /// The log sets 16 MiB aside, and stops where there is not more.
    private static let littleRoom: UInt64 = 64 << 20
    private static let fewFiles: UInt64 = 64

    func findings() -> [Finding] { directory + room + (isTheSystems && geteuid() == 0 ? settings : []) }

    private var directory: [Finding] {
        do throws(Errno) {
            let status = try FileStatus(ofPath: FilePath(state))
            guard status.kind == .directory else {
                return [
                    Finding(
                        "places", .failed, "the state \(state) is no directory", try: "move it away, and start vaultd")
                ]
            }
            guard status.permissions & 0o077 == 0 else {
                return [
                    Finding("places", "others may enter the state directory \(state)", try: "chmod 0700 \(state)")
                ]
            }
            return []
        } catch .noSuchFileOrDirectory {
            let remedy = isTheSystems ? "systemd-tmpfiles --create vaultd.conf" : "start vaultd, which makes it"
            return [Finding("places", "there is no state directory \(state)", try: remedy)]
        } catch {
            return [Finding(unseen: "places", "the state \(state): \(error)", try: "ls -ld \(state)")]
        }
    }

    private var room: [Finding] {
        var status = statvfs()
        do throws(Errno) {
            try SystemCall.retrying { statvfs(state, &status) }
        } catch .noSuchFileOrDirectory {
            return []
        } catch {
            return [Finding(unseen: "places", "the room for \(state): \(error)", try: "df -h \(state)")]
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        var findings: [Finding] = []
        if free < Self.littleRoom {
            findings.append(
                Finding(
                    "places", "\(free >> 20) MiB are free where the log lies: with less than 16 nothing is granted",
                    try: "make room for \(state) (df -h \(state))"))
        }
        if status.f_files > 0, UInt64(status.f_favail) < Self.fewFiles {
            findings.append(
                Finding(
                    "places", "the file system of the log has room for \(status.f_favail) more files",
                    try: "remove files there (df -i \(state))"))
        }
        if status.f_flag & UInt(ST_RDONLY) != 0 {
            findings.append(
                Finding(
                    "places", .failed, "the file system of the log is read-only",
                    try: "mount it for writing (findmnt -T \(state))"))
        }
        return findings
    }

    /// Of the system's daemon; how another one was started nobody knows.
    private var settings: [Finding] {
        guard let program = Self.daemon else {
            return [Finding("settings", "there is no vaultd beside vault", try: "make install")]
        }
        return Self.settings(by: program)
    }

    /// What `PROGRAM --system --check` says.
    static func settings(by program: FilePath) -> [Finding] {
        do {
            let errors = try OwnedDescriptor.pipe()
            let sink = HeldDescriptor(try OwnedDescriptor.open("/dev/null", flags: O_WRONLY))
            let child = try ChildProcess.spawn(
                program, arguments: ["vaultd", "--system", "--check"],
                passing: [(HeldDescriptor(errors.writer), STDERR_FILENO), (sink, STDOUT_FILENO)])
            let bytes = try errors.reader.readAll()
            let status = try child.wait()
            let said = String(decoding: bytes, as: UTF8.self)
            let findings = findings(in: said)
            if status.isSuccess || findings.contains(where: { $0.severity != .note }) { return findings }
            let end =
                switch status {
                case .exited(let code): "ended with status \(code)"
                case .killed(let signal, _): "was killed by signal \(signal)"
                }
            let line = said.split(at: "\n", omittingEmpty: true).first.map { ": \($0)" } ?? ""
            return findings + [
                Finding(
                    unseen: "settings", "the settings and policies: \(program) \(end)\(line)",
                    try: "\(program) --system --check")
            ]
        } catch {
            return [Finding("settings", "\(program) cannot be run: \(error)", try: "make install")]
        }
    }

    /// `vaultd: WHAT` with `Try: REMEDY`, or `PLACE: WHAT` with the line that it is about, a caret below it, and `  REMEDY`.
    static func findings(in text: String) -> [Finding] {
        var findings: [Finding] = []
        var what: String?
        for line in text.split(at: "\n", omittingEmpty: true).map(String.init) {
            let isRemedy = line.hasPrefix("Try: ") || line.hasPrefix("  ") && !line.hasPrefix("    ")
            if isRemedy, let said = what {
                what = nil
                let isWarning = said.hasPrefix("warning: ") || said.contains(": warning: ")
                let remedy = line.hasPrefix("Try: ") ? line.dropFirst(5) : line.dropFirst(2)
                findings.append(Finding("settings", isWarning ? .note : .problem, said, try: String(remedy)))
            } else if !line.hasPrefix(" ") {
                what = line.hasPrefix("vaultd: ") ? String(line.dropFirst(8)) : line
            }
        }
        return findings
    }

    private static var daemon: FilePath? {
        let directory = (try? FilePath.ofOwnProgram().string) ?? "."
        let candidates = ["\(directory)/../sbin/vaultd", "\(directory)/vaultd"]
        return candidates.first { access($0, X_OK) == 0 }.map { FilePath($0) }
    }
}
