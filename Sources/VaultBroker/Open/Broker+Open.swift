// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink
import VaultCore
import VaultInterface
import VaultModel

/// `Open`: its shape, and the core's answers as they cross the wire. What happens in between is in `Grants`.
extension Broker {
    /// The most names of one call: each is a descriptor of one message.
    static let largestOpen = 253

    func open(_ parameters: BrokerInterface.Open.Parameters, _ answer: Answer, _ session: Session) {
        guard let items = openItems(parameters, answer) else { return }
        core.open(items, reason: parameters.reason, session.caller, answer)
    }

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
}

extension OpenCall {
    /// The reply that goes with the descriptors.
    var grantMessage: [UInt8] {
        var grants: [BrokerInterface.Grant] = []
        grants.reserveCapacity(items.count)
        for (place, item) in items.enumerated() {
            guard let entry = item.entry, let acquired = item.acquired, let record = item.record else { continue }
            grants.append(
                BrokerInterface.Grant(
                    name: item.name.text, fileDescriptor: place, rights: acquired.rights.words,
                    kind: entry.capability.kind.rawValue, delivery: acquired.delivery.rawValue,
                    revocation: entry.revocation, record: Int(record), lease: item.lease?.onWire))
        }
        return MessageText.reply(BrokerInterface.Open.Reply(grants: grants))
    }
}

extension Refusal {
    /// As it crosses the wire.
    var brokerError: BrokerError {
        switch self {
        case .denied(let name, let record, let message, let retryAfterUSec):
            .denied(name: name, record: record.map(Int.init), message: message, retryAfterUSec: retryAfterUSec)
        case .notFound(let name): .notFound(name: name)
        case .notHeld(let lease): .notHeld(lease: lease)
        case .openFailed(let name, let errno, let record):
            .openFailed(
                name: name, errno: Int(errno.rawValue), errorName: errno.name, record: record.map(Int.init))
        case .quotaExceeded(let limit, let retryAfterUSec):
            .quotaExceeded(limit: limit, retryAfterUSec: retryAfterUSec)
        case .auditUnavailable(let message): .auditUnavailable(message: message)
        case .busy: .busy
        }
    }
}
