// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// What a number means in every process, for as long as the process lives. Nobody owns it.
public struct StandardDescriptor: Descriptor {
    private let number: CInt

    private init(_ number: CInt) {
        self.number = number
    }

    public static let input = StandardDescriptor(STDIN_FILENO)
    public static let output = StandardDescriptor(STDOUT_FILENO)
    public static let error = StandardDescriptor(STDERR_FILENO)
    /// `AT_FDCWD`: where relative paths start. Only for functions that take a directory.
    public static let currentDirectory = StandardDescriptor(CInt(LINUX_AT_FDCWD))

    public var lentNumber: LentNumber { LentNumber(number) }

    /// Takes the numbers 0, 1 and 2 where a program was started with some of them closed, so that no socket or file of
    /// this process gets one of them and what is meant for standard output is written there.
    ///
    /// Each becomes `/dev/null`, opened the wrong way round, as glibc does it for set-user-ID programs: what is written
    /// to a missing standard output fails with `EBADF` rather than vanishing, and so does a read of a missing standard
    /// input. A program that this one becomes finds them closed, as this one did. To be called before anything is opened.
    package static func fillMissing() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // The lowest free number is the one: those below have just been filled.
            _ = open("/dev/null", (number == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC)
        }
    }
}

extension Descriptor where Self == StandardDescriptor {
    public static var standardInput: StandardDescriptor { .input }
    public static var standardOutput: StandardDescriptor { .output }
    public static var standardError: StandardDescriptor { .error }
}
