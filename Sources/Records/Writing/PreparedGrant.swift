// SPDX-License-Identifier: Apache-2.0

internal import JSONText

/// The text of the record of a grant without what differs between two grants of one name to one connection under one
/// policy: the index, the times and the number of the request.
///
/// Its bytes are those of ``Record/encoded(_:hash:)``.
package struct PreparedGrant: Sendable {
    private let template: JSONTemplate

    /// How much it keeps, about.
    package var byteCount: Int { template.byteCount }

    /// - Parameters:
    ///   - grant: all that it tells stays the same; it has no reason, lease or copy.
    ///   - request: what its request has before the number.
    /// - Returns: nil where it is so long that its length may decide what it tells.
    package init?(_ grant: Record.Grant, request: String, bootID: String, hash: @escaping SHA256Text) {
        guard grant.reason == nil, grant.lease == nil, grant.copy == nil else { return nil }
        var grant = grant
        grant.request = request + "0"
        let head = RecordHead(index: 0, timeUSec: 0, bootTimeUSec: 0, bootID: bootID)
        let text = Record.grant(grant).encoded(head, hash: hash)
        guard text.count < Record.limit / 4, request.utf8.count < CutField.limit / 8 else { return nil }
        var places: [Range<Int>] = []
        var beginning: [UInt8] = []
        for piece in [
            #"{"v":1,"index":"#, #","type":"grant","timeUSec":"#, #","bootTimeUSec":"#,
            #","bootId":"\#(bootID)","request":"\#(request)"#,
        ] {
            beginning += piece.utf8
            places.append(beginning.count..<beginning.count + 1)
            beginning.append(UInt8(ascii: "0"))
        }
        guard text.starts(with: beginning) else { return nil }
        template = JSONTemplate(text, integersAt: places)
    }

    /// The bytes that are stored and hashed.
    /// - Parameter request: the number of the request.
    package func encoded(_ head: RecordHead, request: UInt64) -> [UInt8] {
        template.filled {
            switch $0 {
            case 0: Int64(clamping: head.index)
            case 1: head.timeUSec
            case 2: head.bootTimeUSec
            default: Int64(clamping: request)
            }
        }
    }
}
