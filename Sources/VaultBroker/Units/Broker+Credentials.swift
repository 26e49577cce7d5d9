// SPDX-License-Identifier: Apache-2.0

import Crypto
import Descriptors
import JSONText
import SystemPackage
import TransparencyLog
import Varlink
import VaultCore
import VaultModel

/// Credentials of units: a service manager connects for one (`LoadCredential=NAME:SOCKET`), says by its address which it
/// wants, and reads to the end. It is an `Open` of the name that this stands for, of which the content leaves and no descriptor.
///
/// Where there is nothing to be read it gets zeros, more than it takes, so that the unit does not start.
extension Broker {
    /// Takes up what a connection is for; nothing that comes in over it is read.
    func serveCredential(_ session: Session, _ credential: CredentialSession) {
        let socket = session.connection.socket
        let slot = session.connection.openSlot()
        session.connection.end()
        let number = session.number
        credential.timer = loop.timer(after: .microseconds(CredentialSession.credentialUSec)) { [weak self] in
            self?.assumeIsolated { broker in
                guard let session = broker.sessions[number] else { return }
                broker.failCredential(
                    session, "it was not read in time", next: "vault status, which says what does not answer")
            }
        }
        let answer = CredentialAnswer(Answer(session, slot, wantsMore: false) { self.pumpSoon($0) }, self)
        guard let address = (try? SocketOption.peerAddress(of: socket)).flatMap(CredentialAddress.init) else {
            return refuseAddress(session, "it is not bound to the address of a credential")
        }
        credential.address = address
        let unit = session.unitOfCredential(owner: configuration.ownerUID)
        guard unit.map({ $0.utf8.elementsEqual(address.unit.utf8) }) ?? false else {
            let actual = unit.map { "'\($0.escaped(limit: 128))'" } ?? "none"
            return refuseAddress(
                session, "its address names the unit '\(address.unit.escaped(limit: 128))', its control group \(actual)"
            )
        }
        guard
            let name = configuration.credentialNames?.name(unit: address.unit.utf8, credential: address.credential)
        else {
            return failCredential(
                session, "its name in the vault is too long", next: "a shorter name behind LoadCredential=")
        }
        credential.name = name
        core.open(OpenRequest(contentOf: name), reason: nil, session.caller, answer)
    }

    private func refuseAddress(_ session: Session, _ problem: String) {
        core.sessions.refuse("identity", problem, session.caller)
        failCredential(session, problem, next: "LoadCredential= in a unit; only its service manager may ask for one")
    }

    func refuseCredential(_ session: Session, _ refusal: Refusal) {
        let (problem, next) = refusal.ofCredential(session.credential?.name, session.credential?.address)
        failCredential(session, problem, next: next)
    }

    /// Gives up those that are under way to a daemon that takes over, which has them fail: nothing is written to them any more.
    func giveCredentialsUp() {
        failedCredentials.pause()
        for session in sessions.values.sorted(by: { $0.number < $1.number }) where session.credential != nil {
            failCredential(session, "another daemon takes over", next: "start the unit again")
            close(session)
        }
    }

    /// Says why in the daemon's log, and has the connection fail.
    private func failCredential(_ session: Session, _ problem: String, next: String) {
        guard !session.isClosed, !session.mustClose, let credential = session.credential else { return }
        say(
            .warning, "a unit gets no credential, and is not started",
            metadata: [
                "unit": "\((credential.address?.unit ?? "unknown").escaped(limit: 128))",
                "credential": "\(credential.text)", "name": "\(credential.name?.text ?? "none")",
                "problem": "\(problem)", "remedy": "\(next)",
            ], of: session.identity.uid)
        session.mustClose = true
        pumpSoon(session)
    }

    /// A connection has ended, and is watched no more.
    /// - Parameter isDelivered: all of the content has been sent.
    func credentialEnded(_ session: Session, _ credential: CredentialSession, isDelivered: Bool) {
        if let timer = credential.timer.take() { _ = loop.cancel(timer) }
        let socket = session.connection.socket
        guard isDelivered else { return failCredential(socket, session.identity.uid) }
        // The service manager keeps it too, and would keep its end from being seen.
        try? UnixSocket.shutDown(socket)
        credentialGuard.drop(socket)
    }

