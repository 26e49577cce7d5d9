// SPDX-License-Identifier: Apache-2.0

import Records
import Testing
import VaultCore
import VaultModel

@testable import VaultBroker

@Suite("Building one policy after the other")
struct PolicyBuilderTests {
    private static let capabilities = (0..<20).map { "  - { name: c/\($0), pipe: {} }\n" }.joined()

    private static func file(_ path: String, rules: Range<Int>, user: String? = nil) -> StoredFile {
        let rules = rules.map { number in
            let to = user.map { "{ user: \($0) }" } ?? "{ uid: \(1000 + number) }"
            return "  - { id: r\(number), permit: [open], capability: c/\(number), to: \(to) }\n"
        }
        return StoredFile(
            path: path,
            text: "vault: 1\n" + (path == "a.yaml" ? "capabilities:\n" + capabilities : "") + "rules:\n"
                + rules.joined())
    }

    private static func granted(_ id: String, user: String? = nil) -> StoredRule {
        let to = user.map { "{\"user\":[\"\($0)\"]}" } ?? "{\"uid\":[\"7\"]}"
        return StoredRule(
            id: id, document: "{\"id\":\"\(id)\",\"permit\":[\"open\"],\"capability\":[\"c/1\"],\"to\":\(to)}",
            origin: "granted", addedRevision: 2)
    }

    private static func policy(_ files: [StoredFile], _ rules: [StoredRule] = []) -> StoredPolicy {
        var stored = StoredPolicy.none
        stored.revision = 1
        stored.files = files
        stored.rules = rules
        return stored
    }

    private static func builder(_ stored: StoredPolicy, filesAreNew: Bool = false) -> PolicyBuilder {
        PolicyBuilder(
            stored: stored, added: [], bootID: "boot", filesAreStored: !filesAreNew, looksAgain: filesAreNew)
    }

    /// What can be told of two policies that are to be the same.
    private static func told(_ built: BuiltPolicy) -> [String] {
        let policy = built.policy
        return policy.compiled.rules.map { "\($0.document) \($0.to) \($0.whence)" }
            + policy.capabilities.map(\.document)
            + built.problems.map(\.summary)
            + [policy.stored.sha256, policy.filesSHA256, "\(policy.stored.names)", "\(built.resolved)"]
    }

    @Test("a rule that is granted is one text that is read, and one rule that is compiled")
    func grant() {
        var known = PolicyBuilder.Known()
        let files = [Self.file("a.yaml", rules: 0..<10), Self.file("b.yaml", rules: 10..<20)]
        var stored = Self.policy(files)
        #expect(Self.builder(stored, filesAreNew: true).build(&known).textsRead == 2)
        for number in 0..<3 {
            stored.revision += 1
            stored.rules.append(Self.granted("g\(number)"))
            let built = Self.builder(stored).build(&known)
            #expect(built.textsRead == 1)
            #expect(built.policy.compiled.compiledCount == 1)
            #expect(Self.told(built) == Self.told(Self.builder(stored).build()))
        }
        stored.rules.remove(at: 1)
        let built = Self.builder(stored).build(&known)
        #expect(built.textsRead == 0)
        #expect(built.policy.compiled.compiledCount == 0)
        #expect(Self.told(built) == Self.told(Self.builder(stored).build()))
    }

    @Test("of files that are applied those are read that have changed")
    func apply() {
        var known = PolicyBuilder.Known()
        let files = [Self.file("a.yaml", rules: 0..<10), Self.file("b.yaml", rules: 10..<20)]
        _ = Self.builder(Self.policy(files), filesAreNew: true).build(&known)
        let again = Self.builder(Self.policy(files), filesAreNew: true).build(&known)
        #expect(again.textsRead == 0)
        let other = Self.policy([files[0], Self.file("b.yaml", rules: 10..<19)])
        let built = Self.builder(other, filesAreNew: true).build(&known)
        #expect(built.textsRead == 1)
        #expect(built.policy.compiled.compiledCount == 0)
        #expect(Self.told(built) == Self.told(Self.builder(other, filesAreNew: true).build()))
    }

    @Test("a path that only looks the same is another one, and is read")
    func looksTheSame() throws {
        var known = PolicyBuilder.Known()
        func text(_ name: String) -> String {
            "vault: 1\ncapabilities:\n  - name: a\n    file: { path: /srv/\(name), rights: [read] }\n"
                + "rules:\n  - { id: r, permit: [open], capability: a, to: { uid: 7, exe: /opt/\(name) } }\n"
        }
        for name in ["caf\u{E9}", "cafe\u{301}", "caf\u{E9}"] {
            let files = [StoredFile(path: "a.yaml", text: text(name))]
            let built = Self.builder(Self.policy(files), filesAreNew: true).build(&known)
            #expect(built.textsRead == 1)
            guard case .file(let path, _, _) = try #require(built.policy.capabilities.first).source else {
                Issue.record("no file")
                return
            }
            #expect(Array(path.text.utf8) == Array("/srv/\(name)".utf8))
            let rule = try #require(built.policy.compiled.rule("r"), "\(built.problems)")
            #expect(rule.to.exes.map { Array($0.text.utf8) } == [Array("/opt/\(name)".utf8)])
            #expect(built.policy.stored.sha256 == Self.policy(files).digest)
        }
    }

    @Test("what cannot be applied, and what is only tried, leaves known what is in force")
    func mistake() {
        var known = PolicyBuilder.Known()
        let stored = Self.policy([Self.file("a.yaml", rules: 0..<10)])
        _ = Self.builder(stored, filesAreNew: true).build(&known)
        let broken = Self.policy([StoredFile(path: "a.yaml", text: "vault: 1\nrules: [{}]\n")])
        #expect(!Self.builder(broken, filesAreNew: true).build(&known).errors.isEmpty)
        var trial = Self.builder(Self.policy([Self.file("a.yaml", rules: 0..<3)]), filesAreNew: true)
        trial.isTrial = true
        #expect(trial.build(&known).textsRead == 1)
        #expect(Self.builder(stored).build(&known).textsRead == 0)
    }

    @Test("a name that means another id than before means it in every text, and is looked up only where a text is new")
    func names() {
        var known = PolicyBuilder.Known()
        var stored = Self.policy([Self.file("a.yaml", rules: 0..<2, user: "root")])
        stored.names = [ResolvedName(kind: .user, name: "root", id: 4711)]
        var then = Self.builder(stored)
        then.isOfThePast = true
        _ = then.build(&known)
        stored.rules = [Self.granted("other")]
        let other = Self.builder(stored).build(&known)
        #expect(other.textsRead == 1)
        #expect(other.resolved.isEmpty)
        #expect(other.policy.compiled.rule("r0")?.to.users.map(\.id) == [4711])
        stored.rules.append(Self.granted("same", user: "root"))
        let same = Self.builder(stored).build(&known)
        #expect(same.resolved == [ResolvedName(kind: .user, name: "root", id: 0)])
        for id in ["r0", "r1", "same"] { #expect(same.policy.compiled.rule(id)?.to.users.map(\.id) == [0]) }
        #expect(Self.told(same) == Self.told(Self.builder(stored).build()))
    }
}
