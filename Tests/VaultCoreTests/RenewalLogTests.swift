// SPDX-License-Identifier: Apache-2.0

import Records
import Testing

@testable import VaultCore

/// "the log is owed one until it is known to have it"
@Suite("Renewals that are in force have a record")
struct RenewalLogTests {
    private static func opened(_ inode: UInt64) -> Record.Opened {
        Record.Opened(device: "1:1", inode: inode, mount: nil, path: "/a")
    }

    private func renew(_ stage: Stage, to inode: UInt64) -> UInt64? {
        stage.core.renewalLog.record(
            Stage.file(), from: Self.opened(inode - 1), to: Self.opened(inode), .changed)
    }

    private func recorded(_ stage: Stage) -> [Bool] {
        (2...4).map { inode in stage.texts("capability.renew").contains { $0.contains(#""inode":\#(inode)"#) } }
    }

    @Test("one whose batch is voided, and one while the log cannot be written, are recorded when it can, once")
    func owed() {
        let stage = Stage()
        #expect(renew(stage, to: 2) == 0)
        stage.endTurn()
        stage.failCommit()
        #expect(renew(stage, to: 4) == nil)
        stage.reopen(Stage.restored())
        stage.settle()
        #expect(stage.types == ["capability.renew", "capability.renew"])
        #expect(recorded(stage) == [true, true, true], "from 1 to 2, and from 3 to 4")
        stage.failCommit()
        stage.reopen(Stage.restored(size: 2))
        stage.settle()
        #expect(stage.types.count == 2)
    }

    @Test("one whose commit failed, and that is in the log nevertheless, is not recorded again")
    func known() {
        let stage = Stage()
        _ = renew(stage, to: 2)
        stage.endTurn()
        stage.failCommit()
        stage.reopen(Stage.restored(size: 1))
        stage.settle()
        #expect(stage.types.isEmpty)
    }
}
