// SPDX-License-Identifier: Apache-2.0

import Descriptors
import FDHolderProtocol
import Processes
import Records
import SystemPackage
import TransparencyLog
import Varlink
import VaultCore
import VaultLedger
import VaultModel

/// A listening socket of the broker's own.
struct Listener {
    let socket: HeldDescriptor
    /// How the messages of its protocol are told apart.
    let framing: MessageFraming
    var watch: WatchToken?
}

/// New connections: taken in at once, identified, and served if the peer is who it says.
extension Broker {
    /// Connections taken in one turn of the loop, and for how long; what waits beyond is taken in the next.
    static let acceptsPerTurn = 256
    static let acceptUSecPerTurn: Int64 = 2_000

    /// Starts to listen on a socket that is bound and listening, with `SO_PASSCRED` set.
    /// - Parameter framing: how the messages of its protocol are told apart.
    func serve(_ socket: HeldDescriptor, framing: MessageFraming = .nul) throws(Errno) {
        var listener = Listener(socket: socket, framing: framing, watch: nil)
        listener.watch = try loop.watch(socket, for: .readable) { [weak self] _ in
            self?.assumeIsolated { $0.acceptAll(on: socket, framing) }
        }
        listeners.append(listener)
    }

    func acceptAll(on listener: HeldDescriptor, _ framing: MessageFraming) {
        noteTurn()
        let end = SystemClock.bootTimeUSec() + Self.acceptUSecPerTurn
        let isForCredentials = framing == CredentialSession.framing
        for _ in 0..<Self.acceptsPerTurn where SystemClock.bootTimeUSec() < end {
            if isForCredentials, !takesCredentials { return rest(listener, for: .milliseconds(20)) }
            do {
                accepted(try UnixSocket.accept(on: listener, ofStranger: true), framing)
            } catch .resourceTemporarilyUnavailable {
                return
            } catch .connectionAbort {
                // That one connection is gone.
                continue
            } catch .tooManyOpenFiles, .tooManyOpenFilesInSystem {
                return refuseOne(on: listener, framing)
            } catch {
                say(.error, "no connection can be taken: \(error)", of: nil)
                return rest(listener)
            }
        }
    }

    /// No descriptor is left: the connection is taken with the number that was kept aside, and closed. Where an end would mean
    /// something else, or that number is gone as well, who connects waits.
    private func refuseOne(on listener: HeldDescriptor, _ framing: MessageFraming) {
        say(.error, "no descriptor is left for a connection; raise the limit (LimitNOFILE)", of: nil)
        guard framing != CredentialSession.framing, reserve.turnAwayOne(from: listener) else { return rest(listener) }
    }

    /// Takes no connection for a moment: a listener that is readable would be reported again at once.
    private func rest(_ listener: HeldDescriptor, for time: Duration = .milliseconds(100)) {
        guard let watch = listeners.first(where: { $0.socket === listener })?.watch else { return }
        loop.change(watch, to: [])
        _ = loop.timer(after: time) { [weak self] in
            self?.assumeIsolated { broker in
                guard let watch = broker.listeners.first(where: { $0.socket === listener })?.watch else { return }
                broker.loop.change(watch, to: .readable)
            }
        }
    }

    /// Whether who reads a credential can be taken in without being refused for want of a place.
    private var takesCredentials: Bool {
        credentialGuard.hasRoom && core.sessions.hasRoom(for: configuration.ownerUID)
    }

    private func accepted(_ socket: consuming OwnedDescriptor, _ framing: MessageFraming) {
        let uid = (try? Peer.credentials(of: socket))?.uid
        guard framing == CredentialSession.framing else { return arrived(socket, uid, framing) }
        credentialGuard.keep(socket, of: uid ?? .max) { socket, problem in
            guard let problem else { return self.arrived(socket, uid, framing) }
            self.say(
                .warning, "a unit gets no credential, and is not started: its connection is not kept",
                metadata: [
                    "problem": "\(problem)", "remedy": "systemctl status vaultd, and start the unit again in a moment",
                ], of: uid)
            self.failCredential(HeldDescriptor(socket), uid ?? .max)
        }
    }

    /// A new connection has a place of its uid from here on, or is closed; who it is, is looked at in the uid's turn.
    private func arrived(_ socket: consuming OwnedDescriptor, _ uid: UInt32?, _ framing: MessageFraming) {
        guard let uid else {
            if case .failure(let refusal) = identification.identify(socket: socket, needs: []) {
                refused(refusal, UInt32.max)
            }
            return turnAway(HeldDescriptor(socket), framing, UInt32.max)
        }
        guard core.sessions.arrives(uid) else {
            refuseForWantOfPlace(socket, uid)
            return turnAway(HeldDescriptor(socket), framing, uid)
        }
        // Where nobody may deposit, what a client pushes is closed, or (6.16) not let in. Else that is settled when it is
        // known who it is: one who may and sends at once is not to fail. Clients of s6 are to hear who refuses, on record.
        if !core.policy.letsSomebodyDeposit, framing == .nul { _ = try? SocketOption.setPassRights(false, on: socket) }
        let arrival = Arrival(socket, uid, framing, self)
        guard core.turns.mayTake(uid) else { return core.turns.wait(arrival, of: uid) }
        identify(arrival)
    }

