// SPDX-License-Identifier: Apache-2.0

import Testing
import Varlink
import VaultInterface

private let samples: [AuditError] = [
    .cursorLost(cursor: "c", message: "cut"), .pruned(record: 1, before: 256), .noteRefused(message: "no checkpoint"),
]

struct AuditErrorTests {
    @Test("Every error crosses the wire as it is declared, and comes back the same", arguments: samples)
    func crossesTheWire(_ error: AuditError) throws {
        let interface = try InterfaceDescription(parsing: AuditInterface.description)
        let wire = error.varlinkError
        let declared = try #require(interface.error(named: String(wire.name.dropFirst("io.vaultd.Audit.".count))))
        #expect(interface.mismatch(of: wire.parameters, with: declared.parameters) == nil)
        #expect(wire.parameters.keys == declared.parameters.map(\.name))
        #expect(AuditError(wire) == error)
    }

    @Test("Every declared error has a case")
    func everyDeclarationHasACase() throws {
        let interface = try InterfaceDescription(parsing: AuditInterface.description)
        #expect(
            interface.errors.map(\.name)
                == samples.map { String($0.varlinkError.name.dropFirst("io.vaultd.Audit.".count)) })
    }

    @Test("Another's error, or one that is not as declared, is none of these")
    func others() {
        #expect(AuditError(.permissionDenied) == nil)
        #expect(AuditError(VarlinkError(name: "io.vaultd.Audit.Other")) == nil)
        for sample in samples { #expect(AuditError(VarlinkError(name: sample.varlinkError.name)) == nil) }
    }
}
