// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import Processes
import SystemPackage

/// A process that does one request after another, and may be lost over any of them.
///
/// Requests come from the supervisor; answers go to the broker itself, so that the supervisor never has what was
/// opened: on some file systems even to close it can hang.
struct Worker: ~Copyable {
    private let supervisor: OwnedDescriptor
    private let asker: OwnedDescriptor
    private let opener: PathOpener
    private let helpers: HelperRunner
    private let connecting: Connecting
    private let identification = PeerIdentification(mayLookUpPaths: true)

    init(arguments: OpenerArguments, supervisor: consuming OwnedDescriptor, asker: consuming OwnedDescriptor) {
        self.supervisor = supervisor
        self.asker = asker
        opener = PathOpener(
            roots: Roots(arguments.roots), protected: ProtectedPlaces(arguments.protectedPaths))
        helpers = HelperRunner(arguments: arguments)
        connecting = Connecting(opener: opener, limit: .milliseconds(arguments.timeLimitMilliseconds))
    }

    /// Until the supervisor closes its end, or the broker.
    mutating func run() {
        do throws(Errno) {
            while let id = try serveOne() { try WorkerReport(id: id).send(on: supervisor) }
        } catch .brokenPipe {
            return
        } catch .connectionReset {
            return
        } catch {
            complain("a worker ends: \(error)")
        }
    }

    /// Does one request. What came with it, and what was opened for it, is closed when this returns.
    ///
    /// - Returns: its id; nil when there are no more.
    private mutating func serveOne() throws(Errno) -> UInt64? {
        guard let message = try RequestMessage.receive(on: supervisor) else { return nil }
        switch message.request {
        case .success(let request):
            try answer(request.id, perform(request, with: message.descriptor))
            return request.id
        case .failure(let malformed):
            try answer(malformed.id, .failed(OpenerFailure(.badMessage, .malformed)))
            return malformed.id
        }
    }

    private func answer(_ id: UInt64, _ result: WorkerResult) throws(Errno) {
        do {
            let answer = OpenerAnswer(id: id, outcome: result.outcome).encoded()
            try MessageSocket.send(answer.span, passing: result.descriptors, on: asker)
        } catch {
            guard !result.descriptors.isEmpty else { throw error }
            // That descriptors cannot be passed (ETOOMANYREFS) is an answer, too; that nobody is there shows again.
            try answer(id, .failed(OpenerFailure(error)))
        }
    }

    private mutating func perform(_ request: OpenerRequest, with descriptor: HeldDescriptor?) -> WorkerResult {
        func passed() throws(OpenerFailure) -> HeldDescriptor {
            guard let descriptor else { throw OpenerFailure(.badMessage, .malformed) }
            return descriptor
        }
        do throws(OpenerFailure) {
            switch request.operation {
            case .open(let open):
                return try .asked(HeldDescriptor(try opener.open(open)))
            case .reopen(let flags, let count):
                return try .opened(try opener.reopen(passed(), asking: flags, count: Int(count)))
            case .fifo(let path, let createMode, let othersMayWrite):
                let (reader, writer) = try opener.openFIFO(
                    path: path, createMode: createMode, othersMayWrite: othersMayWrite)
                return try .opened(reader, writer)
            case .listenInternet(let listener):
                return try .opened(HeldDescriptor(try listen(listener)))
            case .listenUnix(let listener):
                return try .opened(HeldDescriptor(try UnixListening(opener: opener).listen(listener)))
            case .connectInternet(let address, let port):
                return try .opened(try connecting.connect(address: address, port: port))
            case .connectName(let host, let port):
                return try .opened(try connecting.connect(host: host, port: port))
            case .connectUnix(let path, let kind, let uid):
                return try .opened(try connecting.connect(path: path, kind: kind, uid: uid))
            case .memory(let path, let sizeLimit, let owner, let othersMayWrite):
                return try .opened(
                    HeldDescriptor(
                        try opener.readIntoMemory(
                            path: path, sizeLimit: sizeLimit, owner: owner, othersMayWrite: othersMayWrite)))
            case .copy(let owner):
                return try .opened(HeldDescriptor(try PathOpener.copy(passed(), owner: owner)))
            case .content(let sizeLimit):
                return try .opened(HeldDescriptor(try PathOpener.content(of: passed(), sizeLimit: sizeLimit)))
            case .helper(let run):
                let passed = try helpers.run(run)
                try opener.protected.checkPassed(passed)
                return try .opened(passed)
            case .inspect(let kinds):
                let found = identification.inspect(pidfd: try passed(), kinds: kinds)
                return .facts(try found.mapError { OpenerFailure($0) }.get())
            case .executable:
                return try .opened(HeldDescriptor(try ExecutableOpener.open(pidfd: passed())))
            case .census:
                // The supervisor's to answer.
                throw OpenerFailure(.badMessage, .malformed)
            case .watch(let watch):
                return .watches(try opener.watch(watch, in: passed()))
            }
        } catch {
            return .failed(error)
        }
    }

