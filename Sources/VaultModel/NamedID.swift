// SPDX-License-Identifier: Apache-2.0

/// A user or group: the id that decides, and the name that was written and resolved to it, if a name was written.
package struct NamedID: Hashable, Sendable, CustomStringConvertible {
    package var name: String?
    package var id: UInt32

    package init(name: String? = nil, id: UInt32) {
        self.name = name
        self.id = id
    }

    /// As it was written.
    package var text: String { name ?? String(id) }

    /// The name with its id, or the id alone.
    package var description: String { name.map { "\($0) (\(id))" } ?? String(id) }
}
