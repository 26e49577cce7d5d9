// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Records
import SystemPackage
import Varlink
import VaultCore
import VaultLedger
import VaultModel

/// A listening socket of the broker's own.
struct Listener {
    let socket: HeldDescriptor
    var watch: WatchToken?
}

/// New connections: taken in at once, identified, and served if the peer is who it says.
extension Broker {
    /// Connections taken in one turn of the loop; what waits beyond is taken in the next.
    static let acceptsPerTurn = 64

    /// Starts to listen on a socket that is bound and listening, with `SO_PASSCRED` set.
    func serve(_ socket: HeldDescriptor) throws(Errno) {
        var listener = Listener(socket: socket, watch: nil)
        listener.watch = try loop.watch(socket, for: .readable) { [weak self] _ in
            self?.assumeIsolated { $0.acceptAll(on: socket) }
        }
        listeners.append(listener)
    }

    private func acceptAll(on listener: HeldDescriptor) {
        for _ in 0..<Self.acceptsPerTurn {
            do {
                accepted(try UnixSocket.accept(on: listener))
            } catch .resourceTemporarilyUnavailable {
                return
            } catch .tooManyOpenFiles, .tooManyOpenFilesInSystem {
                return refuseOne(on: listener)
            } catch {
                // ECONNABORTED and what the network stack may add: that one connection is gone.
                log.debug("accept: \(error)")
                return
            }
        }
    }

    /// No descriptor is left: the connection is taken with the number that was kept aside, and closed.
    private func refuseOne(on listener: HeldDescriptor) {
        log.error("no descriptor is left for a connection; raise the limit (LimitNOFILE)")
        _ = reserve.turnAwayOne(from: listener)
    }

    private func accepted(_ socket: consuming OwnedDescriptor) {
        // The kernel closes what a client pushes: there is no room for descriptors, and (6.16) none are let in.
        _ = try? SocketOption.setPassRights(false, on: socket)
        switch identification.identify(socket: socket, needs: factsRead) {
        case .failure(let refusal):
            refused(refusal, (try? Peer.credentials(of: socket))?.uid ?? UInt32.max)
        case .success(let peer):
            let limits = configuration.limits
            complete(
                VarlinkServerConnection(
                    socket: socket,
                    limits: .init(longestMessage: limits.messageBytes, callsInFlight: limits.callsInFlight)), peer)
        }
    }

    /// Asks the opener for what only it may read, and the work thread for the user's name; then the session begins.
    private func complete(_ connection: VarlinkServerConnection, _ peer: IdentifiedPeer) {
        let missing = peer.needsOpener(among: factsWanted.union(.namespaceOwner))
        guard missing.isEmpty else {
            opener.inspect(pidfd: peer.pidfd, kinds: missing) { result in
                var peer = peer
                switch result {
                case .success(let facts): peer.facts.merge(facts, kinds: missing)
                case .failure: break  // They stay unknown, which is safe.
                }
                self.hash(connection, peer)
            }
            return
        }
        hash(connection, peer)
    }

    /// Hashes the executable, if that is asked for.
    private func hash(_ connection: VarlinkServerConnection, _ peer: IdentifiedPeer) {
        guard hashIsWanted else {
            return name(connection, peer, .unknown(Fact<String>.notAsked))
        }
        hashExecutable(of: peer) { self.name(connection, peer, $0) }
    }

    private func name(_ connection: VarlinkServerConnection, _ peer: IdentifiedPeer, _ exeSHA256: Fact<String>) {
        let uid = peer.credentials.uid
        switch users.name(of: uid, bootUSec: SystemClock.bootTimeUSec()) {
        case .name(let name):
            begin(connection, peer, name, exeSHA256)
        case .unknown:
            Task {
                let name = await work.run { UserNames.lookUp(uid) }
                users.learn(name, of: uid, bootUSec: SystemClock.bootTimeUSec())
                begin(connection, peer, name, exeSHA256)
            }
        }
    }

    private func begin(
        _ connection: VarlinkServerConnection, _ peer: IdentifiedPeer, _ user: String?, _ exeSHA256: Fact<String>
    ) {
        let session = Session(
            connection: connection, peer: peer,
            identity: Identity(
                peer, user: user, exeSHA256: exeSHA256, ownNamespaces: identification.ownNamespaces),
            broker: self)
        guard core.begin(session.caller) else { return }
        let number = session.number
        do {
            session.interest = .readable
            session.watch = try loop.watch(session.connection.socket, for: .readable) { [weak self] readiness in
                self?.assumeIsolated { $0.ready(number, readiness) }
            }
        } catch {
            core.closed(session.caller)
            return log.error("a connection cannot be watched: \(error)")
        }
        sessions[number] = session
    }

    // MARK: Refusals

    private func refused(_ refusal: IdentityRefusal, _ uid: UInt32) {
        log.info("a connection was refused: \(refusal)")
        core.sessions.refuse("identity", "\(refusal)", .uid(uid), uid)
    }

    /// - Parameter reason: why recorded grants that wait on it are not sent; nil: its other end went.
    func close(_ session: Session, reason: DeliveryLog.Reason? = nil) {
        guard !session.isClosed else { return }
        session.isClosed = true
        if let watch = session.watch { loop.unwatch(watch) }
        sessions[session.number] = nil
        session.connection.fail(.brokenPipe)
        _ = session.connection.takePassings()
        core.closed(session.caller, reason: reason)
        wakeFollower(of: session)
        finishIfLeft()
    }
}
