// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TerminalKit
import VaultModel

/// A point in time as people write it: `now`, `today`, `yesterday`, `boot`, `2h ago` or `-2h`, `+2h`, `2026-11-21`,
/// `2026-11-21T07:15`, and RFC 3339 in full. Without an offset it is local time.
struct TimeArgument: Equatable {
    /// Microseconds of `CLOCK_REALTIME`.
    let microseconds: Int64

    init(_ argument: String) throws {
        try self.init(argument, now: LocalTime.now, boot: LocalTime.boot)
    }

    init(_ argument: String, now: Int64, boot: Int64) throws {
        switch argument {
        case "now": microseconds = now
        case "today": microseconds = LocalTime.midnight(of: now, daysBefore: 0)
        case "yesterday": microseconds = LocalTime.midnight(of: now, daysBefore: 1)
        case "boot": microseconds = boot
        case _ where argument.hasSuffix(" ago"):
            microseconds = now - (try DurationText.parse(argument: String(argument.dropLast(4))))
        case _ where argument.hasPrefix("-"):
            microseconds = now - (try DurationText.parse(argument: String(argument.dropFirst())))
        case _ where argument.hasPrefix("+"):
            microseconds = now + (try DurationText.parse(argument: String(argument.dropFirst())))
        default:
            guard let time = try? LocalTime.parse(argument) else {
                throw ValidationError(
                    "'\(argument)' is not a time; write it like 2026-11-21T07:15:00+01:00, 2026-11-21, today, boot, "
                        + "'2h ago' or -2h")
            }
            microseconds = time
        }
    }
}

extension DurationText {
    /// A length of time on a command line, which also takes `2 hours`; not 0.
    static func parse(argument: String) throws -> Int64 {
        let usec = try parse(argument, spelledOut: true)
        guard usec > 0 else { throw ValidationError("the length of time is 0; write it like 15m, 1h30m or 7d") }
        return usec
    }
}

extension LocalTime {
    /// The end of a rule: after a length of time from now, or at a time.
    static func parse(expiry argument: String) throws -> Int64 {
        if let duration = try? DurationText.parse(argument: argument) { return now + duration }
        guard let time = try? TimeArgument(argument) else {
            throw ValidationError(
                "'\(argument)' is neither a length of time such as 1h nor a time such as 2026-12-31T18:00")
        }
        guard time.microseconds > now else { throw ValidationError("'\(argument)' has passed") }
        return time.microseconds
    }
}
