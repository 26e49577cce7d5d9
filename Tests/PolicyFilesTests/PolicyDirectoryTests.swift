// SPDX-License-Identifier: Apache-2.0

import Glibc
import PolicyFiles
import SystemPackage
import Testing
import VaultModel
import VaultTestKit

@Suite("Directories of policy files")
struct PolicyDirectoryTests {
    @Test("Every *.yaml is read in the order of the names; what is hidden or named otherwise is not")
    func files() throws {
        let directory = try TemporaryDirectory()
        for (name, text) in [("b.yaml", "B"), ("a.yaml", "A"), (".c.yaml", "C"), ("d.yml", "D"), ("e.yaml~", "E")] {
            try directory.write(text, to: name)
        }
        let read = try PolicyDirectory.read(directory.path.string)
        #expect(read.files.map(\.text) == ["A", "B"])
        #expect(read.files.map(\.path) == ["a.yaml", "b.yaml"].map { directory.path($0).string })
    }

    @Test("What is not read is named, with the reason and what to do")
    func unread() throws {
        let directory = try TemporaryDirectory()
        for name in [
            "a.yaml", "b.yml", "c.YAML", "d.json", "e.yaml~", "f.yaml.bak", ".g.yaml.swp", ".h.yaml", "README",
        ] {
            try directory.write("", to: name)
        }
        #expect(mkdir(directory.path("sub").string, 0o700) == 0)
        #expect(mkdir(directory.path(".git").string, 0o700) == 0)
        let read = try PolicyDirectory.read(directory.path.string)
        #expect(read.files.map(\.path) == [directory.path("a.yaml").string])
        let directories =
            "a directory within the policy directory is not read; move its policy files up, or the directory "
        let hidden = "a hidden file is not read; give it a name without the dot, or move it out of the directory"
        let copy = "the copy of an editor or installer is not read; move it out of the directory"
        func other(_ better: String) -> String {
            "this file is not read: only names that end in .yaml are; rename it to \(better), or move it out of the directory"
        }
        let expected = [
            ".g.yaml.swp": hidden, ".git": directories + "out of here", ".h.yaml": hidden,
            "README": other("a name that ends in .yaml"), "b.yml": other("'b.yaml'"), "c.YAML": other("'c.yaml'"),
            "d.json": other("'d.yaml'"), "e.yaml~": copy, "f.yaml.bak": copy, "sub": directories + "out of here",
        ]
        let found = read.unread.map { ($0.path.split(separator: "/").last.map(String.init) ?? "", $0) }
        #expect(
            Dictionary(found.map { ($0.0, "\($0.1.message); \($0.1.remedy)") }) { $1 } == expected)
        #expect(read.unread.allSatisfy { $0.severity == .warning && $0.line == 0 })
    }

    @Test("The hash tells whether names or contents changed")
    func hash() throws {
        let directory = try TemporaryDirectory()
        let empty = try PolicyDirectory.read(directory.path.string).sha256
        #expect(empty == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        try directory.write("text", to: "a.yaml")
        let first = try PolicyDirectory.read(directory.path.string).sha256
        #expect(try PolicyDirectory.read(directory.path.string + "/").sha256 == first)
        try directory.write("texts", to: "a.yaml")
        let second = try PolicyDirectory.read(directory.path.string).sha256
        #expect(rename(directory.path("a.yaml").string, directory.path("b.yaml").string) == 0)
        let third = try PolicyDirectory.read(directory.path.string).sha256
        #expect(Set([empty, first, second, third]).count == 4)
    }

    @Test("What is missing, is no file or is not UTF-8 is an error, never an empty policy")
    func unreadable() throws {
        let directory = try TemporaryDirectory()
        func message() -> String? {
            do throws(PolicyProblem) {
                _ = try PolicyDirectory.read(directory.path.string)
                return nil
            } catch {
                return "\(error.path.split(separator: "/").last ?? ""): \(error.message); \(error.remedy)"
            }
        }
        #expect(mkdir(directory.path("a.yaml").string, 0o700) == 0)
        #expect(message() == "a.yaml: Not a regular file; check the path and who may read it")
        #expect(rmdir(directory.path("a.yaml").string) == 0)
        #expect(symlink("missing", directory.path("a.yaml").string) == 0)
        #expect(message() == "a.yaml: No such file or directory; check the path and who may read it")
        #expect(unlink(directory.path("a.yaml").string) == 0)
        let file = try FileDescriptor.open(
            directory.path("a.yaml"), .writeOnly, options: .create, permissions: .ownerReadWrite)
        _ = try file.closeAfter { try file.writeAll([0xff]) }
        #expect(message() == "a.yaml: Not UTF-8 (line 1, byte 1); save it as UTF-8, or remove the byte")
        #expect(throws: PolicyProblem.self) { try PolicyDirectory.read(directory.path("none").string) }
        #expect(throws: PolicyProblem.self) { try PolicyFile.read(directory.path("none.yaml").string) }
    }
}
