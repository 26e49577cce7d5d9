// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage
import VaultMetrics

/// The sockets at which numbers are collected over HTTP.
///
/// It has a thread and a loop of its own: whoever floods it takes nothing from the broker's but the time to read the numbers off
/// once in a moment.
/// Each connection is for one request, and has its time for it; where all places are taken, the one that has been there longest
/// goes, so that who asks at once is always answered.
package actor MetricsEndpoint {
    /// Connections at once.
    static let mostConnections = 32
    /// How long a request may take to come, an answer to be read, and what comes behind it to end, in microseconds.
    static let requestUSec: Int64 = 5_000_000
    static let answerUSec: Int64 = 5_000_000
    static let lingerUSec: Int64 = 500_000
    /// What is read behind a request, so that the end of the connection does not overtake the answer, in bytes.
    private static let mostBehind = 65_536

    private let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let samples: @Sendable () async -> [MetricSample]
    private var listeners: [(socket: HeldDescriptor, watch: WatchToken)] = []
    private var connections: [UInt64: Connection] = [:]
    private var nextNumber: UInt64 = 0
    private var reserve = DescriptorReserve()
    /// What is passed to it all the same, and by whom does not matter.
    private let foreignAccount = ForeignAccount()
    /// With so many descriptors of that still to be closed who asks is sent away unheard.
    private static let mostUnclosed = 256

    /// One connection, for one request.
    private final class Connection {
        enum Stage {
            /// Bytes of its head, and how many of them were looked at.
            case asking([UInt8])
            case waiting
            case answering([UInt8], sent: Int)
            /// Answered; what still comes is passed over.
            case ending(passedOver: Int)
        }

        let socket: HeldDescriptor
        var stage = Stage.asking([])
        var watch: WatchToken?
        var timer: TimerToken?

        init(_ socket: consuming OwnedDescriptor) { self.socket = HeldDescriptor(socket) }
    }

    /// - Parameter samples: asks the broker.
    package init(_ samples: @escaping @Sendable () async -> [MetricSample]) throws(Errno) {
        loop = try EventLoop()
        self.samples = samples
    }

    /// Serves the sockets, which are listening ones that do not block, on a thread of its own until ``stop()``.
    package nonisolated func start(on sockets: [HeldDescriptor]) {
        startThread(named: "vaultd-metrics") { [loop] in
            Task { await self.listen(on: sockets) }
            loop.run()
        }
    }

    /// Ends all of it.
    package nonisolated func stop() { loop.stop() }

    private func listen(on sockets: [HeldDescriptor]) {
        for socket in sockets {
            // Nobody has anything to pass here (6.16).
            _ = try? SocketOption.setPassRights(false, on: socket)
            let number = listeners.count
            let watch = try? loop.watch(socket, for: .readable) { [weak self] _ in
                self?.assumeIsolated { $0.accept(number) }
            }
            if let watch { listeners.append((socket, watch)) }
        }
    }

    private func accept(_ number: Int) {
        let (listener, watch) = listeners[number]
        // As many as there are places; others in the next turn.
        for _ in 0..<Self.mostConnections {
            do throws(Errno) {
                begin(try UnixSocket.accept(on: listener, ofStranger: true))
            } catch .resourceTemporarilyUnavailable {
                return
            } catch .connectionAbort {
                continue
            } catch {
                let isForWantOfNumbers = error == .tooManyOpenFiles || error == .tooManyOpenFilesInSystem
                if isForWantOfNumbers, reserve.turnAwayOne(from: listener) { return }
                // It would be reported again at once.
                loop.change(watch, to: [])
                _ = loop.timer(after: .milliseconds(100)) { [weak self] in
                    self?.assumeIsolated { $0.loop.change(watch, to: .readable) }
                }
                return
            }
        }
    }

    private func begin(_ socket: consuming OwnedDescriptor) {
        if connections.count >= Self.mostConnections, let first = connections.keys.min() { end(first) }
        let number = nextNumber
        nextNumber += 1
        let connection = Connection(socket)
        connection.watch = try? loop.watch(connection.socket, for: .readable) { [weak self] readiness in
            self?.assumeIsolated { $0.ready(number, readiness) }
        }
        guard connection.watch != nil else { return }
        connections[number] = connection
        expire(number, after: Self.requestUSec)
    }

    private func end(_ number: UInt64) {
        guard let connection = connections.removeValue(forKey: number) else { return }
        if let watch = connection.watch { loop.unwatch(watch) }
        if let timer = connection.timer { _ = loop.cancel(timer) }
    }

    // MARK: The life of a connection

    private func expire(_ number: UInt64, after usec: Int64) {
        guard let connection = connections[number] else { return }
        if let timer = connection.timer { _ = loop.cancel(timer) }
        connection.timer = loop.timer(after: .microseconds(usec)) { [weak self] in
            self?.assumeIsolated { $0.isOver(number) }
        }
    }

    /// It has had its time.
    private func isOver(_ number: UInt64) {
        guard let connection = connections[number] else { return }
        connection.timer = nil
        if case .asking(let bytes) = connection.stage, !bytes.isEmpty {
            answer(number, MetricsResponse.refusal(.tooSlow, hasContent: !MetricsRequest.isForHeadOnly(bytes)))
        } else {
            end(number)
        }
    }

    private func ready(_ number: UInt64, _ readiness: Readiness) {
        guard let connection = connections[number] else { return }
        if !readiness.isDisjoint(with: [.error, .hangUp]), !readiness.contains(.readable) { return end(number) }
        switch connection.stage {
        case .asking, .ending: receive(number, connection)
        case .waiting: break
        case .answering: send(number, connection)
        }
    }

    private func receive(_ number: UInt64, _ connection: Connection) {
        guard foreignAccount.count < Self.mostUnclosed else { return end(number) }
        let received = withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 1) { buffer -> [UInt8]? in
            do throws(Errno) {
                let message = try MessageSocket.receive(
                    into: buffer, room: .mostDescriptors, on: connection.socket, flags: .dontWait, areForeign: true,
                    account: foreignAccount)
                // Nobody has anything to pass here.
                guard message.descriptors.isEmpty, !message.isControlTruncated else { return nil }
                return message.isEndOfFile ? nil : Array(buffer[..<message.byteCount])
            } catch .resourceTemporarilyUnavailable {
                return []
            } catch {
                return nil
            }
        }
        guard let received else { return end(number) }
        switch connection.stage {
        case .asking(let bytes): take(bytes + received, looked: bytes.count, number, connection)
        case .ending(let count):
            guard count + received.count <= Self.mostBehind else { return end(number) }
            connection.stage = .ending(passedOver: count + received.count)
        case .waiting, .answering: break
        }
    }

    private func take(_ bytes: [UInt8], looked: Int, _ number: UInt64, _ connection: Connection) {
        let length = MetricsRequest.headLength(bytes, looked: looked)
        guard let length, length <= MetricsRequest.longestHead else {
            connection.stage = .asking(bytes)
            guard bytes.count > MetricsRequest.longestHead else { return }
            return answer(
                number, MetricsResponse.refusal(.tooLarge, hasContent: !MetricsRequest.isForHeadOnly(bytes)))
        }
        do throws(MetricsRefusal) {
            let form = try MetricsRequest(bytes[..<length]).form
            connection.stage = .waiting
            // What it says behind its request waits, and so does this.
            if let watch = connection.watch { loop.change(watch, to: []) }
            Task { answer(number, MetricsResponse.numbers(form.text(await samples()), form)) }
        } catch {
            answer(number, MetricsResponse.refusal(error, hasContent: !MetricsRequest.isForHeadOnly(bytes)))
        }
    }

    private func answer(_ number: UInt64, _ response: [UInt8]) {
        guard let connection = connections[number] else { return }
        connection.stage = .answering(response, sent: 0)
        expire(number, after: Self.answerUSec)
        send(number, connection)
    }

    private func send(_ number: UInt64, _ connection: Connection) {
        guard case .answering(let response, var sent) = connection.stage else { return }
        do throws(Errno) {
            while sent < response.count {
                sent += try MessageSocket.send(
                    response.span.extracting(sent..<response.count), on: connection.socket, flags: .dontWait)
            }
            try UnixSocket.shutDown(connection.socket, reading: false)
        } catch .resourceTemporarilyUnavailable {
            connection.stage = .answering(response, sent: sent)
            if let watch = connection.watch { loop.change(watch, to: .writable) }
            return
        } catch {
            return end(number)
        }
        connection.stage = .ending(passedOver: 0)
        if let watch = connection.watch { loop.change(watch, to: .readable) }
        expire(number, after: Self.lingerUSec)
    }
}
