// SPDX-License-Identifier: Apache-2.0

/// What a capability is made from.
package enum CapabilitySource: Sendable, Hashable {
    /// `create`: the mode with which a missing file is made; nil does not make it.
    case file(path: SourcePath, create: UInt32?, noFollow: Bool)
    /// Whoever has it reaches all that lies beneath, and by `..` what lies above, with rights of their own.
    case directory(path: SourcePath)
    case fifo(path: SourcePath, create: UInt32?)
    case pipe
    case listener(ListenAddress)
    /// Made anew for each grant.
    case connection(ConnectAddress)
    case memory(MemorySource)
    /// A character device: to open it can be an act.
    case device(path: SourcePath)

    /// A program that opens `path` and passes back what it opened (`PROGRAM <socket> <path> <open flags>`).
    case helper(run: [String], path: String)

    /// What a client passed in. It stands in no policy: it is there from its record on until it goes.
    case deposit

    package static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.file(let path, let create, let noFollow), .file(let other, let otherCreate, let otherNoFollow)):
            path == other && create == otherCreate && noFollow == otherNoFollow
        case (.directory(let path), .directory(let other)), (.device(let path), .device(let other)): path == other
        case (.fifo(let path, let create), .fifo(let other, let otherCreate)): path == other && create == otherCreate
        case (.pipe, .pipe): true
        case (.listener(let address), .listener(let other)): address == other
        case (.connection(let address), .connection(let other)): address == other
        case (.memory(let source), .memory(let other)): source == other
        case (.helper(let run, let path), .helper(let otherRun, let other)):
            path.isSame(as: other) && run.elementsEqual(otherRun) { $0.isSame(as: $1) }
        case (.deposit, .deposit): true
        default: false
        }
    }

    package var kind: CapabilityKind {
        switch self {
        case .file: .file
        case .directory: .directory
        case .fifo: .fifo
        case .pipe: .pipe
        case .listener: .listener
        case .connection: .connection
        case .memory: .memory
        case .device: .device
        case .helper: .helper
        case .deposit: .deposit
        }
    }

    /// Whether it is an internet socket, which whoever has it can connect elsewhere.
    package var isNetwork: Bool {
        switch self {
        case .connection(.tcp), .listener(.tcp), .listener(.udp): true
        default: false
        }
    }

    /// The rights where a file names none.
    package var usualRights: Rights {
        switch self {
        case .file, .directory, .device, .helper, .memory: .read
        case .fifo, .pipe: [.read, .write]
        case .listener, .connection, .deposit: .use
        }
    }

    /// The ways of delivery that this kind allows, the usual one first.
    package var deliveries: [Delivery] {
        switch self {
        case .file, .directory, .memory, .device: [.fresh, .shared]
        case .fifo, .pipe, .listener, .connection, .helper, .deposit: [.shared]
        }
    }

    /// The times of opening that this kind allows, the usual one first.
    package var openings: [Opening] {
        switch self {
        case .connection, .helper: [.eachGrant]
        case .file, .directory, .memory, .device: [.atStart, .onFirstUse, .eachGrant]
        // A listener is bound once; of a pipe or FIFO every grant is a pair of its own in any case.
        case .fifo, .pipe, .listener, .deposit: [.atStart, .onFirstUse]
        }
    }
}

extension CapabilitySource {
    /// The ways of being opened anew that this kind allows, the usual one first. Memory is a copy, which has nothing of what is
    /// written later; who has a file sees that.
    package var renewals: [Renewal] {
        switch self {
        case .file: [.replaced, .written, .asked]
        case .memory: [.written, .asked]
        case .directory, .device, .fifo, .pipe, .listener, .connection, .helper, .deposit: []
        }
    }

    /// Under whose ids a socket is made, which the other end sees.
    package var maker: (user: NamedID, group: NamedID?)? {
        switch self {
        case .listener(.unix(let socket)): (user: socket.owner, group: socket.group)
        case .connection(.unix(_, _, let user)): (user: user, group: nil)
        default: nil
        }
    }
}

/// The path of something that is there, or is made there.
package struct SourcePath: Sendable, Hashable, ExpressibleByStringLiteral {
    package var text: String
    /// Whether others than root and the opener's user may write to the directories on the way; where they do otherwise,
    /// nothing is opened, since they could put another file in its place.
    package var othersMayWrite: Bool

    package init(_ text: String, othersMayWrite: Bool = false) {
        self.text = text
        self.othersMayWrite = othersMayWrite
    }

    package init(stringLiteral text: String) { self.init(text) }

    package static func == (left: Self, right: Self) -> Bool {
        left.othersMayWrite == right.othersMayWrite && left.text.isSame(as: right.text)
    }
}

/// Where the contents of a sealed memory file come from.
package enum MemorySource: Sendable, Hashable {
    case file(SourcePath)

    /// A credential of the service manager, by name.
    case credential(String)
}

/// What a capability is. The raw value is the word on the wire, in records and in policy files.
package enum CapabilityKind: String, CaseIterable, Sendable {
    case file, directory, fifo, pipe, listener, connection, memory, device, helper, deposit
}
