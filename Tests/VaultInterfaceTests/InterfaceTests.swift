// SPDX-License-Identifier: Apache-2.0

import Testing
import Varlink
import VaultInterface

struct InterfaceTests {
    @Test(
        "Every type, method, error and field is documented",
        arguments: [
            BrokerInterface.description, AdminInterface.description, AuditInterface.description,
            MetricsInterface.description,
        ])
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
        arguments: [
            BrokerInterface.description, AdminInterface.description, AuditInterface.description,
            MetricsInterface.description,
        ])
    func linesAreShort(_ text: String) {
        #expect(text.split(separator: "\n").filter { $0.count > 120 } == [])
        #expect(text.hasSuffix(")\n") || text.hasSuffix("()\n"))
    }
}
