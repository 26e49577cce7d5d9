// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Varlink
import VaultCore
import VaultInterface
import VaultModel

/// `Open`: its shape, and the core's answers as they cross the wire. What happens in between is in `Grants`.
extension Broker {
    /// The most names of one call: each is a descriptor of one message.
    static let largestOpen = 253

    func open(_ parameters: BrokerInterface.Open.Parameters, _ answer: Answer, _ session: Session) {
        guard let names = names(parameters, answer) else { return }
        let asked = OpenRequest(names)
        session.keep(parameters.reason == nil ? asked : nil)
        core.open(asked, reason: parameters.reason, session.caller, answer)
    }

    private func names(
        _ parameters: BrokerInterface.Open.Parameters, _ answer: Answer
    ) -> [OpenRequest.Name]? {
        guard (1...Self.largestOpen).contains(parameters.requests.count) else {
            answer.refuse(VarlinkError.invalidParameter("requests"))
            return nil
        }
        var names: [OpenRequest.Name] = []
        names.reserveCapacity(parameters.requests.count)
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
            names.append(.init(name, asked: asked, takes: request.take ?? false))
        }
        return names
    }
}

/// The reply to an `Open` that comes again and again, but for the numbers of its records.
private final class ReplyText {
    let prepared: PreparedOpen
    let text: JSONTemplate

    init?(_ call: OpenCall, _ prepared: PreparedOpen, _ message: [UInt8]) {
        guard let text = JSONTemplate(message, integersOf: "record", count: call.items.count) else { return nil }
        self.prepared = prepared
        self.text = text
    }
}

extension JSONTemplate {
    /// A text in which a key has an integer each time, and stands so often.
    fileprivate init?(_ text: [UInt8], integersOf key: StaticString, count: Int) {
        // No string has such bytes in it: its quotes are escaped.
        let sought = [UInt8]("\"\(key)\":".utf8)
        var places: [Range<Int>] = []
        for index in text.indices where text[index] == sought[0] {
            let start = index + sought.count
            guard start < text.count, text[index..<start].elementsEqual(sought) else { continue }
            let end = text[start...].firstIndex { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? text.count
            places.append(start..<end)
        }
        guard places.count == count, places.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(text, integersAt: places)
    }
}

extension OpenCall {
    /// The reply that goes with the descriptors.
    var grantMessage: [UInt8] {
        guard let prepared else { return newGrantMessage }
        if let reply = asked.attachment as? ReplyText, reply.prepared === prepared {
            return reply.text.filled { Int64(clamping: items[$0].record ?? 0) }
        }
        let message = newGrantMessage
        asked.attachment = ReplyText(self, prepared, message)
        return message
    }

    private var newGrantMessage: [UInt8] {
        var grants: [BrokerInterface.Grant] = []
        grants.reserveCapacity(items.count)
        for (place, item) in items.enumerated() {
            guard let entry = item.entry, let acquired = item.acquired, let record = item.record else { continue }
            grants.append(
                BrokerInterface.Grant(
                    name: item.name.text, fileDescriptor: place, rights: acquired.rights.words,
                    kind: entry.capability.kind.rawValue, delivery: acquired.delivery.rawValue,
                    revocation: entry.revocation, record: Int(record), lease: item.leaseOnWire,
                    descriptor: entry.deposit?.type, depositor: (entry.deposit?.uid).map { Int($0) },
                    fdName: entry.deposit?.fdName))
        }
        return MessageText.reply(BrokerInterface.Open.Reply(grants: grants))
    }
}

extension OpenCall.Item {
    /// How long it may be kept, or (of what is taken) what it is to be confirmed by.
    fileprivate var leaseOnWire: BrokerInterface.Lease? {
        lease?.onWire ?? taking.map { .init(id: $0.id, expiresUSec: $0.expiresUSec.map { Int($0) }) }
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
        case .nameTaken(let name): .nameTaken(name: name)
        case .invalidDescriptor(let name, let message): .invalidDescriptor(name: name, message: message)
        case .notTakeable(let name):
            .invalidDescriptor(name: name, message: "it is no deposit, and only a deposit can be taken")
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
