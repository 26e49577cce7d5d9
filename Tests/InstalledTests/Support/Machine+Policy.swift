// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

extension Machine {
    /// Below a root that the shipped configuration names.
    static let files = "/srv/vault-tests"
    static let text = "for the service alone\n"
    static let secret = "the combination is 1234\n"
    static let port = 8321
    /// Who may open `load/*`, and is known by name.
    static let user = 4711
    /// The service that may have everything below `tests/`.
    static let service = "reader.service"

    private static let policy = """
        vault: 1
        capabilities:
          - name: tests/file
            file: { path: \(files)/file.txt, rights: [read] }
            open: each-grant
          - name: tests/log
            file: { path: \(files)/service.log, rights: [append] }
            open: each-grant
          - name: tests/secret
            memory: { file: \(files)/secret.txt }
          - name: tests/port
            listen: { tcp: "127.0.0.1:\(port)" }
          - name: load/file
            file: { path: \(files)/file.txt, rights: [read] }
          - name: load/secret
            memory: { file: \(files)/secret.txt }
        rules:
          - id: one-service-by-its-unit-alone
            permit: [open]
            capability: tests/*
            to: { unit: \(service) }
          - id: everything-to-root
            permit: [open, list]
            capability: ["tests/*", "load/*"]
            to: { uid: 0, unit: session-1.scope }
          - id: kept
            permit: [deposit, open, list, remove]
            capability: kept/**
            to: { uid: 0 }
          - id: stores
            permit: [deposit, remove]
            capability: services/stores.service/**
            to: { uid: \(user), unit: stores.service }
          - id: fetches
            permit: [open]
            capability: services/stores.service/**
            to: { unit: fetches.service }
          - id: load
            permit: [open]
            capability: load/*
            to: { uid: \(user) }

        """

    /// What the tests use: a user, files that only root may read, a policy, and clients.
    func prepare() async throws {
        try write(Self.text, to: "\(Self.files)/file.txt", mode: 0o600)
        try write(Self.secret, to: "\(Self.files)/secret.txt", mode: 0o600)
        try write("", to: "\(Self.files)/service.log", mode: 0o600)
        try write(Self.policy, to: "/etc/vaultd/policies/tests.yaml")
        try write(
            "limits: { records-per-uid: 1000000 }\n" + read("/etc/vaultd/vaultd.yaml"), to: "/etc/vaultd/vaultd.yaml")
        for script in ["reader.py", "looping_client.py", "renewing.py"] {
            let source = Programs.checkout.appending("Tests/InstalledTests/Scripts").appending(script)
            let copied = try await Command("cp", source.string, "\(tree).run/root/usr/local/bin/").run()
            guard copied.status.isSuccess else { throw DaemonFailure(what: "no \(script)", log: copied.errorText) }
        }
        try await run("useradd", "--create-home", "--uid", "\(Self.user)", "tester")
        try await run("systemctl", "restart", "vaultd.service")
    }
}
