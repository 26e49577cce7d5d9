// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import VaultModel

/// Which inodes are watched for which capabilities, and which capabilities have to be looked at without being told.
///
/// The queue is the broker's; the watches are added to it by the opener, which may look where the broker may not. Lives on the
/// broker's loop.
final class FileWatches {
    /// So many bytes of events are taken at a time, and so many times in a row.
    private static let room = 64 << 10
    private static let mostReads = 4

    /// nil where there can be none: everything is looked at at intervals.
    let queue: HeldDescriptor?
    private var names: [Int32: Set<CapabilityName>] = [:]
    private var watches: [CapabilityName: [Int32]] = [:]
    /// Those that nothing tells of.
    private(set) var unwatched: Set<CapabilityName> = []
    /// Those that are held, and that nobody has begun to watch since.
    private var unattended: [CapabilityName] = []
    /// Those that are being looked at.
    private var attended: Set<CapabilityName> = []
    /// Those for which the opener is adding watches, with the number of events that there had been before. A watch may tell of
    /// something before it is known here whose it is.
    private var asked: [CapabilityName: UInt64] = [:]
    private var eventCount: UInt64 = 0
    /// The number of the last event of each watch, and that by which some were lost, for as long as anybody has asked.
    private var lastEvents: [Int32: UInt64] = [:]
    private var lastLoss: UInt64 = 0
    /// Watches that nobody is known to have: to be ended when nobody asks, since until then they may turn out to be somebody's.
    private var ownerless: Set<Int32> = []
    /// Those to which something has happened before it was known that they are watched.
    private var changedBefore: Set<CapabilityName> = []

    init() {
        do throws(Errno) {
            queue = HeldDescriptor(try FileChanges.makeQueue())
        } catch {
            queue = nil
        }
    }

    var count: Int { names.count }

    /// What a capability leads to is held from now on.
    func isHeld(_ name: CapabilityName) { unattended.append(name) }

    func takeUnattended(most: Int) -> [CapabilityName] {
        guard !unattended.isEmpty else { return [] }
        let taken = unattended.prefix(most)
        unattended.removeFirst(taken.count)
        return Array(taken)
    }

    /// - Returns: whether nobody looks at it already.
    func begin(_ name: CapabilityName) -> Bool { attended.insert(name).inserted }

    func end(_ name: CapabilityName) { attended.remove(name) }

    /// The opener is about to be asked to add watches; `watched`, `cannotWatch` or `gaveUp` follows.
    func asks(_ name: CapabilityName) { asked[name] = eventCount }

    /// What was asked for is not wanted any more.
    func gaveUp(_ name: CapabilityName) {
        asked[name] = nil
        guard asked.isEmpty else { return }
        for watch in ownerless where names[watch] == nil { end(watch) }
        ownerless = []
        lastEvents = [:]
    }

    /// These tell of a capability from now on, and no others.
    func watched(_ name: CapabilityName, by new: [Int32]) {
        unwatched.remove(name)
        let former = watches.updateValue(new, forKey: name) ?? []
        for watch in new { names[watch, default: []].insert(name) }
        release(former.filter { !new.contains($0) }, of: name)
        if let before = asked[name], lastLoss > before || new.contains(where: { lastEvents[$0, default: 0] > before }) {
            changedBefore.insert(name)
        }
        gaveUp(name)
    }

    /// Nothing tells of it.
    func cannotWatch(_ name: CapabilityName) {
        unwatched.insert(name)
        release(watches.removeValue(forKey: name) ?? [], of: name)
        gaveUp(name)
    }

    private func abandon(_ watch: Int32) {
        if asked.isEmpty { end(watch) } else { ownerless.insert(watch) }
    }

    private func end(_ watch: Int32) {
        if let queue { FileChanges.end(watch, in: queue) }
    }

    private func release(_ watches: [Int32], of name: CapabilityName) {
        for watch in watches {
            names[watch]?.remove(name)
            guard names[watch]?.isEmpty == true else { continue }
            names[watch] = nil
            abandon(watch)
        }
    }

    /// The capabilities to whose files something has happened since the last call.
    func takeChanged() -> Set<CapabilityName> {
        var changed = changedBefore
        changedBefore = []
        guard let queue else { return changed }
        for _ in 0..<Self.mostReads {
            guard let events = try? FileChanges.events(in: queue, room: Self.room), !events.isEmpty else { break }
            for event in events {
                eventCount += 1
                switch event {
                case .happened(let watch):
                    note(watch)
                    // One that nobody knows of was left by an attempt that failed, or is about to be told.
                    if let names = names[watch] { changed.formUnion(names) } else { abandon(watch) }
                case .ended(let watch):
                    note(watch)
                    changed.formUnion(names.removeValue(forKey: watch) ?? [])
                case .lost:
                    lastLoss = eventCount
                    changed.formUnion(watches.keys)
                }
            }
        }
        return changed
    }

    private func note(_ watch: Int32) {
        if !asked.isEmpty { lastEvents[watch] = eventCount }
    }

    /// Forgets the capabilities that are gone.
    func keep(where isThere: (CapabilityName) -> Bool) {
        for name in watches.keys where !isThere(name) { release(watches.removeValue(forKey: name) ?? [], of: name) }
        unwatched = unwatched.filter(isThere)
        unattended.removeAll { !isThere($0) }
    }
}
