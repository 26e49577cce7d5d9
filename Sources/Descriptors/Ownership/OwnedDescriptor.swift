// SPDX-License-Identifier: Apache-2.0

import Glibc
public import SystemPackage

/// A file descriptor that this value owns: it is closed when the value's life ends.
///
/// It cannot be copied, so it has one owner at a time; pass it on with `consuming`, give the bare number up with
/// ``release()``, or get a second descriptor of the same open file description with
/// ``Descriptor/duplicate(atOrAbove:)``. Functions that only use a descriptor borrow it: see ``Descriptor``.
public struct OwnedDescriptor: ~Copyable, Descriptor {
    private enum Origin {
        case own
        case foreign
        case connection
    }

    private let number: CInt
    private let origin: Origin

    /// Takes over a descriptor that nobody else closes.
    /// - Parameters:
    ///   - isForeign: a stranger has passed it, so that it is closed where that may hang: ``ForeignDescriptors``.
    ///   - isConnection: it is a connected Unix socket whose other end a stranger has: descriptors that lie unread in it are
    ///     closed where that may hang.
    /// - Precondition: `number` is not negative.
    public init(adopting number: CInt, isForeign: Bool = false, isConnection: Bool = false) {
        precondition(number >= 0, "there is no descriptor \(number)")
        self.number = number
        origin = isForeign ? .foreign : isConnection ? .connection : .own
    }

    public var lentNumber: LentNumber { LentNumber(number) }

    /// Gives the descriptor up: the caller now has to close the number.
    public consuming func release() -> CInt {
        let number = number
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

    deinit {
        switch origin {
        case .own: _ = Self.close(number)
        case .foreign: ForeignDescriptors.close(number)
        case .connection: ForeignDescriptors.closeConnection(number)
        }
    }

    /// `EBADF` is the trace of a number that was closed twice: by then it may have named another's descriptor.
    static func close(_ number: CInt) -> Errno? {
        guard Glibc.close(number) == -1 else { return nil }
        let error = Errno(rawValue: errno)
        precondition(error != .badFileDescriptor, "descriptor \(number) was closed by somebody who does not own it")
        return error == .interrupted ? nil : error
    }
}

/// An owned descriptor in a box that can be shared, captured and kept in a dictionary; closed when the last reference
/// goes.
public final class HeldDescriptor: Descriptor {
    private let descriptor: OwnedDescriptor

    public init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    public var lentNumber: LentNumber { descriptor.lentNumber }
}
