// SPDX-License-Identifier: Apache-2.0

import Glibc
import VaultModel

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
