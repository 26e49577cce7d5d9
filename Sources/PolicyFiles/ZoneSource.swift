// SPDX-License-Identifier: Apache-2.0

import Glibc
import VaultModel

/// Finds the offsets of time zones by name.
package protocol ZoneSource {
    /// nil: there is no such zone.
    func offsets(ofZone name: String) -> ZoneOffsets?
}

/// Zones, each looked up once in a run.
final class ZoneLookup {
    private let source: any ZoneSource
    private var zones: [String: Zone] = [:]
    /// What was asked for since somebody emptied it.
    var used: [String: Zone] = [:]

    /// Whether a zone that cannot be found is accepted, with unknown offsets: so for stored rules, which must not get
    /// lost when the tz database is gone.
    private let acceptsUnknown: Bool

    init(_ source: some ZoneSource, acceptsUnknown: Bool) {
        self.source = source
        self.acceptsUnknown = acceptsUnknown
    }

    func zone(_ name: String) throws(InvalidText) -> Zone {
        let zone = try find(name)
        used[name] = zone
        return zone
    }

    /// Whether zones have the tables that they had.
    func stillMeans(_ lookedUp: LookedUp) -> Bool {
        lookedUp.zones.allSatisfy { name, zone in (try? self.zone(name)) == zone }
    }

    private func find(_ name: String) throws(InvalidText) -> Zone {
        if let zone = zones[name] { return zone }
        let offsets = try Self.fixedOffset(name).map { ZoneOffsets(first: $0) } ?? source.offsets(ofZone: name)
        guard offsets != nil || acceptsUnknown else {
            throw InvalidText(
                "there is no time zone '\(name)'",
                remedy: "write UTC, an offset such as +02:00, or a name of the tz database such as Europe/Berlin")
        }
        let zone = Zone(name: name, offsets: offsets)
        zones[name] = zone
        return zone
    }

    /// `UTC`, `Z`, `+02:00`, `-05:30`, in seconds; nil: it is a name.
    private static func fixedOffset(_ name: String) throws(InvalidText) -> Int32? {
        if name == "UTC" || name == "Z" { return 0 }
        guard name.hasPrefix("+") || name.hasPrefix("-") else { return nil }
        let bytes = Array(name.utf8)
        let digits = [1, 2, 4, 5].compactMap { index -> Int32? in
            guard index < bytes.count, (0x30...0x39).contains(bytes[index]) else { return nil }
            return Int32(bytes[index]) - 0x30
        }
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), digits.count == 4 else {
            throw InvalidText("'\(name)' is not an offset", remedy: "write hours and minutes, such as +02:00")
        }
        let minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3]
        guard digits[2] < 6, minutes <= 14 * 60 else {
            throw InvalidText("no place is '\(name)' from UTC", remedy: "write an offset of at most 14:00")
        }
        return (bytes[0] == UInt8(ascii: "-") ? -60 : 60) * minutes
    }
}

/// The tz database of the system.
package struct SystemZones: ZoneSource, Sendable {
    private let directory: String

    package init(directory: String = "/usr/share/zoneinfo") { self.directory = directory }

    package func offsets(ofZone name: String) -> ZoneOffsets? {
        guard name.utf8.count <= 64, name.first?.isLetter == true,
            name.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "+"):
                    true
                default: false
                }
            }), let bytes = try? FileText.bytes(path: "\(directory)/\(name)", limit: 1 << 20)
        else { return nil }
        return ZoneFile.offsets(bytes)
    }
}
