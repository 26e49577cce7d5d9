// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// The systems that what is installed is tried on.
enum DebianSuite: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// With systemd 252, the oldest that is served.
    case bookworm
    /// With the newest systemd that there is.
    case sid

    var testDescription: String { rawValue }

    /// What `make install` placed with the prefix that the README uses.
    static let installed = Programs.directory(of: "VAULT_INSTALLED_LOCAL")
    private static let trees = Programs.directory(of: "VAULT_MACHINES")

    /// Where `Tests/Machine/machine make` has put its tree, if it could.
    var tree: FilePath? {
        guard let tree = Self.trees?.appending(rawValue) else { return nil }
        let systemd = tree.appending("usr/lib/systemd/systemd")
        return systemd.withPlatformString { access($0, X_OK) } == 0 ? tree : nil
    }

    /// Why nothing can be tried on any of them here; nil if it can.
    static let lack: Comment? = {
        guard installed != nil, trees != nil else { return "make test-installed says what is installed, and where" }
        guard geteuid() == 0 else { return "needs root, to boot a systemd in namespaces of its own" }
        let namespaces = ["--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--fork", "true"]
        guard let result = try? Command("unshare", arguments: namespaces).runOnThread(), result.status.isSuccess else {
            return "namespaces cannot be made here"
        }
        guard allCases.contains(where: { $0.tree != nil }) else { return "there is no tree of Debian to boot" }
        return nil
    }()
}

extension Trait where Self == ConditionTrait {
    /// Skips what needs a machine where there can be none.
    static var needsMachine: Self { .enabled(if: DebianSuite.lack == nil, DebianSuite.lack) }
}
