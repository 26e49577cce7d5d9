// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import JSONText

/// What `exec --on-renew` does when a capability was renewed.
enum OnRenew: Equatable {
    /// Sends this signal to the command, which opens its paths anew.
    case signal(CInt)
    /// Ends the command, and runs it anew.
    case exec

    private static let signals: [String: CInt] = [
        "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "TERM": SIGTERM, "USR1": SIGUSR1, "USR2": SIGUSR2,
        "WINCH": SIGWINCH, "ALRM": SIGALRM, "URG": SIGURG, "IO": SIGIO,
    ]

    init(_ argument: String) throws {
        let name = argument.hasPrefix("SIG") ? String(argument.dropFirst(3)) : argument
        if name == "exec" {
            self = .exec
        } else if let signal = Self.signals[name] {
            self = .signal(signal)
        } else {
            throw ValidationError(
                "'\(argument)' is neither a signal nor exec; write HUP, USR1, USR2, TERM, INT, QUIT, WINCH, ALRM, URG, IO or exec"
            )
        }
    }
}

/// A capability at a path: `PATH=NAME[:RIGHTS]`.
struct LinkArgument: Equatable {
    let path: String
    let capability: PassArgument

    init(_ argument: String) throws {
        // A path may hold the sign, a name cannot.
        let bytes = Array(argument.utf8)
        guard let place = bytes.lastIndex(of: UInt8(ascii: "=")), place > 0 else {
            throw ValidationError("'\(argument)' is not PATH=NAME, with the path of the link in front")
        }
        path = String(decoding: bytes[..<place], as: UTF8.self)
        capability = try PassArgument(
            String(decoding: bytes[(place + 1)...], as: UTF8.self), usualRights: ["read"], takesName: false)
    }
}
