// SPDX-License-Identifier: Apache-2.0

import JSONText
import Processes
import Records
import TransparencyLog
import VaultInterface
import VaultLedger
import VaultModel

/// What is read of a caller: what costs nothing always, what rules select on and the configuration wants recorded at
/// every connection, and everything where somebody administers the vault or asks who he is.
extension Broker {
    /// What is read of every process that connects.
    var factsRead: ProcessFactKinds { factsWanted.union(.always) }

    /// What the opener is asked for where the broker may not read it.
    var factsWanted: ProcessFactKinds {
        var kinds = ProcessFactKinds(policy.compiled.selectorsUsed.union(configuration.recordedFacts))
        if configuration.recordsSession { kinds.insert(.session) }
        return kinds
    }

    /// Whether executables are hashed as their processes connect.
    var hashIsWanted: Bool {
        policy.compiled.selectorsUsed.contains(.sha256) || configuration.recordedFacts.contains(.sha256)
    }

    /// Reads everything about who is at the other end, as it is now. Decisions go on by what was read when the connection
    /// began.
    func everything(about session: Session) async -> Identity {
        var peer = session.peer
        if peer.pin == .pidfd, case .success(let facts) = identification.inspect(pidfd: peer.pidfd, kinds: .all) {
            peer.facts = facts
        }
        let missing = peer.needsOpener(among: .all)
        if !missing.isEmpty, let found = await inspect(peer, missing) { peer.facts.merge(found, kinds: missing) }
        let hash = await hash(of: peer)
        return Identity(
            peer, user: session.identity.userName, exeSHA256: hash, ownNamespaces: identification.ownNamespaces)
    }

    /// What it executes, if that is known within a second: nobody who administers the vault waits for a large program to
    /// be hashed. It goes on being hashed, and is known the next time.
    private func hash(of peer: IdentifiedPeer) async -> Fact<String> {
        await withCheckedContinuation { continuation in
            var waiting: CheckedContinuation<Fact<String>, Never>? = continuation
            let settle = { (hash: Fact<String>) in
                waiting?.resume(returning: hash)
                waiting = nil
            }
            let late = LoopBound({ settle(.unknown("it was not hashed within a second")) }, to: loop)
            let timer = loop.timer(after: .seconds(1)) { late.value() }
            hashExecutable(of: peer) { hash in
                _ = self.loop.cancel(timer)
                settle(hash)
            }
        }
    }

    /// Who the caller is. Everything about it is read once for a connection, however often it asks.
    func whoAmI(_ answer: Answer, _ session: Session) {
        if let known = session.everything {
            return answer.reply(["identity": .object(known.described)] as JSONObject)
        }
        session.waitingForEverything.append(answer)
        guard session.waitingForEverything.count == 1 else { return }
        Task {
            let found = await everything(about: session)
            session.everything = found
            let answers = session.waitingForEverything
            session.waitingForEverything = []
            guard isStillThere(session) else { return }
            for answer in answers { answer.reply(["identity": .object(found.described)] as JSONObject) }
        }
    }

    /// What the opener reads of a process; nil where it cannot.
    func inspect(_ peer: IdentifiedPeer, _ kinds: ProcessFactKinds) async -> ProcessFacts? {
        await withCheckedContinuation { continuation in
            opener.inspect(pidfd: peer.pidfd, kinds: kinds, of: peer.credentials.uid) {
                continuation.resume(returning: try? $0.get())
            }
        }
    }

    /// Reads everything about who administers the vault, for the records of what is done: "root" is then somebody who
    /// logged in as somebody.
    func account(for session: Session) async {
        session.author = PeerText(await everything(about: session), hash: TreeHash.hexadecimalDigest)
    }
}
