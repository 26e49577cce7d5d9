// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit
import VaultInterface

/// What several calls told about one thing: sections with titles for people, one object as JSON.
struct Sections {
    private(set) var object: JSONObject
    private(set) var text: String
    private let colours: Bool

    init(_ object: some JSONWritable, text: String, colours: Bool = Terminal.output.hasColours) {
        self.object = (try? JSONObject(parsing: object.jsonBytes())) ?? [:]
        self.text = text
        self.colours = colours
    }

    /// - Parameter empty: what stands there instead where there is no text.
    mutating func add(_ key: String, _ value: JSONValue, title: String, _ text: String, empty: String = "none") {
        object[key] = value
        let lines = text.isEmpty ? "  \(empty)\n" : text.split(at: "\n").map { "  \($0)\n" }.joined()
        self.text += "\n" + Style.strong.applied(to: title, colours: colours) + "\n" + lines
    }

    /// The newest grants; nothing is said of them to who may not read the log.
    mutating func add(grants: [AuditInterface.Entry]?) {
        guard let grants else { return }
        var table = Table("TIME", .right("RECORD"), "WHO", "WHAT", "RULES")
        for grant in grants.map(RecordSummary.init) {
            table.add([
                .init(grant.time), .init(String(grant.record)), .init(grant.who), .init(grant.what),
                .init(grant.stored.rules.joined(separator: ",")),
            ])
        }
        let values = grants.map { (try? JSONValue(parsing: $0.text)) ?? .string($0.text) }
        add("grants", .array(values), title: "newest grants", table.take(colours: colours, width: Self.width))
    }

    /// How wide a table in a section may be.
    static var width: Int? { Terminal.output.columns.map { $0 - 2 } }
}
