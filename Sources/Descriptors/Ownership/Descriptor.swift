// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// What has an open descriptor and lends it to a function for the length of a call.
///
/// Functions that only use a descriptor take `borrowing some Descriptor & ~Copyable`: an ``OwnedDescriptor``, a
/// ``HeldDescriptor`` or one of the ``StandardDescriptor``s. The caller keeps it alive until the function has returned,
/// also when it has no name of its own, as in `FileStatus(of: OwnedDescriptor.open(path))`. A number alone could not do
/// that: Swift ends an owner at its last use, and to read a number from it would be the last use. So no owner hands
/// its number out; `release()` gives it up together with the duty to close it.
///
/// Functions that keep a descriptor beyond a call take a ``HeldDescriptor``, and with it a share in its life.
public protocol Descriptor: ~Copyable, Sendable {
    /// The number, sealed. To be read from a value that lives, by ``withUnsafeNumber(_:)``.
    var lentNumber: LentNumber { get }
}

/// The number of a descriptor that nobody can read but ``Descriptor/withUnsafeNumber(_:)``, while the owner lives.
@frozen public struct LentNumber: Sendable {
    @usableFromInline let value: CInt

    /// - Parameter number: of a descriptor that stays open for as long as the ``Descriptor`` lives that lends it.
    public init(_ number: CInt) {
        value = number
    }
}

extension Descriptor where Self: ~Copyable {
    /// Calls `body` with the number. The descriptor stays open until `body` has returned.
    ///
    /// For system calls that this library does not have. `body` must neither close the number, nor return it, nor leave
    /// it anywhere: after it, the number may name something else, and nothing would tell.
    @inlinable
    @inline(__always)
    @discardableResult
    public func withUnsafeNumber<Result: ~Copyable, Failure: Error>(
        _ body: (CInt) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Inlined into its caller, the owner's life could end as soon as the number is read.
        defer { withExtendedLifetime(self) {} }
        return try body(lentNumber.value)
    }
}

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
