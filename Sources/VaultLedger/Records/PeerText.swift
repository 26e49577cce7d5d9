// SPDX-License-Identifier: Apache-2.0

/// The `peer` of a record, serialised once for each connection.
package struct PeerText: Sendable, Equatable {
    /// The JSON object.
    package let json: [UInt8]
    /// What was cut, for the record's own `truncated`.
    package let truncated: [CutField]
}

/// A field that was cut to its limit, and the SHA-256 of its whole text.
package struct CutField: Sendable, Hashable {
    /// The path of the field, such as `peer.exe`.
    package var field: String
    /// In lowercase hexadecimal.
    package var sha256: String
}
