// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import VaultModel

/// A capability for a program: `NAME[:RIGHTS][=FDNAME]`.
struct PassArgument: Equatable {
    let name: String
    /// `nil`: as much as may be had.
    var rights: [String]?
    /// Whether no rights were written, and it is for output: then write is asked for, or append where there is only that.
    private(set) var writesSomehow = false
    /// What the program calls it; `nil`: the name of the capability.
    let descriptorName: String?

    /// For `--stdout` and `--stderr`.
    init(forOutput argument: String) throws {
        try self.init(argument, takesName: false)
        writesSomehow = rights == nil
        if writesSomehow { rights = ["write"] }
    }

    /// - Parameter usualRights: those that are asked for when none are written.
    init(_ argument: String, usualRights: [String]? = nil, takesName: Bool = true) throws {
        let outer = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let inner = outer[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        name = String(inner[0])
        guard !name.isEmpty else { throw ValidationError("'\(argument)' names no capability") }
        if inner.count > 1 {
            guard let rights = Rights(argument: String(inner[1])) else {
                throw ValidationError("'\(inner[1])' are not rights; write read, write, append or use, with commas")
            }
            self.rights = rights.words
        } else {
            rights = usualRights
        }
        guard outer.count > 1 else {
            descriptorName = nil
            return
        }
        guard takesName else { throw ValidationError("'\(argument)' cannot give the descriptor a name") }
        descriptorName = String(outer[1])
        // As for the FileDescriptorName= of a unit, systemd.socket(5).
        guard (1...255).contains(outer[1].utf8.count),
            outer[1].utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") })
        else {
            throw ValidationError(
                "'\(outer[1])' cannot name a descriptor; use 1 to 255 printable ASCII characters other than ':'")
        }
    }
}

/// A capability at a number: `N=NAME[:RIGHTS]`.
struct NumberedArgument: Equatable {
    let target: CInt
    let capability: PassArgument

    /// No Linux has more descriptors in a process (`sysctl_nr_open_max`).
    private static let largest: CInt = 0x7FFF_FFC0 - 1

    init(_ argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let number = CInt(parts[0]), number >= 0, number <= Self.largest else {
            throw ValidationError(
                "'\(argument)' is not N=NAME, with the number of a descriptor, 0 to \(Self.largest), in front")
        }
        target = number
        capability = try PassArgument(String(parts[1]), takesName: false)
    }
}
