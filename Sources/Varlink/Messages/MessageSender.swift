// SPDX-License-Identifier: Apache-2.0

import Descriptors

/// Which process sent the bytes of a message, as far as the kernel said so (`SCM_CREDENTIALS`).
///
/// The kernel never joins bytes of two processes in one read, so what one read brings has one sender; a message that
/// took several reads can have several. Like the credentials themselves this can only narrow what `SO_PEERCRED` says.
public enum MessageSender: Equatable, Sendable {
    /// No credentials came with any byte: the socket has no `SO_PASSCRED`, or had none when the bytes were sent.
    case unattached
    /// Every byte came from this process, by its pid here; 0 for one that is not in our pid namespace.
    case process(Int32)
    /// The bytes came from different processes, or some with credentials and some without.
    case several

    init(_ credentials: ProcessCredentials?) {
        guard let credentials, !credentials.isUnattached else {
            self = .unattached
            return
        }
        self = .process(credentials.pid)
    }

    func joined(with other: MessageSender) -> MessageSender {
        self == other ? self : .several
    }
}
