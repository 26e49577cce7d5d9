// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes
import Varlink
import VaultCore
import VaultModel

/// What a connection is about over which a service manager reads a credential for a unit.
///
/// Lives on the broker's loop, with its session.
final class CredentialSession {
    /// Nothing is read of it.
    static let framing = MessageFraming.none
    /// How long it may take in all, with what the opener has to do and until the last byte is read, in microseconds.
    static let credentialUSec: Int64 = 30_000_000

    /// What its address says; nil: nothing that can be understood.
    var address: CredentialAddress?
    /// What that is called in the vault.
    var name: CapabilityName?
    var timer: TimerToken?
}

/// What it is owed: what the capability holds, or zeros.
///
/// Lives on the broker's loop.
final class CredentialAnswer: OpenAnswer {
    private let base: Answer
    private unowned let broker: Broker

    init(_ base: Answer, _ broker: Broker) {
        self.base = base
        self.broker = broker
    }

    func grant(_ call: OpenCall) {
        guard let content = call.items[0].content else { preconditionFailure("it was granted without being read") }
        base.deliver(call, content.bytes)
    }

    func refuse(_ refusal: Refusal) {
        guard let session = base.session else { return }
        let bound = LoopBound((session: session, refusal: refusal), to: broker.loop)
        broker.assumeIsolated { $0.refuseCredential(bound.value.session, bound.value.refusal) }
    }
}

extension Session {
    /// The unit for which a service manager may read: that in whose control group the process is.
    /// - Parameter owner: whose vault this is. At a user's own one it is the unit of the user's own manager.
    func unitOfCredential(owner: UInt32) -> String? {
        guard owner != 0 else { return identity.unit.value ?? nil }
        guard identity.uid == owner else { return nil }
        return (identity.cgroup.value ?? nil).flatMap { ServiceUnit(ofManagerOf: owner, cgroup: $0) }?.name
    }
}
