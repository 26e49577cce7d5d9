// SPDX-License-Identifier: Apache-2.0

import Descriptors
import VaultModel

/// What the broker holds for a capability, and what has to be known of it before it is held.
struct Holding: Sendable {
    let descriptor: HeldDescriptor
    /// Which file it is, or was read from, to tell when its path names another.
    let file: FileStatus?
    /// Whether this process may reopen the file itself, and the file system is one on which that cannot hang.
    let reopensHere: Bool
    /// Whether the file system is one on which nothing hangs.
    let isLocal: Bool
    /// Of sealed memory: its bytes.
    let memorySize: Int
    /// How a listener is to be at each delivery.
    let listener: HeldListener?

    /// Looks at a descriptor. Blocks, for as long as its file system likes.
    ///
    /// - Parameters:
    ///   - source: the file from which memory was read.
    ///   - isNew: of a listener: nobody has had it yet.
    init(
        _ descriptor: HeldDescriptor, _ capability: Capability, source: FileStatus? = nil, isNew: Bool = true
    ) throws(OpenProblem) {
        if let problem = DeclaredKind.problem(descriptor, capability) { throw problem }
        self.descriptor = descriptor
        let status = try? FileStatus(of: descriptor)
        isLocal = LocalFileSystems.contain(descriptor)
        reopensHere =
            capability.kind == .file && capability.delivery == .fresh && isLocal
            && (try? DescriptorStatus.reopen(descriptor, flags: capability.rights.openFlags)) != nil
        switch capability.source {
        case .memory:
            file = source
            memorySize = Int(clamping: status?.size ?? 0)
            listener = nil
        case .listener(let address):
            file = nil
            memorySize = 0
            do {
                listener = try HeldListener(descriptor, address, isNew: isNew)
            } catch {
                throw OpenProblem(error)
            }
        case .file, .fifo, .pipe, .helper:
            file = status
            memorySize = 0
            listener = nil
        }
    }
}
