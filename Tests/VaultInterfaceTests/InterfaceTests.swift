// SPDX-License-Identifier: Apache-2.0

import Testing
import Varlink
import VaultInterface

struct InterfaceTests {
    @Test(
        "Every struct of io.vaultd.Broker has the fields, nullability and types of its declaration",
        arguments: brokerCases)
    func broker(_ message: MessageCase) throws {
        try message.check(try InterfaceDescription(parsing: BrokerInterface.description))
    }

    @Test(
        "Every struct of io.vaultd.Admin has the fields, nullability and types of its declaration",
        arguments: adminCases)
    func admin(_ message: MessageCase) throws {
        try message.check(try InterfaceDescription(parsing: AdminInterface.description))
    }

    @Test(
        "Every struct of io.vaultd.Audit has the fields, nullability and types of its declaration",
        arguments: auditCases)
    func audit(_ message: MessageCase) throws {
        try message.check(try InterfaceDescription(parsing: AuditInterface.description))
    }

    @Test(
        "Every declared type and method has its structs",
        arguments: [
            (BrokerInterface.name, BrokerInterface.description, brokerCases),
            (AdminInterface.name, AdminInterface.description, adminCases),
            (AuditInterface.name, AuditInterface.description, auditCases),
        ])
    func everyDeclarationHasStructs(_ name: String, _ text: String, _ cases: [MessageCase]) throws {
        let interface = try InterfaceDescription(parsing: text)
        #expect(interface.name == name)
        let declared =
            interface.types.map(\.name) + interface.methods.flatMap { ["\($0.name).Parameters", "\($0.name).Reply"] }
        #expect(declared.sorted() == cases.map(\.name).sorted())
    }

    @Test("A method's full name is that of its interface and its own")
    func methodNames() {
        #expect(BrokerInterface.Open.method == "io.vaultd.Broker.Open")
        #expect(AdminInterface.ApplyPolicy.method == "io.vaultd.Admin.ApplyPolicy")
        #expect(AuditInterface.Query.method == "io.vaultd.Audit.Query")
    }

    @Test(
        "Every type, method, error and field is documented",
        arguments: [BrokerInterface.description, AdminInterface.description, AuditInterface.description])
    func everythingIsDocumented(_ text: String) throws {
        let interface = try InterfaceDescription(parsing: text)
        #expect(!interface.documentation.isEmpty)
        var undocumented: [String] = []
        func look(_ name: String, _ documentation: String, _ fields: [InterfaceField]) {
            if documentation.isEmpty { undocumented.append(name) }
            undocumented += fields.filter(\.documentation.isEmpty).map { "\(name).\($0.name)" }
        }
        for type in interface.types {
            guard case .structure(let fields) = type.type else { continue }
            look(type.name, type.documentation, fields)
        }
        for method in interface.methods {
            look(method.name, method.documentation, method.parameters + method.reply)
        }
        for error in interface.errors { look(error.name, error.documentation, error.parameters) }
        #expect(undocumented == [])
    }

    @Test(
        "Lines of the interface files fit into 120 columns",
        arguments: [BrokerInterface.description, AdminInterface.description, AuditInterface.description])
    func linesAreShort(_ text: String) {
        #expect(text.split(separator: "\n").filter { $0.count > 120 } == [])
        #expect(text.hasSuffix(")\n") || text.hasSuffix("()\n"))
    }
}
