// SPDX-License-Identifier: Apache-2.0

/// Something wrong in a file: where, what, and what to do about it. Its description is one line for a log.
package struct PolicyProblem: Error, Sendable, Equatable {
    package enum Severity: String, Sendable {
        /// The files cannot be applied.
        case error
        /// They can, but not everything will be as one might think.
        case warning
    }

    package var severity: Severity
    package var path: String
    /// Counted from 1; 0 when the problem is the file as a whole.
    package var line: Int
    /// Counted from 1, in Unicode scalars; 0 when the problem is the file as a whole.
    package var column: Int
    package var message: String
    package var remedy: String

    package init(
        severity: Severity = .error, path: String, line: Int, column: Int, message: String, remedy: String
    ) {
        self.severity = severity
        self.path = path
        self.line = line
        self.column = column
        self.message = message
        self.remedy = remedy
    }

    /// - Parameter place: nil for what was not written in a file.
    package init(severity: Severity = .error, at place: Place?, message: String, remedy: String) {
        self.init(
            severity: severity, path: place?.path ?? "", line: place?.line ?? 0, column: place?.column ?? 0,
            message: message, remedy: remedy)
    }
}

extension PolicyProblem: CustomStringConvertible {
    package var description: String {
        line > 0 ? "\(path):\(line):\(column): \(message). Try: \(remedy)" : "\(path): \(message). Try: \(remedy)"
    }
}

extension PolicyProblem {
    /// The problem in one line, with what to do, for logs and listings; not escaped yet.
    package var summary: String {
        let place = path.isEmpty ? "" : line > 0 ? "\(path):\(line):\(column): " : "\(path): "
        return remedy.isEmpty ? place + message : "\(place)\(message); \(remedy)"
    }
}
