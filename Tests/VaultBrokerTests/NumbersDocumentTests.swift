// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import Testing
import VaultMetrics

/// The table of *Numbers* is that of the code.
@Suite struct NumbersDocumentTests {
    @Test("Each family stands in the table, in order, as it is told")
    func table() throws {
        let sources = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
            .appending("Sources/VaultBroker/VaultBroker.docc/Numbers.md")
        let text = String(decoding: try OwnedDescriptor.open(sources).readAll(), as: UTF8.self)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `vaultd_") }.map(String.init)
        let families = MetricFamily.all.map { family in
            let words = family.label.map { label in
                let values = label.values.map { "`\($0)`" }.joined(separator: " ")
                return values.isEmpty ? "`\(label.name)`" : "`\(label.name)`: \(values)"
            }
            let name = MetricsText.prefix + family.name
            return "| `\(name)` | \(family.kind.rawValue) | \(words ?? "") | \(family.help) |"
        }
        #expect(rows == families)
    }
}
