// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The examples of the documentation")
struct ExamplesTests {
    private static let tests = FilePath(#filePath).removingLastComponent()
    private static let articles = tests.appending("../../Sources/Descriptors/Descriptors.docc")

    @Test(
        "are the code that these tests run, word for word",
        arguments: [
            "PassingDescriptors", "DatagramExchange", "LivingOnAnEventLoop",
        ])
    func quoted(article: String) throws {
        let text = try read(Self.articles.appending(article + ".md"))
        let blocks = text.split(separator: "```swift\n").dropFirst().map { $0.split(separator: "```")[0] }
        try #require(blocks.count == 1)
        let example = try read(Self.tests.appending("Examples/\(article).swift"))
        #expect(example.hasSuffix(blocks[0]) && blocks[0].count > 500)
    }

    @Test("are listed with every public type on the first page")
    func overview() throws {
        let page = try read(Self.articles.appending("Descriptors.md"))
        let sources = Self.tests.appending("../../Sources/Descriptors")
        var types = 0
        for folder in directoryEntries(sources) where !folder.hasSuffix(".docc") {
            for file in directoryEntries(sources.appending(folder)) {
                let text = try read(sources.appending(folder).appending(file))
                for line in text.split(separator: "\n") {
                    let words = line.split(whereSeparator: { " :<".contains($0) })
                    guard let start = words.firstIndex(of: "public"), !line.hasPrefix(" "),
                        let kind = words.firstIndex(where: { ["struct", "enum", "class", "protocol"].contains($0) }),
                        kind > start
                    else { continue }
                    types += 1
                    #expect(page.contains("- ``\(words[kind + 1])``"), "\(words[kind + 1])")
                }
            }
        }
        #expect(types > 30)
    }

    @Test("pass a descriptor over a stream, with more bytes than one sendmsg takes, and tell the end")
    func passing() async throws {
        let pair = try MessageSocket.pair()
        let sender = HeldSocket(pair.first)
        let receiver = HeldSocket(pair.second)
        try await onThread {
            startThread {
                do {
                    try writeDescriptor(memory("first"), with: [1], to: sender.socket)
                    try writeDescriptor(
                        memory("second"), with: [UInt8](repeating: 2, count: 1 << 20), to: sender.socket)
                    try UnixSocket.shutDown(sender.socket, reading: false)
                } catch {
                    Issue.record(error)
                }
            }
            let first = try #require(try receiver.read(upTo: 1))
            #expect(contents(of: first) == "first")
            let second = try #require(try receiver.read(upTo: 1))
            #expect(contents(of: second) == "second")
            // The rest of the second message is there without a descriptor.
            #expect(throws: Errno.badMessage) { _ = try receiver.read(upTo: 4096) }
            while try receiver.drain() {}
            #expect(try receiver.read(upTo: 1) == nil)
        }
    }

    @Test("pass a descriptor between two processes that know nothing but a path, and remove the path")
    func datagrams() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("exchange")
        async let received = onThread { HeldDescriptor(try receiveDescriptor(at: path)) }
        try await waitUntil("the receiver to be bound") { try UnixSocket.state(ofPath: path, type: .datagram) == .live }
        #expect(try FileStatus(ofPath: path).permissions == 0o600)
        let name = path.string
        await #expect(processExitsWith: .success) { [name = name as String] in
            // Noise first: a message without a descriptor, and one with too many.
            let socket = try UnixSocket.connect(to: .path(FilePath(name)), type: .datagram)
            try MessageSocket.send([0].span, on: socket)
            try MessageSocket.send([0].span, passing: nulls(3), on: socket)
            let file = try memory("from another process")
            try sendDescriptor(file, to: FilePath(name))
        }
        let descriptor = try await received
        #expect(contents(of: descriptor) == "from another process")
        #expect(try UnixSocket.state(ofPath: path, type: .datagram) == .absent)
    }

    @Test("serve clients on an event loop until a signal comes")
    func server() async {
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let path = directory.path("echo")
            let client = Journal<String>()
            try await onThread {
                let server = pthread_self()
                startThread {
                    do {
                        try waitOnThread(until: "the server") {
                            try UnixSocket.state(ofPath: path, type: .seqpacket) == .live
                        }
                        for round in 0..<3 {
                            let socket = try UnixSocket.connect(to: .path(path), type: .seqpacket)
                            for text in ["one", "two", "\(round)"] {
                                try MessageSocket.send(Array(text.utf8).span, on: socket)
                                client.append(try receive(on: socket, flags: []).text)
                            }
                        }
                    } catch {
                        client.append("\(error)")
                    }
                    pthread_kill(server, SIGTERM)
                }
                try serve(at: path)
            }
            #expect(client.entries == ["one", "two", "0", "one", "two", "1", "one", "two", "2"])
            #expect(try UnixSocket.state(ofPath: path) == .absent)
        }
    }

    private func read(_ path: FilePath) throws -> String {
        let file = try OwnedDescriptor.open(path)
        return String(decoding: try file.readAll(), as: UTF8.self)
    }
}

/// A socket that two threads can share in a test.
private final class HeldSocket: Sendable {
    let socket: OwnedDescriptor

    init(_ socket: consuming OwnedDescriptor) {
        self.socket = socket
    }

    func read(upTo count: Int) throws(Errno) -> HeldDescriptor? {
        guard let descriptor = try readDescriptor(upTo: count, from: socket) else { return nil }
        return HeldDescriptor(descriptor)
    }

    /// Reads on; false at the end.
    func drain() throws(Errno) -> Bool {
        try withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 1) { buffer throws(Errno) in
            try socket.read(into: buffer) > 0
        }
    }
}
