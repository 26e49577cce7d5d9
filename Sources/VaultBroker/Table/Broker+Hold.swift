// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import Records
import SystemPackage
import VaultCore
import VaultModel

/// Opening what the table holds: at start, on first use, again after a failure.
extension Broker {
    /// The largest secret that `memory` takes in, in bytes.
    static let largestMemory = 16 << 20

    /// Opens all that is to be open from the start. A failure stops nothing: it is shown, recorded, and retried on use.
    func openAtStart(_ entries: [CapabilityEntry]) {
        for entry in entries where entry.capability.opening == .atStart {
            core.hold(entry) { problem in
                if let problem { self.openingFailed(entry, problem) }
            }
        }
    }

    /// Returns when nothing is being opened any more; at the latest after `limit`, since a path may hang.
    func tableIsOpen(limit: Duration) async {
        let opening = table.sorted.filter(\.isOpening)
        guard !opening.isEmpty else { return }
        let timer = loop.timer(after: limit) { [weak self] in
            self?.assumeIsolated { $0.openingWait.end() }
        }
        await withCheckedContinuation { continuation in
            openingWait = OpeningWait(left: opening.count, continuation: continuation)
            for entry in opening { core.hold(entry) { _ in self.openingWait.countDown() } }
        }
        _ = loop.cancel(timer)
    }

    /// A capability could not be opened outside of any request.
    private func openingFailed(_ entry: CapabilityEntry, _ problem: OpenProblem) {
        log.warning(
            "a capability could not be opened; it is tried again when it is asked for",
            metadata: ["name": "\(entry.capability.name)", "problem": "\(problem.text)"])
        guard journal.isWorking else { return }
        journal.append(
            .openFailed(
                CapabilityText(name: entry.capability.name.text, kind: entry.capability.kind.rawValue),
                errno: problem.errnoName, problem: problem.explanation))
    }

    /// What could not be opened for want of an opener is opened when there is one again, unless a use would do it.
    func openAgain() {
        for entry in table.sorted where entry.problem?.errno == .socketNotConnected {
            core.hold(entry) { _ in }
        }
    }

    /// A listener is of no use any more: somebody who had it did to it what cannot be undone.
    func listenerIsSpoiled(_ name: CapabilityName, _ problem: String) {
        say(
            .warning, "a listener is of no use any more, and is made anew",
            metadata: ["name": "\(name)", "problem": "\(problem)"], of: nil)
    }

    /// Opens a capability for one grant alone, and hands that to `done`, at once or later.
    ///
    /// - Parameter owner: whose a copy of a secret is to be.
    func openAnew(
        _ capability: Capability, _ rights: Rights, _ owner: SealedMemory.Owner?, _ account: OpenerAccount,
        _ done: @escaping (Result<any PassableDescriptor, OpenProblem>) -> Void
    ) {
        let opened = { (result: Result<HeldDescriptor, OpenerFailure>) in
            done(result.map { $0 as any PassableDescriptor }.mapError(OpenProblem.init))
        }
        switch capability.source {
        case .file(let path, let create, let noFollow):
            let flags = rights.openFlags | (noFollow ? O_NOFOLLOW : 0)
            opener.open(path: path, flags: flags, mode: create, mustBe: .regular, for: account, opened)
        case .directory(let path):
            opener.open(
                path: path, flags: O_RDONLY | O_DIRECTORY, mode: nil, mustBe: .directory, for: account, opened)
        case .device(let path):
            opener.open(
                path: path, flags: rights.openFlags, mode: nil, mustBe: .characterDevice, for: account, opened)
        case .memory(.file(let path)):
            opener.memory(
                path: path, sizeLimit: UInt32(Self.largestMemory), owner: owner, for: account, opened)
        case .memory(.credential(let name)):
            readCredential(name, owner: owner) { done($0.map { $0.descriptor as any PassableDescriptor }) }
        case .helper(let program, let path):
            opener.runHelper(HelperRun(program: program, path: path, flags: rights.openFlags), for: account, opened)
        case .connection(let address):
            connect(to: address, account, done)
        case .listener, .pipe, .fifo, .deposit:
            preconditionFailure("a \(capability.kind.rawValue) is not opened for each grant")
        }
    }

