// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Varlink
import VaultInterface

@testable import varlink_swift

struct GeneratedTests {
    @Test(
        "The Swift of an interface is what its interface file makes; if not, run make interfaces",
        arguments: [
            ("Broker", BrokerInterface.description), ("Admin", AdminInterface.description),
            ("Audit", AuditInterface.description), ("Metrics", MetricsInterface.description),
        ])
    func isWrittenAnew(_ name: String, _ description: String) throws {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/VaultInterface")
        func text(_ path: String) throws -> String {
            try String(contentsOf: directory.appending(path: path), encoding: .utf8)
        }
        let file = "io.\(name == "Metrics" ? "systemd" : "vaultd").\(name).varlink"
        let source = try text("Interfaces/\(file)")
        let options = InterfaceGenerator.Options(access: .package, isActor: true)
        #expect(
            try InterfaceGenerator(source, file: file, options: options).generate()
                == text("Generated/\(name)Interface.swift"))
        #expect(description == source)
    }
}
