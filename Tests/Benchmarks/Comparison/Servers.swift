// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import VaultTestKit

/// The C baseline.
struct BaselineServer: RunningServer {
    private let process: ServerProcess
    let socket: FilePath
    let loadArguments: [String] = []

    init(mode: String, _ settings: Settings) async throws {
        let directory = try TemporaryDirectory()
        socket = directory.path("socket")
        let file = try directory.write("contents\n", to: "file")
        let arguments = [
            "--socket", socket.string, "--file", file.string, "--mode", mode,
            "--database", directory.path("ledger.db").string, "--ready-fd", "3",
            "--row-bytes", "\(settings.rowBytes)", "--checkpoint-pages", "\(settings.checkpointPages)",
        ]
        process = try await ServerProcess(
            Programs.built.appending("BenchmarkBaseline"), arguments, in: directory, ready: 3)
    }

    var pid: Int32 { process.child.pid }

    func stop() async throws { try await process.stop() }
}

/// `vaultd` with the capabilities of the benchmark, and limits that it does not meet.
struct BrokerServer: RunningServer {
    let daemon: Daemon
    let loadArguments: [String] = []

    var socket: FilePath { daemon.socket }
    var pid: Int32 { get throws { try daemon.pid } }

    /// Shared delivery, since that is what the others do; `fresh/0` to `fresh/15` are the same files opened anew.
    private static var policy: String {
        let held = Contender.names.map { name in
            "  - { name: \(name), file: { path: \"@DIRECTORY@/file\", rights: [read] }, delivery: shared }"
        }
        let fresh = Contender.names.indices.map { index in
            "  - { name: fresh/\(index), file: { path: \"@DIRECTORY@/file\", rights: [read] } }"
        }
        return """
            vault: 1
            capabilities:
            \((held + fresh).joined(separator: "\n"))
            rules:
              - { id: bench, permit: [open], capability: ["bench/*", "fresh/*"], to: { uid: \(geteuid()) } }

            """
    }

    init() async throws {
        var options = Daemon.Options()
        options.policies = ["bench.yaml": Self.policy]
        options.files = ["file": "contents\n"]
        var configuration = "limits: { connections-per-uid: 2048, records-per-uid: 1000000 }\n"
        if geteuid() == 0 {
            options.owner = 65534
            configuration += "run-as: nobody\nopener: { roots: [\"@DIRECTORY@\"] }\n"
        }
        options.configuration = configuration
        daemon = try await Daemon.start(options)
    }

    func stop() async throws { try await daemon.terminate() }
}

/// s6-fdholderd, with a rule that permits everything.
struct S6Server: RunningServer {
    private let process: ServerProcess
    let socket: FilePath
    let loadArguments = ["--protocol", "s6"]

    init() async throws {
        let directory = try TemporaryDirectory()
        socket = directory.path("socket")
        let file = try directory.write("contents\n", to: "file")
        let rule = directory.path("rules/uid/default/env")
        _ = try await Command("mkdir", "-p", rule.string).run()
        try directory.write("", to: "rules/uid/default/allow")
        for variable in ["S6_FDHOLDER_STORE_REGEX", "S6_FDHOLDER_RETRIEVE_REGEX"] {
            try directory.write(".*", to: "rules/uid/default/env/\(variable)")
        }
        guard let program = Command.find("s6-fdholder-daemon") else {
            throw DaemonFailure(what: "s6 is not installed", log: "")
        }
        let arguments = [
            "-1", "-v", "0", "-c", "1000", "-n", "1000", "-i", directory.path("rules").string, socket.string,
        ]
        process = try await ServerProcess(program, arguments, in: directory, ready: 1)
        for name in Contender.names {
            let store = #"exec s6-fdholder-store -d 0 "$1" "$2" <"$3""#
            let result = try await Command("sh", "-c", store, "sh", socket.string, name, file.string).run()
            guard result.status.isSuccess else { throw DaemonFailure(what: "s6-fdholder-store", log: result.errorText) }
        }
    }

    var pid: Int32 { process.child.pid }

    func stop() async throws { try await process.stop() }
}
