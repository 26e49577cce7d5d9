// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// A file descriptor that this value owns: it is closed when the value's life ends.
///
/// It cannot be copied, so it has one owner at a time; pass it on with `consuming`, give the bare number up with
/// ``release()``, or get a second descriptor of the same open file description with ``duplicate()``. Functions that
/// only use a descriptor take its number, ``raw``, which is valid for as long as the value lives.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, borrowed: whoever takes it must neither close it nor keep it beyond the life of this value.
    ///
    /// A value without a name does not live long enough: in `use(try OwnedDescriptor.open(path).raw)` the descriptor is
    /// closed before `use` is called. Give it a name first; it then lives to the end of its scope.
    public let raw: CInt

    /// Takes over a descriptor that nobody else closes.
    /// - Precondition: `raw` is not negative.
    public init(adopting raw: CInt) {
        precondition(raw >= 0, "there is no descriptor \(raw)")
        self.raw = raw
    }

    /// Gives the descriptor up: the caller now has to close the number.
    public consuming func release() -> CInt {
        let number = raw
        discard self
        return number
    }

    /// Closes now, for those who want to know what `close(2)` said.
    ///
    /// The descriptor is gone whether or not this throws. `EINTR` is no failure: on Linux the number is free by then.
    /// - Throws: what `close(2)` reports, such as `EIO` for data that could not be written.
    public consuming func close() throws(Errno) {
        if let error = Self.close(release()) { throw error }
    }

    /// A second descriptor of the same open file description, close-on-exec (`F_DUPFD_CLOEXEC`).
    ///
    /// Both share one file offset and one set of status flags.
    /// - Parameter lowest: the number is the lowest free one that is not below this.
    public func duplicate(atOrAbove lowest: CInt = 0) throws(Errno) -> OwnedDescriptor {
        try Self.duplicate(of: raw, atOrAbove: lowest)
    }

    /// ``duplicate(atOrAbove:)`` for a borrowed number.
    public static func duplicate(of raw: CInt, atOrAbove lowest: CInt = 0) throws(Errno) -> OwnedDescriptor {
        OwnedDescriptor(adopting: try SystemCall.retrying { fcntl(raw, F_DUPFD_CLOEXEC, lowest) })
    }

    /// The number in the clothes of swift-system, borrowed as ``raw`` is.
    public var fileDescriptor: FileDescriptor { FileDescriptor(rawValue: raw) }

    deinit {
        _ = Self.close(raw)
    }

    /// `EBADF` is the trace of a number that was closed twice: by then it may have named another's descriptor.
    private static func close(_ number: CInt) -> Errno? {
        guard Glibc.close(number) == -1 else { return nil }
        let error = Errno(rawValue: errno)
        precondition(error != .badFileDescriptor, "descriptor \(number) was closed by somebody who does not own it")
        return error == .interrupted ? nil : error
    }
}
