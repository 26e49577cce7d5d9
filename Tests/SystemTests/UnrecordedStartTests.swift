// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// A start while the log cannot be written: who may look may look, a revocation acts and is kept, nothing is granted, and
/// all that the start was to record is recorded when the disk is well.
@Suite(.serialized) struct UnrecordedStartTests {
    private static let rule = "reader-opens-all-but-what-is-hidden"

    private static let more = """
        vault: 1
        rules:
          - { id: later, permit: [open], capability: hidden/**, to: { uid: \(StandardVault.reader) } }

        """

    /// It starts under the injection that the file `inject` names, if there is one.
    private static var options: Daemon.Options {
        var options = StandardVault.options
        let strace = #"exec strace -D -f -q -o /dev/null -e inject="$(cat @DIRECTORY@/inject)" "$0" "$@""#
        options.prefix = ["sh", "-c", "if test -s @DIRECTORY@/inject; then \(strace); fi; exec \"$0\" \"$@\""]
        return options
    }

    private func open(_ daemon: Daemon, _ name: String = "files/secret") async throws -> CommandResult {
        try await daemon.vault("cat", name, uid: StandardVault.otherUser)
    }

    private func records(_ daemon: Daemon, _ type: String) async throws -> Int {
        try await daemon.vault("audit", "list", "--type", type, "-o", "jsonl").text.split(separator: "\n").count
    }

    @Test(
        "On a full file system it starts, revokes, and goes on when there is room; after a stop and after a crash",
        .enabled(if: geteuid() == 0 && Programs.python != nil, "needs root, to mount a small file system, and python3"),
        arguments: [true, false], [true, false])
    func full(crashes: Bool, hasReserve: Bool) async throws {
        try await Daemon.onSmallFileSystem(StandardVault.options) { daemon in
            try await daemon.start()
            #expect(try await open(daemon).text == StandardVault.secret)
            if !hasReserve {
                // Of what is kept aside nothing can be taken then: neither the start nor the revocation can be recorded.
                try await daemon.terminate()
                _ = try await Command("rm", daemon.state.appending("reserve").string).run()
                _ = try await Command("sh", "-c", "cat /dev/zero > \(daemon.state.appending("ballast"))").run()
                _ = try await Command("truncate", "-s", "-400K", daemon.state.appending("ballast").string).run()
                try await daemon.start()
            }
            try await daemon.fillState { try await open(daemon).status == .exited(3) }
            if crashes { try await daemon.crash() } else { try await daemon.terminate() }
            if hasReserve {
                _ = try await Command("sh", "-c", "cat /dev/zero >> \(daemon.state.appending("ballast"))").run()
            }
            try await daemon.start()
            #expect(try await open(daemon).status == .exited(3))
            try await waitUntil("status to say it") {
                try await daemon.vault("status").text.contains("the file system of the log is full")
            }
            let revoked = try await daemon.vault("revoke", Self.rule)
            #expect(revoked.status.isSuccess, "\(revoked.errorText)")
            try await daemon.crash()
            try await daemon.start()
            #expect(try await open(daemon).status == .exited(1))
            try await daemon.emptyState()
            try await waitUntil("the rule to be resumed", limit: .seconds(20)) {
                try await daemon.vault("policy", "resume", Self.rule).status.isSuccess
            }
            #expect(try await open(daemon).text == StandardVault.secret)
            #expect(try await records(daemon, "revoke") == 1)
            #expect(try await daemon.terminate() == .exited(0))
            try await StoredLog.check(daemon)
        }
    }

    @Test(
        "While each fdatasync fails it starts; the start, a revocation and the changed directory are recorded afterwards",
        .enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"))
    func deadDisk() async throws {
        let daemon = try await Daemon.start(Self.options)
        let starts = try await records(daemon, "start")
        try await daemon.terminate()
        try daemon.writePolicy(Self.more, to: "more.yaml")
        // Of each thread: enough for what is looked at meanwhile.
        try daemon.directory.write("fdatasync:error=EIO:when=1..15", to: "inject", mode: 0o644)
        try await daemon.start()
        #expect(try await open(daemon).status == .exited(3))
        let status = try await daemon.vault("status").text
        #expect(status.contains("cannot be written") && status.contains("it is done when the log can"), "\(status)")
        let revoked = try await daemon.vault("revoke", Self.rule)
        #expect(revoked.status.isSuccess, "\(revoked.errorText)")
        try await waitUntil("the directory to be applied", limit: .seconds(60)) {
            try await open(daemon, "hidden/secret").text == StandardVault.secret
        }
        #expect(try await open(daemon).status == .exited(1))
        #expect(try await records(daemon, "start") > starts)
        #expect(try await records(daemon, "revoke") == 1)
        try await waitUntil("no problem to be left but the suspended rule") {
            try await daemon.vault("status").text.hasPrefix("the rule \(Self.rule) is suspended")
        }
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }

    @Test(
        "Whichever write or fdatasync of a start fails once, it starts, and the changed directory is applied by itself",
        .enabled(if: Injection.isPossible && Programs.python != nil, "needs root, strace and python3"),
        arguments: ["fdatasync", "pwrite64"])
    func oneFailure(call: String) async throws {
        let daemon = try await Daemon.start(Self.options)
        for number in 1...Soak.count(6, full: 30) {
            try await daemon.terminate()
            let name = "hidden-\(number)"
            let rule =
                "{ id: \(name), permit: [open], capability: hidden/secret, to: { uid: \(StandardVault.reader) } }"
            try daemon.writePolicy("vault: 1\nrules: [ \(rule) ]\n", to: "more.yaml")
            try daemon.directory.write("\(call):error=EIO:when=\(number)", to: "inject", mode: 0o644)
            do {
                try await daemon.start()
            } catch {
                // Before the ledger is open there is nothing to serve with.
                #expect(daemon.log.contains("vaultd: cannot "), "\(daemon.log)")
                try daemon.directory.write("", to: "inject", mode: 0o644)
                try await daemon.start()
            }
            do {
                try await waitUntil("the directory to be applied after failure \(number)", limit: .seconds(20)) {
                    try await daemon.vault("rules").text.contains("\(name) ")
                }
            } catch {
                throw DaemonFailure(what: "\(error)", log: daemon.log)
            }
            try await waitUntil("no problem to be left") {
                try await daemon.vault("status").text.hasPrefix("no problems")
            }
        }
        #expect(try await open(daemon, "hidden/secret").text == StandardVault.secret)
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }
}
