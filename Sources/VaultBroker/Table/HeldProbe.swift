// SPDX-License-Identifier: Apache-2.0

import Descriptors
import VaultModel

/// What has to be known of a descriptor before it is held. Blocks, for as long as its file system likes.
struct HeldProbe: Sendable {
    /// Which file it is, to tell when its path names another.
    let file: FileStatus?
    /// Whether this process may reopen the file itself, and the file system is one on which that cannot hang.
    let reopensHere: Bool

    init(_ descriptor: HeldDescriptor, _ capability: Capability) {
        file = try? FileStatus(of: descriptor)
        reopensHere =
            capability.delivery == .fresh && LocalFileSystems.contain(descriptor)
            && (try? DescriptorStatus.reopen(descriptor, flags: capability.rights.openFlags)) != nil
    }
}
