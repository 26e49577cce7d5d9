// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import SystemPackage

/// The one door to libc: a result of -1 becomes a thrown `Errno`, and `EINTR` is handled here and nowhere else.
package enum SystemCall {
    /// Calls `body` again for as long as a signal interrupts it.
    ///
    /// Not for `close(2)`: on Linux the number is free after `EINTR`, so a second call would close somebody else's.
    /// - Throws: what `errno` says when `body` returns -1.
    @inline(__always)
    @discardableResult
    package static func retrying<Value: SignedInteger & FixedWidthInteger>(
        _ body: () -> Value
    ) throws(Errno) -> Value {
        while true {
            let value = body()
            if value != -1 { return value }
            let error = Errno(rawValue: errno)
            if error != .interrupted { throw error }
        }
    }

    /// The same with the number of a descriptor, which stays open until `body` has returned.
    @inline(__always)
    @discardableResult
    package static func retrying<Value: SignedInteger & FixedWidthInteger>(
        on descriptor: borrowing some Descriptor & ~Copyable, _ body: (CInt) -> Value
    ) throws(Errno) -> Value {
        try descriptor.withUnsafeNumber { number throws(Errno) in try retrying { body(number) } }
    }

    /// For the functions of `posix_spawn(3)` and `pthread_create(3)`, which return the error number itself.
    package static func check(_ error: CInt) throws(Errno) {
        if error != 0 { throw Errno(rawValue: error) }
    }
}

extension Errno {
    /// The name by which manuals know the error, such as `EACCES`; the number where it has none.
    public var name: String {
        linux_error_name(rawValue).map { String(cString: $0) } ?? String(rawValue)
    }
}
