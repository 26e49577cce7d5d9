// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import vault_opener

@Suite("How the opener's workers are shared")
struct WorkerSharesTests {
    private static func claim(_ account: UInt32?, _ mount: String? = nil) -> WorkerShares.Claim {
        WorkerShares.Claim(account: account, servedMount: mount.map { Array($0.utf8) })
    }

    private static func shares(_ workers: Int, _ running: [WorkerShares.Claim]) -> WorkerShares {
        WorkerShares(workers: workers, running: running)
    }

    @Test("half of them to one uid, and the last one to a uid that has none")
    func users() {
        let (one, two, three) = (Self.claim(1), Self.claim(2), Self.claim(3))
        #expect(Self.shares(4, [one]).mayStart(one))
        #expect(!Self.shares(4, [one, one]).mayStart(one))
        #expect(Self.shares(4, [one, one]).mayStart(two))
        #expect(!Self.shares(4, [one, one, two]).mayStart(two))
        #expect(Self.shares(4, [one, one, two]).mayStart(three))
    }

    @Test("one at least, where there is only one or two")
    func few() {
        for workers in 1...2 {
            #expect(Self.shares(workers, []).mayStart(Self.claim(1)))
            #expect(Self.shares(workers, []).mayStart(Self.claim(1, "/mnt")))
            #expect(!Self.shares(workers, [Self.claim(1)]).mayStart(Self.claim(1)))
        }
        #expect(Self.shares(2, [Self.claim(1)]).mayStart(Self.claim(2)))
    }

    @Test("half of them to one mount that somebody serves, and all but one to all such mounts, whoever asks")
    func mounts() {
        let (a, b, c) = (Self.claim(1, "/a"), Self.claim(2, "/a"), Self.claim(3, "/b"))
        #expect(!Self.shares(4, [a, b]).mayStart(Self.claim(4, "/a")))
        #expect(Self.shares(4, [a, b]).mayStart(c))
        #expect(!Self.shares(4, [a, b, c]).mayStart(Self.claim(4, "/c")))
        #expect(Self.shares(4, [a, b, c]).mayStart(Self.claim(4)))
        #expect(!Self.shares(4, [a, Self.claim(nil, "/a")]).mayStart(Self.claim(nil, "/a")))
    }

    @Test("what the broker opens for everybody takes what there is, on this machine's own file systems")
    func broker() {
        #expect(Self.shares(4, [Self.claim(nil), Self.claim(nil), Self.claim(nil)]).mayStart(Self.claim(nil)))
    }

    @Test("what waits is looked at one account after the other, and what runs counts")
    func order() {
        let waiting = [1, 1, 1, 2, 3, 2].map { Self.claim($0) }
        #expect(Self.shares(4, []).order(of: waiting) == [0, 3, 4, 1, 5, 2])
        #expect(Self.shares(4, [Self.claim(1)]).order(of: waiting) == [3, 4, 0, 5, 1, 2])
    }

    @Test("a mount above a path is served by somebody unless its file system is this machine's own")
    func served() {
        var mounts = ServedMounts()
        let points: [[UInt8]?] = ["/proc/self/stat", "/"].map { mounts.point(above: $0, now: 0) }
        #expect(points == [nil, nil])
    }
}
