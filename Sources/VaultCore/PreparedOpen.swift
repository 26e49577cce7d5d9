// SPDX-License-Identifier: Apache-2.0

import Records
import VaultModel
import VaultPolicy

/// What one connection asks for with an `Open`, for as long as it may ask for the same again: then the same object is used
/// for each of its calls, and what they have in common is done once.
package final class OpenRequest {
    /// The names, in order, and what is asked of each; one at least.
    package let names: [Name]
    /// What the one name holds is delivered, and no descriptor: in bytes, to who cannot be passed one.
    package let takesContent: Bool
    /// The most that is delivered so, in bytes: as much as a service manager takes for a credential.
    package static let largestContent = 1 << 20
    /// Of the last call that came so far, and of which something was kept.
    var prepared: PreparedOpen?

    /// What the shell keeps with it.
    package var attachment: AnyObject?

    /// One of them.
    package struct Name {
        package var name: CapabilityName
        /// nil is "as much as may be had".
        package var asked: Rights?
        /// It is a deposit, and goes with this.
        package var takes: Bool

        package init(_ name: CapabilityName, asked: Rights? = nil, takes: Bool = false) {
            self.name = name
            self.asked = asked
            self.takes = takes
        }
    }

    package init(_ names: [Name]) {
        self.names = names
        takesContent = false
    }

    /// Asks for what it holds.
    package init(contentOf name: CapabilityName) {
        names = [Name(name, asked: .read)]
        takesContent = true
    }
}

/// What the calls of an ``OpenRequest`` have in common under one policy, where nothing that decided has times or counts: the
/// decisions, and the texts of the records but for some numbers.
///
/// It saves work and decides nothing: every look at what may have changed is made for each call anew.
package final class PreparedOpen {
    final class Item {
        /// Not held here: what is declared no longer goes, with its descriptors, however long a connection lasts.
        private(set) weak var entry: CapabilityEntry?
        let decision: Decision
        let rights: Rights
        /// The record's text, made for the second call, with what it tells of the descriptor; nil where it is too long.
        fileprivate var text: (grant: PreparedGrant?, opened: Record.Opened?, connected: String?)?

        fileprivate init(_ entry: CapabilityEntry, _ decision: Decision, _ rights: Rights) {
            self.entry = entry
            self.decision = decision
            self.rights = rights
        }
    }

    /// Of the policy.
    private let generation: UInt64
    let items: [Item]

    /// - Parameter items: of a call without a reason that was decided under this generation, each with its decision.
    init?(_ items: [OpenCall.Item], generation: UInt64) {
        var prepared: [Item] = []
        prepared.reserveCapacity(items.count)
        for item in items {
            // A deposit may go, or be another, at any time.
            guard let entry = item.entry, entry.deposit == nil, let decision = item.decision, decision.isLasting else {
                return nil
            }
            prepared.append(Item(entry, decision, item.rights))
        }
        self.generation = generation
        self.items = prepared
    }

    /// Whether it is the policy under which these were decided.
    func holds(under generation: UInt64) -> Bool {
        generation == self.generation || isPlanted(.preparedUnderFormerPolicy)
    }

    /// The text of one grant's record, if it tells of a descriptor what this one was told of.
    func text(_ place: Int, _ acquired: AcquiredDescriptor) -> PreparedGrant? {
        guard let text = items[place].text, acquired.checked.copy == nil, text.opened == acquired.checked.opened,
            text.connected == acquired.checked.connected
        else { return nil }
        return text.grant
    }

    /// Whether no text was made yet. Of what tells something else each time none is made again.
    func isNew(_ place: Int) -> Bool { items[place].text == nil }

    /// Keeps the text of one grant's record, unless it is longer than most.
    func keep(_ grant: PreparedGrant?, _ place: Int, _ acquired: AcquiredDescriptor) {
        let kept = grant.flatMap { $0.byteCount <= Self.longestText ? $0 : nil }
        items[place].text = (kept, acquired.checked.opened, acquired.checked.connected)
    }

    /// In bytes: who calls makes its own records long.
    private static let longestText = 2048
}
