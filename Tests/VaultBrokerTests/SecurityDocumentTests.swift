// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import Varlink
import VaultInterface

@testable import VaultBroker
@testable import VaultCore

/// The tables of *Security* say what the code does.
@Suite struct SecurityDocumentTests {
    private static let sources = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().appending("Sources/VaultBroker")

    private static func read(_ file: String) throws -> String {
        String(decoding: try OwnedDescriptor.open(sources.appending(file)).readAll(limit: 1 << 20), as: UTF8.self)
    }

    private static func document() throws -> String { try read("VaultBroker.docc/Security.md") }

    /// The methods of the first table, with who may call them.
    private static func calls() throws -> [String: String] {
        let rows = try document().matches(of: /\n\| `([a-z]+(?:\.[A-Za-z]+)+)` \| ([^|]+) \| [^|\n]+ \|/)
        return Dictionary(rows.map { (String($0.1), String($0.2)) }) { first, _ in first }
    }

    @Test("Each method that is served stands in the table, and no other")
    func methods() throws {
        let descriptions = [
            BrokerInterface.description, AdminInterface.description, AuditInterface.description,
            MetricsInterface.description,
        ]
        let served = try descriptions.flatMap {
            let interface = try InterfaceDescription(parsing: $0)
            return interface.methods.map { "\(interface.name).\($0.name)" }
        }
        let common = ["org.varlink.service.GetInfo", "org.varlink.service.GetInterfaceDescription"]
        #expect(try Set(Self.calls().keys) == Set(served + common))
    }

    @Test("Each method of Admin and Audit needs the rights that the table names")
    func rights() throws {
        let calls = try Self.calls()
        let served = try Self.read("Sessions/Broker+Services.swift")
            .matches(
                of: /serve\(\s*(Admin|Audit)Interface\.(\w+)\.self, parameters, context, needs: ((?:\.\w+(?:, )?)+)/)
        #expect(served.count == calls.keys.count { $0.contains(".Admin.") || $0.contains(".Audit.") })
        for match in served {
            let rights = match.3.matches(of: /\.(\w+)/).map { "`\($0.1)`" }.joined(separator: " and ")
            #expect(calls["io.vaultd.\(match.1).\(match.2)"] == rights)
        }
    }

    @Test("Each number is the one that holds")
    func numbers() throws {
        let limits = BrokerConfiguration.Limits()
        let numbers: [String: Int64] = [
            "connectionsPerUser": Int64(limits.sessions.connectionsPerUser),
            "connections": Int64(limits.sessions.connections), "messageBytes": Int64(limits.messageBytes),
            "callsInFlight": Int64(limits.callsInFlight), "halfMessageUSec": limits.sessions.halfMessageUSec,
            "idleUSec": limits.sessions.idleUSec, "largestOpen": Int64(Broker.largestOpen),
            "recordsPerUser": Int64(limits.recordsPerUser), "denialsPerUser": Int64(DenialFold.perUser),
            "denialsOverall": Int64(DenialFold.overall), "leasesPerUser": Int64(limits.leasesPerUser),
            "holders": Int64(limits.holders), "undrainedUSec": limits.sessions.undrainedUSec,
            "usecPerTurn": Turns.usecPerTurn, "callsPerTurn": Int64(Turns.callsPerTurn), "share": WorkPace.share,
            "shareOfAll": WorkPace.shareOfAll, "mostUnreadBytes": Int64(Turns.mostUnreadBytes),
            "mostAwaited": Int64(Turns.mostAwaited), "linesPerUser": Int64(LogPace.linesPerUser),
            "depositsPerUser": Int64(limits.depositsPerUser), "confirmUSec": Deposits.confirmUSec,
            "mostAwaitingReceipt": Int64(SentRecords.mostAwaitingReceipt),
            "mostThreads": Int64(ForeignDescriptors.mostThreads), "mostLargeExports": Int64(Broker.mostLargeExports),
            "mostNameBytes": Int64(DepositStore.mostNameBytes),
            "mostOfUser": Int64(StoreEndpoint.mostOfUser), "mostMessages": Int64(StoreEndpoint.mostMessages),
            "mostDescriptorsOfUser": Int64(StoreEndpoint.mostDescriptorsOfUser),
            "mostDescriptors": Int64(StoreEndpoint.mostDescriptors), "receiveUSec": StoreEndpoint.receiveUSec,
            "largestContent": Int64(OpenRequest.largestContent), "credentialUSec": CredentialSession.credentialUSec,
            "mostFailed": Int64(FailedCredentials.mostFailed), "lastReadUSec": Broker.lastReadUSec,
            "mostFailedOfUser": Int64(FailedCredentials.mostFailedOfUser),
            "mostOpen": Int64(CredentialGuard.mostOpen),
            "longestHead": Int64(MetricsRequest.longestHead), "requestUSec": MetricsEndpoint.requestUSec,
            "answerUSec": MetricsEndpoint.answerUSec,
            "mostMetricsConnections": Int64(MetricsEndpoint.mostConnections), "metricsAgeUSec": Broker.metricsAgeUSec,
            "mostRenewals": Int64(Broker.mostRenewals), "unwatchedUSec": Broker.unwatchedUSec,
            "quietUSec": Renewals.quietUSec, "patienceUSec": Renewals.patienceUSec,
            "firstPauseUSec": Renewals.firstPauseUSec, "longestPauseUSec": Renewals.longestPauseUSec,
            "pauseUSec": StoreEndpoint.pauseUSec, "mostUnclosed": Int64(ForeignAccounts.mostUnclosed),
        ]
        let told = try Self.document().matches(of: /`([a-zA-Z]+)` ([0-9]+)/).map { (String($0.1), Int64($0.2)) }
        #expect(Set(told.map(\.0)) == Set(numbers.keys))
        for (name, number) in told { #expect(number == numbers[name], "\(name)") }
        #expect(limits.sessions.connectionsForAdmin == 16)
    }
}
