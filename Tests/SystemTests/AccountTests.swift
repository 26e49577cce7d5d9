// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What the records tell of a caller though no rule asks, and what those are told who ask for too much.
@Suite struct AccountTests {
    private static let policy = """
        vault: 1
        capabilities:
          - { name: files/plain, file: { path: "@DIRECTORY@/plain.txt" } }
          - { name: files/rare, file: { path: "@DIRECTORY@/plain.txt" } }
          - { name: files/shut, file: { path: "@DIRECTORY@/plain.txt" } }
        rules:
          - { id: plain, permit: [open], capability: [files/plain, files/shut], to: { uid: 4711 } }
          - { id: rare, permit: [open], capability: files/rare, to: { uid: 4711 }, rate: 1/1h }
          - { id: shut, forbid: [open], capability: files/shut, to: anyone }

        """

    private static func start(_ configuration: String? = nil) async throws -> Daemon {
        var options = Daemon.Options()
        options.policies = ["accounts.yaml": policy]
        options.files = ["plain.txt": "plain\n"]
        options.configuration = configuration
        return try await Daemon.start(options)
    }

    private static func peer(of type: String, in daemon: Daemon) async throws -> JSONValue {
        let list = try await daemon.vault("audit", "list", "--type", type, "--output", "jsonl", "-n", "1")
        let line = try #require(list.text.split(separator: "\n").last, "\(list.errorText)")
        return try #require(try JSONValue(parsing: String(line))["peer"], "\(line)")
    }

    /// The record has the fact, or says that there is none, or why it is not known.
    private static func tells(_ fact: String, _ peer: JSONValue) -> Bool {
        peer[fact] != nil || peer["none"]?.array?.contains(.string(fact)) == true || peer["unknown"]?[fact] != nil
    }

    @Test("What costs nothing is in each record: control group, unit, login", .enabled(if: Command.canChangeUser))
    func always() async throws {
        let daemon = try await Self.start()
        #expect(try await daemon.vault("cat", "files/plain", uid: 4711).text == "plain\n")
        let peer = try await Self.peer(of: "grant", in: daemon)
        for fact in ["uid", "gid", "groups", "pid", "cgroup", "unit", "loginuid"] {
            #expect(Self.tells(fact, peer), "\(fact): \(peer)")
        }
        #expect(!Self.tells("exeSha256", peer), "nobody asked: \(peer)")
    }

    @Test("audit.facts adds to that", .enabled(if: Command.canChangeUser))
    func configured() async throws {
        let daemon = try await Self.start("audit: { facts: [exe, sha256, namespace, session] }\n")
        #expect(try await daemon.vault("cat", "files/plain", uid: 4711).text == "plain\n")
        let peer = try await Self.peer(of: "grant", in: daemon)
        // Where it is installed the file is fdvault.
        #expect(["vault", "fdvault"].contains(peer["exe"]?.string?.split(separator: "/").last ?? ""), "\(peer)")
        #expect(peer["exeSha256"]?.string?.count == 64, "\(peer)")
        #expect(Self.tells("namespace", peer) && Self.tells("session", peer), "\(peer)")
    }

    @Test("An administrative act tells everything, whatever is configured")
    func acts() async throws {
        let daemon = try await Self.start()
        #expect(try await daemon.vault("grant", "files/plain", "--to", "uid:4712").status == .exited(0))
        let peer = try await Self.peer(of: "rule.add", in: daemon)
        for fact in ["exe", "exeSha256", "cgroup", "unit", "loginuid", "session", "namespace", "label"] {
            #expect(Self.tells(fact, peer), "\(fact): \(peer)")
        }
        let whoami = try await daemon.vault("whoami")
        for fact in ["exe", "cgroup", "unit", "loginuid", "namespace"] {
            #expect(whoami.text.lowercased().contains(fact), "\(whoami.text)")
        }
    }

    @Test("A rate that is used up says when to try again", .enabled(if: Command.canChangeUser))
    func retry() async throws {
        let daemon = try await Self.start()
        #expect(try await daemon.vault("cat", "files/rare", uid: 4711).text == "plain\n")
        let denied = try await daemon.vault("cat", "files/rare", uid: 4711)
        #expect(denied.status == .exited(1))
        let lines = denied.errorText.split(separator: "\n")
        #expect(lines.first?.contains("used up") == true, "\(denied.errorText)")
        // An hour, less what has passed since, and a sixteenth more at the most.
        #expect(lines.last?.contains("Try: ") == true, "\(denied.errorText)")
        #expect(denied.errorText.firstMatch(of: /1 ?h|5[0-9] ?m|6[0-9] ?m/) != nil, "\(denied.errorText)")
    }

    @Test("Revoking a forbid says what it forbade and who may now; revoking a permit, what went out under it")
    func revocations() async throws {
        let daemon = try await Self.start()
        let lifted = try await daemon.vault("revoke", "shut")
        #expect(lifted.text.contains("shut forbade"), "\(lifted.text)\(lifted.errorText)")
        #expect(lifted.text.contains("now permitted by plain"), "\(lifted.text)")
        #expect(!lifted.text.contains("taken back"), "\(lifted.text)")
        guard Command.canChangeUser else { return }
        for _ in 0..<3 { #expect(try await daemon.vault("cat", "files/plain", uid: 4711).status == .exited(0)) }
        let revoked = try await daemon.vault("revoke", "plain")
        #expect(revoked.text.contains("3 grants"), "\(revoked.text)")
    }
}
