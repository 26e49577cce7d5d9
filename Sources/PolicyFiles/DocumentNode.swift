// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// A value of a document, with its place. Every scalar is text: its key decides what it means.
package struct DocumentNode {
    package struct Member {
        let key: String
        let keyPlace: Place
        let value: DocumentNode
    }

    package enum Content {
        case scalar(String)
        case list([DocumentNode])
        case mapping([Member])
    }

    let content: Content
    let place: Place

    /// What the value is, for a message.
    var form: String {
        switch content {
        case .scalar(let text): text.isEmpty ? "nothing" : "the text '\(text)'"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
