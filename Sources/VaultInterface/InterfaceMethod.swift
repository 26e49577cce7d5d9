// SPDX-License-Identifier: Apache-2.0

import JSONText

/// A method of one of the interfaces, and its two messages.
package protocol InterfaceMethod {
    associatedtype Parameters: JSONReadable & JSONWritable & Equatable & Sendable
    associatedtype Reply: JSONReadable & JSONWritable & Equatable & Sendable

    /// The full name, such as `io.vaultd.Broker.Open`.
    static var method: String { get }
}
