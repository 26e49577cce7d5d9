// SPDX-License-Identifier: Apache-2.0

import JSONText
import SystemPackage
import VaultTestKit

/// A broker that one user deposits with and another takes from.
enum DepositVault {
    private static let policy = """
        vault: 1
        rules:
          - id: depositor
            permit: [deposit, remove]
            capability: d/**
            to: { uid: 4711 }
            deposits: 40
          - id: reader
            permit: [open]
            capability: d/**
            to: { uid: [4711, 4712] }
          - id: taker
            permit: [remove]
            capability: d/**
            to: { uid: 4712 }
          - id: risks
            permit: [deposit]
            capability: risky/**
            to: { uid: 4711 }
            directories: yes
            devices: yes
            any-filesystem: yes
          - id: all-see-risks
            permit: [open, remove]
            capability: risky/**
            to: { uid: [4711, 4712] }
        """

    static func start(_ adjust: (inout Daemon.Options) -> Void = { _ in }) async throws -> Daemon {
        var options = Daemon.Options()
        options.policies = ["deposits.yaml": Self.policy]
        adjust(&options)
        return try await Daemon.start(options)
    }

    /// Python that is run by a client, with the path of `vault` in `vault`.
    static func python(
        _ daemon: Daemon, uid: UInt32, _ script: String, _ arguments: String...
    ) async throws -> CommandResult {
        let vault = try await Programs.directory().appending("vault").string
        let start = "import os, sys, socket, subprocess\nvault = \(vault.debugDescription)\n"
        return try await daemon.client("/usr/bin/python3", ["-c", start + script] + arguments, uid: uid).run()
    }
}
