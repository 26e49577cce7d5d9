// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import VaultCore
import VaultModel

/// Whether a descriptor is what its capability is declared to be. Never hangs.
enum DeclaredKind {
    /// What is wrong; nil when it is of the declared kind.
    static func problem(_ descriptor: HeldDescriptor, _ capability: Capability) -> OpenProblem? {
        do {
            // It is what it was when it was passed in.
            if capability.kind == .deposit { return nil }
            let kind = try DescriptorStatus.kind(of: descriptor)
            guard Self.kinds(capability.kind).contains(kind) else {
                let errno: Errno = capability.kind == .directory ? .notDirectory : .invalidArgument
                return OpenProblem(
                    kind == .directory ? .isDirectory : errno,
                    "it is a \(kind.word), and a \(capability.kind.rawValue) capability never hands one out")
            }
            guard capability.kind == .memory else { return nil }
            let seals = try SealedMemory.seals(of: descriptor)
            return seals.isSuperset(of: .immutable) ? nil : OpenProblem(.invalidArgument, "the memory is not sealed")
        } catch {
            return OpenProblem(error)
        }
    }

    private static func kinds(_ kind: CapabilityKind) -> Set<FileKind> {
        switch kind {
        case .file, .memory: [.regular]
        case .directory: [.directory]
        // A block device is a disk: whoever has it has all that lies on it.
        case .device: [.characterDevice]
        case .fifo, .pipe: [.fifo]
        case .listener, .connection: [.socket]
        // A directory leads to all that lies below it: it has to be asked for as one.
        case .helper: [.regular, .fifo, .socket, .characterDevice, .anonymous]
        case .deposit: []
        }
    }
}

extension FileKind {
    /// For people.
    fileprivate var word: String {
        switch self {
        case .regular: "regular file"
        case .directory: "directory"
        case .symbolicLink: "symbolic link"
        case .fifo: "FIFO"
        case .socket: "socket"
        case .characterDevice: "character device"
        case .blockDevice: "block device"
        case .anonymous: "file without a type"
        }
    }
}