    /// Opens what is to be held for a capability.
    func openHolding(_ capability: Capability, _ done: @escaping (Result<OpenHolding, OpenProblem>) -> Void) {
        if let handed = handedTable.take(capability) { return opened(capability, .success(handed), done) }
        switch capability.source {
        case .file(let path, let create, let noFollow):
            let flags = capability.rights.openFlags | (noFollow ? O_NOFOLLOW : 0)
            open(capability, path, flags, mode: create, .regular, done)
        case .directory(let path):
            open(capability, path, O_RDONLY | O_DIRECTORY, .directory, done)
        case .device(let path):
            open(capability, path, capability.rights.openFlags, .characterDevice, done)
        case .memory(.file(let path)):
            // Looked at before it is read: a file that is written in between counts as written anew.
            opener.openWithStatus(path: path, flags: O_RDONLY, mode: nil, mustBe: .regular, for: .broker) { result in
                guard case .success(let (file, status)) = result else {
                    return done(.failure(result.mapError(OpenProblem.init).problem ?? OpenProblem(.ioError)))
                }
                let source = OpenHolding.Source(file: FileVersion(status), found: Record.Opened(file))
                self.opener.memory(path: path, sizeLimit: UInt32(Self.largestMemory), for: .broker) {
                    self.wasRead(capability, $0.mapError(OpenProblem.init), from: source, done)
                }
            }
        case .memory(.credential(let name)):
            readCredential(name, owner: nil) { result in
                let source = (try? result.get().source).map { OpenHolding.Source(file: $0) }
                self.wasRead(capability, result.map(\.descriptor), from: source, done)
            }
        case .listener(let address):
            openListener(capability, address, done)
        case .pipe, .fifo, .connection, .helper, .deposit:
            preconditionFailure("nothing is held for a \(capability.kind.rawValue)")
        }
    }

    /// fstat(2) and statfs(2) can hang on a file system in user space. The opener asks: there it costs this request alone.
    private func open(
        _ capability: Capability, _ path: SourcePath, _ flags: CInt, mode: UInt32? = nil, _ kind: OpenPath.Kind,
        _ done: @escaping (Result<OpenHolding, OpenProblem>) -> Void
    ) {
        opener.openWithStatus(path: path, flags: flags, mode: mode, mustBe: kind, for: .broker) { result in
            done(
                result.mapError(OpenProblem.init).flatMap { descriptor, status in
                    Result { () throws(OpenProblem) in try OpenHolding(descriptor, capability, status: status) }
                })
        }
    }

    private func opened(
        _ capability: Capability, _ result: Result<HeldDescriptor, OpenProblem>, isNew: Bool = true,
        _ done: (Result<OpenHolding, OpenProblem>) -> Void
    ) {
        done(
            result.flatMap { descriptor in
                Result { () throws(OpenProblem) in try OpenHolding(descriptor, capability, isNew: isNew) }
            })
    }

    private func wasRead(
        _ capability: Capability, _ result: Result<HeldDescriptor, OpenProblem>, from source: OpenHolding.Source?,
        _ done: @escaping (Result<OpenHolding, OpenProblem>) -> Void
    ) {
        Task {
            // It may be much to hash: not on the loop.
            done(
                await contents.run {
                    result.flatMap { memory in
                        Result { () throws(OpenProblem) in try OpenHolding(memory, capability, source: source) }
                    }
                })
        }
    }

    // MARK: Listeners

    /// Takes the listener that the service manager kept, if it is still what is declared; else makes one.
    private func openListener(
        _ capability: Capability, _ address: ListenAddress, _ done: @escaping (Result<OpenHolding, OpenProblem>) -> Void
    ) {
        let kept = listenerStore.take(capability.name)
        guard !kept.isEmpty else {
            return listen(address) { self.opened(capability, $0, done) }
        }
        isReachable(address) { isReachable in
            let right = isReachable ? kept.first { HeldListener.isDeclared($0, address) } : nil
            // The manager cannot be told which of several to keep.
            if kept.count > 1 || right == nil { self.listenerStore.drop(capability.name) }
            self.recordKept(capability, isKept: right != nil)
            guard let right else { return self.listen(address) { self.opened(capability, $0, done) } }
            self.opened(capability, .success(right), isNew: false, done)
        }
    }

    /// Whether clients find a socket of the declared user and mode where it was bound. A path that hangs for as long as the
    /// opener would be given is taken for one that only clients can look at.
    private func isReachable(_ address: ListenAddress, _ done: @escaping (Bool) -> Void) {
        guard case .unix(let socket) = address, !socket.isAbstract else { return done(true) }
        let look = PathLook()
        let wait = LookWait(left: 1) { done(look.isReachable) }
        wait.end(after: configuration.openerTimeLimitUSec, on: loop)
        Task {
            look.isReachable = await declaredLooks.run { HeldListener.isReachable(socket) }
            wait.countDown()
        }
    }

    private func recordKept(_ capability: Capability, isKept: Bool) {
        if !isKept {
            log.warning(
                "the service manager kept a listener that is not what is declared; it is closed, and another is made",
                metadata: ["name": "\(capability.name)"])
        }
        guard journal.isWorking else { return }
        journal.append(
            .restore(
                .of(CapabilityText(name: capability.name.text, kind: capability.kind.rawValue)), isKept: isKept))
    }

    /// Closes what the service manager kept and no capability declares any more.
    func closeUndeclared() {
        for name in listenerStore.dropRest(butFor: declaredListeners) {
            log.warning(
                "the service manager kept what no capability declares; it is closed", metadata: ["name": "\(name)"])
            guard journal.isWorking else { continue }
            journal.append(.restore(.undeclared(name), isKept: false))
        }
    }

