// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import VaultTestKit

/// The vault that most of these tests use: one secret that the broker itself cannot open when we are root, everything
/// that can be opened without more, and a reader who may have all of it.
enum StandardVault {
    /// The user who may open everything: another one than the broker's and ours where we can change users.
    static let reader: UInt32 = Command.canChangeUser ? 4711 : geteuid()
    /// The reader, as an argument that asks for a change of user: none where we cannot change.
    static let otherUser: UInt32? = Command.canChangeUser ? reader : nil
    /// A user of whom no rule knows.
    static let stranger: UInt32 = 4712
    /// Who the broker runs as when it is started as root.
    static let brokerUser: UInt32 = 65534

    static let secret = "the combination is 1234\n"

    static let policy = """
        vault: 1
        capabilities:
          - name: files/secret
            file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
          - name: files/shared
            file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
            delivery: shared
          - name: files/missing
            file: { path: "@DIRECTORY@/missing.txt", rights: [read] }
            open: each-grant
          - name: files/journal
            file: { path: "@DIRECTORY@/journal.txt", rights: [read, write] }
          - name: memory/secret
            memory: { file: "@DIRECTORY@/secret.txt" }
          - name: pipes/one
            pipe: {}
          - name: ports/one
            listen: { tcp: "127.0.0.1:0" }
          - name: hidden/secret
            file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
        rules:
          - id: reader-opens-all-but-what-is-hidden
            permit: [open]
            capability: [files/**, memory/**, pipes/**, ports/**]
            to: { uid: \(reader) }

        """

    /// What a reader may open without naming a right.
    static let openable = ["files/secret", "files/shared", "files/journal", "memory/secret", "ports/one"]

    static var options: Daemon.Options {
        var options = Daemon.Options()
        options.policies = ["standard.yaml": policy]
        options.files = ["secret.txt": secret, "journal.txt": "begun\n"]
        // So many calls in a second are not what these tests are about.
        var configuration = "limits: { records-per-uid: 1000000 }\n"
        if geteuid() == 0 {
            options.owner = brokerUser
            configuration += "run-as: nobody\nopener: { roots: [\"@DIRECTORY@\"] }\n"
        }
        options.configuration = configuration
        return options
    }

    static func start() async throws -> Daemon { try await Daemon.start(options) }
}
