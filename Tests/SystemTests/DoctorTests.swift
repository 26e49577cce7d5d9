// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What `vault doctor` says of a vault with something broken: what it is, and a remedy.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the broker is another user")) struct DoctorTests {
    private static func doctor(
        _ daemon: Daemon, uid: UInt32? = nil
    ) async throws -> (status: Int32, findings: [[String: JSONValue]]) {
        // What the broker says of a full disk changes while it tries again, and so may what two looks have found.
        var left = 5
        while true {
            let text = try await daemon.vault("doctor", "--output", "json", uid: uid)
            guard case .exited(let status) = text.status else {
                throw DaemonFailure(what: "doctor was killed", log: "")
            }
            let list = try JSONValue(parsing: text.text).array ?? []
            let findings = list.map { value in
                Dictionary((value.object?.members ?? []).map { ($0.key, $0.value) }) { first, _ in first }
            }
            // For people it is the same, two lines each. How many records there are changes with each look.
            let told = Self.withoutNumbers(try await daemon.vault("doctor", uid: uid).text)
            let isTold = findings.allSatisfy { finding in
                let (problem, remedy) = (finding["problem"]?.string?.escaped, finding["remedy"]?.string?.escaped)
                return told.contains(Self.withoutNumbers("\(problem ?? "?")\nTry: \(remedy ?? "?")\n"))
            }
            left -= 1
            if isTold || left == 0 {
                #expect(isTold, "\(findings)\n\(told)")
                return (status, findings)
            }
        }
    }

    private static func withoutNumbers(_ text: String) -> String { text.filter { !$0.isNumber } }

    /// Something is wrong, told with this remedy.
    private static func expect(
        _ problem: String, try remedy: String, status: Int32 = 5, severity: String = "problem", in daemon: Daemon,
        uid: UInt32? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let found = try await doctor(daemon, uid: uid)
        #expect(found.status == status, "\(found.findings)", sourceLocation: sourceLocation)
        let finding = found.findings.first { $0["problem"]?.string?.contains(problem) == true }
        #expect(
            finding?["remedy"]?.string?.contains(remedy) == true, "\(problem): \(found.findings)",
            sourceLocation: sourceLocation)
        #expect(finding?["severity"]?.string == severity, sourceLocation: sourceLocation)
    }

    @Test("Nothing is wrong with a vault that is as it should be, and nothing is changed by looking")
    func nothingWrong() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        let found = try await Self.doctor(daemon)
        #expect(found.status == 0 && found.findings.isEmpty, "\(found.findings)")
        #expect(try await daemon.vault("doctor").text == "nothing is wrong\n")
        #expect(try await daemon.vault("rules", "-o", "jsonl").text.contains("reader-opens-all-but-what-is-hidden"))
    }

    @Test("Who may not administer it is told what can be told to them")
    func ordinaryUser() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        let administered = "it tells only who may administer it"
        try await Self.expect(
            administered, try: "sudo vault doctor", status: 0, severity: "note", in: daemon, uid: StandardVault.reader)
        let nothing = "there is nothing here that you may see"
        try await Self.expect(
            nothing, try: "vault grant NAME --to uid:\(StandardVault.stranger)", status: 0, severity: "note",
            in: daemon,
            uid: StandardVault.stranger)
        let reader = try await Self.doctor(daemon, uid: StandardVault.reader)
        #expect(!reader.findings.contains { $0["problem"]?.string == nothing })
    }

    @Test("The socket: not there, nobody serves it, something else lies there, others could replace it")
    func socket() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        let directory = daemon.socket.removingLastComponent()
        #expect(chmod(directory.string, 0o777) == 0)
        try await Self.expect("others may write \(directory)", try: "chmod go-w \(directory)", in: daemon)
        #expect(chmod(directory.string, 0o755) == 0)
        #expect(chmod(daemon.socket.string, 0o600) == 0)
        try await Self.expect(
            "not everybody may connect", try: "0666", status: 0, severity: "note", in: daemon)
        #expect(chmod(daemon.socket.string, 0o666) == 0)

        try await daemon.crash()
        try await Self.expect(
            "\(daemon.socket)", try: "vaultd", status: 3, severity: "failed", in: daemon)
        #expect(unlink(daemon.socket.string) == 0)
        try await Self.expect("there is no socket at", try: "start vaultd", status: 3, severity: "failed", in: daemon)
        try daemon.directory.write("", to: "run/vault.sock", mode: 0o644)
        try await Self.expect("is no socket", try: "move it away", status: 3, severity: "failed", in: daemon)
    }

    @Test("A run that was killed is told after the next start, one that was stopped is not")
    func lastRun() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        #expect(try await daemon.terminate() == .exited(0))
        try await daemon.start()
        #expect(try await Self.doctor(daemon).findings.isEmpty)
        try await daemon.crash()
        try await daemon.start()
        try await Self.expect(
            "the run before this one did not end by itself", try: "vault audit list --type start --type stop",
            status: 0,
            severity: "note", in: daemon)
    }

    @Test("The state directory and the policies, where others may enter or write; a user that does not exist")
    func places() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        #expect(chmod(daemon.state.string, 0o755) == 0)
        try await Self.expect("others may enter the state directory", try: "chmod 0700 \(daemon.state)", in: daemon)
        let twice = try await Self.doctor(daemon).findings
        #expect(twice.count == 1, "the broker and the look at the place find the same: \(twice)")
        #expect(chmod(daemon.state.string, 0o700) == 0)
        #expect(chmod(daemon.policies.string, 0o777) == 0)
        try await Self.expect("others may write \(daemon.policies)", try: "chmod go-w \(daemon.policies)", in: daemon)
        #expect(chmod(daemon.policies.string, 0o755) == 0)
        let policy =
            "vault: 1\nrules:\n  - { id: gone, permit: [list], capability: \"x/**\", to: { user: nosuchuser } }\n"
        try daemon.writePolicy(policy, to: "gone.yaml")
        _ = try await daemon.vault("reload")
        let found = try await Self.doctor(daemon)
        #expect(found.status == 5 && found.findings.contains { $0["problem"]?.string?.contains("nosuchuser") == true })
    }

    @Test("A disk that is nearly full, and one that is")
    func disk() async throws {
        try await Daemon.onSmallFileSystem(StandardVault.options) { daemon in
            try await daemon.start()
            try await Self.expect("free where the log lies", try: "make room for \(daemon.state)", in: daemon)
            try await daemon.fillState {
                try await daemon.vault("cat", "files/secret", uid: StandardVault.reader).status == .exited(3)
            }
            let found = try await Self.doctor(daemon)
            #expect(found.status == 3 && found.findings.first?["severity"] == "failed", "\(found.findings)")
            try await daemon.emptyState()
        }
    }

    @Test("A file system with room for few more files")
    func files() async throws {
        try await Daemon.onSmallFileSystem(StandardVault.options, limits: "size=256m,nr_inodes=64") { daemon in
            try await daemon.start()
            try await Self.expect("more files", try: "remove files there (df -i \(daemon.state))", in: daemon)
        }
    }

    @Test("Records that nothing has signed for long, and what signs them")
    func checkpoint() async throws {
        var options = StandardVault.options
        options.configuration =
            (options.configuration ?? "") + "audit: { checkpoint: { records: 1000000, every: 24h } }\n"
        let daemon = try await Daemon.start(options)
        try await daemon.terminate()
        let file = daemon.state.appending("checkpoints").string
        #expect(try await Command("touch", "-d", "20 minutes ago", file).run().status.isSuccess)
        try await daemon.start()
        try await Self.expect("records are not signed", try: "vault audit checkpoint", in: daemon)
        #expect(try await daemon.vault("audit", "checkpoint").status.isSuccess)
        #expect(try await Self.doctor(daemon).findings.isEmpty)
    }

    @Test("A clock that shows less than the newest record", .enabled(if: Programs.python != nil, "needs python3"))
    func clock() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        try await daemon.terminate()
        let script = """
            import sqlite3, sys
            with sqlite3.connect(sys.argv[1]) as ledger:
                ledger.execute("UPDATE tree_row SET last_time_usec = last_time_usec + 86400000000")
            """
        let python = try #require(Programs.python)
        let changed = try await Command(python, arguments: ["-c", script, daemon.state.appending("ledger.db").string])
            .run()
        #expect(changed.status.isSuccess, "\(changed.errorText)")
        try await daemon.start()
        try await Self.expect("the clock shows less", try: "vault audit accept-clock", in: daemon)
        #expect(try await daemon.vault("audit", "accept-clock").status.isSuccess)
        #expect(try await Self.doctor(daemon).findings.isEmpty)
    }

    @Test("Connections of which most are taken")
    func connections() async throws {
        var options = StandardVault.options
        options.configuration = options.configuration?.replacing(
            "limits: {", with: "limits: { connections: 200, connections-per-uid: 200,")
        let daemon = try await Daemon.start(options)
        let taken = try (0..<165).map { _ in
            let connection = try RawConnection(to: daemon.socket)
            _ = try connection.call(#"{"method":"org.varlink.service.GetInfo"}"#)
            return connection
        }
        try await Self.expect("of 200 connections are taken", try: "limits: { connections: … }", in: daemon)
        withExtendedLifetime(taken) {}
    }

    @Test("An opener that is gone, as the broker says it")
    func opener() async throws {
        let daemon = try await Daemon.start(StandardVault.options)
        let children = try await Command("pgrep", "-P", "\(try daemon.pid)", "vault-opener").run().text
        let opener = try #require(Int32(children.prefix { $0 != "\n" }))
        #expect(kill(opener, SIGKILL) == 0)
        try await waitUntil("the broker to notice it") {
            try await Self.doctor(daemon).findings.contains {
                $0["problem"]?.string?.contains("the opener is gone") == true && $0["check"] == "broker"
            }
        }
        try await Self.expect("the opener is gone", try: "start", in: daemon)
    }

    @Test("A capability that cannot be opened, as the broker says it")
    func ofTheBroker() async throws {
        var options = StandardVault.options
        options.policies["broken.yaml"] = """
            vault: 1
            capabilities:
              - name: broken/file
                file: { path: "@DIRECTORY@/later.txt", rights: [read] }

            """
        let daemon = try await Daemon.start(options)
        let advice = try JSONValue(parsing: try await daemon.vault("status", "-o", "json").text)["advice"]?.array
        let remedy = try #require(advice?.first?["remedy"]?.string)
        try await Self.expect("broken/file: ", try: remedy, in: daemon)
    }
}
