// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Records
import SystemPackage
import Testing

/// The reference of records says of each type what its records have.
@Suite struct RecordReferenceTests {
    /// A row of a table: a key by its path, and when it is there.
    private struct Row {
        var path: String
        var isAlways: Bool
    }

    /// The rows of each section; a type is named in quotes.
    private let sections: [String: [Row]]

    init() throws {
        let sources = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let text = try ["RecordReference", "RecordReferenceDeposits"].map { name in
            let path = sources.appending("Sources/Records/Records.docc/\(name).md")
            return String(decoding: try OwnedDescriptor.open(path).readAll(limit: 1 << 20), as: UTF8.self)
        }.joined(separator: "\n")
        var sections: [String: [Row]] = [:]
        var section = ""
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#") { section = String(line.drop { $0 == "#" }.dropFirst()) }
            guard line.hasPrefix("| `") else { continue }
            let cells = line.split(separator: "|").map { $0.drop { $0 == " " } }
            let path = cells[0].dropFirst().prefix { $0 != "`" }
            sections[section, default: []].append(Row(path: String(path), isAlways: cells[1] == "always "))
        }
        self.sections = sections
    }

    @Test("It has a section for each type")
    func types() {
        let named = Set(sections.keys.filter { $0.hasPrefix("`") })
        #expect(named == Set(RecordType.allCases.map { "`\($0.rawValue)`" }))
    }

    @Test(
        "Each key of each record stands in the reference, and what always is there, is", arguments: RecordType.allCases)
    func keys(_ type: RecordType) throws {
        let listed = try #require(sections["`\(type.rawValue)`"]).filter { !$0.path.contains(".") }
        let everywhere = ["v", "index", "type", "timeUSec", "bootTimeUSec", "bootId"]
        var seen = Set<String>()
        var missed = Set<String>()
        for golden in GoldenRecords.all where golden.record.type == type {
            let object = try JSONObject(parsing: GoldenRecords.text(0, golden.record))
            let cut = (object["truncated"]?.array ?? []).compactMap { $0["field"]?.string }
            let keys = object.keys.filter { $0 != "truncated" }
            #expect(Array(keys.prefix(6)) == everywhere)
            // In the order of the reference, each once.
            #expect(keys.dropFirst(6) == listed.map(\.path).filter(keys.contains)[...], "\(golden.name)")
            for row in listed where !keys.contains(row.path) && !cut.contains(row.path) {
                #expect(!row.isAlways, "\(golden.name) lacks \(row.path)")
                missed.insert(row.path)
            }
            seen.formUnion(keys)
        }
        for row in listed {
            #expect(seen.contains(row.path), "no record has \(row.path)")
            if !row.isAlways { #expect(missed.contains(row.path), "\(row.path) is always there") }
        }
    }

    @Test("Each key of an object in a record stands in the reference")
    func parts() throws {
        let documented = Set(sections.values.joined().map(\.path))
        func paths(_ value: JSONValue, _ path: String) -> [String] {
            switch value {
            case .object(let object):
                object.members.flatMap { [join(path, $0.key)] + paths($0.value, join(path, $0.key)) }
            case .array(let elements): elements.flatMap { paths($0, "\(path)[]") }
            default: []
            }
        }
        func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        // Their keys are what they tell: rules, kinds, facts; and the findings of a delivery are in its own words.
        let open = ["chargedBefore.", "kinds.", "peer.unknown.", "failed[]."]
        for golden in GoldenRecords.all {
            let value = try JSONValue(parsing: GoldenRecords.text(0, golden.record))
            for path in paths(value, "") where !open.contains(where: path.hasPrefix) || golden.record.type == .deny {
                guard !open.dropLast().contains(where: path.hasPrefix) else { continue }
                #expect(documented.contains(path), "\(golden.name): \(path)")
            }
        }
    }
}
