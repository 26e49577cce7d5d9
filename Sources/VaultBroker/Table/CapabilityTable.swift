// SPDX-License-Identifier: Apache-2.0

import Descriptors
import VaultModel

/// The named capabilities of this broker.
///
/// Lives on the broker's loop. Names are unique; a declaration that changes is a new entry, so that what is under way
/// for the old one ends undisturbed.
final class CapabilityTable {
    private var entries: [CapabilityName: CapabilityEntry] = [:]

    subscript(name: CapabilityName) -> CapabilityEntry? { entries[name] }

    var count: Int { entries.count }

    /// All entries, in no order.
    var all: some Collection<CapabilityEntry> { entries.values }

    /// All entries, in the order of their names.
    var sorted: [CapabilityEntry] { entries.values.sorted { $0.capability.name < $1.capability.name } }

    /// How many descriptors are held in all.
    var descriptorCount: Int { entries.values.reduce(0) { $0 + $1.descriptorCount } }

    /// Makes the table hold exactly these capabilities.
    ///
    /// An entry whose declaration is unchanged stays as it is, with what it holds; the others are closed, and made anew.
    /// - Returns: the entries that are new, and those that are gone.
    func replace(with capabilities: [Capability]) -> (new: [CapabilityEntry], gone: [CapabilityEntry]) {
        var kept: [CapabilityName: CapabilityEntry] = [:]
        var added: [CapabilityEntry] = []
        var gone: [CapabilityEntry] = []
        for capability in capabilities {
            let former = entries.removeValue(forKey: capability.name)
            // The document has the names of users, the source their ids too.
            if let former, former.capability.document == capability.document,
                former.capability.source == capability.source
            {
                kept[capability.name] = former
            } else {
                if let former { gone.append(former) }
                let entry = CapabilityEntry(capability)
                kept[capability.name] = entry
                added.append(entry)
            }
        }
        gone += entries.values
        for entry in gone { entry.close() }
        entries = kept
        return (added, gone)
    }
}