    /// Looks who is at the other end of a connection.
    func identify(_ arrival: Arrival) {
        guard let socket = arrival.takeSocket() else { return }
        let start = SystemClock.bootTimeUSec()
        core.turns.charge(CallPrice.identification, arrival.uid)
        switch identification.identify(socket: socket, needs: factsRead) {
        case .failure(let refusal):
            core.sessions.turnsAway(arrival.uid)
            refused(refusal, arrival.uid)
            turnAway(HeldDescriptor(socket), arrival.framing, arrival.uid)
            finishIfLeft()
        case .success(let peer):
            let limits = configuration.limits
            let longest = arrival.framing == .nul ? limits.messageBytes : FDHolderRequest.longestMessage
            complete(
                VarlinkServerConnection(
                    socket: socket, limits: .init(longestMessage: longest, callsInFlight: limits.callsInFlight),
                    framing: arrival.framing), peer)
        }
        core.turns.took(max(1, SystemClock.bootTimeUSec() - start), calls: 8, arrival.uid)
    }

    /// Asks the opener for what only it may read, and the work thread for the user's name; then the session begins.
    private func complete(_ connection: VarlinkServerConnection, _ peer: IdentifiedPeer) {
        let missing = peer.needsOpener(among: factsWanted.union(.namespaceOwner))
        guard missing.isEmpty else {
            let uid = peer.credentials.uid
            core.turns.charge(CallPrice.inspection, uid)
            opener.inspect(pidfd: peer.pidfd, kinds: missing, of: uid) { result in
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
            broker: self, loop: loop, identification)
        guard core.begin(session.caller) else {
            turnAway(session.connection.socket, connection.framing, session.identity.uid)
            return finishIfLeft()
        }
        makeRoom(session)
        session.connection.foreignAccount = foreignAccounts.of(session.identity.account)
        let number = session.number
        do {
            session.interest = session.credential == nil ? .readable : []
            session.watch = try loop.watch(session.connection.socket, for: session.interest) { [weak self] readiness in
                self?.assumeIsolated { $0.ready(number, readiness) }
            }
        } catch {
            core.closed(session.caller)
            turnAway(session.connection.socket, connection.framing, session.identity.uid)
            log.error("a connection cannot be watched: \(error)")
            return finishIfLeft()
        }
        sessions[number] = session
        if let credential = session.credential { serveCredential(session, credential) }
    }

    // MARK: Refusals

    /// A connection that is not begun with is closed; one over which a credential is read has to be seen to fail.
    private func turnAway(_ socket: HeldDescriptor, _ framing: MessageFraming, _ uid: UInt32) {
        guard framing == CredentialSession.framing else { return }
        say(
            .warning, "a unit gets no credential, and is not started: its connection was refused",
            metadata: ["remedy": "vault audit list --type identity.refused"], of: uid)
        failCredential(socket, uid)
    }

    private func refused(_ refusal: IdentityRefusal, _ uid: UInt32) {
        say(.info, "a connection was refused: \(refusal)", of: uid)
        core.sessions.refuse("identity", "\(refusal)", .uid(uid), uid)
    }

    /// Its uid has all the connections that it may have. Who it is, is looked at where that is recorded.
    private func refuseForWantOfPlace(_ socket: borrowing OwnedDescriptor, _ uid: UInt32) {
        guard core.sessions.recordsRefusal(uid) else { return }
        guard case .success(let peer) = identification.identify(socket: socket, needs: .always) else {
            return core.sessions.refusedForWantOfPlace(.uid(uid))
        }
        let name: String? =
            if case .name(let name) = users.name(of: uid, bootUSec: SystemClock.bootTimeUSec()) { name } else { nil }
        let identity = Identity(
            peer, user: name, exeSHA256: .unknown(Fact<String>.notAsked), ownNamespaces: identification.ownNamespaces)
        core.sessions.refusedForWantOfPlace(.peer(PeerText(identity, hash: TreeHash.hexadecimalDigest)))
    }

    /// - Parameter reason: why recorded grants that wait on it are not sent; nil: its other end went.
    func close(_ session: Session, reason: DeliveryLog.Reason? = nil) {
        guard !session.isClosed else { return }
        session.isClosed = true
        session.fdHolder?.end()
        let isFinished = session.connection.isFinished && session.connection.failure == nil
        if let watch = session.watch { loop.unwatch(watch) }
        sessions[session.number] = nil
        session.connection.fail(.brokenPipe)
        _ = session.connection.takePassings()
        core.closed(session.caller, reason: reason)
        if let credential = session.credential { credentialEnded(session, credential, isDelivered: isFinished) }
        wakeFollower(of: session)
        session.noteRead()
        finishIfLeft()
    }
}
