// SPDX-License-Identifier: Apache-2.0

import Foundation
import JSONText
import TransparencyLog

/// The hashes of 256 records whose texts were pruned, as a line of a stream: `{"tile":3,"hashes":"…"}`.
struct TileLine {
    var index: UInt64
    var hashes: [TreeHash]

    /// No record begins like this.
    private static let start = Array(#"{"tile":"#.utf8)

    static func isOne(_ line: UnsafeRawBufferPointer) -> Bool {
        line.count > start.count && zip(start, line).allSatisfy(==)
    }

    init?(_ line: UnsafeRawBufferPointer) {
        guard let object = try? JSONObject(parsing: Array(line)),
            let index = object["tile"]?.integer.flatMap(UInt64.init(exactly:)),
            let bytes = object["hashes"]?.string.flatMap({ Data(base64Encoded: $0) }),
            let hashes = Tile.hashes(in: Array(bytes)), hashes.count == Tile.width
        else { return nil }
        (self.index, self.hashes) = (index, hashes)
    }
}
