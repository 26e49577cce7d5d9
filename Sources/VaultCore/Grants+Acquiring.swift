// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel

/// Open and check: the descriptors of a call are found or made.
extension Grants {
    func acquire(_ call: OpenCall) {
        if call.charge == nil { call.charge = sessions.charge(call.items.count, call.caller) }
        guard call.charge != nil else { return refuse(call, .quotaExceeded(limit: "descriptors-on-the-way")) }
        move(call, to: .opening, at: loop.bootUSec)
        call.problem = nil
        call.isDeciding = true
        defer { call.isDeciding = false }
        // One more than is awaited, so that what comes at once does not end the round early.
        call.awaited = 1
        for (place, item) in call.items.enumerated() where item.acquired == nil {
            guard let entry = item.entry else { continue }
            call.awaited += 1
            let want = Want(
                entry: entry, rights: item.rights, owner: call.caller.copyOwner, call: call, place: place)
            if let result = holdings.acquire(want) {
                took(Acquisition(want: want, result: result))
            } else {
                awaited[call.caller.identity.uid, default: 0] += 1
            }
        }
        acquiredOne(call)
    }

    /// What was awaited has come.
    func acquired(_ acquisition: Acquisition) {
        arrived(of: acquisition.want.call.caller)
        took(acquisition)
    }

    /// One of what is awaited has come.
    func arrived(of caller: Caller) {
        let uid = caller.identity.uid
        awaited[uid] = awaited[uid].flatMap { $0 > 1 ? $0 - 1 : nil }
    }

    /// How many descriptors are still to come for the calls of a uid.
    package func awaited(by uid: UInt32) -> Int { awaited[uid, default: 0] }

    private func took(_ acquisition: Acquisition) {
        let call = acquisition.want.call
        let place = acquisition.want.place
        switch acquisition.result {
        case .success(let descriptor): call.items[place].acquired = descriptor
        case .failure(let problem): call.problem = call.problem ?? (call.items[place].name, problem)
        }
        acquiredOne(call)
    }

    func acquiredOne(_ call: OpenCall) {
        call.awaited -= 1
        guard call.awaited == 0 else { return }
        if call.caller.isGone { return giveUp(call) }
        if let (name, problem) = call.problem { return failed(call, name, problem) }
        if call.asked.takesContent, call.items[0].content == nil { return readContent(call) }
        if isPlanted(.staleDecision) { call.generation = policy.generation }
        // It took its time: what was decided before may no longer hold, and the time itself is another.
        if !isPlanted(.staleDecision), !call.isDeciding || call.generation != policy.generation {
            return decide(call, at: loop.now())
        }
        record(call)
    }

    private func failed(_ call: OpenCall, _ name: CapabilityName, _ problem: OpenProblem) {
        if let limit = problem.limit { return refuse(call, .quotaExceeded(limit: limit)) }
        let kind = call.items.first { $0.name == name }?.entry?.capability.kind
        giveUp(call)
        outcomes.notOpened += 1
        guard journal.isWorking, admit(records: 1, call.caller) else {
            return call.answer.refuse(.openFailed(name: name.text, errno: problem.errno, record: nil))
        }
        let index = journal.nextIndex
        let waiter = Journal.Waiter.then {
            call.answer.refuse(
                .openFailed(name: name.text, errno: problem.errno, record: $0 == .committed ? index : nil))
        }
        journal.append(
            .openFailed(
                request: call.request, policy: policy.stamp, peer: call.caller.peerText,
                CapabilityText(name: name.text, kind: kind?.rawValue), errno: problem.errnoName,
                problem: problem.explanation), waiter: waiter)
    }
}
