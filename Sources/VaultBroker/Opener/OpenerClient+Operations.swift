// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import Processes

/// The opener's operations, one function each. The uid is that on whose account it works; nil: the broker's own.
extension OpenerClient {
    package typealias Completion = (Result<HeldDescriptor, OpenerFailure>) -> Void
    package typealias StatusCompletion = (Result<(HeldDescriptor, OpenedStatus), OpenerFailure>) -> Void

    /// Opens a path beneath a root.
    ///
    /// - Parameters:
    ///   - flags: of open(2). With `O_NONBLOCK` the descriptor is delivered so, otherwise blocking.
    ///   - mode: of a file to make if there is none; nil: none is made.
    ///   - kind: refuse what is of another, without opening it.
    ///   - othersMayWrite: to the directories on the way; here and in the other operations.
    package func open(
        path: String, flags: CInt, mode: UInt32?, mustBe kind: OpenPath.Kind = .anything,
        othersMayWrite: Bool = false, for uid: UInt32? = nil, _ done: @escaping Completion
    ) {
        openWithStatus(path: path, flags: flags, mode: mode, mustBe: kind, othersMayWrite: othersMayWrite, for: uid) {
            done($0.map(\.0))
        }
    }

    /// The same, with what its file system says of it. The opener has asked: to ask can hang, and there it hangs nobody else.
    package func openWithStatus(
        path: String, flags: CInt, mode: UInt32?, mustBe kind: OpenPath.Kind = .anything,
        othersMayWrite: Bool = false, for uid: UInt32? = nil, _ done: @escaping StatusCompletion
    ) {
        let flags = mode == nil ? flags : flags | O_CREAT
        let open = OpenPath(
            path: path, flags: flags, mode: mode ?? 0, mustBe: kind, othersMayWrite: othersMayWrite)
        request(.open(open), for: uid) { done(Self.withStatus($0)) }
    }

    /// Fresh open file descriptions of the file that `descriptor` names, with no more than its own access.
    ///
    /// - Parameters:
    ///   - descriptor: borrowed, and may be closed when this has returned.
    ///   - flags: an access mode, and `O_APPEND` or `O_NONBLOCK`.
    ///   - count: how many, up to ``WireForm/mostDescriptors``: all of them or none.
    package func reopen(
        _ descriptor: HeldDescriptor, flags: CInt, count: Int = 1, for uid: UInt32? = nil,
        _ done: @escaping (Result<[HeldDescriptor], OpenerFailure>) -> Void
    ) {
        request(.reopen(flags: flags, count: UInt32(clamping: count)), passing: descriptor, for: uid) { result in
            done(
                result.flatMap { reply in
                    guard case .descriptors(let made, _) = reply.content, made.count == count else {
                        return .failure(OpenerFailure(.protocolError, .answerMalformed))
                    }
                    return .success(made)
                })
        }
    }

    /// Both ends of a FIFO beneath a root, made first if there is none and a mode is given.
    package func fifo(
        path: String, createMode: UInt32?, othersMayWrite: Bool = false, for uid: UInt32? = nil,
        _ done: @escaping (Result<(reader: HeldDescriptor, writer: HeldDescriptor), OpenerFailure>) -> Void
    ) {
        request(.fifo(path: path, createMode: createMode, othersMayWrite: othersMayWrite), for: uid) { result in
            done(
                result.flatMap { reply in
                    guard case .descriptors(let ends, _) = reply.content, ends.count == 2 else {
                        return .failure(OpenerFailure(.protocolError, .answerMalformed))
                    }
                    return .success((reader: ends[0], writer: ends[1]))
                })
        }
    }

    /// A bound internet socket, listening if it is TCP.
    package func listen(_ listener: InternetListener, _ done: @escaping Completion) {
        request(.listenInternet(listener)) { done(Self.descriptor($0)) }
    }

    /// A bound Unix socket beneath a root, listening unless it is one for datagrams, made under the ids that it names.
    package func listen(_ listener: UnixListener, _ done: @escaping Completion) {
        request(.listenUnix(listener)) { done(Self.descriptor($0)) }
    }

    /// A TCP connection; `ETIMEDOUT` where nobody answers within the opener's time limit.
    package func connect(
        address: [UInt8], port: UInt16, for uid: UInt32? = nil, _ done: @escaping Completion
    ) {
        request(.connectInternet(address: address, port: port), for: uid) { done(Self.descriptor($0)) }
    }

    /// The same to one of the addresses of a host's name; ``OpenerReason/nameNotResolved`` where it has none.
    package func connect(host: String, port: UInt16, for uid: UInt32? = nil, _ done: @escaping Completion) {
        request(.connectName(host: host, port: port), for: uid) { done(Self.descriptor($0)) }
    }

