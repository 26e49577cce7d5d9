// SPDX-License-Identifier: Apache-2.0

import VaultModel

extension CompiledPolicy {
    /// Whether some rule lets this caller deposit some name at some time: otherwise its connection gets no room for
    /// descriptors. What forbids say is left to the decision about each deposit.
    package func mayDeposit(_ identity: Identity) -> Bool {
        depositPermits.contains { $0.matchesCaller(identity) }
    }

    /// Whether somebody may `admin` at any time, the clock notwithstanding: a policy under which nobody can repair it
    /// is not accepted.
    package var permitsAnybodyAdmin: Bool {
        let forbids = compiled.filter { $0.rule.effect == .forbid && $0.actions.contains(.admin) }.map(\.rule)
        return compiled.contains { permit in
            permit.rule.effect == .permit && permit.actions.contains(.admin) && !permit.rule.conditions.hasTimes
                && !forbids.contains { permit.rule.to.implies($0.to) }
        }
    }
}
