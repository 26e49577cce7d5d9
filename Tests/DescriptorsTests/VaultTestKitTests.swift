// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The tools of the tests")
struct VaultTestKitTests {
    @Test("answers PATH look-ups and temporary directories of the tests, and removes what they held")
    func testKit() throws {
        let path: FilePath
        do {
            let directory = try TemporaryDirectory()
            path = directory.path
            #expect(mkdir(directory.path("folder").string, 0o700) == 0)
            try directory.write("x", to: "folder/file")
            #expect(symlink("/etc", directory.path("folder/link").string) == 0)
            #expect(directory.names() == ["folder"])
            #expect(try directory.read("folder/file") == "x")
        }
        #expect(throws: Errno.noSuchFileOrDirectory) { _ = try FileStatus(ofPath: path) }
        #expect(try FileStatus(ofPath: "/etc").kind == .directory)
        #expect(Seed(7).generator.first(3) == Seed(7).generator.first(3))
        #expect(Seed(7).generator.first(3) != Seed(8).generator.first(3))
    }

    @Test("waits in tests with a limit and says what for")
    func waiting() async {
        let error = await #expect(throws: WaitTimeout.self) {
            try await waitUntil("rain", limit: .milliseconds(20)) { false }
        }
        #expect(error.map { "\($0)" }?.contains("for rain, in vain") == true)
    }
}

extension SeededGenerator {
    fileprivate func first(_ count: Int) -> [UInt64] {
        var copy = self
        return (0..<count).map { _ in copy.next() }
    }
}
