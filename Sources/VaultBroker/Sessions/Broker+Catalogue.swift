// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Varlink
import VaultInterface
import VaultModel

/// What a caller may see: `List` and `Describe`.
extension Broker {
    func list(
        _ parameters: BrokerInterface.List.Parameters, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        let pattern = try parameters.pattern.map { text throws(VarlinkError) in try Self.pattern(text) }
        let moment = Moment.now()
        let seen = table.sorted.filter {
            (pattern?.matches($0.capability.name) ?? true) && maySee($0.capability.name, session, moment)
        }
        answer.reply(BrokerInterface.List.Reply(capabilities: seen.map(described)))
    }

    func describe(
        _ parameters: BrokerInterface.Describe.Parameters, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        guard let name = try? CapabilityName(parameters.name) else { throw .invalidParameter("name") }
        let decision = decision(.list, name, session, .now())
        guard decision.isPermitted else {
            return deny(
                Denial(action: .list, name: name, asked: nil, decision: decision), request: newRequestID(), answer,
                session)
        }
        guard let entry = table[name] else { return answer.refuse(.notFound(name: name.text)) }
        lookForStale(entry) {
            answer.reply(BrokerInterface.Describe.Reply(capability: self.described(entry)))
        }
    }

    /// Looks whether the path of a held file still names that file: a log that was rotated, a key that was replaced.
    private func lookForStale(_ entry: CapabilityEntry, _ done: @escaping () -> Void) {
        guard case .file(let path, _, _) = entry.capability.source, let held = entry.heldFile else { return done() }
        opener.open(path: path, flags: O_RDONLY, mode: nil) { result in
            switch result {
            case .success(let now):
                Task {
                    // fstat(2) can hang on a file system in user space: not on the loop.
                    let status = await self.files.run { try? FileStatus(of: now) }
                    entry.isStale = status?.isSameFile(as: held) != true
                    done()
                }
            case .failure(let failure):
                entry.isStale = failure.errno == .noSuchFileOrDirectory
                done()
            }
        }
    }

    static func pattern(_ text: String) throws(VarlinkError) -> NamePattern {
        guard let pattern = try? NamePattern(text) else { throw .invalidParameter("pattern") }
        return pattern
    }

    private func described(_ entry: CapabilityEntry) -> BrokerInterface.Capability {
        BrokerInterface.Capability(
            name: entry.capability.name.text, kind: entry.capability.kind.rawValue,
            rights: entry.capability.rights.words, origin: "opened", delivery: entry.capability.delivery.rawValue,
            revocation: entry.revocation, state: entry.stateWord, problem: entry.problem?.text)
    }
}
