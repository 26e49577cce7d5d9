// SPDX-License-Identifier: Apache-2.0

import Records
import VaultCore
import VaultModel

/// Who has the policy changed, and what has to be permitted still when it is changed. Lives on the broker's loop.
final class Author: AuthorPort {
    /// What a rule can permit.
    struct Right {
        var action: Action
        var name: CapabilityName?
    }

    let session: Session
    /// One of them is enough.
    let rights: [Right]

    init(_ session: Session, by rights: [Right] = [Right(action: .admin)]) {
        self.session = session
        self.rights = rights
    }

    var identity: Identity { session.identity }

    var authorText: PeerText { session.authorText }

    func mayStillAct() -> Bool { session.permits(oneOf: rights) }
}
