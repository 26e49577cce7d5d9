// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import JSONText
import PolicyFiles
import VaultModel

/// What `vault policy check` prints.
enum CheckFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json
    /// The Static Analysis Results Interchange Format 2.1.0 (OASIS), which code hosts show beside the lines.
    case sarif
}

/// What was found in policy files, for programs.
struct CheckReport {
    let files: Int
    let set: PolicySet
    let problems: [PolicyProblem]

    var object: JSONObject {
        let errors = problems.count { $0.severity == .error }
        return [
            "files": .integer(Int64(files)), "capabilities": .integer(Int64(set.capabilities.count)),
            "rules": .integer(Int64(set.rules.count)), "tests": .integer(Int64(set.tests.count)),
            "errors": .integer(Int64(errors)), "warnings": .integer(Int64(problems.count - errors)),
            "problems": .array(
                problems.map { problem in
                    [
                        "severity": .string(Self.level(of: problem)), "path": .string(problem.path),
                        "line": .integer(Int64(problem.line)), "column": .integer(Int64(problem.column)),
                        "message": .string(problem.message), "remedy": .string(problem.remedy),
                    ]
                }),
        ]
    }

    var sarif: JSONObject {
        let rules: [JSONValue] = ["error", "warning"].map { level in
            [
                "id": .string("policy-\(level)"), "defaultConfiguration": ["level": .string(level)],
                "shortDescription": [
                    "text": .string(
                        level == "error" ? "The policy cannot be applied." : "The policy may not be meant so.")
                ],
            ]
        }
        return [
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [
                [
                    "tool": ["driver": ["name": "vault policy check", "rules": .array(rules)]],
                    "columnKind": "unicodeCodePoints", "results": .array(problems.map(Self.result)),
                ]
            ],
        ]
    }

    private static func level(of problem: PolicyProblem) -> String {
        problem.severity == .error ? "error" : "warning"
    }

    private static func result(_ problem: PolicyProblem) -> JSONValue {
        var location: JSONObject = ["artifactLocation": ["uri": .string(uri(problem.path))]]
        if problem.line > 0 {
            location["region"] = [
                "startLine": .integer(Int64(problem.line)), "startColumn": .integer(Int64(max(1, problem.column))),
            ]
        }
        let remedy = problem.remedy.isEmpty ? "" : ": \(problem.remedy)"
        return [
            "ruleId": .string("policy-\(level(of: problem))"), "level": .string(level(of: problem)),
            "message": ["text": .string(problem.message + remedy)],
            "locations": [["physicalLocation": .object(location)]],
        ]
    }

    /// A path as RFC 3986 has it: relative ones are to where the check ran.
    private static func uri(_ path: String) -> String {
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        // What stands before a colon would be taken for a scheme.
        let start = path.hasPrefix("/") ? "file://" : path.utf8.contains(UInt8(ascii: ":")) ? "./" : ""
        return start + escaped
    }
}
