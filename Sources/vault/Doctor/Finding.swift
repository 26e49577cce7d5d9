// SPDX-License-Identifier: Apache-2.0

import JSONText
import TerminalKit

/// Something that `vault doctor` has found, and what to do about it.
struct Finding: Equatable, JSONWritable {
    /// How bad it is, the worst first.
    enum Severity: String, CaseIterable {
        /// Nothing is granted.
        case failed
        /// Something does not work, or will not.
        case problem
        /// What is as it may be, and is often the reason for something else.
        case note
    }

    /// Where it was looked: `socket`, `units`, `places`, `settings`, `broker`, `log`, `caller`.
    let check: String
    let severity: Severity
    /// In one line without a full stop.
    let message: String
    /// What stands behind `Try: `.
    let remedy: String
    /// Something could not be looked at.
    private(set) var isUnseen = false

    init(_ check: String, _ severity: Severity, _ message: String, try remedy: String) {
        self.check = check
        self.severity = severity
        self.message = message
        self.remedy = remedy
    }

    init(_ check: String, _ message: String, try remedy: String) { self.init(check, .problem, message, try: remedy) }

    /// What could not be looked at, and why.
    init(unseen check: String, _ what: String, try remedy: String) {
        self.init(check, .note, "was not looked at: \(what)", try: remedy)
        isUnseen = true
    }

    /// Why the broker cannot be asked.
    init(_ check: String, _ failure: Failure) { self.init(check, .failed, failure.message, try: failure.next) }

    func text(colours: Bool) -> String {
        let style: Style = severity == .note ? .doubtful : .bad
        return style.applied(to: message.escaped, colours: colours) + "\nTry: \(remedy.escaped)\n"
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("check", check)
        writer.member("severity", severity.rawValue)
        writer.member("problem", message)
        writer.member("remedy", remedy)
        writer.endObject()
    }
}

extension [Finding] {
    /// The worst first, else in the order in which it was looked. What two looks have found is told once: as a note, where one of
    /// them knows that it is no more than a warning.
    var inOrder: [Finding] {
        func said(_ finding: Finding) -> String { finding.message.replacing("warning: ", with: "") }
        let noted = Set(filter { $0.severity == .note }.map(said))
        var seen: Set<String> = []
        let distinct = compactMap { finding -> Finding? in
            // One look may write a path in quotation marks and another not.
            let isNote = finding.severity == .note || finding.severity == .problem && noted.contains(said(finding))
            guard seen.insert(isNote ? said(finding) : finding.remedy.replacing("'", with: "")).inserted else {
                return nil
            }
            return isNote ? Finding(finding.check, .note, finding.message, try: finding.remedy) : finding
        }
        return Finding.Severity.allCases.flatMap { severity in distinct.filter { $0.severity == severity } }
    }
}
