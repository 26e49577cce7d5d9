// SPDX-License-Identifier: Apache-2.0

package import Descriptors
import Glibc

/// A wait came to its limit.
package struct WaitTimeout: Error, CustomStringConvertible {
    package let what: String
    package let limit: Duration

    package init(what: String, limit: Duration) {
        self.what = what
        self.limit = limit
    }

    package var description: String { "waited \(limit) for \(what), in vain" }
}

/// Looks again and again until `condition` holds.
///
/// - Parameter what: what is waited for, for the message: "the socket to appear".
package func waitUntil(
    _ what: String, limit: Duration = .seconds(20), every pause: Duration = .milliseconds(5),
    _ condition: () async throws -> Bool
) async throws {
    let end = BootTime.now.advanced(by: limit)
    while try await !condition() {
        if BootTime.now >= end { throw WaitTimeout(what: what, limit: limit) }
        try await Task.sleep(for: pause)
    }
}

/// The same for a thread of one's own, which it blocks.
package func waitOnThread(
    until what: String, limit: Duration = .seconds(20), every pause: Duration = .milliseconds(5),
    _ condition: () throws -> Bool
) throws {
    let end = BootTime.now.advanced(by: limit)
    while try !condition() {
        if BootTime.now >= end { throw WaitTimeout(what: what, limit: limit) }
        usleep(UInt32(pause.components.seconds * 1_000_000 + pause.components.attoseconds / 1_000_000_000_000))
    }
}

/// Waits, blocking, until a descriptor is ready for `interest` or has hung up.
package func waitOnThread(
    for interest: Interest = .readable, on descriptor: borrowing some Descriptor & ~Copyable, what: String,
    limit: Duration = .seconds(20)
) throws {
    if try Readiness.wait(for: interest, on: descriptor, until: BootTime.now.advanced(by: limit)).isEmpty {
        throw WaitTimeout(what: what, limit: limit)
    }
}
