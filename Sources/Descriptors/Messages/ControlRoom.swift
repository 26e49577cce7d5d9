// SPDX-License-Identifier: Apache-2.0

import CLinux

/// How much ancillary data a receiver makes room for. What does not fit is discarded by the kernel, descriptors closed.
public enum ControlRoom: Equatable, Sendable {
    /// No control buffer at all.
    case none
    /// Exactly `CMSG_SPACE(sizeof(struct ucred))`: on a socket with `SO_PASSCRED` no descriptor can get in.
    case credentials
    /// At most this many descriptors, and credentials.
    case descriptors(Int)

    /// Room for as many descriptors as a message can have.
    public static var mostDescriptors: ControlRoom { .descriptors(MessageSocket.mostDescriptors) }

    /// The descriptors that may be kept.
    var descriptorCount: Int {
        guard case .descriptors(let count) = self else { return 0 }
        return count
    }

    /// The size of the control buffer in bytes.
    public var byteCount: Int {
        let credentials = linux_cmsg_space(MemoryLayout<linux_ucred>.size)
        switch self {
        case .none: return 0
        case .credentials: return credentials
        case .descriptors(let count): return credentials + linux_cmsg_space(count * MemoryLayout<CInt>.size)
        }
    }
}
