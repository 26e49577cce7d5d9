// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import OpenerWire
import Processes
import SystemPackage

/// A process that does one request after another, and may be lost over any of them.
struct Worker: ~Copyable {
    private let socket: OwnedDescriptor
    private let opener: PathOpener
    private let helpers: HelperRunner
    private var identification = PeerIdentification()

    init(arguments: OpenerArguments, socket: consuming OwnedDescriptor) {
        self.socket = socket
        opener = PathOpener(
            roots: Roots(arguments.roots), protected: ProtectedPlaces(paths: arguments.protectedPaths))
        helpers = HelperRunner(arguments: arguments)
    }

    /// Until the supervisor closes its end.
    mutating func run() {
        while true {
            do throws(Errno) {
                guard try serveOne() else { return }
            } catch {
                complain("a worker lost its supervisor: \(error)")
                return
            }
        }
    }

    private mutating func serveOne() throws(Errno) -> Bool {
        guard let message = try RequestMessage.receive(on: socket.raw, flags: []) else { return false }
        let result: WorkerResult
        let id: UInt64
        switch message.request {
        case .success(let request):
            id = request.id
            result = perform(request, with: message.descriptor)
        case .failure(let malformed):
            id = malformed.id
            result = .failed(OpenerFailure(.badMessage, .malformed))
        }
        let answer = OpenerAnswer(id: id, outcome: result.outcome).encoded()
        try withExtendedLifetime(result.descriptors) { descriptors throws(Errno) in
            _ = try MessageSocket.send(answer.span, passing: descriptors.map(\.raw), on: socket.raw)
        }
        return true
    }

    private mutating func perform(_ request: OpenerRequest, with descriptor: HeldDescriptor?) -> WorkerResult {
        do throws(OpenerFailure) {
            switch request.operation {
            case .open(let open):
                return try .opened(HeldDescriptor(try opener.open(open)))
            case .reopen(let flags):
                guard let descriptor else { throw OpenerFailure(.badMessage, .malformed) }
                return try .opened(HeldDescriptor(try opener.reopen(descriptor.raw, asking: flags)))
            case .fifo(let path, let createMode):
                let (reader, writer) = try opener.openFIFO(path: path, createMode: createMode)
                return try .opened(reader, writer)
            case .listenInternet(let listener):
                let socket = try PathOpener.failing { () throws(Errno) in try InternetListening.listen(listener) }
                return try .opened(HeldDescriptor(socket))
            case .listenUnix(let listener):
                return try .opened(HeldDescriptor(try UnixListening(opener: opener).listen(listener)))
            case .memory(let path, let sizeLimit):
                return try .opened(HeldDescriptor(try opener.readIntoMemory(path: path, sizeLimit: sizeLimit)))
            case .helper(let run):
                return try .opened(try helpers.run(run))
            case .inspect(let kinds):
                guard let descriptor else { throw OpenerFailure(.badMessage, .malformed) }
                return .facts(try inspect(descriptor.raw, kinds))
            }
        } catch {
            return .failed(error)
        }
    }

    private mutating func inspect(_ pidfd: CInt, _ kinds: ProcessFactKinds) throws(OpenerFailure) -> ProcessFacts {
        switch identification.inspect(pidfd: pidfd, kinds: kinds) {
        case .success(let facts): return facts
        case .failure(.gone), .failure(.notVisible), .failure(.idsChanged): throw OpenerFailure(.noSuchProcess)
        case .failure(.failed(let errno, _)): throw OpenerFailure(errno)
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

    static func opened(_ descriptors: HeldDescriptor...) throws(OpenerFailure) -> WorkerResult {
        let status = try PathOpener.failing { () throws(Errno) in
            try PathOpener.status(of: descriptors[0].raw).opened(
                flags: DescriptorStatus.flags(of: descriptors[0].raw))
        }
        return WorkerResult(
            outcome: .descriptors(count: descriptors.count, status), descriptors: descriptors)
    }
}
