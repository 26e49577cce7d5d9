// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink
import VaultCore
import VaultInterface
import VaultModel

/// `Deposit` and `Confirm`: their shapes, and the core's answers as they cross the wire. What happens in between is in
/// `DepositCalls`.
extension Broker {
    func deposit(
        _ parameters: BrokerInterface.Deposit.Parameters, _ passed: [HeldDescriptor], _ answer: Answer,
        _ session: Session
    ) throws(VarlinkError) {
        let all = [parameters.first] + (parameters.further ?? [])
        guard all.count <= Self.largestOpen else { throw .invalidParameter("further") }
        var requests: [DepositRequest] = []
        var isTaken = Array(repeating: false, count: passed.count)
        for one in all {
            guard let name = try? CapabilityName(one.name) else { throw .invalidParameter("name") }
            guard requests.allSatisfy({ $0.name != name }) else { throw .invalidParameter("name") }
            guard passed.indices.contains(one.fileDescriptor), !isTaken[one.fileDescriptor] else {
                return noDescriptor(name, passed.isEmpty, answer, session)
            }
            isTaken[one.fileDescriptor] = true
            var request = DepositRequest(name: name, descriptor: passed[one.fileDescriptor])
            if let words = one.rights {
                guard !words.isEmpty, let rights = try? Rights.parse(words) else { throw .invalidParameter("rights") }
                request.rights = rights
            }
            request.replaces = one.replace ?? false
            if let usec = one.expiresAfterUSec {
                guard usec > 0 else { throw .invalidParameter("expiresAfterUSec") }
                request.lastsUSec = Int64(usec)
            }
            if let fdName = one.fdName {
                guard ServiceNotifier.isStorable(name: fdName) else { throw .invalidParameter("fdName") }
                request.fdName = fdName
            }
            requests.append(request)
        }
        // What nobody names is not held.
        guard isTaken.allSatisfy({ $0 }) else { throw .invalidParameter("fileDescriptor") }
        core.deposit(requests, session.caller) {
            switch $0 {
            case .success(let records):
                answer.reply(BrokerInterface.Deposit.Reply(record: Int(records[0]), records: records.map { Int($0) }))
            case .failure(let refusal): answer.refuse(refusal)
            }
        }
    }

    /// A descriptor is named that did not come: where none did, the kernel may have closed what one sent who may deposit nothing.
    private func noDescriptor(_ name: CapabilityName, _ cameNone: Bool, _ answer: Answer, _ session: Session) {
        guard permits(.deposit, name, session.caller, denied: { answer.refuse($0) }) else { return }
        answer.refuse(
            BrokerError.invalidDescriptor(
                name: name.text,
                message: cameNone
                    ? "no descriptor came with the message: where the permission is new, connect again"
                    : "the message has no descriptor of this number, or it is named twice"))
    }

    func confirm(_ parameters: BrokerInterface.Confirm.Parameters, _ answer: Answer, _ session: Session) {
        core.confirm(parameters.lease, session.caller) {
            if let refusal = $0 { answer.refuse(refusal) } else { answer.reply(EmptyMessage()) }
        }
    }

    /// Lets go of a deposit for who may remove it. What it takes of permission has been looked at.
    func removeDeposit(_ entry: CapabilityEntry, _ answer: Answer, _ session: Session) {
        core.removeDeposit(entry, session.caller) {
            switch $0 {
            case .success(let record): answer.reply(BrokerInterface.Remove.Reply(record: Int(record)))
            case .failure(let refusal): answer.refuse(refusal)
            }
        }
    }

    /// The other end of what is deposited has hung up.
    func depositHungUp(_ id: String) {
        guard let entry = core.hungUp(id) else { return }
        say(.info, "the other end of a deposit has hung up", metadata: ["name": "\(entry.capability.name)"], of: nil)
    }

    /// Whether a message of this connection may bring descriptors: only one of whom some rule lets deposit. Others' are
    /// closed, or (6.16) not let in.
    func makeRoom(_ session: Session) {
        let mayDeposit = core.policy.mayDeposit(session.identity)
        guard mayDeposit != (session.connection.mostDescriptors > 0) || !session.isRoomSet else { return }
        session.isRoomSet = true
        session.connection.mostDescriptors = mayDeposit ? MessageSocket.mostDescriptors : 0
        // A client of s6 is to hear who refuses, on record; what it sends the kernel closes.
        _ = try? SocketOption.setPassRights(mayDeposit || session.fdHolder != nil, on: session.connection.socket)
    }

    /// The policy has changed, and with it who may deposit.
    func makeRooms() {
        guard core.policy.letsSomebodyDeposit || roomsAreMade else { return }
        roomsAreMade = core.policy.letsSomebodyDeposit
        makeRoomAtStore()
        for session in sessions.values { makeRoom(session) }
    }
}

extension BrokerInterface.Deposit.Parameters {
    /// The first of them, as the others are.
    fileprivate var first: BrokerInterface.Deposited {
        .init(
            name: name, fileDescriptor: fileDescriptor, rights: rights, replace: replace,
            expiresAfterUSec: expiresAfterUSec, fdName: fdName)
    }
}
