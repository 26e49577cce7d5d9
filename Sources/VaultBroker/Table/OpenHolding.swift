// SPDX-License-Identifier: Apache-2.0

import Crypto
import Descriptors
import Glibc
import OpenerWire
import Records
import Synchronization
import SystemPackage
import TransparencyLog
import VaultCore
import VaultModel

/// What the broker holds for a capability, and what has to be known of it before it is held.
final class OpenHolding: Holding {
    /// A copy up to this size is made on the loop, in a few microseconds; larger ones by the opener.
    private static let largestOwnCopy = 64 << 10
    /// The bytes of the copies that are made ahead for one user of one capability.
    private static let bytesAhead = 256 << 10
    /// The most descriptions that are made ahead of one capability.
    private static let descriptionsAhead = 64

    /// What memory was read from.
    struct Source: Sendable {
        let file: FileVersion
        /// What its path led to; nil for a credential.
        var found: Record.Opened?
    }

    /// Of no other holding of this process, ever.
    let number = OpenHolding.numbers.add(1, ordering: .relaxed).newValue
    private static let numbers = Atomic<UInt64>(0)
    let held: HeldDescriptor
    /// Which file it is, or was read from, to tell when its path names another.
    let file: FileVersion?
    /// What its path led to, for the records of its grants.
    let found: Record.Opened?
    /// Whether this process may reopen the file itself, and the file system is one on which that cannot hang.
    let reopensHere: Bool
    /// Whether the file system is one on which nothing hangs.
    let isLocal: Bool
    /// Of sealed memory: its bytes.
    let memorySize: Int
    /// How a listener is to be at each delivery.
    let listener: HeldListener?
    /// What a client passed in: what it is, and with which flags it is handed out.
    let deposit: (type: DescriptorType, flags: CInt)?

    /// Looks at a descriptor. Asks no file system that others may serve, since that can hang.
    ///
    /// - Parameters:
    ///   - status: what the opener asked the file system of a file, a directory or a device; nil for one that another daemon
    ///     handed over.
    ///   - source: the file from which memory was read, and what its path led to. To hash the memory takes a while.
    ///   - isNew: of a listener: nobody has had it yet.
    init(
        _ descriptor: HeldDescriptor, _ capability: Capability, status: OpenedStatus? = nil,
        source: Source? = nil, isNew: Bool = true
    ) throws(OpenProblem) {
        if let problem = DeclaredKind.problem(descriptor, capability) { throw problem }
        held = descriptor
        deposit = nil
        isLocal =
            switch capability.kind {
            case .memory: true
            case .file, .directory, .device:
                status.map { LocalFileSystems.contain($0.filesystem) }
                    ?? MountedFileSystem.isHarmless(under: descriptor)
            case .listener, .fifo, .pipe, .connection, .helper, .deposit: false
            }
        reopensHere =
            [.file, .directory].contains(capability.kind) && capability.delivery == .fresh && isLocal
            && (try? DescriptorStatus.reopen(descriptor, flags: capability.rights.openFlags)) != nil
        switch capability.source {
        case .memory:
            // It is memory: to ask does not hang.
            let size = (try? FileStatus(of: descriptor)).map { Int(clamping: $0.size) }
            file = source?.file
            found = source?.found.map { Self.content($0, descriptor, size) }
            memorySize = size ?? 0
            listener = nil
        case .listener(let address):
            file = nil
            found = nil
            memorySize = 0
            do {
                listener = try HeldListener(descriptor, address, isNew: isNew)
            } catch {
                throw OpenProblem(error)
            }
        case .file, .directory, .device, .fifo, .pipe, .connection, .helper, .deposit:
            file = status.map { FileVersion($0) } ?? (try? FileStatus(knownOf: descriptor)).map { FileVersion($0) }
            found = Record.Opened(descriptor)
            memorySize = 0
            listener = nil
        }
    }

    /// What a path led to when it was read into this memory, with the hash of that.
    private static func content(
        _ found: Record.Opened, _ memory: HeldDescriptor, _ size: Int?
    ) -> Record.Opened {
        guard let size, var bytes = try? memory.read(size, at: 0) else { return found }
        // It may be a secret; it need not stay in this process.
        defer { bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } } }
        var found = found
        found.sha256 = Hexadecimal.encode(Array(SHA256.hash(data: bytes)))
        return found
    }

    /// Of what a client passed in, as it was judged. Never blocks.
    init(deposit descriptor: HeldDescriptor, flags: CInt, type: DescriptorType, opened: Record.Opened?) {
        held = descriptor
        deposit = (type, flags)
        file = nil
        found = opened
        reopensHere = false
        isLocal = false
        memorySize = 0
        listener = nil
    }

    var descriptor: any PassableDescriptor { held }

    /// Makes what leaves of it, where this process can without the danger of hanging; nil where only the opener can.
    func reopenHere(
        _ capability: Capability, _ rights: Rights, owner: CopyOwner?
    ) -> Result<HeldDescriptor, OpenProblem>? {
        do throws(Errno) {
            if capability.kind == .memory {
                guard copiesHere(owner) else { return nil }
                return .success(
                    HeldDescriptor(try SealedMemory.copy(of: held, owner: owner.map(SealedMemory.Owner.init))))
            }
            guard reopensHere else { return nil }
            return .success(HeldDescriptor(try DescriptorStatus.reopen(held, flags: rights.openFlags)))
        } catch {
            return .failure(OpenProblem(error))
        }
    }

    /// How many may be made ahead by the opener, for one user: what is made here is made at once.
    func mostAhead(_ capability: Capability, owner: CopyOwner?) -> Int {
        // To open a device can be an act, and is done for whoever asks for it.
        guard capability.kind != .device else { return 0 }
        guard capability.kind == .memory else { return reopensHere ? 0 : Self.descriptionsAhead }
        guard !copiesHere(owner) else { return 0 }
        return memorySize == 0 ? 1 : min(Self.bytesAhead / memorySize, Self.descriptionsAhead)
    }

    /// Whether this process can make a copy that belongs to the caller.
    private func copiesHere(_ owner: CopyOwner?) -> Bool {
        memorySize <= Self.largestOwnCopy && (geteuid() == 0 || owner?.uid == geteuid())
    }
}
