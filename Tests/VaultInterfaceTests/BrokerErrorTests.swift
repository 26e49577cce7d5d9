// SPDX-License-Identifier: Apache-2.0

import Testing
import Varlink
import VaultInterface

private let samples: [BrokerError] = [
    .denied(name: "a/b", record: 7, message: "no", retryAfterUSec: 9), .notFound(name: "a/b"), .nameTaken(name: "a/b"),
    .notHeld(lease: "l"),
    .openFailed(name: "a/b", errno: 2, errorName: "ENOENT", record: 8),
    .quotaExceeded(limit: "connections-per-uid", retryAfterUSec: 9),
    .auditUnavailable(message: "disk full"), .busy,
]

struct BrokerErrorTests {
    @Test("Every error crosses the wire as it is declared, and comes back the same", arguments: samples)
    func crossesTheWire(_ error: BrokerError) throws {
        let interface = try InterfaceDescription(parsing: BrokerInterface.description)
        let wire = error.varlinkError
        let name = String(wire.name.dropFirst("io.vaultd.Broker.".count))
        let declared = try #require(interface.error(named: name))
        #expect(interface.mismatch(of: wire.parameters, with: declared.parameters) == nil)
        #expect(wire.parameters.keys == declared.parameters.map(\.name))
        #expect(BrokerError(wire) == error)
        for field in declared.parameters {
            var parameters = wire.parameters
            parameters[field.name] = nil
            let changed = BrokerError(VarlinkError(name: wire.name, parameters: parameters))
            #expect((changed != nil) == field.isOptional, "\(field.name) is needed if and only if it is declared so")
        }
    }

    @Test("Every declared error has a case")
    func everyDeclarationHasACase() throws {
        let interface = try InterfaceDescription(parsing: BrokerInterface.description)
        let names = samples.map { String($0.varlinkError.name.dropFirst("io.vaultd.Broker.".count)) }
        #expect(interface.errors.map(\.name) == names)
    }

    @Test("The record is left out where there is none, and the fixed denial tells nothing")
    func withoutRecord() {
        #expect(
            BrokerError.denied(name: "a/b").varlinkError
                == VarlinkError(
                    name: "io.vaultd.Broker.Denied", parameters: ["name": "a/b", "message": "not permitted"]))
        #expect(BrokerError(BrokerError.denied(name: "a/b").varlinkError) == .denied(name: "a/b", record: nil))
    }

    @Test("Another's error is none of these")
    func others() {
        #expect(BrokerError(.permissionDenied) == nil)
        #expect(BrokerError(VarlinkError(name: "io.vaultd.Broker.Unheard", parameters: [:])) == nil)
        #expect(BrokerError(VarlinkError(name: "io.vaultd.Broker.Busy.More", parameters: [:])) == nil)
    }
}
