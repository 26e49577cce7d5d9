// SPDX-License-Identifier: Apache-2.0

/// A descriptor kept aside, so that a server which has no number left can still take a connection and hang up.
///
/// Without it a level-triggered loop spins on `EMFILE`: the connection stays in the backlog and the listener readable.
public struct DescriptorReserve: ~Copyable, Sendable {
    private var spare: OwnedDescriptor?

    /// Where no number is left already, one is kept aside as soon as there is one again.
    public init() {
        spare = Self.makeSpare()
    }

    /// After `EMFILE` or `ENFILE` from an accept: gives the spare number up for a moment, takes the next connection and
    /// closes it.
    ///
    /// - Returns: false if there was no connection, or no number for it even so: then the listener has to rest for a
    ///   while.
    public mutating func turnAwayOne(from listener: borrowing some Descriptor & ~Copyable) -> Bool {
        spare = nil
        var isDone = false
        if let connection = try? UnixSocket.accept(on: listener) {
            isDone = true
            _ = consume connection
        }
        // Another thread may have been quicker; then the next turn tries again.
        spare = Self.makeSpare()
        return isDone
    }

    private static func makeSpare() -> OwnedDescriptor? {
        try? OwnedDescriptor.open("/dev/null")
    }
}
