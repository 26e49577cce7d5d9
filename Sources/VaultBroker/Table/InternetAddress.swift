// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Numeric internet addresses; nothing here asks a name server.
enum InternetAddress {
    /// The 4 or 16 bytes of an address in network order (`inet_pton(3)`), none for `*`, which is every address; nil when
    /// it is not numeric.
    static func bytes(of text: String) -> [UInt8]? {
        text == "*" ? [] : bytes(text, AF_INET, 4) ?? bytes(text, AF_INET6, 16)
    }

    /// An address of 4 or 16 bytes, and a port.
    static func text(of address: [UInt8], port: UInt16) -> String {
        let isIPv6 = address.count == 16
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { room in
            inet_ntop(isIPv6 ? AF_INET6 : AF_INET, address, room.baseAddress, socklen_t(room.count)) == nil
                ? "" : room.baseAddress.map { String(cString: $0) } ?? ""
        }
        return isIPv6 ? "[\(text)]:\(port)" : "\(text):\(port)"
    }

    private static func bytes(_ text: String, _ family: CInt, _ count: Int) -> [UInt8]? {
        var address = [UInt8](repeating: 0, count: count)
        return inet_pton(family, text, &address) == 1 ? address : nil
    }
}
