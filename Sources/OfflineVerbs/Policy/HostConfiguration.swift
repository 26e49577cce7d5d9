// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import Glibc
import JSONText
import PolicyFiles
import TerminalKit
import VaultModel

/// The `vaultd.yaml` of this host, found as the daemon finds it: what the opener of this host opens.
enum HostConfiguration {
    /// What to hold capabilities against; nil where there is no configuration, which is said when it cannot be used.
    ///
    /// - Parameter path: one that was named, and so must be right.
    static func openerPlaces(_ path: String?) throws -> OpenerPlaces? {
        if let path {
            let (places, problems) = try read(path)
            guard let places else {
                for problem in problems { try StandardOutput.print(problem) }
                throw Failure(
                    .usage, "\(path) cannot be used", next: "vaultd --check --config \(path)")
            }
            return places
        }
        guard let found = candidates.first(where: { access($0, F_OK) == 0 }) else { return nil }
        let (places, problems) = try read(found)
        if places == nil {
            try StandardOutput.print(
                "warning: the opener's roots are not checked: \(problems.first ?? "\(found) cannot be used")")
        }
        return places
    }

    private static func read(_ path: String) throws -> (OpenerPlaces?, [String]) {
        let file: PolicyFile
        do throws(PolicyProblem) {
            file = try PolicyFile.read(path)
        } catch {
            return (nil, [error.summary.escaped])
        }
        let (configuration, problems) = DaemonConfiguration.read(path: path, text: file.text)
        guard !problems.contains(where: { $0.severity == .error }) else {
            return (nil, problems.map(\.summary.escaped))
        }
        return (
            OpenerPlaces(configuration, state: "/var/lib/vaultd", socket: "/run/vaultd/vault.sock"), []
        )
    }

    /// The variable, then one's own, then the system's.
    private static var candidates: [String] {
        if let path = Environment["VAULTD_CONFIG"] { return [path] }
        let system = "/etc/vaultd/vaultd.yaml"
        guard geteuid() != 0 else { return [system] }
        let settings = Environment["XDG_CONFIG_HOME"] ?? Environment["HOME"].map { "\($0)/.config" }
        return [settings.map { "\($0)/vaultd/vaultd.yaml" }, system].compactMap { $0 }
    }
}
