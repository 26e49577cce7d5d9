// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import Records
import SystemPackage
import VaultModel

extension Record.Opened {
    /// Looks at what was found by a path, without asking its file system: statx(2) from what the kernel knows, and where it
    /// lies from /proc.
    ///
    /// - Returns: nil for what has no place in a file system, such as what a helper passed that is a socket.
    init?(_ descriptor: HeldDescriptor) {
        var facts = linux_file_facts()
        let flags = CInt(LINUX_AT_EMPTY_PATH | LINUX_AT_STATX_DONT_SYNC)
        do throws(Errno) {
            try SystemCall.retrying(on: descriptor) { linux_statx($0, "", flags, &facts) }
        } catch {
            return nil
        }
        let target = (try? DescriptorStatus.place(of: descriptor)) ?? []
        let isPlaced = target.first == UInt8(ascii: "/")
        guard isPlaced || FileKind(mode: facts.mode) == .regular else { return nil }
        self.init(
            device: DescriptorStatus.text(ofDevice: facts.device), inode: facts.inode,
            mount: facts.mount == 0 ? nil : facts.mount,
            path: isPlaced ? String(decoding: target, as: UTF8.self) : nil)
    }
}

extension CapabilitySource {
    /// Whether it is found by a path.
    var isFound: Bool {
        switch self {
        case .file, .directory, .device, .fifo, .helper, .memory(.file): true
        case .pipe, .listener, .connection, .memory(.credential), .deposit: false
        }
    }
}
