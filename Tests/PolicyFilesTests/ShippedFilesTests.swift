// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import Glibc
import PolicyFiles
import Testing
import VaultModel

/// What is shipped fits together: the worked examples can be copied into the policy directory of a vault that was only
/// installed.
@Suite struct ShippedFilesTests {
    private static func text(_ path: String) throws -> String {
        let root = #filePath.components(upTo: "/Tests/")
        return try PolicyFile.read("\(root)/\(path)").text
    }

    @Test(
        "Every path of a worked example lies beneath a root of the shipped vaultd.yaml",
        arguments: ["backup", "web", "worker"])
    func pathsOfExamples(name: String) throws {
        let (settings, problems) = DaemonConfiguration.read(
            path: "vaultd.yaml", text: try Self.text("Sources/vaultd/Units/vaultd.yaml"))
        #expect(problems.isEmpty)
        let roots = try #require(settings.opener.roots?.value)
        let file = PolicyFile(path: "\(name).yaml", text: try Self.text("Policies/\(name).yaml"))
        let (set, errors) = PolicyReader.read([file], names: FixedNames())
        #expect(errors.allSatisfy { $0.severity != .error })
        let paths = set.capabilities.compactMap { capability -> String? in
            switch capability.source {
            case .file(let path, _, _), .directory(let path), .device(let path), .memory(.file(let path)): path.text
            case .memory(.credential), .listener, .connection, .pipe, .fifo, .helper, .deposit: nil
            }
        }
        #expect(!paths.isEmpty)
        for path in paths { #expect(roots.contains { path.hasPrefix($0 + "/") }, "\(path)") }
    }
}

extension String {
    fileprivate func components(upTo mark: String) -> Substring {
        firstRange(of: mark).map { self[..<$0.lowerBound] } ?? self[...]
    }
}
