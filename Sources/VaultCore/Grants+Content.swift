// SPDX-License-Identifier: Apache-2.0

import VaultModel
import VaultPolicy

/// An `Open` of which the content leaves and no descriptor: what was acquired for it is read before it is recorded.
extension Grants {
    /// What is to be delivered of the one name is what its descriptor holds: that has been read.
    func contentRead(_ call: OpenCall, _ result: Result<CapabilityContent, OpenProblem>) {
        arrived(of: call.caller)
        switch result {
        case .success(let content): call.items[0].content = content
        case .failure(let problem): call.problem = (call.items[0].name, problem)
        }
        acquiredOne(call)
    }

    func readContent(_ call: OpenCall) {
        guard let acquired = call.items[0].acquired, let entry = call.items[0].entry else {
            preconditionFailure("what was not acquired is to be read")
        }
        call.awaited = 1
        awaited[call.caller.identity.uid, default: 0] += 1
        holdings.readContent(acquired, entry, for: call)
    }
}

extension OpenCall {
    /// Whether a grant of it is followed until it ends: what leaves no descriptor behind is over when it is sent.
    func follows(_ decision: Decision) -> Bool {
        decision.isFollowed && (!asked.takesContent || isPlanted(.contentFollowed))
    }
}

extension Capability {
    /// Why what it holds cannot be delivered without a descriptor; nil where it can.
    package var hintOfContent: String? {
        guard kind == .memory || kind == .file else { return "only what a memory or a file holds can be delivered so" }
        return delivery == .fresh ? nil : "it is shared with others, and only a description of one's own is read"
    }
}
