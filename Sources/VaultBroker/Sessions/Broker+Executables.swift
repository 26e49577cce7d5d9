// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import Processes
import VaultModel

/// What a caller executes, by its SHA-256: read only when it is asked for, and never on the loop.
extension Broker {
    /// Has the opener open it, sees that it is the file that was found when the peer was identified, and hashes it.
    ///
    /// Large ones take a while, and everybody waits for the same thread: so only a few of one uid are hashed at a time, and
    /// its others wait.
    func hashExecutable(of peer: IdentifiedPeer, _ done: @escaping (Fact<String>) -> Void) {
        guard case .known(let facts) = peer.facts.executable else {
            return done(.unknown("the executable is not known"))
        }
        let uid = peer.credentials.uid
        let finish = { (hash: Fact<String>) in
            self.hashing.left(OpenerAccount(uid: uid))
            done(hash)
        }
        hashing.enter(OpenerAccount(uid: uid)) {
            self.opener.executable(pidfd: peer.pidfd, of: uid) { result in
                switch result {
                case .success((let file, let status)):
                    guard status.device == facts.device, status.inode == facts.inode else {
                        return finish(.unknown("the process executes another file by now"))
                    }
                    Task { finish(await self.hasher.digest(of: file)) }
                case .failure(let failure):
                    finish(.unknown("\(failure.description)"))
                }
            }
        } drop: {
            done(.unknown("nobody asks for it any more"))
        }
    }
}
