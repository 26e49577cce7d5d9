// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// A reload while the log cannot be written: it is refused and says so, nothing of it is half in force, and it works when the
/// disk is well again.
@Suite(.serialized) struct ReloadOnFailingDiskTests {
    /// What the policy makes, by name: of the old files, and of the new.
    private static let old: Set = ["files/old", "reader-opens-old"]
    private static let new: Set = ["files/new", "reader-opens-new", "reader-lists"]

    private static func policy(_ name: String, more: String = "") -> String {
        """
        vault: 1
        capabilities: [{ name: files/\(name), file: { path: "@DIRECTORY@/secret.txt" } }]
        rules:
          - { id: reader-opens-\(name), permit: [open], capability: files/\(name), to: { uid: \(StandardVault.reader) } }
        \(more)
        """
    }

    private static let more =
        "  - { id: reader-lists, permit: [list], capability: '**', to: { uid: \(StandardVault.reader) } }\n"

    private static var options: Daemon.Options {
        var options = StandardVault.options
        options.policies = ["p.yaml": policy("old")]
        return options
    }

    private func open(_ daemon: Daemon, _ name: String) async throws -> CommandResult {
        try await daemon.vault("cat", "files/\(name)", uid: StandardVault.otherUser)
    }

    /// The names of all rules and capabilities that come from files.
    private func names(_ daemon: Daemon) async throws -> Set<String> {
        var names: Set<String> = []
        for (verb, key) in [("list", "name"), ("rules", "id")] {
            let result = try await daemon.vault(verb, "--output", "jsonl")
            #expect(result.status.isSuccess, "\(result.errorText)")
            for line in result.text.split(separator: "\n") {
                let value = try JSONValue(parsing: String(line))
                if value["origin"]?.string != "bootstrap", let name = value[key]?.string { names.insert(name) }
            }
        }
        return names
    }

    /// Changes the policy directory and has it read again, which cannot be recorded.
    private func reloadInVain(_ daemon: Daemon) async throws {
        try daemon.writePolicy(Self.policy("new", more: Self.more), to: "p.yaml")
        for _ in 0..<2 {
            let reload = try await daemon.vault("reload")
            #expect(reload.status == .exited(3), "\(reload.text)\(reload.errorText)")
            let lines = reload.errorText.split(separator: "\n")
            #expect(lines.count == 2 && lines.last?.hasPrefix("Try: ") == true, "\(reload.errorText)")
            #expect(reload.text.isEmpty, "\(reload.text)")
            #expect(try await names(daemon) == Self.old)
        }
        // By a signal nobody is answered; the log says it.
        try daemon.signal(SIGHUP)
        try await waitUntil("the daemon to say it") {
            daemon.log.contains("nothing was reloaded: the log cannot be written")
        }
        #expect(try await names(daemon) == Self.old)
        let status = try await daemon.vault("status").text
        #expect(status.contains("cannot be written"), "\(status)")
        #expect(try await open(daemon, "new").status != .exited(0))
    }

    /// The disk is well: what is in force is one policy as a whole, and a reload makes it the new one.
    private func reloadAgain(_ daemon: Daemon) async throws {
        // A change whose commit failed may turn out to be stored.
        var found: Set<String> = []
        try await waitUntil("the log to be written again", limit: .seconds(20)) {
            found = try await names(daemon)
            return try await open(daemon, found == Self.new ? "new" : "old").text == StandardVault.secret
        }
        #expect([Self.old, Self.new].contains(found), "\(found)")
        let failed = try await daemon.vault("status").text
        #expect(
            failed.contains("the last reload failed") && failed.contains("Try: mend it, then vault reload"), "\(failed)"
        )
        // It says no more than what is so.
        #expect(failed.contains("the policy before it stays in force") == (found == Self.old), "\(failed)")
        let reload = try await daemon.vault("reload")
        #expect(reload.status == .exited(0), "\(reload.text)\(reload.errorText)")
        #expect(try await names(daemon) == Self.new)
        #expect(try await open(daemon, "new").text == StandardVault.secret)
        #expect(try await open(daemon, "old").status == .exited(1))
        // Of room it is known a second later.
        try await waitUntil("no problem to be left") {
            try await daemon.vault("status").text.hasPrefix("no problems")
        }
        try await daemon.crash()
        try await daemon.start()
        #expect(try await names(daemon) == Self.new)
        try await daemon.terminate()
    }

    @Test(
        "While what is written fails, or the file system is read-only",
        .enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"),
        arguments: ["fdatasync:error=EIO", "pwrite64,ftruncate,fdatasync:error=EROFS"])
    func failing(rule: String) async throws {
        let daemon = try await Daemon.start(Self.options)
        let pid = try daemon.pid
        let injection = try await onThread { try Injection(rule, into: pid) }
        try await reloadInVain(daemon)
        try await onThread { try injection.end() }
        try await reloadAgain(daemon)
        try await StoredLog.check(daemon)
    }

    @Test(
        "While the file system is full",
        .enabled(if: geteuid() == 0 && Programs.python != nil, "needs root, to mount a small file system, and python3"))
    func full() async throws {
        try await Daemon.onSmallFileSystem(Self.options) { daemon in
            try await daemon.start()
            try await daemon.fillState { try await open(daemon, "old").status == .exited(3) }
            try await reloadInVain(daemon)
            try await daemon.emptyState()
            try await reloadAgain(daemon)
            try await StoredLog.check(daemon)
        }
    }
}
