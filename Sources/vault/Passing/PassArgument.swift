// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import JSONText
import VaultModel

/// A capability for a program: `NAME[:RIGHTS][=FDNAME]`.
struct PassArgument: Equatable {
    let name: String
    /// `nil`: as much as may be had.
    var rights: [String]?
    /// Whether no rights were written, and it is for output: then write is asked for, or append where there is only that.
    private(set) var writesSomehow = false
    /// What the program calls it, or the word in braces that stands for it; `nil`: the name of the capability.
    let descriptorName: String?

    /// For `--stdin`.
    init(forInput argument: String) throws {
        try self.init(argument, usualRights: ["read"], takesName: false)
    }

    /// For `--stdout` and `--stderr`.
    init(forOutput argument: String) throws {
        try self.init(argument, takesName: false)
        writesSomehow = rights == nil
        if writesSomehow { rights = ["write"] }
    }

    /// For `--arg`, `NAME[:RIGHTS][=WORD]`.
    init(forWord argument: String) throws {
        try self.init(argument, usualRights: ["read"])
        guard !word.utf8.contains(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) else {
            throw ValidationError("'\(word)' cannot stand in braces; use another word")
        }
    }

    /// - Parameter usualRights: those that are asked for when none are written.
    init(_ argument: String, usualRights: [String]? = nil, takesName: Bool = true) throws {
        let outer = argument.split(at: "=", maxSplits: 1, omittingEmpty: false)
        let inner = outer[0].split(at: ":", maxSplits: 1, omittingEmpty: false)
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

    /// What the program is told.
    var word: String { descriptorName ?? name }
}

/// A capability at a number: `N=NAME[:RIGHTS]`.
struct NumberedArgument: Equatable {
    let target: CInt
    let capability: PassArgument

    /// No Linux has more descriptors in a process (`sysctl_nr_open_max`).
    private static let largest: CInt = 0x7FFF_FFC0 - 1

    init(_ argument: String) throws {
        let parts = argument.split(at: "=", maxSplits: 1, omittingEmpty: false)
        guard parts.count == 2, let number = CInt(parts[0]), number >= 0, number <= Self.largest else {
            throw ValidationError(
                "'\(argument)' is not N=NAME, with the number of a descriptor, 0 to \(Self.largest), in front")
        }
        target = number
        capability = try PassArgument(String(parts[1]), takesName: false)
    }
}

/// A capability that a variable of the environment tells of: `VAR=NAME[:RIGHTS]`.
struct VariableArgument: Equatable {
    /// What the variable holds.
    enum Value: Equatable {
        /// A path that opens it.
        case path
        /// The number of its descriptor.
        case number
        /// What is read from it.
        case content
    }

    let variable: String
    let value: Value
    let capability: PassArgument

    /// The variables of `--pass`.
    static let listening = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]

    init(path argument: String) throws { try self.init(argument, .path, usualRights: ["read"]) }

    init(number argument: String) throws { try self.init(argument, .number) }

    init(content argument: String) throws {
        try self.init(argument, .content, usualRights: ["read"])
        guard capability.rights == ["read"] else {
            throw ValidationError("'\(argument)' is to be read here; leave the rights out")
        }
    }

    private init(_ argument: String, _ value: Value, usualRights: [String]? = nil) throws {
        let parts = argument.split(at: "=", maxSplits: 1, omittingEmpty: false)
        guard parts.count == 2, Self.isVariable(parts[0]) else {
            throw ValidationError(
                "'\(argument)' is not VAR=NAME, with the name of a variable, such as PASSWORD_FILE, in front")
        }
        variable = String(parts[0])
        self.value = value
        guard !Self.listening.contains(variable) else { throw ValidationError("\(variable) is set by --pass alone") }
        capability = try PassArgument(String(parts[1]), usualRights: usualRights, takesName: false)
    }

    /// The option that it came with.
    var option: String {
        switch value {
        case .path: "--env \(variable)"
        case .number: "--env-fd \(variable)"
        case .content: "--env-content \(variable)"
        }
    }

    /// A name as shells know them, environ(7): others cannot be set there, nor seen.
    private static func isVariable(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
            default: false
            }
        }
    }
}
