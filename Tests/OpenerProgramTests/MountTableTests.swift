// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import vault_opener

struct MountTableTests {
    private static let table = MountTable(
        text: Array(
            """
            22 27 0:21 / /proc rw,relatime - proc proc rw
            27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
            28 27 0:25 /sub\\040dir /mnt/with\\040blank\\011tab\\134 ro shared:1 master:2 - tmpfs none ro
            280 27 0:26 / /mnt rw - nfs4 server:/x rw
            29 280 0:27 / /mnt/inner rw - tmpfs none rw
            30 29 0:28 / /mnt/inner rw - tmpfs none rw

            """.utf8))

    private static func point(of path: String) -> String? {
        table.mount(containing: Array(path.utf8)).map { String(decoding: $0.point, as: UTF8.self) }
    }

    @Test("A mount is found by its whole id, and what the kernel escaped is read as it was")
    func byID() {
        let mount = Self.table[28]
        #expect(mount?.device == Array("0:25".utf8))
        #expect(mount?.root == Array("/sub dir".utf8))
        #expect(mount?.type == "tmpfs", "there are optional fields before it")
        #expect(Self.table.mount(ofDevice: "0:26")?.type == "nfs4")
        #expect(Self.table.mount(ofDevice: "0:2") == nil)
        #expect(mount?.point == Array("/mnt/with blank\ttab\\".utf8))
        #expect(Self.table[280]?.point == Array("/mnt".utf8))
        #expect(Self.table[2] == nil)
        #expect(Self.table[31] == nil)
    }

    @Test("A path belongs to the innermost mount, by components and not by letters, and to the last on one point")
    func byPath() {
        #expect(Self.point(of: "/etc/passwd") == "/")
        #expect(Self.point(of: "/") == "/")
        #expect(Self.point(of: "/mnt/x/y") == "/mnt")
        #expect(Self.point(of: "/mnt") == "/mnt")
        #expect(Self.point(of: "/mntx") == "/")
        #expect(Self.point(of: "/mnt/innermost") == "/mnt")
        #expect(Self.point(of: "/mnt/inner/f") == "/mnt/inner")
        #expect(Self.table.mount(containing: Array("/mnt/inner/f".utf8))?.id == 30)
        #expect(Self.point(of: "relative") == nil)
        #expect(Self.point(of: "") == nil)
    }

    @Test("Text that is no mount table has no mounts")
    func garbage() {
        for text in ["", "\n", "x", "1 2\n", "a b c d e f\n", "1 2 3 4"] {
            let table = MountTable(text: Array(text.utf8))
            #expect(table[1] == nil)
            #expect(table.mount(containing: Array("/x".utf8)) == nil)
        }
    }

    @Test("The path within a file system, however it is mounted")
    func paths() {
        func join(_ root: String, _ path: String, _ point: String) -> String {
            let rest = PathBytes.remainder(of: Array(path.utf8), beneath: Array(point.utf8))
            return String(decoding: PathBytes.join(Array(root.utf8), rest), as: UTF8.self)
        }
        #expect(join("/", "/etc/passwd", "/") == "/etc/passwd")
        #expect(join("/", "/", "/") == "/")
        #expect(join("/", "/mnt/a", "/mnt") == "/a")
        #expect(join("/", "/mnt", "/mnt") == "/")
        #expect(join("/sub", "/mnt/a/b", "/mnt") == "/sub/a/b")
        #expect(join("/sub/file", "/mnt", "/mnt") == "/sub/file")
        #expect(join("/sub", "/x", "/") == "/sub/x")
    }
}
