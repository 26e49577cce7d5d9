// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
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

/// Waits, blocking, until one of `events` (of poll(2)) or a hang-up shows on a descriptor.
package func waitOnThread(
    for events: CInt = CInt(POLLIN), on descriptor: CInt, what: String, limit: Duration = .seconds(20)
) throws {
    try waitOnThread(until: what, limit: limit, every: .zero) {
        var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&request, 1, 100) > 0
    }
}
