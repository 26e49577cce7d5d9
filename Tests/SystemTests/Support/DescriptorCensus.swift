// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import VaultTestKit

/// What the daemon has open, for comparing before and after. The files of its log are counted by themselves: its readers
/// open them when there is something to read, and each opens them once.
struct DescriptorCensus {
    /// For the writer, a reader and the indexer: databases with their WAL and shared memory, checkpoints, lock, journal.
    private static let mostOfLog = 24

    private let targets: [CInt: String]

    /// As it is when nobody is connected; a call was answered before, so that what comes with the first is there.
    init(of daemon: Daemon) throws {
        _ = try RawConnection(to: daemon.socket).call(RawConnection.whoAmI)
        try Self.waitForConnectionsToEnd(daemon)
        targets = try Self.open(in: daemon)
    }

    /// Waits until the daemon has at most `more` descriptors beyond these; an issue tells what it has.
    func expectNoMore(than more: Int = 0, in daemon: Daemon, _ seed: Seed? = nil) throws {
        var now: [CInt: String] = [:]
        try? waitOnThread(until: "the connections to be closed", every: .milliseconds(20)) {
            now = try Self.open(in: daemon)
            return now.count <= targets.count + more
        }
        #expect(
            now.count <= targets.count + more, "\(seed.map(\.description) ?? ""): \(difference(to: now)) \(daemon.log)")
    }

    private static func open(in daemon: Daemon) throws -> [CInt: String] {
        let all = try openDescriptors(pid: daemon.pid)
        let others = all.filter { !$0.value.hasPrefix(daemon.state.string) }
        #expect(all.count - others.count <= mostOfLog, "\(all.values.sorted())")
        return others
    }

    /// How many more, or fewer, of each kind.
    private func difference(to now: [CInt: String]) -> [String: Int] {
        var counts: [String: Int] = [:]
        func kind(_ target: String) -> String { target.replacing(/[0-9]+/, with: "N") }
        for target in now.values { counts[kind(target), default: 0] += 1 }
        for target in targets.values { counts[kind(target), default: 0] -= 1 }
        return counts.filter { $0.value != 0 }
    }

    private static func waitForConnectionsToEnd(_ daemon: Daemon) throws {
        try waitOnThread(until: "the connections to end", every: .milliseconds(20)) {
            let text = String(
                decoding: try OwnedDescriptor.open("/proc/net/unix").readAll(limit: 1 << 24), as: UTF8.self)
            // State 03 is connected; a listening socket has 01.
            return !text.split(separator: "\n").contains { $0.hasSuffix(daemon.socket.string) && $0.contains(" 03 ") }
        }
    }
}
