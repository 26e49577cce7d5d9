// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Processes

/// Why a request cannot be sent: a text holds a NUL, or the texts are longer than a message, or a path or an address
/// has a length that none can have.
package struct RequestUnsendable: Error, Equatable {
    package init() {}
}

/// Why a received message is not a request.
package struct MalformedRequest: Error, Equatable {
    /// The id that it would have had, if it is long enough to hold one: what the refusal is addressed to.
    package let id: UInt64

    package init(id: UInt64) { self.id = id }
}

enum RequestField {
    static let flags = WireField<UInt32>(16)
    static let mode = WireField<UInt32>(20)
    static let uid = WireField<UInt32>(24)
    static let gid = WireField<UInt32>(28)
    static let limit = WireField<UInt32>(32)
    static let kind = WireField<UInt16>(36)
    static let port = WireField<UInt16>(38)
    static let addressLength = WireField<UInt8>(40)
    static let othersMayWrite = WireField<UInt8>(41)
    static let account = WireField<UInt32>(44)
    /// Of an internet listener, where others have a uid and a gid; 0: as the kernel has it.
    static let receiveBuffer = WireField<UInt32>(24)
    static let sendBuffer = WireField<UInt32>(28)
    static let address = 48
    static let addressRoom = 16
    static let texts = WireForm.headSize
}

enum OperationCode: UInt16 {
    case open = 1
    case reopen = 2
    case fifo = 3
    case listenInternet = 4
    case listenUnix = 5
    case memory = 6
    case helper = 7
    case inspect = 8
    case executable = 9
    case copy = 10
    case connectInternet = 11
    case connectUnix = 12
    case connectName = 13
    case content = 14
    case census = 15
    case watch = 16

    var hasTexts: Bool {
        switch self {
        case .reopen, .copy, .content, .listenInternet, .connectInternet, .inspect, .executable, .census: false
        case .open, .fifo, .listenUnix, .connectName, .connectUnix, .memory, .helper, .watch: true
        }
    }
}

