// SPDX-License-Identifier: Apache-2.0

import Descriptors
import OpenerWire
import Processes
import VaultModel

/// What a caller executes, by its SHA-256: read only when it is asked for, and never on the loop.
extension Broker {
    /// Executables of one uid that are hashed at a time; others of it stay unknown. Large ones take a while, and everybody
    /// waits for the same thread.
    static let hashesOfUser = 4

    /// Has the opener open it, sees that it is the file that was found when the peer was identified, and hashes it.
    func hashExecutable(of peer: IdentifiedPeer, _ done: @escaping (Fact<String>) -> Void) {
        let uid = peer.credentials.uid
        guard case .known(let facts) = peer.facts.executable else {
            return done(.unknown("the executable is not known"))
        }
        guard hashing[uid, default: 0] < Self.hashesOfUser else {
            return done(.unknown("too many executables of this user are being hashed"))
        }
        hashing[uid, default: 0] += 1
        let finish = { (hash: Fact<String>) in
            self.hashing[uid, default: 1] -= 1
            if self.hashing[uid] == 0 { self.hashing[uid] = nil }
            done(hash)
        }
        opener.executable(pidfd: peer.pidfd) { result in
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
    }
}
