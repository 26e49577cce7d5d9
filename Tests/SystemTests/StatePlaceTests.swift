// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// The state is protected for what it is, not for how its path is written.
@Suite struct StatePlaceTests {
    private static var options: Daemon.Options {
        var options = StandardVault.options
        options.policies = [
            "places.yaml": """
            vault: 1
            capabilities:
              - { name: key, file: { path: "@DIRECTORY@/state/log.key" }, open: each-grant }
              - { name: linked, file: { path: "@DIRECTORY@/hard" }, open: each-grant }
              - { name: database, file: { path: "@DIRECTORY@/state/ledger.db", rights: [write] }, open: each-grant }
              - name: policy
                file: { path: "@DIRECTORY@/policies/places.yaml", rights: [write] }
                open: each-grant
              - { name: settings, file: { path: "@DIRECTORY@/vaultd.yaml", rights: [append] }, open: each-grant }
              - { name: reading, file: { path: "@DIRECTORY@/policies/places.yaml", writable-by-others: yes }, open: each-grant }
              - { name: memory, memory: { file: "@DIRECTORY@/hard" } }
              - { name: secret, file: { path: "@DIRECTORY@/secret.txt" } }
            rules:
              - { id: r, permit: [open], capability: "**", to: { uid: \(StandardVault.reader) } }

            """
        ]
        return options
    }

    /// From the root by way of the working directory's parents, as somebody types it.
    private static func relative(_ path: FilePath) throws -> String {
        guard let bytes = getcwd(nil, 0) else { throw Errno(rawValue: errno) }
        defer { free(bytes) }
        let depth = String(cString: bytes).split(separator: "/").count
        return String(repeating: "../", count: depth) + path.string.dropFirst()
    }

    @Test(
        "However --state, --socket, --config and --policies are written, the opener hands out nothing of the state",
        arguments: ["plain", "dots", "link", "relative", "relative link"])
    func protected(form: String) async throws {
        let daemon = try await Daemon(Self.options)
        let directory = daemon.directory
        for name in ["deep", "run/deep"] { #expect(mkdir(directory.path(name).string, 0o755) == 0) }
        #expect(symlink("../run/deep", directory.path("deep/link").string) == 0)
        let here = try Self.relative(directory.path)
        let prefix =
            switch form {
            case "plain": directory.path.string
            case "dots": "\(directory.path)/./deep/.."
            // The link leads to run/deep: taken for text, `..` would lead to deep.
            case "link": "\(directory.path)/deep/link/../.."
            case "relative": here
            default: "\(here)/deep/link/../.."
            }
        let end = form == "plain" ? "" : "/"
        try await daemon.start(adding: [
            "--state", "\(prefix)/state\(end)", "--socket", "\(prefix)/run/vault.sock", "--policies",
            "\(prefix)/policies\(end)", "--config", "\(prefix)/vaultd.yaml",
        ])
        #expect(link(daemon.state.appending("log.key").string, directory.path("hard").string) == 0)
        func cat(_ name: String) async throws -> CommandResult {
            try await daemon.vault("cat", name, uid: StandardVault.otherUser)
        }
        #expect(try await cat("secret").text == StandardVault.secret)
        for name in ["key", "linked", "memory"] {
            let result = try await cat(name)
            #expect(result.output == [] && !result.status.isSuccess, "\(name)")
            // The opener may override permissions: this is its own refusal.
            #expect(result.errorText.contains("Permission denied"), "\(name): \(result.errorText)")
        }
        for name in ["database", "policy", "settings"] {
            let result = try await daemon.vault("exec", "--fd", "3=\(name)", "--", "true", uid: StandardVault.otherUser)
            #expect(!result.status.isSuccess && result.errorText.contains("Permission denied"), "\(result.errorText)")
        }
        #expect(try await cat("reading").text.hasPrefix("vault: 1"))
    }

    @Test("A bind mount of the state beneath a root is the state", .enabled(if: geteuid() == 0, "needs root, to mount"))
    func bindMount() async throws {
        var options = Self.options
        options.policies["more.yaml"] = """
            vault: 1
            capabilities:
              - { name: mounted, file: { path: "@DIRECTORY@/mounted/log.key" }, open: each-grant }

            """
        let daemon = try await Daemon(options)
        let place = daemon.directory.path("mounted").string
        #expect(mkdir(place, 0o755) == 0)
        #expect(mount(daemon.state.string, place, nil, UInt(MS_BIND), nil) == 0)
        defer { umount2(place, CInt(MNT_DETACH)) }
        try await daemon.start()
        let result = try await daemon.vault("cat", "mounted", uid: StandardVault.otherUser)
        #expect(result.output == [] && result.errorText.contains("Permission denied"), "\(result.errorText)")
    }

    @Test("A socket's path that names none is refused, with what to do")
    func noSocket() async throws {
        let daemon = try await Daemon(Self.options)
        for end in ["/", "/.", "/.."] {
            var command = daemon.command
            command.arguments += ["--socket", daemon.directory.path("run").string + end]
            let result = try await command.run()
            #expect(result.status == .exited(2))
            #expect(result.errorText.contains("names no socket") && result.errorText.contains("\nTry: "))
        }
    }
}
