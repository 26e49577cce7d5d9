// SPDX-License-Identifier: Apache-2.0

import Crypto
import Descriptors
import TransparencyLog
import VaultCore
import VaultModel

/// What one daemon hands to the next of what it holds for its capabilities, beside listeners and deposits: open file
/// descriptions that others share, and the ends of pipes that wait for their takers.
///
/// Each is known by the hash of its declaration, so that one that was declared otherwise since is opened anew.
///
/// Lives on the broker's loop.
final class HandedTable {
    private static let held = "held="
    private static let pipe = "pipe="

    private var handed: [String: HeldDescriptor] = [:]

    /// - Parameter entries: what came over; others than these are let be.
    init(_ entries: [ActivationSockets.Entry]) {
        for entry in entries where Self.isName(entry.name) { handed[entry.name] = entry.descriptor }
    }

    /// Whether a descriptor of this name is one of these.
    static func isName(_ name: String) -> Bool {
        isHeld(name) || name.utf8.starts(with: pipe.utf8)
    }

    /// Whether what has this name is held open for a capability.
    static func isHeld(_ name: String) -> Bool { name.utf8.starts(with: held.utf8) }

    private static func hash(_ capability: Capability) -> String {
        Hexadecimal.encode(Array(SHA256.hash(data: Array(capability.document.utf8))))
    }

    /// The name of the description that is held for a capability.
    static func name(of capability: Capability) -> String { held + hash(capability) }

    /// The names of the ends of the pair of this number.
    static func names(of capability: Capability, pair: Int) -> (read: String, write: String) {
        let start = "\(pipe)\(hash(capability))/\(pair)/"
        return (start + "read", start + "write")
    }

    /// What was held for this capability; once.
    func take(_ capability: Capability) -> HeldDescriptor? {
        handed.isEmpty ? nil : handed.removeValue(forKey: Self.name(of: capability))
    }

    /// The ends of its pairs; once. Of each pair one end may have gone.
    func takePairs(_ capability: Capability) -> [(read: HeldDescriptor?, write: HeldDescriptor?)] {
        var pairs: [(read: HeldDescriptor?, write: HeldDescriptor?)] = []
        while !handed.isEmpty {
            let names = Self.names(of: capability, pair: pairs.count)
            let pair = (read: handed.removeValue(forKey: names.read), write: handed.removeValue(forKey: names.write))
            if pair.read == nil, pair.write == nil { break }
            pairs.append(pair)
        }
        return pairs
    }

    /// Closes what nothing has taken.
    /// - Returns: how many those were.
    func dropRest() -> Int {
        defer { handed = [:] }
        return handed.count
    }
}

extension CapabilityEntry {
    /// What the next daemon gets of this, by the names under which it looks for it.
    func handedOver(depositName: (_ id: String) -> String) -> [ActivationSockets.Entry] {
        var entries: [ActivationSockets.Entry] = []
        func add(_ name: String, _ descriptor: (any PassableDescriptor)?) {
            if let descriptor { entries.append(.init(descriptor: descriptor.held, name: name)) }
        }
        switch capability.source {
        case .deposit: if let deposit { add(depositName(deposit.id), holding?.descriptor) }
        case .listener: add(ListenerStore.name(for: capability.name), holding?.descriptor)
        case .file, .directory, .device:
            // Of what is opened anew for each grant nobody shares anything with anybody.
            if capability.delivery == .shared { add(HandedTable.name(of: capability), holding?.descriptor) }
        case .pipe, .fifo:
            for (number, pair) in waitingEnds.enumerated() {
                let names = HandedTable.names(of: capability, pair: number)
                add(names.read, pair.read)
                add(names.write, pair.write)
            }
        case .memory, .connection, .helper: break
        }
        return entries
    }
}
