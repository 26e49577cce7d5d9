// SPDX-License-Identifier: Apache-2.0

package import VaultModel

/// Which entries of the log are wanted. Parts are ANDed, a list within one is ORed, an empty list asks for nothing.
package struct EntryFilter: Sendable, Equatable {
    /// Inclusive, `CLOCK_REALTIME` in microseconds.
    package var sinceUSec: Int64?
    /// Exclusive.
    package var untilUSec: Int64?
    package var uid: [UInt32] = []
    package var loginuid: [UInt32] = []
    package var pid: [Int32] = []
    package var exe: [String] = []
    package var unit: [String] = []
    package var capability: [NamePattern] = []
    package var rule: [String] = []
    package var type: [String] = []
    /// Types that are not wanted.
    package var notType: [String] = []
    package var decision: String?
    package var request: String?
    /// Records that say they are about one of these grants.
    package var grant: [UInt64] = []

    package init() {}

    package var isEmpty: Bool { self == EntryFilter() }

    package func matches(_ fields: RecordFields) -> Bool {
        if let sinceUSec, fields.timeUSec < sinceUSec { return false }
        if let untilUSec, fields.timeUSec >= untilUSec { return false }
        if let decision, fields.decision != decision { return false }
        if let request, fields.request != request { return false }
        if notType.contains(fields.type) { return false }
        return Self.allows(type, fields.type) && Self.allows(uid, fields.uid)
            && Self.allows(loginuid, fields.loginuid) && Self.allows(pid, fields.pid)
            && Self.allows(grant, fields.grant) && Self.allows(exe, fields.exe) && Self.allows(unit, fields.unit)
            && (rule.isEmpty || fields.rules.contains(where: rule.contains) || Self.allows(rule, fields.charged))
            && (capability.isEmpty || matchesName(fields.capability))
    }

    private static func allows<Value: Equatable>(_ wanted: [Value], _ found: Value?) -> Bool {
        wanted.isEmpty || found.map(wanted.contains) ?? false
    }

    private func matchesName(_ text: String?) -> Bool {
        guard let text, let name = try? CapabilityName(text) else { return false }
        return capability.contains { $0.matches(name) }
    }
}
