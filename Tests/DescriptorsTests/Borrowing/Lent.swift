// SPDX-License-Identifier: Apache-2.0
//
// What users of the library may do. BorrowingTests compiles it, so that what is refused beside it is not refused for
// another reason.

import Descriptors
import SystemPackage

func use(_ descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> UInt64 {
    try FileStatus(of: descriptor).inode
}

func withoutAName() throws -> UInt64 {
    try use(OwnedDescriptor.open("/dev/null"))
}

func forOneCall(_ descriptor: borrowing OwnedDescriptor) -> Bool {
    descriptor.withUnsafeNumber { $0 > 2 }
}

final class Sharing {
    var kept: HeldDescriptor?

    func keep(_ descriptor: HeldDescriptor) {
        kept = descriptor
    }

    func watch(_ descriptor: consuming OwnedDescriptor, on loop: EventLoop) throws {
        _ = try loop.watch(HeldDescriptor(descriptor), for: .readable) { _ in }
    }
}

func standard() throws {
    _ = try FileStatus(of: StandardDescriptor.output)
    _ = try OwnedDescriptor.open("name", in: StandardDescriptor.currentDirectory)
    _ = try DescriptorStatus.flags(of: .standardInput)
}