    /// A connection to a Unix socket beneath a root, made under the user `user`.
    package func connect(
        path: String, kind: UnixListener.Kind, as user: UInt32, for uid: UInt32? = nil, _ done: @escaping Completion
    ) {
        request(.connectUnix(path: path, kind: kind, uid: user), for: uid) { done(Self.descriptor($0)) }
    }

    /// What a regular file beneath a root holds now, as sealed memory, open for reading.
    ///
    /// - Parameters:
    ///   - sizeLimit: in bytes; a larger file is `EFBIG`.
    ///   - owner: whose it is to be; nil, and where the opener cannot give it away: the opener's, readable by everybody.
    package func memory(
        path: String, sizeLimit: UInt32, owner: SealedMemory.Owner? = nil, othersMayWrite: Bool = false,
        for uid: UInt32? = nil, _ done: @escaping Completion
    ) {
        request(.memory(path: path, sizeLimit: sizeLimit, owner: owner, othersMayWrite: othersMayWrite), for: uid) {
            done(Self.descriptor($0))
        }
    }

    /// Another sealed memfd with what this one holds.
    ///
    /// - Parameters:
    ///   - memory: borrowed, and may be closed when this has returned.
    ///   - owner: as of ``memory(path:sizeLimit:owner:_:)``.
    package func copy(
        _ memory: HeldDescriptor, owner: SealedMemory.Owner?, for uid: UInt32? = nil, _ done: @escaping Completion
    ) {
        request(.copy(owner: owner), passing: memory, for: uid) { done(Self.descriptor($0)) }
    }

    /// What a regular file holds now, as sealed memory, open for reading.
    ///
    /// - Parameters:
    ///   - file: borrowed, and may be closed when this has returned; it keeps its offset.
    ///   - sizeLimit: in bytes; a larger file is `EFBIG`.
    package func content(
        of file: HeldDescriptor, sizeLimit: UInt32, for uid: UInt32? = nil, _ done: @escaping Completion
    ) {
        request(.content(sizeLimit: sizeLimit), passing: file, for: uid) { done(Self.descriptor($0)) }
    }

    /// What a helper program passes back. Its `flags` are what the helper is asked for, not what it does.
    package func runHelper(_ run: HelperRun, for uid: UInt32? = nil, _ done: @escaping Completion) {
        request(.helper(run), for: uid) { done(Self.descriptor($0)) }
    }

    /// Has an inotify queue tell when a path beneath a root comes to lead elsewhere.
    ///
    /// - Parameter queue: borrowed, and may be closed when this has returned.
    package func watch(
        _ path: WatchPath, in queue: HeldDescriptor, _ done: @escaping (Result<[Int32], OpenerFailure>) -> Void
    ) {
        request(.watch(path), passing: queue) { result in
            done(
                result.flatMap { reply in
                    reply.watches.map { .success($0) } ?? .failure(OpenerFailure(.protocolError, .answerMalformed))
                })
        }
    }

    /// Facts of a process that this one may not read itself.
    ///
    /// - Parameter pidfd: borrowed, and may be closed when this has returned.
    package func inspect(
        pidfd: HeldDescriptor, kinds: ProcessFactKinds, for uid: UInt32? = nil,
        _ done: @escaping (Result<ProcessFacts, OpenerFailure>) -> Void
    ) {
        request(.inspect(kinds), passing: pidfd, for: uid) { result in
            done(
                result.flatMap { reply in
                    reply.facts.map { .success($0) } ?? .failure(OpenerFailure(.protocolError, .answerMalformed))
                })
        }
    }

    /// How many workers there are and what they do; nil where it does not say.
    package func census(_ done: @escaping (OpenerCensus?) -> Void) {
        request(.census) { result in
            guard case .success(let reply) = result, case .census(let census) = reply.content else { return done(nil) }
            done(census)
        }
    }

    /// What a process executes, open for reading, and which file it is.
    ///
    /// - Parameter pidfd: borrowed, and may be closed when this has returned.
    package func executable(
        pidfd: HeldDescriptor, for uid: UInt32? = nil, _ done: @escaping StatusCompletion
    ) {
        request(.executable, passing: pidfd, for: uid) { done(Self.withStatus($0)) }
    }

    private static func withStatus(
        _ result: Result<OpenerReply, OpenerFailure>
    ) -> Result<(HeldDescriptor, OpenedStatus), OpenerFailure> {
        result.flatMap { reply in
            guard let descriptor = reply.descriptor, let status = reply.status else {
                return .failure(OpenerFailure(.protocolError, .answerMalformed))
            }
            return .success((descriptor, status))
        }
    }

    private static func descriptor(
        _ result: Result<OpenerReply, OpenerFailure>
    ) -> Result<HeldDescriptor, OpenerFailure> {
        result.flatMap { reply in
            reply.descriptor.map { .success($0) } ?? .failure(OpenerFailure(.protocolError, .answerMalformed))
        }
    }
}
