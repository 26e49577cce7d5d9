// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Descriptors

@Suite("What a datagram asks of a store of descriptors")
struct StoreMessageTests {
    private func request(_ text: String) -> StoreMessage.Request { StoreMessage(Array(text.utf8).span).request }

    @Test("it is read as service managers do")
    func reads() {
        #expect(request("FDSTORE=1\nFDNAME=x") == .store(name: "x", untilHangUp: true))
        #expect(request("READY=1\nFDSTORE=1\nFDPOLL=0\n") == .store(name: "stored", untilHangUp: false))
        #expect(request("FDSTORE=1\nFDPOLL=1\nFDPOLL=0") == .store(name: "stored", untilHangUp: true))
        #expect(request("FDSTOREREMOVE=1\nFDNAME=a b") == .remove(name: "a b"))
        #expect(request("BARRIER=1") == .barrier)
        #expect(request("FDNAME=x\nFDSTORE=1\0") == .store(name: "x", untilHangUp: true))
    }

    @Test(
        "what no name can be is no name",
        arguments: ["", "a:b", "\u{1}", "\u{E9}", String(repeating: "n", count: 256)])
    func names(_ name: String) {
        #expect(request("FDSTORE=1\nFDNAME=\(name)") == .store(name: "stored", untilHangUp: true))
        #expect(request("FDSTOREREMOVE=1\nFDNAME=\(name)") == .nothing)
    }

    @Test("a name that is no text is none")
    func noText() {
        let bytes = Array("FDSTORE=1\nFDNAME=".utf8) + [0xFF]
        #expect(StoreMessage(bytes.span).request == .store(name: "stored", untilHangUp: true))
    }

    @Test(
        "anything else asks for nothing",
        arguments: ["", "\n\n", "READY=1", "FDSTORE=0", "FDSTORE", "fdstore=1", "FDSTOREREMOVE=1", "=", "BARRIER=2"])
    func nothing(_ text: String) { #expect(request(text) == .nothing) }
}
