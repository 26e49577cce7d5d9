// SPDX-License-Identifier: Apache-2.0

import Processes
import SystemPackage
import Testing
import VaultTestKit

@testable import OpenerWire

struct OpenerAnswerTests {
    static func facts() -> ProcessFacts {
        var facts = ProcessFacts()
        facts.cgroup = .known("/system.slice/nginx.service")
        facts.loginUID = .known(nil)
        facts.groups = .known(AllGroups())
        facts.namespaceOwner = .known(1_000)
        facts.session = .known(12)
        facts.namespaces = .known(NamespaceFacts(pid: 4_026_531_836, user: 4_026_531_837))
        facts.executable = .known(ExecutableFacts(path: "/usr/bin/é (deleted)", device: 0xFE00, inode: UInt64.max))
        return facts
    }

    static func longestFacts() -> ProcessFacts {
        var facts = ProcessFacts()
        facts.cgroup = .known(String(repeating: "c", count: ProcessFacts.textLimit))
        facts.executable = .known(
            ExecutableFacts(path: String(repeating: "e", count: ProcessFacts.textLimit), device: 1, inode: 2))
        return facts
    }

    static func unknownFacts() -> ProcessFacts {
        var facts = ProcessFacts()
        facts.cgroup = .unknown(.noUnifiedHierarchy)
        facts.namespaces = .unknown(.permissionDenied)
        facts.groups = .unknown(.otherUserNamespace)
        facts.namespaceOwner = .unknown(.permissionDenied)
        facts.executable = .unknown(FactProblem(errno: 4095))
        return facts
    }

    private static func asked() -> OpenedStatus {
        var status = OpenedStatus(flags: 0, mode: 0o100600, device: 1, inode: 2, representedDevice: 0)
        status.size = .max
        status.modifiedNSec = .min
        status.changedNSec = -1
        status.filesystem = 0x6573_5546
        return status
    }

    static let samples: [OpenerAnswer.Outcome] =
        OpenerReason.allCases.map { .failed(OpenerFailure(.improperLink, $0, detail: 9)) } + [
            .failed(OpenerFailure(Errno(rawValue: 255))),
            .descriptors(
                count: 1,
                OpenedStatus(flags: 0o2, mode: 0o100644, device: UInt64.max, inode: 3, representedDevice: 0)),
            .descriptors(
                count: 2, OpenedStatus(flags: 0, mode: 0o010600, device: 1, inode: 2, representedDevice: 3)),
            .descriptors(count: 1, asked()),
            .facts(facts()),
            .facts(longestFacts()),
            .facts(unknownFacts()),
            .facts(ProcessFacts()),
            .census(OpenerCensus(busy: 3, idle: 1, abandoned: 16)),
            .census(OpenerCensus(busy: 0, idle: 0, abandoned: .max)),
            .watches([1]),
            .watches((0..<128).map { Int32.max - $0 }),
        ]

    @Test("Every answer is read back as it was written", arguments: samples)
    func roundTrip(outcome: OpenerAnswer.Outcome) throws {
        let answer = OpenerAnswer(id: UInt64.max - 3, outcome: outcome)
        #expect(try OpenerAnswer(decoding: answer.encoded()) == answer)
    }

    @Test("A byte changed anywhere gives another answer or none, never the same", arguments: samples.suffix(9))
    func everyByteCounts(outcome: OpenerAnswer.Outcome) throws {
        let answer = OpenerAnswer(id: 5, outcome: outcome)
        let bytes = answer.encoded()
        for position in bytes.indices where position < 256 || position % 97 == 0 {
            var changed = bytes
            changed[position] ^= 0x41
            #expect((try? OpenerAnswer(decoding: changed)) != answer, "byte \(position)")
        }
    }

    @Test("Descriptors are one to sixty-four, and an answer has its outcome's size")
    func malformed() {
        let one = OpenedStatus(flags: 0, mode: 0, device: 0, inode: 0, representedDevice: 0)
        for count in [0, 65, 200] {
            let bytes = OpenerAnswer(id: 1, outcome: .descriptors(count: count, one)).encoded()
            #expect(throws: MalformedAnswer()) { try OpenerAnswer(decoding: bytes) }
        }
        var watches = OpenerAnswer(id: 1, outcome: .watches([7])).encoded()
        for count in [0, 129, 255] as [UInt8] {
            watches[16] = count
            #expect(throws: MalformedAnswer()) { try OpenerAnswer(decoding: watches) }
        }
        let bytes = OpenerAnswer(id: 1, outcome: .facts(ProcessFacts())).encoded()
        for size in [0, 1, 63, 64, bytes.count - 1] {
            #expect(throws: MalformedAnswer()) { try OpenerAnswer(decoding: Array(bytes.prefix(size))) }
        }
        #expect(throws: MalformedAnswer()) { try OpenerAnswer(decoding: bytes + [0]) }
    }

    @Test("A failure tells a person the operating system's error and what it means here")
    func failureText() {
        #expect(OpenerFailure(.noSuchFileOrDirectory).description == "No such file or directory")
        #expect(OpenerFailure(.improperLink, .leavesRoot).description.contains("leads out of the opener's root"))
        #expect(OpenerFailure(.ioError, .helperKilled, detail: 11).description.contains("11"))
    }
}