    private func listen(_ listener: InternetListener) throws(OpenerFailure) -> OwnedDescriptor {
        do throws(Errno) {
            return try InternetListening.listen(listener)
        } catch {
            throw OpenerFailure(error, error == .addressInUse ? .addressHeld : .none)
        }
    }
}

extension OpenerFailure {
    /// What is to be said when a process cannot be looked at.
    init(_ refusal: IdentityRefusal) {
        switch refusal {
        case .gone, .notVisible, .idsChanged: self.init(.noSuchProcess)
        case .failed(let errno, _): self.init(errno)
        }
    }

    /// What the operating system says to something that is to be done, and what that means here.
    static func reporting<Value: ~Copyable>(
        as reason: OpenerReason = .none, _ body: () throws(Errno) -> Value
    ) throws(OpenerFailure) -> Value {
        do {
            return try body()
        } catch {
            throw OpenerFailure(error, reason)
        }
    }
}

/// What a request came to, with the descriptors that go with the answer.
struct WorkerResult {
    let outcome: OpenerAnswer.Outcome
    let descriptors: [HeldDescriptor]

    static func failed(_ failure: OpenerFailure) -> WorkerResult {
        WorkerResult(outcome: .failed(failure), descriptors: [])
    }

    static func facts(_ facts: ProcessFacts) -> WorkerResult {
        WorkerResult(outcome: .facts(facts), descriptors: [])
    }

    static func watches(_ watches: [Int32]) -> WorkerResult {
        WorkerResult(outcome: .watches(watches), descriptors: [])
    }

    static func opened(_ descriptors: HeldDescriptor...) throws(OpenerFailure) -> WorkerResult {
        try opened(descriptors)
    }

    /// With what the file system says of it. To ask can hang, which is what workers are for: the broker does not ask again.
    static func asked(_ descriptor: HeldDescriptor) throws(OpenerFailure) -> WorkerResult {
        let status = try OpenerFailure.reporting { () throws(Errno) in
            let status = try FileStatus(of: descriptor)
            var opened = OpenedStatus(
                flags: try DescriptorStatus.flags(of: descriptor), mode: status.mode, device: status.device,
                inode: status.inode, representedDevice: status.representedDevice)
            opened.size = status.size
            opened.modifiedNSec = status.modifiedNSec
            opened.changedNSec = status.changedNSec
            opened.filesystem = try DescriptorStatus.filesystemType(of: descriptor)
            return opened
        }
        return WorkerResult(outcome: .descriptors(count: 1, status), descriptors: [descriptor])
    }

    /// - Parameter descriptors: one at least.
    static func opened(_ descriptors: [HeldDescriptor]) throws(OpenerFailure) -> WorkerResult {
        let status = try OpenerFailure.reporting { () throws(Errno) in
            var opened = try PathOpener.status(of: descriptors[0]).opened(
                flags: DescriptorStatus.flags(of: descriptors[0]))
            let kind = FileKind(mode: opened.mode)
            if kind == .regular || kind == .directory {
                opened.filesystem = try DescriptorStatus.filesystemType(of: descriptors[0])
            }
            return opened
        }
        return WorkerResult(
            outcome: .descriptors(count: descriptors.count, status), descriptors: descriptors)
    }
}
