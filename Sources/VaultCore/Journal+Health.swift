// SPDX-License-Identifier: Apache-2.0

import Records

/// Whether records can be written, and what is said where they cannot.
extension Journal {
    package var isWorking: Bool { if case .working = health { true } else { false } }

    /// Why no record can be written, as a caller whose call needs one is answered; nil while it can.
    package var failure: String? {
        switch health {
        case .working: nil
        case .failed(let error): error.message
        case .distrusted(let finding): "\(finding); to go on, \(finding.remedy)"
        }
    }

    package var finding: LogFinding? { if case .distrusted(let finding) = health { finding } else { nil } }

    /// What is wrong with the database itself, and what to do: it is not what was signed, or not what was committed to it.
    package var damage: (finding: String, remedy: String)? {
        switch health {
        case .distrusted(let finding): ("\(finding)", finding.remedy)
        case .failed(let error) where error.kind == .changedUnderneath || error.kind == .damaged:
            (error.message, error.remedy)
        case .working, .failed: nil
        }
    }
}
