// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Records
import SystemPackage
import Testing

/// The reference of records says of each type what its records have.
@Suite struct RecordReferenceTests {
    @Test("The documentation is what the types of records say")
    func upToDate() throws {
        let sources = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let path = sources.appending("Sources/Records/Records.docc/RecordReference.md")
        let text = String(decoding: try OwnedDescriptor.open(path).readAll(limit: 1 << 20), as: UTF8.self)
        #expect(text == ReferenceText.markdown, "make records")
    }

    @Test(
        "Each key of each record stands in the reference, and what always is there, is", arguments: RecordType.allCases)
    func keys(_ type: RecordType) throws {
        let listed = type.reference.fields
        let everywhere = ["v", "index", "type", "timeUSec", "bootTimeUSec", "bootId"]
        var seen = Set<String>()
        var missed = Set<String>()
        for golden in GoldenRecords.all where golden.record.type == type {
            let object = try JSONObject(parsing: GoldenRecords.text(0, golden.record))
            let cut = (object["truncated"]?.array ?? []).compactMap { $0["field"]?.string }
            let keys = object.keys.filter { $0 != "truncated" }
            #expect(Array(keys.prefix(6)) == everywhere)
            // In the order of the reference, each once.
            let order = listed.map(\.field.path)
            #expect(keys.dropFirst(6) == order.filter(keys.contains)[...], "\(golden.name)")
            for field in listed where !keys.contains(field.field.path) && !cut.contains(field.field.path) {
                #expect(field.condition != nil, "\(golden.name) lacks \(field.field.path)")
                missed.insert(field.field.path)
            }
            seen.formUnion(keys)
        }
        for field in listed {
            #expect(seen.contains(field.field.path), "no record has \(field.field.path)")
            if field.condition != nil {
                #expect(missed.contains(field.field.path), "\(field.field.path) is always there")
            }
        }
    }

    @Test("Each key of an object in a record stands in the reference")
    func parts() throws {
        let documented = ReferenceText.paths
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
