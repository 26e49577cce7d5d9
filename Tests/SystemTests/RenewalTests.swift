// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// A file that is replaced or written is opened anew, on record, and who watches it is told.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: secrets are made for other users"))
struct RenewalTests {
    private static let policy = """
        vault: 1
        capabilities:
          - name: tls/key
            memory: { file: "@DIRECTORY@/live/key" }
          - name: tls/file
            file: { path: "@DIRECTORY@/live/key", rights: [read] }
          - name: tls/asked
            memory: { file: "@DIRECTORY@/live/key" }
            renew: asked
          - name: tls/written
            file: { path: "@DIRECTORY@/live/key", rights: [read] }
            renew: written
          - name: tls/each
            memory: { file: "@DIRECTORY@/live/key" }
            open: each-grant
          - name: tls/pipe
            pipe: {}
        rules:
          - id: service
            permit: [open, watch]
            capability: tls/*
            to: { uid: 4711 }
            lease: 1h
          - id: renewer
            permit: [renew]
            capability: tls/*
            to: { uid: 4712 }
        """

    /// A daemon for a tree as ACME clients keep one: `live/key` is a link to `archive/key1`.
    private func daemon(isRoot: Bool = false) async throws -> Daemon {
        var options = Daemon.Options()
        options.policies = ["tls.yaml": Self.policy]
        options.configuration = "\(isRoot ? "" : "run-as: nobody\n")opener: { roots: [\"@DIRECTORY@\"] }\n"
        if !isRoot { options.owner = 65534 }
        let daemon = try await Daemon(options)
        for name in ["live", "archive"] { try #require(mkdir(daemon.directory.path(name).string, 0o700) == 0) }
        for number in 1...3 { try daemon.directory.write("key \(number)\n", to: "archive/key\(number)", mode: 0o600) }
        try #require(symlink("../archive/key1", daemon.directory.path("live/key").string) == 0)
        try await daemon.start()
        return daemon
    }

    private func lead(to number: Int, _ daemon: Daemon) throws {
        let (new, link) = (daemon.directory.path("live/new").string, daemon.directory.path("live/key").string)
        try #require(symlink("../archive/key\(number)", new) == 0)
        try #require(rename(new, link) == 0)
    }

    private func records(_ daemon: Daemon) async throws -> [JSONObject] {
        let text = try await daemon.vault("audit", "list", "--type", "capability.renew", "-o", "jsonl").text
        return try text.split(separator: "\n").map { try JSONObject(parsing: Array($0.utf8)) }
    }

    private func renewals(of name: String, _ daemon: Daemon) async throws -> [JSONObject] {
        try await records(daemon).filter { $0["capability"]?["name"]?.string == name }
    }

    private func waitForRenewal(
        of name: String, count: Int, _ daemon: Daemon
    ) async throws -> JSONObject {
        try await waitUntil("\(name) has been renewed \(count) times") {
            try await renewals(of: name, daemon).count >= count
        }
        let found = try await renewals(of: name, daemon)
        #expect(found.count == count, "\(found)\(daemon.log)")
        return try #require(found.first { $0["index"]?.integer == found.compactMap { $0["index"]?.integer }.max() })
    }

    @Test("A link that is replaced, a file that is replaced, and memory whose file is written, are renewed; each once")
    func noticed() async throws {
        let daemon = try await daemon()
        for name in ["key", "file", "asked", "written"] {
            #expect(try await daemon.vault("cat", "tls/\(name)", uid: 4711).text == "key 1\n")
        }
        // So that it is watched by now.
        try await Task.sleep(for: .seconds(1))
        try lead(to: 2, daemon)
        let record = try await waitForRenewal(of: "tls/key", count: 1, daemon)
        #expect(record["why"]?.string == "changed" && record["peer"] == nil, "\(record)")
        let (opened, former) = (record["opened"], record["former"])
        #expect(former?["path"]?.string == daemon.directory.path("archive/key1").string, "\(record)")
        #expect(opened?["path"]?.string == daemon.directory.path("archive/key2").string)
        #expect(opened?["inode"] != former?["inode"])
        // sha256sum(1) of the two.
        for (value, text) in [(former, "key 1\n"), (opened, "key 2\n")] {
            var command = Command("/usr/bin/sha256sum")
            command.input = Array(text.utf8)
            #expect(try await command.run().text.hasPrefix(try #require(value?["sha256"]?.string)))
        }
        let file = try await waitForRenewal(of: "tls/file", count: 1, daemon)
        #expect(file["opened"]?["sha256"] == nil && file["opened"]?["inode"] == opened?["inode"])
        _ = try await waitForRenewal(of: "tls/written", count: 1, daemon)
        for name in ["key", "file", "written"] {
            #expect(try await daemon.vault("cat", "tls/\(name)", uid: 4711).text == "key 2\n", "\(daemon.log)")
        }
        #expect(try await daemon.vault("cat", "tls/asked", uid: 4711).text == "key 1\n")
        #expect(try await renewals(of: "tls/asked", daemon).isEmpty)

        // In place: who has the file sees it, a copy does not.
        try await Task.sleep(for: .seconds(1))
        try daemon.directory.write("written\n", to: "archive/key2", mode: 0o600)
        _ = try await waitForRenewal(of: "tls/key", count: 2, daemon)
        #expect(try await daemon.vault("cat", "tls/key", uid: 4711).text == "written\n")
        _ = try await waitForRenewal(of: "tls/written", count: 2, daemon)
        // Which file it is has not changed.
        try await Task.sleep(for: .seconds(1))
        #expect(try await renewals(of: "tls/file", daemon).count == 1)

        // Missing for a while, and the same bytes in another file: that is no renewal.
        try #require(unlink(daemon.directory.path("live/key").string) == 0)
        try await Task.sleep(for: .seconds(1))
        #expect(try await daemon.vault("cat", "tls/key", uid: 4711).text == "written\n", "what is held is served on")
        try daemon.directory.write("written\n", to: "archive/key3", mode: 0o600)
        try #require(symlink("../archive/key3", daemon.directory.path("live/key").string) == 0)
        _ = try await waitForRenewal(of: "tls/file", count: 2, daemon)
        #expect(try await renewals(of: "tls/key", daemon).count == 2)
        try daemon.directory.write("third\n", to: "archive/new", mode: 0o600)
        let (new, third) = (daemon.directory.path("archive/new").string, daemon.directory.path("archive/key3").string)
        try #require(rename(new, third) == 0)
        _ = try await waitForRenewal(of: "tls/key", count: 3, daemon)
        #expect(try await daemon.vault("cat", "tls/key", uid: 4711).text == "third\n")
        #expect(try await daemon.vault("audit", "verify").status == .exited(0))
    }

    @Test("It is known which grants have the old one, also after a restart")
    func outdated() async throws {
        let daemon = try await daemon()
        let place = try TemporaryDirectory(mode: 0o777)
        // Each holds its lease for as long as it runs.
        func hold(_ name: String, as file: String) throws -> Command {
            var command = daemon.vaultCommand(
                ["exec", "--fd", "5=tls/\(name)", "--", "sh", "-c", "echo $$ >\(file); exec sleep 60"], uid: 4711)
            command.directory = place.path
            command.timeLimit = .seconds(90)
            return command
        }
        let old = try hold("key", as: "first")
        async let first = old.run()
        try await waitUntil("the first holds it") { try await daemon.vault("leases").text.contains("tls/key") }
        try await Task.sleep(for: .seconds(1))
        try lead(to: 2, daemon)
        let record = try await waitForRenewal(of: "tls/key", count: 1, daemon)
        let leases = try await daemon.vault("leases", "-o", "jsonl").text
        let lease = try JSONObject(parsing: Array(leases.utf8))
        let grant = try #require(lease["record"]?.integer)
        #expect(record["grants"]?.array == [.integer(grant)], "\(record)")
        #expect(lease["isOutdated"]?.bool == true, "\(lease)")
        #expect(try await daemon.vault("leases").text.contains("outdated"))
        let new = try hold("key", as: "second")
        async let second = new.run()
        try await waitUntil("the second holds it") {
            try await daemon.vault("leases", "-o", "jsonl").text.split(separator: "\n").count == 2
        }
        func outdated() async throws -> [Bool?] {
            try await daemon.vault("leases", "-o", "jsonl").text.split(separator: "\n").map {
                try JSONObject(parsing: Array($0.utf8))["isOutdated"]?.bool
            }
        }
        #expect(try await outdated() == [true, nil])
        try await daemon.terminate()
        try await daemon.start()
        try await waitUntil("the leases are recalled") { try await outdated() == [true, nil] }
        // The grants themselves tell what they gave.
        let grants = try await daemon.vault(
            "audit", "list", "--type", "grant", "--capability", "tls/key", "-o", "jsonl")
        let hashes = try grants.text.split(separator: "\n").compactMap {
            try JSONObject(parsing: Array($0.utf8))["opened"]?["sha256"]?.string
        }
        #expect(Set(hashes) == Set([record["former"], record["opened"]].compactMap { $0?["sha256"]?.string }))
        for file in ["first", "second"] {
            let pid = try #require(Int32(place.read(file).dropLast()))
            #expect(kill(pid, SIGTERM) == 0)
        }
        _ = try await (first, second)
    }

    @Test("It is renewed by command for whom a rule lets, or who administers, and always recorded")
    func asked() async throws {
        let daemon = try await daemon(isRoot: true)
        try lead(to: 2, daemon)
        let renewed = try await daemon.vault("renew", "tls/asked", "--reason", "issued anew", uid: 4712)
        #expect(renewed.status == .exited(0) && renewed.text.hasPrefix("renewed tls/asked (record "), "\(renewed)")
        #expect(try await daemon.vault("cat", "tls/asked", uid: 4711).text == "key 2\n")
        let record = try await waitForRenewal(of: "tls/asked", count: 1, daemon)
        #expect(record["why"]?.string == "asked" && record["peer"]?["uid"]?.integer == 4712)
        #expect(record["reason"]?.string == "issued anew" && record["policy"]?["revision"]?.integer != nil)
        #expect(
            try await daemon.vault("renew", "tls/asked").status == .exited(0), "the administrator, and the same again")
        _ = try await waitForRenewal(of: "tls/asked", count: 2, daemon)
        // Nothing is held of it: it is told all the same.
        #expect(try await daemon.vault("renew", "tls/each", uid: 4712).status == .exited(0))
        #expect(try await waitForRenewal(of: "tls/each", count: 1, daemon)["opened"] == nil)

        let denied = try await daemon.vault("renew", "tls/asked", uid: 4711)
        #expect(denied.status == .exited(1), "\(denied.errorText)")
        let denials = try await daemon.vault("audit", "list", "--type", "deny", "-o", "jsonl").text
        #expect(denials.contains(#""action":"renew""#), "\(denials)")
        #expect(try await daemon.vault("renew", "tls/none", uid: 4712).status == .exited(1))
        let pipe = try await daemon.vault("renew", "tls/pipe", uid: 4712)
        #expect(pipe.status == .exited(2) && pipe.errorText.contains("Try: vault show tls/pipe"), "\(pipe.errorText)")
        try #require(unlink(daemon.directory.path("live/key").string) == 0)
        let missing = try await daemon.vault("renew", "tls/asked", uid: 4712)
        #expect(missing.status == .exited(4) && missing.errorText.contains("No such file"), "\(missing.errorText)")
        #expect(try await daemon.vault("cat", "tls/asked", uid: 4711).text == "key 2\n")
    }

