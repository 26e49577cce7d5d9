// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import Varlink
import VaultTestKit

/// Calls that are written with the next one, and descriptors that do not arrive.
struct HeldCallTests {
    private final class Fixture {
        let server: VarlinkServerConnection
        private(set) var client: VarlinkClientConnection?
        private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

        init() throws {
            let pair = try MessageSocket.pair()
            server = VarlinkServerConnection(socket: pair.first, mostDescriptors: 4)
            client = VarlinkClientConnection(socket: pair.second, timeLimit: .seconds(20))
        }

        deinit { buffer.deallocate() }

        /// The client goes.
        func drop() { client = nil }

        /// What one read brings: the methods of the calls, and how many descriptors each has.
        func read() throws -> [String] {
            guard server.receive(into: buffer) == .bytes else { return [] }
            var calls: [String] = []
            while let call = try server.nextCall() {
                calls.append("\(call.method) \(call.descriptors.count)")
                // Whoever waits is answered beforehand, on this one thread.
                server.reply(to: call.slot, EmptyMessage())
            }
            _ = server.flush()
            return calls
        }
    }

    private func call(_ client: VarlinkClientConnection?, _ method: String, passing: [HeldDescriptor] = []) {
        // Nobody answers on this thread: the call ends with the time limit.
        client?.timeLimit = .milliseconds(1)
        _ = try? client?.call(method, JSONObject(), passing: passing)
    }

    @Test("What is held goes with the next call, in one write")
    func together() throws {
        let fixture = try Fixture()
        fixture.client?.holdOneway("a.b.One", JSONObject())
        fixture.client?.holdOneway("a.b.Two", JSONObject())
        #expect(try fixture.read() == [])
        call(fixture.client, "a.b.Call")
        #expect(try fixture.read() == ["a.b.One 0", "a.b.Two 0", "a.b.Call 0"])
    }

    @Test("It goes by itself when it is asked for, and when the connection goes")
    func alone() throws {
        let fixture = try Fixture()
        fixture.client?.holdOneway("a.b.One", JSONObject())
        fixture.client?.sendHeld()
        #expect(try fixture.read() == ["a.b.One 0"])
        fixture.client?.sendHeld()
        #expect(try fixture.read() == [])
        fixture.client?.holdOneway("a.b.Two", JSONObject())
        fixture.drop()
        #expect(try fixture.read() == ["a.b.Two 0"])
    }

    @Test("The descriptors of the next call are its own")
    func withDescriptors() throws {
        let fixture = try Fixture()
        fixture.client?.holdOneway("a.b.One", JSONObject())
        call(fixture.client, "a.b.Call", passing: [HeldDescriptor(try labelledDescriptor(1))])
        #expect(try fixture.read() + fixture.read() == ["a.b.One 0", "a.b.Call 1"])
    }
}