    private var declaredListeners: [CapabilityName] {
        table.all.lazy.map(\.capability).filter { $0.kind == .listener }.map(\.name)
    }

    /// Tries again to listen where the address was taken: a client that holds a listener of a former run keeps it, until it
    /// ends.
    func retryListeners() {
        for entry in table.all where entry.capability.opening == .atStart {
            guard case .listener = entry.capability.source, entry.problem?.errno == .addressInUse else { continue }
            core.hold(entry) { problem in
                guard problem == nil else { return }
                self.log.notice("it listens now", metadata: ["name": "\(entry.capability.name)"])
            }
        }
    }

    private func listen(_ address: ListenAddress, _ done: @escaping (Result<HeldDescriptor, OpenProblem>) -> Void) {
        switch address {
        case .tcp(let host, let port, let backlog, let options):
            listen(.tcp, host, port, backlog, options, done)
        case .udp(let host, let port, let options):
            listen(.udp, host, port, 0, options, done)
        case .unix(let socket):
            guard !configuration.ownSockets.contains(socket.path) else {
                return done(.failure(OpenProblem(.permissionDenied, "the broker's own socket is no capability")))
            }
            opener.listen(
                UnixListener(
                    path: socket.path, kind: UnixListener.Kind(socket.type), mode: socket.mode, uid: socket.owner.id,
                    gid: socket.group?.id,
                    backlog: UInt32(socket.backlog))
            ) { done($0.mapError(OpenProblem.init)) }
        }
    }

    private func listen(
        _ transport: InternetListener.Transport, _ host: String, _ port: UInt16, _ backlog: Int,
        _ options: ListenOptions, _ done: @escaping (Result<HeldDescriptor, OpenProblem>) -> Void
    ) {
        guard let address = InternetAddress.bytes(of: host) else {
            return done(.failure(OpenProblem(.invalidArgument, "'\(host)' is not a numeric address")))
        }
        opener.listen(
            InternetListener(
                transport: transport, address: address, port: port, backlog: UInt32(backlog),
                options: BindingOptions(options))
        ) { done($0.mapError(OpenProblem.init)) }
    }

    // MARK: Connections

    private func connect(
        to address: ConnectAddress, _ account: OpenerAccount,
        _ done: @escaping (Result<any PassableDescriptor, OpenProblem>) -> Void
    ) {
        let connected = { (result: Result<HeldDescriptor, OpenerFailure>) in
            done(result.map { $0 as any PassableDescriptor }.mapError(OpenProblem.init))
        }
        switch address {
        case .tcp(let host, let port):
            guard let bytes = InternetAddress.bytes(of: host) else {
                return opener.connect(host: host, port: port, for: account, connected)
            }
            opener.connect(address: bytes, port: port, for: account, connected)
        case .unix(let path, let type, let user):
            guard !configuration.ownSockets.contains(path) else {
                return done(.failure(OpenProblem(.permissionDenied, "the broker's own socket is no capability")))
            }
            opener.connect(path: path, kind: UnixListener.Kind(type), as: user.id, for: account, connected)
        }
    }

    // MARK: Credentials

    /// A secret that the service manager handed over, and the file that it was read from.
    struct Credential: Sendable {
        let descriptor: HeldDescriptor
        /// nil for one that was read before the daemon became another user, which is what it will be for ever.
        let source: FileVersion?
    }

    func readCredential(
        _ name: String, owner: SealedMemory.Owner?, _ done: @escaping (Result<Credential, OpenProblem>) -> Void
    ) {
        guard let credentials = configuration.credentials else {
            return done(.failure(OpenProblem(.noSuchFileOrDirectory, "this daemon was given no credentials")))
        }
        Task { done(await work.run { Self.sealCredential(name, of: credentials, owner) }) }
    }

    /// Copies a secret that the service manager handed over into sealed memory. Blocks.
    private static func sealCredential(
        _ name: String, of credentials: Credentials, _ owner: SealedMemory.Owner?
    ) -> Result<Credential, OpenProblem> {
        do throws(Errno) {
            // Looked at before it is read: one that is written in between counts as written anew.
            let source = try credentials.status(of: name)
            let contents = try credentials.contents(of: name, limit: largestMemory)
            let memory = try SealedMemory.makeCopy(name: name, contents: contents.span, owner: owner)
            return .success(
                Credential(descriptor: HeldDescriptor(memory), source: source.map { FileVersion($0) }))
        } catch .fileTooLarge {
            return .failure(OpenProblem(.fileTooLarge, "a memory capability holds at most \(largestMemory >> 20) MiB"))
        } catch {
            return .failure(OpenProblem(error))
        }
    }
}

/// What a look at the path of a listener has found. Lives on the broker's loop.
private final class PathLook {
    var isReachable = true
}

extension UnixListener.Kind {
    fileprivate init(_ type: UnixSocketType) {
        self =
            switch type {
            case .stream: .stream
            case .seqpacket: .seqpacket
            case .datagram: .datagram
            }
    }
}
