// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import VaultModel

/// Opening what the table holds: at start, on first use, again after a failure.
extension Broker {
    /// The largest secret that `memory` takes in, in bytes.
    static let largestMemory = 16 << 20

    /// Opens all that is to be open from the start. A failure stops nothing: it is shown, recorded, and retried on use.
    func openAtStart(_ entries: [CapabilityEntry]) {
        for entry in entries where entry.capability.opening == .atStart {
            hold(entry) { problem in
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
            for entry in opening { entry.waiters.append { _ in self.openingWait.countDown() } }
        }
        _ = loop.cancel(timer)
    }

    /// A capability could not be opened outside of any request.
    private func openingFailed(_ entry: CapabilityEntry, _ problem: OpenProblem) {
        log.warning(
            "a capability could not be opened; it is tried again when it is asked for",
            metadata: ["name": "\(entry.capability.name)", "problem": "\(problem.text)"])
        guard recording.isWorking else { return }
        append(.openFailed) {
            $0.capability(name: entry.capability.name.text, kind: entry.capability.kind.rawValue)
            $0.problem(problem)
        }
    }

    /// What could not be opened for want of an opener is opened when there is one again, unless a use would do it.
    func openAgain() {
        for entry in table.sorted where entry.problem?.errno == .socketNotConnected {
            hold(entry) { _ in }
        }
    }

    /// Opens one entry, whose state is `opening`; `settle` tells the outcome.
    func open(_ entry: CapabilityEntry) {
        let capability = entry.capability
        switch capability.source {
        case .file(let path, let create, let noFollow):
            let flags = capability.rights.openFlags | (noFollow ? O_NOFOLLOW : 0)
            opener.open(path: path, flags: flags, mode: create) { self.opened(entry, $0.mapError(OpenProblem.init)) }
        case .memory(.file(let path)):
            opener.memory(path: path, sizeLimit: UInt32(Self.largestMemory)) {
                self.opened(entry, $0.mapError(OpenProblem.init))
            }
        case .memory(.credential(let name)):
            guard let credentials = configuration.credentials else {
                return entry.settle(OpenProblem(.noSuchFileOrDirectory, "this daemon was given no credentials"))
            }
            Task { opened(entry, await work.run { Self.sealCredential(name, of: credentials) }) }
        case .listener(let address):
            listen(address) { self.opened(entry, $0) }
        case .pipe, .fifo:
            makePair(entry) { entry.settle($0) }
        case .helper:
            entry.settle(nil)
        }
    }

    private func opened(_ entry: CapabilityEntry, _ result: Result<HeldDescriptor, OpenProblem>) {
        switch result {
        case .failure(let problem):
            entry.settle(problem)
        case .success(let descriptor):
            let capability = entry.capability
            Task {
                // fstat(2) and statfs(2) can hang on a file system in user space: not on the loop.
                let probe = await files.run { HeldProbe(descriptor, capability) }
                entry.held = descriptor
                entry.heldFile = probe.file
                entry.reopensHere = probe.reopensHere
                entry.settle(nil)
            }
        }
    }

    private func listen(_ address: ListenAddress, _ done: @escaping (Result<HeldDescriptor, OpenProblem>) -> Void) {
        switch address {
        case .tcp(let host, let port, let backlog):
            listen(.tcp, host, port, backlog, done)
        case .udp(let host, let port):
            listen(.udp, host, port, 0, done)
        case .unix(let path, let type, let mode, let uid, let backlog):
            guard !configuration.ownSockets.contains(path) else {
                return done(.failure(OpenProblem(.permissionDenied, "the broker's own socket is no capability")))
            }
            let kind: UnixListener.Kind =
                switch type {
                case .stream: .stream
                case .seqpacket: .seqpacket
                case .datagram: .datagram
                }
            opener.listen(
                UnixListener(path: path, kind: kind, mode: mode, uid: uid.id, gid: nil, backlog: UInt32(backlog))
            ) { done($0.mapError(OpenProblem.init)) }
        }
    }

    private func listen(
        _ transport: InternetListener.Transport, _ host: String, _ port: UInt16, _ backlog: Int,
        _ done: @escaping (Result<HeldDescriptor, OpenProblem>) -> Void
    ) {
        guard let address = InternetAddress.bytes(of: host) else {
            return done(.failure(OpenProblem(.invalidArgument, "'\(host)' is not a numeric address")))
        }
        opener.listen(
            InternetListener(transport: transport, address: address, port: port, backlog: UInt32(backlog))
        ) { done($0.mapError(OpenProblem.init)) }
    }

    /// Copies a secret that the service manager handed over into sealed memory. Blocks.
    private static func sealCredential(
        _ name: String, of credentials: Credentials
    ) -> Result<HeldDescriptor, OpenProblem> {
        do throws(Errno) {
            let contents = try credentials.contents(of: name, limit: largestMemory)
            return .success(HeldDescriptor(try SealedMemory.make(name: name, contents: contents.span)))
        } catch .fileTooLarge {
            return .failure(OpenProblem(.fileTooLarge, "a memory capability holds at most \(largestMemory >> 20) MiB"))
        } catch {
            return .failure(OpenProblem(error))
        }
    }
}
