// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// `vault-openfile`: a program of its own as it is built, another name of `vault-opener` as it is installed.
package enum Openfile {
    private static let usage = """
        Usage: vault-openfile SOCKET PATH MODE

        Opens PATH and passes the descriptor, with one byte of data, over the Unix socket that is its descriptor SOCKET.
        MODE is what open(2) takes as flags, in decimal. The exit status is 0, or the errno of what failed.

        It is the openfile of Stevens' UNIX Network Programming, and serves as a helper of vault.

        """

    /// Is it what a program was called as? By the end of the name, as `openfile` is what people call a copy.
    /// - Parameter path: the first word of the command line.
    package static func isName(_ path: String) -> Bool { path.utf8.reversed().starts(with: "openfile".utf8.reversed()) }

    /// Does what the command line asks for, and ends this process.
    package static func main() -> Never {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "--help" {
            let text = Array(usage.utf8)
            exit(write(STDOUT_FILENO, text, text.count) == text.count ? 0 : 1)
        }
        guard (try? ExactText.checkArguments()) != nil else { exit(status(of: .illegalByteSequence)) }
        guard arguments.count == 3, let number = CInt(arguments[1]), let mode = CInt(arguments[3]) else {
            let text = Array(usage.utf8)
            _ = write(STDERR_FILENO, text, text.count)
            exit(status(of: .invalidArgument))
        }
        // One that is not open must not be owned: by the time it is closed it could be somebody else's.
        guard fcntl(number, F_GETFD) != -1 else { exit(status(of: Errno(rawValue: errno))) }
        do {
            let socket = OwnedDescriptor(adopting: number)
            let file = try OwnedDescriptor.open(FilePath(arguments[2]), flags: mode, mode: 0o666)
            try MessageSocket.send([UInt8(0)].span, passing: file, on: socket)
        } catch {
            exit(status(of: error))
        }
        exit(0)
    }

    /// An errno as an exit status, which has one byte and for which 0 means success.
    private static func status(of error: Errno) -> CInt {
        (1...255).contains(error.rawValue) ? error.rawValue : 255
    }
}