    @Test(
        "Who may renew is told so, is there a rule or the right to administer; nothing is renewed or recorded by asking"
    )
    func mayRenew() async throws {
        let daemon = try await daemon(isRoot: true)
        for (name, uid, status, answer) in [
            ("tls/asked", 4712, 0, "yes\n"), ("tls/asked", nil, 0, "yes\n"), ("tls/asked", 4711, 1, "no\n"),
            ("tls/none", 4711, 1, "no\n"), ("tls/none", 4712, 1, ""),
        ] as [(String, UInt32?, Int32, String)] {
            let result = try await daemon.vault("can-i", "renew", name, uid: uid)
            #expect(result.status == .exited(status) && result.text == answer, "\(name) \(uid ?? 0): \(result)")
        }
        let records = try await daemon.vault("audit", "list", "--all", "-o", "jsonl").text
        #expect(!records.contains("capability.renew") && !records.contains(#""type":"deny""#), "\(records)")
    }

    @Test("Who watches a name is told, and goes on where it was; a reload renews what is stale")
    func watched() async throws {
        let daemon = try await daemon()
        let place = try TemporaryDirectory(mode: 0o777)
        let cursor = place.path("cursor").string
        let words = ["watch", "tls/*", "-o", "jsonl", "--cursor-file", cursor]
        let watching = daemon.client(
            "/usr/bin/timeout", ["5", daemon.programs.appending("vault").string] + words, uid: 4711)
        func events(_ text: String) throws -> [String] {
            try text.split(separator: "\n").map {
                let event = try JSONObject(parsing: Array($0.utf8))
                return "\(event["type"]?.string ?? "") \(event["name"]?.string ?? "") \(event["why"]?.string ?? "")"
            }
        }
        async let first = watching.run()
        try await waitUntil("the watching has begun") { (try? place.read("cursor")) != nil }
        try lead(to: 2, daemon)
        #expect(
            try events(await first.text).sorted() == ["file", "key", "written"].map { "renewed tls/\($0) changed" })
        #expect(try await daemon.vault("reload").status == .exited(0))
        #expect(try events(await watching.run().text) == ["renewed tls/asked reload"])
    }

    @Test("What is written without end is renewed less and less often, and the broker does nothing else for it")
    func endless() async throws {
        let daemon = try await daemon()
        try await Task.sleep(for: .seconds(1))
        let clock = ContinuousClock()
        let start = clock.now
        var count = 0
        while clock.now - start < .seconds(6) {
            count += 1
            try daemon.directory.write("key \(count)\n", to: "archive/key1", mode: 0o600)
            try await Task.sleep(for: .milliseconds(5))
        }
        let renewals = try await renewals(of: "tls/key", daemon).count
        #expect((1...4).contains(renewals), "\(renewals) for \(count) writes")
        try await waitUntil("the last one is held", limit: .seconds(30)) {
            try await daemon.vault("cat", "tls/key", uid: 4711).text == "key \(count)\n"
        }
    }
}
