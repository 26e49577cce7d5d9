// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("A Unix address")
struct UnixAddressTests {
    @Test("of 107 bytes works, of 108 is ENAMETOOLONG, and an empty path is EINVAL")
    func lengths() throws {
        let directory = try TemporaryDirectory()
        let room = UnixAddress.longestPath - directory.path.length - 1
        let longest = directory.path(String(repeating: "x", count: room))
        let socket = try UnixSocket.bind(to: .path(longest), type: .datagram)
        #expect(try SocketOption.localAddress(of: socket) == .path(longest))
        #expect(throws: Errno.fileNameTooLong) {
            _ = try UnixSocket.bind(
                to: .path(directory.path(String(repeating: "x", count: room + 1))), type: .datagram)
        }
        #expect(throws: Errno.invalidArgument) { _ = try UnixSocket.bind(to: .path(""), type: .datagram) }
    }

    @Test("with bytes that are no UTF-8 is the same on its way back")
    func bytes() throws {
        let directory = try TemporaryDirectory()
        let name: [CChar] = [0x61, -1, -2, 0x62, 0]
        var path = directory.path
        path.append(FilePath(platformString: name).components)
        let socket = try UnixSocket.bind(to: .path(path), type: .datagram)
        #expect(try SocketOption.localAddress(of: socket) == .path(path))
        #expect(try FileStatus(ofPath: path).kind == .socket)
    }

    @Test("in the abstract namespace is written with an at sign, may hold any byte, and leaves no file")
    func abstract() throws {
        #expect(UnixAddress(notation: "@name") == .abstract(Array("name".utf8)))
        #expect(UnixAddress(notation: "/name") == .path("/name"))
        let address = UnixAddress.abstract(Array("vault-test-\(getpid())".utf8) + [0, 255])
        let listener = try UnixSocket.listen(at: address)
        #expect(try SocketOption.localAddress(of: listener) == address)
        _ = try UnixSocket.connect(to: address)
    }

    @Test("is not what an internet socket has")
    func otherFamily() throws {
        let socket = OwnedDescriptor(adopting: Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0))
        #expect(throws: Errno.addressFamilyNotSupported) { _ = try SocketOption.localAddress(of: socket) }
    }
}
