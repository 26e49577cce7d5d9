// SPDX-License-Identifier: Apache-2.0

import FDHolderProtocol
import Glibc
import VaultCore
import VaultModel

/// What one request of s6's protocol is owed. What happens to it is what happens to every ``Answer``; only the words are others.
final class FDHolderAnswer: OpenAnswer {
    let base: Answer
    private let holder: FDHolderSession

    init(_ base: Answer, _ holder: FDHolderSession) {
        self.base = base
        self.holder = holder
    }

    func done() { base.give(FDHolderReply.done()) }

    func fail(_ errno: CInt) { base.give(FDHolderReply.failed(errno)) }

    func refuse(_ refusal: Refusal) { fail(refusal.errno) }

    /// One descriptor, for a retrieval.
    func grant(_ call: OpenCall) {
        if call.items.contains(where: \.takes) { holder.takings.append(.init(call)) }
        base.grant(call, as: FDHolderReply.done(descriptors: call.items.count))
    }
}

/// The answer to who asks for everything: all of it, or none.
///
/// It is passed in calls of as many names as one message has descriptors; nothing leaves before all of these are granted.
final class FDHolderDump {
    private let answer: FDHolderAnswer
    private let holder: FDHolderSession
    private let names: FDHolderNames
    private let count: Int
    private var calls: [OpenCall?]
    private var awaited: Int
    private var refusal: Refusal?

    init(_ answer: FDHolderAnswer, _ holder: FDHolderSession, _ names: FDHolderNames, count: Int, parts: Int) {
        self.answer = answer
        self.holder = holder
        self.names = names
        self.count = count
        calls = Array(repeating: nil, count: parts)
        awaited = parts
    }

    /// One of its calls.
    final class Part: OpenAnswer {
        private let dump: FDHolderDump
        private let place: Int

        init(_ dump: FDHolderDump, _ place: Int) {
            self.dump = dump
            self.place = place
        }

        func refuse(_ refusal: Refusal) { dump.answered(place, .failure(refusal)) }

        func grant(_ call: OpenCall) { dump.answered(place, .success(call)) }
    }

    private func answered(_ place: Int, _ result: Result<OpenCall, Refusal>) {
        switch result {
        case .success(let call): calls[place] = call
        case .failure(let problem): refusal = refusal ?? problem
        }
        awaited -= 1
        guard awaited == 0 else { return }
        // They hold this as what is owed an answer.
        let granted = calls.compactMap(\.self)
        calls = []
        if let refusal {
            // What else was granted is withdrawn with the connection.
            if !granted.isEmpty { answer.base.session?.mustClose = true }
            return answer.refuse(refusal)
        }
        send(granted)
    }

    private func send(_ calls: [OpenCall]) {
        if calls.count > 1 {
            holder.parts = Set(calls.map(\.number))
            holder.laterParts = Set(calls.dropFirst().map(\.number))
        }
        for (place, call) in calls.enumerated() {
            let entries = call.items.compactMap { item in
                names.id(item.name).map {
                    FDHolderEntry(
                        id: $0, limit: item.entry?.deposit?.expires.map { .init(wallUSec: $0.wallUSec) } ?? .never)
                }
            }
            // Both messages leave together, so that nothing has been promised where the first part does not leave.
            let before = place == 0 ? FDHolderReply.dumpFollows(count: count) : []
            answer.base.grant(call, as: before + FDHolderReply.dump(entries[...]), continues: place < calls.count - 1)
        }
    }
}

extension Refusal {
    /// What s6's clients print of it, by strerror(3).
    var errno: CInt {
        switch self {
        case .denied, .notTakeable: EPERM
        case .notFound, .notHeld: ENOENT
        case .nameTaken, .busy: EBUSY
        case .invalidDescriptor: EINVAL
        case .openFailed(_, let errno, _): errno.rawValue
        case .quotaExceeded: ENFILE
        case .auditUnavailable: EIO
        }
    }
}
