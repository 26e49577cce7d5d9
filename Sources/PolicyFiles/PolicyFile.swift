// SPDX-License-Identifier: Apache-2.0

/// A policy file that was read, or came over the socket.
package struct PolicyFile: Sendable, Equatable {
    package var path: String
    package var text: String

    package init(path: String, text: String) {
        self.path = path
        self.text = text
    }
}
