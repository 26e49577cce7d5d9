// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit

/// The state of the broker for people: what is wrong first, each with what to try. Whatever it says is shown; a newer
/// broker may say more.
struct StatusReport {
    let status: JSONObject

    func text(colours: Bool) -> String {
        var text = problems(colours: colours)
        var fields = Fields()
        for member in status.members where !["problems", "advice"].contains(member.key) {
            Self.add(member, to: &fields, under: [])
        }
        text += fields.text(colours: colours)
        return text
    }

    private func problems(colours: Bool) -> String {
        let problems = status["problems"]?.array ?? []
        guard !problems.isEmpty else { return Style.good.applied(to: "no problems", colours: colours) + "\n\n" }
        var lines = ""
        // An older broker gives no advice; one that does gives it in the order of the problems.
        var advice = (status["advice"]?.array ?? [])[...]
        for problem in problems {
            lines += Style.bad.applied(to: problem.words.escaped, colours: colours) + "\n"
            guard let next = advice.popFirst()?["remedy"]?.string, !next.isEmpty else { continue }
            lines += "Try: \(ProgramName.told(next).escaped)\n"
        }
        return lines + "\n"
    }

    /// `{"log": {"records": 3}}` becomes the line `log records  3`.
    private static func add(_ member: JSONObject.Member, to fields: inout Fields, under path: [String]) {
        let path = path + words(of: member.key)
        switch member.value {
        case .array(let stages) where member.key == "stages":
            for stage in stages { add(stage: stage, to: &fields) }
        case .object(let object) where !object.isEmpty:
            for member in object.members { add(member, to: &fields, under: path) }
        case .integer(let usec) where member.key.hasSuffix("USec"):
            fields.add(path.joined(separator: " "), LocalTime.text(usec))
        default: fields.add(path.joined(separator: " "), member.value.words)
        }
    }

    /// How long calls stay in one of their stages.
    private static func add(stage: JSONValue, to fields: inout Fields) {
        guard let name = stage["stage"]?.string, let count = stage["count"]?.integer,
            let total = stage["totalUSec"]?.integer, let longest = stage["longestUSec"]?.integer
        else { return }
        let mean = count > 0 ? total / count : 0
        let calls = Counted.text(Int(count), "call")
        fields.add("open \(name.escaped)", "\(calls), \(mean) us on average, \(longest) us at most")
    }

    /// `limitPerUser` in words; the unit of a time is not told, since it is shown as a time.
    private static func words(of key: String) -> [String] {
        let name = key.hasSuffix("USec") ? key.dropLast(4) : key[...]
        var words = [""]
        for character in name {
            if character.isUppercase { words.append("") }
            words[words.count - 1] += character.lowercased()
        }
        // A name of the interface has no apostrophe.
        return words.map { $0 == "directorys" ? "directory's" : $0 }
    }
}