extension OpenerRequest {
    /// The message that asks for this.
    package func encoded() throws(RequestUnsendable) -> [UInt8] {
        let code = operation.code
        var wire = WireBytes(zeros: WireForm.headSize + (code.hasTexts ? WireForm.textRoom : 0))
        wire[HeadField.magic] = WireForm.magic
        wire[HeadField.code] = code.rawValue
        wire[HeadField.id] = id
        wire[HeadField.descriptorCount] = UInt8(descriptorCount)
        wire[optional: RequestField.account] = account
        let texts: [String]
        switch operation {
        case .open(let open):
            wire[RequestField.flags] = UInt32(bitPattern: open.flags)
            wire[RequestField.mode] = open.mode
            wire[RequestField.kind] = open.mustBe.rawValue
            wire[RequestField.othersMayWrite] = open.othersMayWrite ? 1 : 0
            texts = [open.path]
        case .reopen(let flags, let count):
            guard WireForm.counts.contains(Int(clamping: count)) else { throw RequestUnsendable() }
            wire[RequestField.flags] = UInt32(bitPattern: flags)
            wire[RequestField.limit] = count
            texts = []
        case .fifo(let path, let createMode, let othersMayWrite):
            wire[optional: RequestField.mode] = createMode
            wire[RequestField.othersMayWrite] = othersMayWrite ? 1 : 0
            texts = [path]
        case .listenInternet(let listener):
            guard [0, 4, 16].contains(listener.address.count) else { throw RequestUnsendable() }
            wire[RequestField.kind] = listener.transport.rawValue
            wire[RequestField.port] = listener.port
            wire[RequestField.limit] = listener.backlog
            wire[RequestField.addressLength] = UInt8(listener.address.count)
            wire.put(address: listener.address, at: RequestField.address)
            wire[RequestField.flags] = listener.options.wireFlags
            wire[RequestField.receiveBuffer] = listener.options.receiveBuffer
            wire[RequestField.sendBuffer] = listener.options.sendBuffer
            texts = []
        case .listenUnix(let listener):
            wire[RequestField.kind] = listener.kind.rawValue
            wire[RequestField.mode] = listener.mode
            wire[optional: RequestField.uid] = listener.uid
            wire[optional: RequestField.gid] = listener.gid
            wire[RequestField.limit] = listener.backlog
            texts = [listener.path]
        case .connectInternet(let address, let port):
            guard [4, 16].contains(address.count) else { throw RequestUnsendable() }
            wire[RequestField.port] = port
            wire[RequestField.addressLength] = UInt8(address.count)
            wire.put(address: address, at: RequestField.address)
            texts = []
        case .connectName(let host, let port):
            guard !host.isEmpty, host.utf8.count <= WireForm.hostLimit else { throw RequestUnsendable() }
            wire[RequestField.port] = port
            texts = [host]
        case .connectUnix(let path, let kind, let uid):
            wire[RequestField.kind] = kind.rawValue
            wire[RequestField.uid] = uid
            texts = [path]
        case .memory(let path, let sizeLimit, let owner, let othersMayWrite):
            wire[RequestField.limit] = sizeLimit
            wire[RequestField.othersMayWrite] = othersMayWrite ? 1 : 0
            wire.put(owner)
            texts = [path]
        case .copy(let owner):
            wire.put(owner)
            texts = []
        case .content(let sizeLimit):
            wire[RequestField.limit] = sizeLimit
            texts = []
        case .helper(let run):
            guard !run.program.isEmpty, run.program.count <= HelperRun.argumentLimit else { throw RequestUnsendable() }
            wire[RequestField.flags] = UInt32(bitPattern: run.flags)
            texts = run.program + [run.path]
        case .inspect(let kinds):
            wire[RequestField.flags] = kinds.rawValue
            texts = []
        case .executable, .census:
            texts = []
        case .watch(let watch):
            wire[RequestField.flags] = watch.flags
            wire[RequestField.othersMayWrite] = watch.othersMayWrite ? 1 : 0
            texts = [watch.path]
        }
        guard TextRoom.fits(texts), texts.allSatisfy({ $0.utf8.count <= WireForm.pathLimit }) else {
            throw RequestUnsendable()
        }
        wire[HeadField.textCount] = UInt8(texts.count)
        wire.put(texts: texts, at: RequestField.texts)
        return wire.bytes
    }

    /// Reads a received message, in full and strictly: exactly what `encoded()` makes is accepted.
    package init(decoding bytes: [UInt8]) throws(MalformedRequest) {
        let wire = WireBytes(bytes)
        let id = bytes.count >= WireForm.headSize ? wire[HeadField.id] : 0
        guard bytes.count >= WireForm.headSize, wire[HeadField.magic] == WireForm.magic,
            let code = OperationCode(rawValue: wire[HeadField.code]),
            bytes.count == WireForm.headSize + (code.hasTexts ? WireForm.textRoom : 0),
            let texts = wire.texts(Int(wire[HeadField.textCount]), at: RequestField.texts),
            let operation = Operation(code: code, wire: wire, texts: texts)
        else { throw MalformedRequest(id: id) }
        self.init(id: id, operation: operation, account: wire[optional: RequestField.account])
        // Whatever the operation leaves unused must be zero, and each length must be the one that it should be.
        guard let again = try? encoded(), again == bytes else { throw MalformedRequest(id: id) }
    }
}

extension OpenerRequest.Operation {
    var code: OperationCode {
        switch self {
        case .open: .open
        case .reopen: .reopen
        case .fifo: .fifo
        case .listenInternet: .listenInternet
        case .listenUnix: .listenUnix
        case .memory: .memory
        case .helper: .helper
        case .inspect: .inspect
        case .executable: .executable
        case .copy: .copy
        case .content: .content
        case .connectInternet: .connectInternet
        case .connectName: .connectName
        case .connectUnix: .connectUnix
        case .census: .census
        case .watch: .watch
        }
    }

