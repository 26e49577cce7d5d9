// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Descriptors 0, 1 and 2 of a program that was started with some of them closed.
package enum StandardDescriptors {
    /// Takes the numbers that are free, so that no socket or file of this process gets one of them and what is meant
    /// for standard output is written there.
    ///
    /// Each becomes `/dev/null`, opened the wrong way round, as glibc does it for set-user-ID programs: what is written
    /// to a missing standard output fails with `EBADF` rather than vanishing, and so does a read of a missing standard
    /// input. A program that this one becomes finds them closed, as this one did. To be called before anything is opened.
    package static func fill() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // The lowest free number is the one: those below have just been filled.
            _ = open("/dev/null", (number == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC)
        }
    }
}
