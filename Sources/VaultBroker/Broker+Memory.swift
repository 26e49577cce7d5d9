// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What was taken for a while is given back.
extension Broker {
    /// How long after it was taken, in microseconds: by then what it was taken for is done, such as the policy before replaced.
    private static let givingBackUSec: Int64 = 1_000_000

    /// Gives back memory that is free, in a moment. To be called when much was taken: where a policy is built, its text takes
    /// ten times as much as what is made of it, and malloc(3) keeps that.
    func giveBackSoon() {
        guard !isGivingBackTimed else { return }
        isGivingBackTimed = true
        _ = loop.timer(after: .microseconds(Self.givingBackUSec)) { [weak self] in
            self?.assumeIsolated { broker in
                broker.isGivingBackTimed = false
                Task { await broker.work.run { linux_memory_give_back() } }
            }
        }
    }
}
