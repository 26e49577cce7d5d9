// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

@testable import vault_opener

struct RootsTests {
    @Test("A path lies beneath a root by its components, byte by byte, and the innermost root is taken")
    func components() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.string
        func rest(_ path: String, _ roots: String...) -> String? {
            do { return try Roots(roots).locate(path, othersMayWrite: true).rest } catch { return nil }
        }
        #expect(rest(path, path) == "." && rest("\(path)//", path) == ".")
        #expect(rest("\(path)/a", path) == "a" && rest("/\(path)//a//b/", path) == "a//b/")
        #expect(rest("\(path)/../a", path) == "../a", "openat2(2) judges it")
        #expect(rest("\(path)/a", "/", path) == "a" && rest("/a", "/") == "a")
        #expect(rest("\(path)x/a", path) == nil && rest("/", path) == nil && rest("a", "/") == nil)
        // A combining mark makes another character of what stands before it, and another name.
        #expect(rest("\(path)\u{301}/a", path) == nil)
        #expect(rest("\(path)/\u{301}a", path) == "\u{301}a")
        #expect(rest("/e\u{301}/a", "/\u{E9}") == nil)
    }
}