    init?(code: OperationCode, wire: WireBytes, texts: [String]) {
        let flags = CInt(bitPattern: wire[RequestField.flags])
        let mode = wire[RequestField.mode]
        let limit = wire[RequestField.limit]
        let othersMayWrite = wire[RequestField.othersMayWrite] == 1
        switch code {
        case .open:
            guard texts.count == 1, let kind = OpenPath.Kind(rawValue: wire[RequestField.kind]) else { return nil }
            self = .open(
                OpenPath(path: texts[0], flags: flags, mode: mode, mustBe: kind, othersMayWrite: othersMayWrite))
        case .reopen:
            guard WireForm.counts.contains(Int(clamping: limit)) else { return nil }
            self = .reopen(flags: flags, count: limit)
        case .fifo:
            guard texts.count == 1 else { return nil }
            self = .fifo(
                path: texts[0], createMode: wire[optional: RequestField.mode], othersMayWrite: othersMayWrite)
        case .listenInternet:
            guard let transport = InternetListener.Transport(rawValue: wire[RequestField.kind]),
                wire[RequestField.addressLength] <= RequestField.addressRoom
            else { return nil }
            let address = wire.address(Int(wire[RequestField.addressLength]), at: RequestField.address)
            self = .listenInternet(
                InternetListener(
                    transport: transport, address: address, port: wire[RequestField.port], backlog: limit,
                    options: BindingOptions(wire)))
        case .listenUnix:
            guard texts.count == 1, let kind = UnixListener.Kind(rawValue: wire[RequestField.kind]) else { return nil }
            self = .listenUnix(
                UnixListener(
                    path: texts[0], kind: kind, mode: mode, uid: wire[optional: RequestField.uid],
                    gid: wire[optional: RequestField.gid], backlog: limit))
        case .connectInternet:
            guard [4, 16].contains(wire[RequestField.addressLength]) else { return nil }
            self = .connectInternet(
                address: wire.address(Int(wire[RequestField.addressLength]), at: RequestField.address),
                port: wire[RequestField.port])
        case .connectName:
            guard texts.count == 1 else { return nil }
            self = .connectName(host: texts[0], port: wire[RequestField.port])
        case .connectUnix:
            guard texts.count == 1, let kind = UnixListener.Kind(rawValue: wire[RequestField.kind]) else { return nil }
            self = .connectUnix(path: texts[0], kind: kind, uid: wire[RequestField.uid])
        case .memory:
            guard texts.count == 1 else { return nil }
            self = .memory(path: texts[0], sizeLimit: limit, owner: wire.owner, othersMayWrite: othersMayWrite)
        case .helper:
            guard texts.count >= 2 else { return nil }
            self = .helper(HelperRun(program: Array(texts.dropLast()), path: texts[texts.count - 1], flags: flags))
        case .inspect:
            self = .inspect(ProcessFactKinds(rawValue: wire[RequestField.flags]))
        case .executable:
            self = .executable
        case .census:
            self = .census
        case .copy:
            self = .copy(owner: wire.owner)
        case .content:
            self = .content(sizeLimit: limit)
        case .watch:
            guard texts.count == 1 else { return nil }
            self = .watch(
                WatchPath(
                    path: texts[0], contents: flags & 1 != 0, noFollow: flags & 2 != 0, othersMayWrite: othersMayWrite))
        }
    }
}

extension BindingOptions {
    fileprivate init(_ wire: WireBytes) {
        let flags = wire[RequestField.flags]
        self.init()
        acceptsIPv4 = flags & 1 != 0
        sharesPort = flags & 2 != 0
        bindsFreely = flags & 4 != 0
        receiveBuffer = wire[RequestField.receiveBuffer]
        sendBuffer = wire[RequestField.sendBuffer]
    }

    fileprivate var wireFlags: UInt32 { (acceptsIPv4 ? 1 : 0) | (sharesPort ? 2 : 0) | (bindsFreely ? 4 : 0) }
}

extension WireBytes {
    /// Whose a copy is to be, in the fields of a user and a group.
    fileprivate mutating func put(_ owner: SealedMemory.Owner?) {
        self[optional: RequestField.uid] = owner?.uid
        self[optional: RequestField.gid] = owner?.gid
    }

    fileprivate var owner: SealedMemory.Owner? {
        self[optional: RequestField.uid].map { SealedMemory.Owner(uid: $0, gid: self[RequestField.gid]) }
    }
}
