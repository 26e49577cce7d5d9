// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import Processes
import SystemPackage

/// Opens what a process executes, for the broker to hash.
///
/// Any client can have an executable of its own choice, on a file system of its own. So it is first found without being
/// opened, and opened only where this machine itself holds the file: on another the open, and each read, could wait for as
/// long as the client likes, and the one worker that looks at processes with it.
enum ExecutableOpener {
    /// As mountinfo names them. An overlay counts: who can mount one where we see it could also replace the program.
    private static let ownFileSystems: Set<String> = [
        "bcachefs", "btrfs", "erofs", "ext2", "ext3", "ext4", "f2fs", "iso9660", "overlay", "ramfs", "rootfs",
        "squashfs",
        "tmpfs", "vfat", "xfs", "zfs",
    ]

    static func open(pidfd: borrowing some Descriptor & ~Copyable) throws(OpenerFailure) -> OwnedDescriptor {
        let place = try locate(pidfd)
        guard try OpenerFailure.reporting({ () throws(Errno) in try isOwn(place) }) else {
            throw OpenerFailure(.notSupported, .foreignFileSystem)
        }
        return try OpenerFailure.reporting { () throws(Errno) in try PathOpener.reopen(place, flags: O_RDONLY) }
    }

    private static func locate(_ pidfd: borrowing some Descriptor & ~Copyable) throws(OpenerFailure) -> OwnedDescriptor
    {
        do throws(IdentityRefusal) {
            return try PeerIdentification.locateExecutable(pidfd: pidfd)
        } catch {
            throw OpenerFailure(error)
        }
    }

    /// Asks no file system but the mount table.
    private static func isOwn(_ place: borrowing some Descriptor & ~Copyable) throws(Errno) -> Bool {
        let status = try PathOpener.status(of: place)
        guard status.kind == .regular else { return false }
        let mounts = try MountTable.read()
        // In another mount namespace the mount is not one of ours, but its file system may be.
        let mount =
            mounts[try DescriptorInformation(of: place).mountID]
            ?? mounts.mount(ofDevice: DescriptorStatus.text(ofDevice: status.device))
        return mount.map { ownFileSystems.contains($0.type) } ?? false
    }
}