    /// - Parameter uid: on whose account that is.
    func failCredential(_ socket: HeldDescriptor, _ uid: UInt32) {
        failedCredentials.add(socket, of: credentialGuard.isOwners(uid) ? nil : uid) {
            self.core.turns.charge($0, uid)
        } done: {
            self.credentialGuard.drop(socket)
        }
    }

    /// What an earlier run was about to answer when it was killed.
    func failKeptCredentials() {
        for socket in credentialGuard.takeKept() {
            let uid = try? Peer.credentials(of: socket).uid
            failCredential(socket, uid ?? UInt32.max)
        }
    }

    // MARK: Reading

    /// Reads what a descriptor holds, away from the loop; of a file, whose file system may never answer, the opener does.
    func readContent(_ descriptor: HeldDescriptor, _ capability: Capability, for call: OpenCall) {
        guard capability.kind != .memory else { return readMemory(descriptor, for: call) }
        opener.content(
            of: descriptor, sizeLimit: UInt32(OpenRequest.largestContent), for: OpenerAccount(call.caller)
        ) { result in
            switch result {
            case .success(let memory): self.readMemory(memory, for: call)
            case .failure(let failure):
                self.core.contentRead(
                    call, .failure(failure.errno == .fileTooLarge ? .credentialTooLarge : OpenProblem(failure)))
            }
        }
    }

    private func readMemory(_ memory: HeldDescriptor, for call: OpenCall) {
        Task { core.contentRead(call, await contents.run { CapabilityContent.read(memory) }) }
    }
}

extension CredentialSession {
    /// For the daemon's log.
    fileprivate var text: String {
        address.map { String(decoding: $0.credential, as: UTF8.self).escaped(limit: 128) } ?? "unknown"
    }
}

extension CapabilityContent {
    /// Of sealed memory, all of which is there. Blocks for as long as hashing takes.
    fileprivate static func read(_ memory: HeldDescriptor) -> Result<CapabilityContent, OpenProblem> {
        do throws(Errno) {
            let bytes = try memory.read(OpenRequest.largestContent + 1, at: 0)
            guard bytes.count <= OpenRequest.largestContent else { return .failure(.credentialTooLarge) }
            return .success(
                CapabilityContent(bytes: bytes, sha256: Hexadecimal.encode(Array(SHA256.hash(data: bytes)))))
        } catch {
            return .failure(OpenProblem(error))
        }
    }
}

extension OpenProblem {
    fileprivate static let credentialTooLarge = OpenProblem(
        .fileTooLarge, "a credential has at most \(OpenRequest.largestContent >> 20) MiB")
}

extension Refusal {
    /// Why a unit gets no credential, and what to do.
    fileprivate func ofCredential(
        _ name: CapabilityName?, _ address: CredentialAddress?
    ) -> (problem: String, next: String) {
        let grant = "vault grant \(name?.text ?? "NAME") --to unit:\(address?.unit ?? "UNIT") --rights read"
        func record(_ index: UInt64?, _ next: String) -> String { index.map { "vault audit show \($0)" } ?? next }
        return switch self {
        case .denied(_, let index, let message, _):
            (message, index.map { "vault policy explain \($0); where no rule permits it, \(grant)" } ?? grant)
        case .notFound: ("there is no such capability", "vault add \(name?.text ?? "NAME"), or the policy's files")
        case .openFailed(_, let errno, let index):
            ("what it is cannot be read: \(errno)", record(index, "vault show \(name?.text ?? "NAME")"))
        case .quotaExceeded(let limit, _): ("the limit '\(limit)' is reached", "start the unit again in a moment")
        case .auditUnavailable(let message): ("the log cannot be written: \(message)", "vault status")
        case .busy: ("it is being taken, or recorded", "start the unit again in a moment")
        case .nameTaken, .invalidDescriptor, .notTakeable, .notHeld: ("\(self)", "vault status")
        }
    }
}
