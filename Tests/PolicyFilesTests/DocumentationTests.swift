// SPDX-License-Identifier: Apache-2.0

import DaemonSettings
import Testing
import VaultModel
import VaultPolicy

@testable import PolicyFiles

@Suite("The documentation of policy files")
struct DocumentationTests {
    private static func article(_ name: String, of target: String = "PolicyFiles") throws -> String {
        let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return try PolicyFile.read("\(package)/Sources/\(target)/\(target).docc/\(name).md").text
    }

    /// The texts of the code blocks of a language.
    private static func blocks(_ language: String, in article: String) -> [String] {
        var blocks: [String] = []
        var block: [Substring]?
        for line in article.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "```\(language)" {
                block = []
            } else if line == "```", let lines = block {
                blocks.append(lines.joined(separator: "\n"))
                block = nil
            } else {
                block?.append(line)
            }
        }
        return blocks
    }

    @Test("Every example of the policy language is read without a problem, and its tests pass")
    func examples() throws {
        let blocks = Self.blocks("yaml", in: try Self.article("PolicyLanguage"))
        #expect(blocks.count >= 3)
        for block in blocks {
            let isFile = block.hasPrefix("vault:")
            let key = block.contains("\n  permit:") ? "rules" : "capabilities"
            let text = isFile ? block : "vault: 1\n\(key):\n\(block)"
            let (set, found) = PolicyReader.read([PolicyFile(path: "example", text: text)], names: FixedNames())
            // What a directory leads to is said of each.
            let problems = found.filter { $0.severity == .error || !$0.message.contains("beneath the directory") }
            #expect(problems.isEmpty, "\(problems.map { $0.text(source: text) }.joined(separator: "\n"))")
            #expect(!set.capabilities.isEmpty || !set.rules.isEmpty)
            #expect(set.runTests(wallUSec: 0).compactMap(\.problem).isEmpty)
        }
    }

    @Test("Every key is documented, and every kind and selector has an example")
    func keys() throws {
        let article = try Self.article("PolicyLanguage")
        let keys =
            RuleReader.keys + CapabilityReader.keys + TestReader.keys + SelectorKind.allCases.map(\.rawValue)
        let words = Set(
            article.split { !($0.isLetter || $0.isNumber || $0 == "-") }.map(String.init))
        for key in keys { #expect(words.contains(key), "\(key)") }
        let examples = Self.blocks("yaml", in: article).joined(separator: "\n")
        for kind in SelectorKind.allCases { #expect(examples.contains("\(kind.rawValue):"), "\(kind)") }
        for key in ["file", "directory", "fifo", "pipe", "listen", "connect", "memory", "device", "helper"]
            + ConditionReader.keys
        {
            #expect(examples.contains(" \(key):"), "\(key)")
        }
    }

    @Test("The types that it names for additions exist")
    func types() throws {
        let article = try Self.article("PolicyLanguage")
        let types: [Any.Type] = [
            SelectorKind.self, SelectorKinds.self, SelectorSet.self, Identity.self, Subject.self, SelectorReader.self,
            Conditions.self, ConditionReader.self, CapabilityKind.self, CapabilitySource.self, SourceReader.self,
        ]
        for type in types { #expect(article.contains("`\(type)`"), "\(type)") }
    }

    @Test("The example of the daemon's settings is read, with every key")
    func settings() throws {
        let article = try Self.article("VaultdYAML", of: "DaemonSettings")
        let text = try #require(Self.blocks("yaml", in: article).first)
        let (settings, problems) = DaemonConfiguration.read(path: "vaultd.yaml", text: text)
        #expect(problems.isEmpty, "\(problems.map { $0.text(source: text) }.joined(separator: "\n"))")
        #expect(settings.socket.mode?.value == 0o666 && settings.runAs?.value == "vaultd")
        #expect(settings.s6Socket.path?.value == "/run/vaultd/s6.sock" && settings.s6Socket.prefix?.value == "s6")
        let credentials = settings.credentialsSocket
        #expect(credentials.path?.value == "/run/vaultd/credentials.sock" && credentials.mode?.value == 0o600)
        #expect(credentials.names?.value.template == CredentialNames.usual)
        #expect(settings.opener.helperUser?.value == "nobody" && settings.audit.checkpointRecords?.value == 1000)
        #expect(settings.limits.leasesPerUID?.value == 10_000 && settings.limits.depositsPerUID?.value == 128)
        #expect(settings.limits.holders?.value == 4096 && settings.notifySocket?.prefix.value.needsUnit == true)
        #expect(settings.limits.recordsPerUID?.value == 1000 && settings.log.format?.value == .text)
    }
}
