// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

@Suite("Rights")
struct RightsTests {
    @Test("are read from words and written in one order")
    func words() throws {
        #expect(try Rights.parse(["write", "read"]) == [.read, .write])
        #expect(try Rights.parse(["use", "append", "write", "read"]).words == ["read", "write", "append", "use"])
        #expect(Rights([.read, .append]).description == "read, append")
        #expect(Rights().description == "none")
        #expect(Rights.all.count == 4)
    }

    @Test("Unknown words and an empty list are refused", arguments: [[], ["Read"], ["read", "exec"]])
    func refused(words: [String]) {
        #expect(throws: InvalidText.self) { try Rights.parse(words) }
    }

    @Test("Who may write anywhere is not held to the end of the file")
    func opened() {
        #expect(Rights([.read, .write, .append]).opened == [.read, .write])
        #expect(Rights([.read, .append]).opened == [.read, .append])
    }
}

@Suite("Actions")
struct ActionTests {
    @Test("open, deposit, remove and renew include list; the others do not")
    func permitted() {
        for action in Action.allCases {
            let included = ActionSet(action).permitted
            #expect(included.contains(action))
            #expect(included.contains(.list) == [.open, .deposit, .remove, .renew, .list].contains(action))
        }
    }

    @Test("A set of actions has the order of the documentation")
    func words() {
        #expect(ActionSet([.admin, .open, .list]).words == ["open", "list", "admin"])
        #expect(ActionSet.all.actions == Action.allCases)
        #expect(Action.allCases.filter { !$0.takesCapability } == [.audit, .admin])
    }
}
