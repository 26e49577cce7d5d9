// SPDX-License-Identifier: Apache-2.0

/// Why a note, a checkpoint, a key or a receipt was refused.
package enum NoteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text does not have the form; says what about it.
    case malformed(String)
    /// No signature is by a key that is trusted.
    case untrusted(names: [String])
    /// A signature that claims to be by a trusted key is not: the text was changed, or the signature.
    case badSignature(name: String)
    /// The checkpoint is another log's.
    case otherOrigin(found: String, expected: String)
    /// The record is not at its place in the tree of the checkpoint.
    case notIncluded(index: UInt64)

    package var description: String {
        switch self {
        case .malformed(let what): what
        case .untrusted(let names):
            "no signature is by a trusted key; it is signed by \(names.joined(separator: ", "))"
        case .badSignature(let name): "the signature of \(name) does not fit the text"
        case .otherOrigin(let found, let expected): "it is about the log \(found), not \(expected)"
        case .notIncluded(let index): "the record is not the one at index \(index) of the tree that was signed"
        }
    }
}
