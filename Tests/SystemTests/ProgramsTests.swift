// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What these tests run is what they say.
@Suite struct ProgramsTests {
    @Test("The daemon under test is the one that was installed, with the Swift runtime in it, where something was")
    func installed() async throws {
        let daemon = try await StandardVault.start()
        let pid = try daemon.pid
        #expect(readLink(FilePath("/proc/\(pid)/exe")) == daemon.programs.appending("vaultd").string)
        guard Programs.installedRoot != nil else { return }
        let maps = try await onThread {
            try OwnedDescriptor.open(FilePath("/proc/\(pid)/maps")).readAll(limit: 1 << 24)
        }
        #expect(
            !String(decoding: maps, as: UTF8.self).contains("libswiftCore"), "an installed program needs no toolchain")
    }

    @Test(
        "What programs say of their arguments holds nothing that a terminal acts on",
        arguments: [
            ("vault-opener", ["--root", "@"]), ("vault-opener", ["--root", "/", "--helper", "@"]),
            ("vault-opener", ["@", "x"]), ("vaultd", ["--config", "@"]), ("vaultd", ["@"]), ("vaultd", ["--@"]),
            ("vaultd", ["--ready-fd", "@"]), ("vault", ["@"]), ("vault", ["list", "--socket", "@"]),
            ("vault-offline", ["policy", "check", "@"]), ("vault-offline", ["@"]),
        ])
    func escaped(program: String, words: [String]) async throws {
        let path = try await Programs.directory().appending(program)
        let command = Command(path, arguments: words.map { $0.replacing("@", with: "a\nb\u{1B}[31m\u{9B}c\u{202E}d") })
        let result = try await command.run()
        #expect(!result.status.isSuccess)
        #expect(result.errorText.contains(#"a\nb\x1b[31m\x9bc\u{202e}d"#), "\(result.errorText)")
        #expect(!result.errorText.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
        #expect(!result.errorText.unicodeScalars.contains("\u{202E}"))
    }
}
