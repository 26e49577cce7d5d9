// SPDX-License-Identifier: Apache-2.0

import Processes

/// `ProcessFacts` behind the head of an answer: a state for each fact, its numbers, and two texts (the control group,
/// the executable), empty when not known.
enum FactsCoding {
    private enum Field {
        static let cgroupState = WireField<UInt32>(AnswerField.facts)
        static let loginState = WireField<UInt32>(AnswerField.facts + 4)
        static let sessionState = WireField<UInt32>(AnswerField.facts + 8)
        static let namespacesState = WireField<UInt32>(AnswerField.facts + 12)
        static let executableState = WireField<UInt32>(AnswerField.facts + 16)
        static let loginUID = WireField<UInt32>(AnswerField.facts + 20)
        static let session = WireField<UInt32>(AnswerField.facts + 24)
        static let pidNamespace = WireField<UInt64>(AnswerField.facts + 32)
        static let userNamespace = WireField<UInt64>(AnswerField.facts + 40)
        static let executableDevice = WireField<UInt64>(AnswerField.facts + 48)
        static let executableInode = WireField<UInt64>(AnswerField.facts + 56)
    }

    private static let notRead: UInt32 = 0
    private static let known: UInt32 = 1
    /// A state from here on is a problem's number above it.
    private static let problem: UInt32 = 0x1_0000

    static func write(_ facts: ProcessFacts, to wire: inout WireBytes) {
        wire[Field.cgroupState] = state(facts.cgroup)
        wire[Field.loginState] = state(facts.loginUID)
        wire[Field.sessionState] = state(facts.session)
        wire[Field.namespacesState] = state(facts.namespaces)
        wire[Field.executableState] = state(facts.executable)
        var texts = ["", ""]
        if case .known(let cgroup) = facts.cgroup { texts[0] = cgroup }
        if case .known(let uid) = facts.loginUID { wire[Field.loginUID] = uid ?? WireForm.absent }
        if case .known(let session) = facts.session { wire[Field.session] = session ?? WireForm.absent }
        if case .known(let namespaces) = facts.namespaces {
            wire[Field.pidNamespace] = namespaces.pid
            wire[Field.userNamespace] = namespaces.user
        }
        if case .known(let executable) = facts.executable {
            texts[1] = executable.path
            wire[Field.executableDevice] = executable.device
            wire[Field.executableInode] = executable.inode
        }
        precondition(TextRoom.fits(texts), "ProcessFacts bounds its texts to ProcessFacts.textLimit")
        wire[AnswerField.textCount] = UInt8(texts.count)
        wire.put(texts: texts, at: AnswerField.texts)
    }

    static func read(_ wire: WireBytes) -> ProcessFacts? {
        guard wire[AnswerField.textCount] == 2, let texts = wire.texts(2, at: AnswerField.texts) else { return nil }
        let loginUID = wire[Field.loginUID]
        let session = wire[Field.session]
        let namespaces = NamespaceFacts(pid: wire[Field.pidNamespace], user: wire[Field.userNamespace])
        let executable = ExecutableFacts(
            path: texts[1], device: wire[Field.executableDevice], inode: wire[Field.executableInode])
        guard let cgroupFact = fact(wire[Field.cgroupState], texts[0]),
            let loginFact = fact(wire[Field.loginState], loginUID == WireForm.absent ? nil : loginUID),
            let sessionFact = fact(wire[Field.sessionState], session == WireForm.absent ? nil : session),
            let namespacesFact = fact(wire[Field.namespacesState], namespaces),
            let executableFact = fact(wire[Field.executableState], executable)
        else { return nil }
        var facts = ProcessFacts()
        facts.cgroup = cgroupFact
        facts.loginUID = loginFact
        facts.session = sessionFact
        facts.namespaces = namespacesFact
        facts.executable = executableFact
        return facts
    }

    private static func state<Value>(_ fact: ReadFact<Value>) -> UInt32 {
        switch fact {
        case .notRead: notRead
        case .known: known
        case .unknown(let why): problem + UInt32(why.rawValue)
        }
    }

    private static func fact<Value>(_ state: UInt32, _ value: Value) -> ReadFact<Value>? {
        switch state {
        case notRead: return .notRead
        case known: return .known(value)
        default:
            guard state >= problem, let number = UInt16(exactly: state - problem) else { return nil }
            return .unknown(FactProblem(rawValue: number))
        }
    }
}
