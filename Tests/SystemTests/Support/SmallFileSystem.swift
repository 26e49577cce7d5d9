// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import Testing
import VaultTestKit

extension Daemon {
    /// A daemon that is not started yet, whose state lies on a file system of 24 MiB for as long as `body` runs. Needs root.
    /// - Parameter limits: another size, or another limit of tmpfs(5).
    static func onSmallFileSystem(
        _ options: Options, limits: String = "size=24m", _ body: (Daemon) async throws -> Void
    ) async throws {
        let daemon = try await Daemon(options)
        let owner = options.owner ?? 0
        let mounted = try await Command(
            "mount", "-t", "tmpfs", "-o", "\(limits),mode=0700,uid=\(owner),gid=\(owner)", "tmpfs", daemon.state.string
        ).run()
        try #require(mounted.status.isSuccess, "\(mounted.errorText)")
        do {
            try await body(daemon)
        } catch {
            try? await daemon.crash()
            _ = try await Command("umount", daemon.state.string).run()
            throw error
        }
        _ = try await Command("umount", daemon.state.string).run()
    }

    /// Leaves no room for any further record of `isRefused`, which asks for one.
    func fillState(until isRefused: () async throws -> Bool) async throws {
        // What is free within files that are there is used up first, and what a failure gives back is taken too.
        try await waitUntil("the file system to be full", limit: .seconds(60)) {
            _ = try await Command("sh", "-c", "cat /dev/zero >> \(state.appending("ballast"))").run()
            for _ in 0..<3 {
                // So long it may be refused without a look, since the record before failed.
                try await Task.sleep(for: .milliseconds(1200))
                if try await !isRefused() { return false }
            }
            return true
        }
    }

    /// Makes room again.
    func emptyState() async throws { _ = try await Command("rm", state.appending("ballast").string).run() }
}
