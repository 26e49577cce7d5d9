// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Records
import SystemPackage
import Varlink
import VaultInterface
import VaultLedger
import VaultModel
import VaultPolicy

/// `Open`: shape → permission → existence → open and check → commit the record → send. All names of a call, or none.
extension Broker {
    /// The most names of one call: each is a descriptor of one message.
    static let largestOpen = 253

    func open(_ parameters: BrokerInterface.Open.Parameters, _ answer: Answer, _ session: Session) {
        guard let items = openItems(parameters, answer) else { return }
        decide(
            OpenCall(
                number: nextRequest, session: session, answer: answer, reason: parameters.reason,
                request: newRequestID(), items: items))
    }

    // MARK: Shape

    private func openItems(_ parameters: BrokerInterface.Open.Parameters, _ answer: Answer) -> [OpenCall.Item]? {
        guard (1...Self.largestOpen).contains(parameters.requests.count) else {
            answer.refuse(VarlinkError.invalidParameter("requests"))
            return nil
        }
        var items: [OpenCall.Item] = []
        items.reserveCapacity(parameters.requests.count)
        for request in parameters.requests {
            guard let name = try? CapabilityName(request.name) else {
                answer.refuse(VarlinkError.invalidParameter("name"))
                return nil
            }
            var asked: Rights?
            if let words = request.rights {
                guard !words.isEmpty, let rights = try? Rights.parse(words) else {
                    answer.refuse(VarlinkError.invalidParameter("rights"))
                    return nil
                }
                asked = rights
            }
            items.append(OpenCall.Item(name: name, asked: asked))
        }
        return items
    }

    // MARK: Permission and existence

    /// Decides every name anew; called again whenever the generation has moved since.
    func decide(_ call: OpenCall) {
        guard !call.session.isClosed else { return giveUp(call) }
        if let finding = recording.finding, finding.alteredRevision != nil {
            // There is no policy to decide by.
            call.answer.refuse(.auditUnavailable(message: recording.failure ?? "\(finding)"))
            return giveUp(call)
        }
        let moment = Moment.now()
        call.generation = generation
        call.moment = moment
        for place in call.items.indices {
            let name = call.items[place].name
            let entry = table[name]
            let decision = decision(
                .open, name, asked: call.items[place].asked, entry: entry, reason: call.reason, call.session, moment)
            guard decision.isPermitted else {
                return refuse(
                    call,
                    Denial(
                        action: .open, name: name, asked: call.items[place].asked, decision: decision, moment: moment,
                        reason: call.reason))
            }
            guard let entry else {
                call.answer.refuse(.notFound(name: name.text))
                return giveUp(call)
            }
            guard let rights = entry.capability.deliverable(decision.rights) else {
                return refuse(
                    call,
                    Denial(
                        action: .open, name: name, asked: call.items[place].asked, decision: decision, moment: moment,
                        reason: call.reason, hint: Self.hint(for: entry.capability)))
            }
            call.items[place].decision = decision
            if call.items[place].entry !== entry || call.items[place].acquired?.rights != rights {
                call.items[place].release()
                call.items[place].entry = entry
                call.items[place].rights = rights
            }
        }
        acquire(call)
    }

    private static func hint(for capability: Capability) -> String {
        switch capability.kind {
        case .pipe, .fifo: "name one end: rights read or rights write"
        default:
            "it is delivered shared, with all its rights or not at all: \(capability.rights.words.joined(separator: " "))"
        }
    }

    // MARK: Open and check

    private func acquire(_ call: OpenCall) {
        call.problem = nil
        call.isDeciding = true
        defer { call.isDeciding = false }
        // One more than is awaited, so that answers that come at once do not end the round early.
        call.awaited = 1
        for place in call.items.indices where call.items[place].acquired == nil {
            guard let entry = call.items[place].entry else { continue }
            call.awaited += 1
            acquire(entry, call.items[place].rights, for: copyOwner(call.session)) { self.acquired($0, call, place) }
        }
        acquiredOne(call)
    }

    private func acquired(_ result: Acquired, _ call: OpenCall, _ place: Int) {
        switch result {
        case .success(let descriptor): call.items[place].acquired = descriptor
        case .failure(let problem): call.problem = call.problem ?? (call.items[place].name, problem)
        }
        acquiredOne(call)
    }

    private func acquiredOne(_ call: OpenCall) {
        call.awaited -= 1
        guard call.awaited == 0 else { return }
        if call.session.isClosed { return giveUp(call) }
        if let (name, problem) = call.problem { return failed(call, name, problem) }
        // The opener took its time: what was decided before may no longer hold, and the time itself is another.
        if !call.isDeciding || call.generation != generation { return decide(call) }
        record(call)
    }

    private func failed(_ call: OpenCall, _ name: CapabilityName, _ problem: OpenProblem) {
        let entry = call.items.first { $0.name == name }?.entry
        giveUp(call)
        guard recording.isWorking, admit(records: 1, call.session) else {
            return call.answer.refuse(BrokerError.openFailed(name, problem, record: nil))
        }
        let index = recording.nextIndex
        append(
            .openFailed(
                .init(
                    request: call.request, policy: policy.stamp, peer: call.session.peerText,
                    capability: CapabilityText(name: name.text, kind: entry?.capability.kind.rawValue),
                    errno: problem.errno.name, problem: problem.explanation)),
            waiter: .then {
                call.answer.refuse(BrokerError.openFailed(name, problem, record: $0 == .committed ? index : nil))
            })
    }

    // MARK: Outcomes

    /// What is recorded but will not be sent; the reason goes into the `delivery` record.
    func notSent(_ call: OpenCall, errno: Errno? = nil, reason: DeliveryLog.Reason? = nil) {
        for item in call.items {
            guard let index = item.record else { continue }
            deliveries.failed(index, errno: errno.map(\.name), reason: reason)
        }
        for place in call.items.indices { call.items[place].record = nil }
        withdrawLeases(call)
        giveUp(call)
        scheduleDelivery()
    }

    /// Closes what was acquired; pipe ends go back to their pair.
    func giveUp(_ call: OpenCall) {
        for place in call.items.indices { call.items[place].release() }
    }

    func refuse(_ call: OpenCall, _ denial: Denial) {
        giveUp(call)
        deny(denial, request: call.request, call.answer, call.session)
    }
}

extension BrokerError {
    /// The operating system's own error, as data.
    static func openFailed(_ name: CapabilityName, _ problem: OpenProblem, record: UInt64?) -> BrokerError {
        .openFailed(
            name: name.text, errno: Int(problem.errno.rawValue), errorName: problem.errno.name,
            record: record.map(Int.init))
    }
}

extension Capability {
    /// The rights that one descriptor of this capability can carry out of those permitted; nil when it cannot be made so
    /// narrow.
    func deliverable(_ permitted: Rights) -> Rights? {
        switch source {
        case .pipe, .fifo:
            // A request gets one end, and has to name it where both are permitted.
            return permitted == .read || permitted == .write ? permitted : nil
        case .file where delivery == .shared:
            return permitted == rights ? permitted : nil
        default:
            return permitted.isEmpty ? nil : permitted
        }
    }
}
