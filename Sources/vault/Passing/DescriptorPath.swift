// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import TerminalKit

/// The path by which a program opens a descriptor that it has inherited.
///
/// `/dev/fd/N` as shells give it for `<(…)`, and `/proc/self/fd/N`, which it leads to, where `/dev` has no such link. To
/// open it is to open the file anew, with an offset of its own and by the file's own permissions (proc(5)); a socket
/// cannot be opened at all. So it is looked at before the command runs whether that can be done.
enum DescriptorPath {
    private static let directories = ["/dev/fd", "/proc/self/fd"]

    /// - Parameters:
    ///   - number: where the descriptor is already.
    ///   - option: what asked for it.
    ///   - name: the capability.
    static func opening(_ number: CInt, _ option: String, _ name: String) throws(Failure) -> String {
        let paths = directories.map { "\($0)/\(number)" }
        let found = paths.first { (try? FileStatus(ofPath: FilePath($0))) != nil } ?? paths[0]
        try check(found, of: number, option, name)
        return found
    }

    /// Whether such a path can be opened.
    static func check(_ found: String, of number: CInt, _ option: String, _ name: String) throws(Failure) {
        guard let status = try? FileStatus(ofPath: FilePath(found)) else {
            throw Failure(
                .beforeCommand, "\(option): neither /dev/fd nor /proc is there to open \(name) by a path",
                next: "mount proc at /proc; or --fd, where the command takes a number")
        }
        guard status.kind != .socket else {
            throw Failure(
                .beforeCommand, "\(option): \(name) is a socket, which no path opens",
                next: "--env-fd, --fd or --pass, where the command takes a number")
        }
        let flags = fcntl(number, F_GETFL)
        let wanted =
            switch flags & O_ACCMODE {
            case O_RDONLY: R_OK
            case O_WRONLY: W_OK
            default: R_OK | W_OK
            }
        guard faccessat(CInt(AT_FDCWD), found, wanted, AT_EACCESS) == 0 else {
            throw Failure(
                .beforeCommand,
                "\(option): \(name) cannot be opened by a path: \(Errno(rawValue: errno).description)",
                next: "a capability of kind memory, which belongs to who asks for it; or --stdin, or --fd")
        }
    }
}
