// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import Testing
import VaultModel
import VaultTestKit

@testable import VaultBroker

/// "A watch may tell of something before it is known here whose it is."
@Suite("What is watched is noticed, also while the opener is adding the watch")
struct FileWatchesTests {
    private let name: CapabilityName
    private let other: CapabilityName
    private let directory: TemporaryDirectory
    private let watches = FileWatches()

    init() throws {
        name = try CapabilityName("web/key")
        other = try CapabilityName("web/other")
        directory = try TemporaryDirectory()
        try directory.write("", to: "key")
    }

    /// As the opener does.
    private func add() throws -> Int32 {
        let queue = try #require(watches.queue)
        return try FileChanges.watch(OwnedDescriptor.open(directory.path("key")), for: .place, in: queue)
    }

    private func change(_ mode: mode_t) { #expect(chmod(directory.path("key").string, mode) == 0) }

    @Test("an event before the answer counts, and the watch goes on")
    func early() throws {
        watches.asks(name)
        let watch = try add()
        change(0o640)
        #expect(watches.takeChanged().isEmpty)
        watches.watched(name, by: [watch])
        #expect(watches.takeChanged() == [name])
        #expect(watches.takeChanged().isEmpty)
        change(0o600)
        #expect(watches.takeChanged() == [name])
    }

    @Test("so it is where the inode was another's before, also where that lets go of it meanwhile")
    func shared() throws {
        watches.asks(other)
        watches.watched(other, by: [try add()])
        watches.asks(name)
        let watch = try add()
        change(0o640)
        #expect(watches.takeChanged() == [other])
        watches.cannotWatch(other)
        watches.watched(name, by: [watch])
        #expect(watches.takeChanged() == [name])
        change(0o600)
        #expect(watches.takeChanged() == [name])
    }

    @Test("a watch that is over when it is told, since its inode is, counts as an event")
    func over() throws {
        watches.asks(name)
        let watch = try add()
        #expect(unlink(directory.path("key").string) == 0)
        #expect(watches.takeChanged().isEmpty)
        watches.watched(name, by: [watch])
        #expect(watches.takeChanged() == [name])
    }

    @Test("what an attempt that failed has left is ended when nobody asks any more")
    func left() throws {
        watches.asks(name)
        let watch = try add()
        change(0o640)
        #expect(watches.takeChanged().isEmpty)
        watches.cannotWatch(name)
        // IN_IGNORED of the watch that was ended; and it tells of nothing else.
        let queue = try #require(watches.queue)
        #expect(try FileChanges.events(in: queue) == [.ended(watch: watch)])
    }
}
