// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The names of users, as they were looked up a short while ago.
///
/// A look-up (NSS) can take as long as a directory server likes, so it runs on the work thread; here is only what it found.
struct UserNames {
    /// How long a name is believed, in microseconds.
    static let lifetimeUSec: Int64 = 300_000_000
    static let largest = 4096

    private struct Known {
        let name: String?
        let untilUSec: Int64
    }

    private var known: [UInt32: Known] = [:]

    enum Answer: Equatable {
        case name(String?)
        /// Nothing is known of late: look it up, then `learn`.
        case unknown
    }

    /// Asks the system (`getpwuid_r(3)`). Blocks.
    static func lookUp(_ uid: UInt32) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, let name = found?.pointee.pw_name else {
            return nil
        }
        return String(cString: name)
    }

    func name(of uid: UInt32, bootUSec: Int64) -> Answer {
        guard let entry = known[uid], entry.untilUSec > bootUSec else { return .unknown }
        return .name(entry.name)
    }

    mutating func learn(_ name: String?, of uid: UInt32, bootUSec: Int64) {
        if known.count >= Self.largest { known.removeAll(keepingCapacity: true) }
        known[uid] = Known(name: name, untilUSec: bootUSec + Self.lifetimeUSec)
    }
}
