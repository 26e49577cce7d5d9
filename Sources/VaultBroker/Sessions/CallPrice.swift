// SPDX-License-Identifier: Apache-2.0

import Varlink
import VaultInterface

/// What a call is charged before it is done, in microseconds of the broker's time, whichever of its threads does it. What
/// the loop itself takes beyond that is charged when it is known.
enum CallPrice {
    /// One more page of a reply in several parts.
    static let page: Int64 = 1_000
    /// A connection's peer to be identified.
    static let identification: Int64 = 50
    /// The same where the opener is asked about it.
    static let inspection: Int64 = 200

    static func of(_ method: String) -> Int64 {
        switch method {
        // Bounded by their records; what is refused of them is charged by the time that it took.
        case BrokerInterface.Open.method, BrokerInterface.Renew.method, BrokerInterface.Release.method,
            BrokerInterface.Received.method:
            0
        // Its pieces are charged as they are made.
        case BrokerInterface.List.method, AdminInterface.Credentials.method: 100
        case BrokerInterface.Describe.method, BrokerInterface.WhoAmI.method, BrokerInterface.CanI.method: 50
        // A policy is built.
        case AdminInterface.Grant.method, AdminInterface.ApplyPolicy.method, AdminInterface.AddCapability.method,
            AdminInterface.Reload.method, AdminInterface.Resume.method:
            1_000
        // Texts, the log or its index are read.
        case AdminInterface.WhoCan.method, AdminInterface.WhatCan.method, AdminInterface.Rules.method,
            AdminInterface.Revisions.method, AdminInterface.Leases.method, AdminInterface.Explain.method,
            AdminInterface.Declaration.method:
            1_000
        // Everything that is held is counted.
        case MetricsInterface.List.method: 1_000
        // A file is read, and hashed.
        case BrokerInterface.RenewCapability.method: 20_000
        // Two policies are built.
        case AdminInterface.Compare.method: 2_000
        case AdminInterface.Replay.method, AuditInterface.Summarize.method, AuditInterface.Prune.method: 5_000
        case AuditInterface.Query.method, AuditInterface.Show.method, AuditInterface.Export.method: page
        default: 100
        }
    }
}
