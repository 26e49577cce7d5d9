// SPDX-License-Identifier: Apache-2.0

import Testing
import Varlink
import VaultInterface

private let problem = AdminInterface.Problem(path: "web.yaml", line: 1, column: 2, message: "wrong", remedy: "right")
private let samples: [AdminError] = [.policyRefused(problems: [problem, problem])]

struct AdminErrorTests {
    @Test("Every error crosses the wire as it is declared, and comes back the same", arguments: samples)
    func crossesTheWire(_ error: AdminError) throws {
        let interface = try InterfaceDescription(parsing: AdminInterface.description)
        let wire = error.varlinkError
        let declared = try #require(interface.error(named: String(wire.name.dropFirst("io.vaultd.Admin.".count))))
        #expect(interface.mismatch(of: wire.parameters, with: declared.parameters) == nil)
        #expect(wire.parameters.keys == declared.parameters.map(\.name))
        #expect(AdminError(wire) == error)
    }

    @Test("Every declared error has a case")
    func everyDeclarationHasACase() throws {
        let interface = try InterfaceDescription(parsing: AdminInterface.description)
        #expect(
            interface.errors.map(\.name)
                == samples.map { String($0.varlinkError.name.dropFirst("io.vaultd.Admin.".count)) })
    }

    @Test("Another's error, or one that is not as declared, is none of these")
    func others() {
        #expect(AdminError(.permissionDenied) == nil)
        #expect(AdminError(VarlinkError(name: "io.vaultd.Admin.PolicyRefused")) == nil)
        #expect(AdminError(VarlinkError(name: "io.vaultd.Admin.PolicyRefused", parameters: ["problems": [1]])) == nil)
    }
}
