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
}
