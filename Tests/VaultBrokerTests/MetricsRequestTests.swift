// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultMetrics
import VaultTestKit

@testable import VaultBroker

/// What is read of HTTP: one request, strictly.
struct MetricsRequestTests {
    private static func read(_ text: String) throws(MetricsRefusal) -> MetricsText {
        try MetricsRequest(Array(text.utf8)).form
    }

    private static let host = "Host: a\r\n"

    @Test(
        "GET /metrics is answered, with a host and whatever else stands in the head",
        arguments: [
            "GET /metrics HTTP/1.1\r\n\(host)\r\n", "GET /metrics HTTP/1.0\r\n\r\n",
            "GET /metrics?x=1 HTTP/1.1\r\n\(host)\r\n", "GET http://a/metrics HTTP/1.1\r\n\(host)\r\n",
            "GET /metrics HTTP/1.1\r\nhost:a\r\nContent-Length: 0\r\nX-Y: \t ü \r\nEmpty:\r\n\r\n",
        ])
    func accepted(_ text: String) throws {
        #expect(try Self.read(text) == .openMetrics)
    }

    @Test(
        "Anything else is refused by the status that says why",
        arguments: [
            ("GET / HTTP/1.1\r\n\(host)\r\n", .notFound), ("GET /metrics/ HTTP/1.1\r\n\(host)\r\n", .notFound),
            ("GET //metrics HTTP/1.1\r\n\(host)\r\n", .notFound), ("GET http://a HTTP/1.1\r\n\(host)\r\n", .notFound),
            ("GET /%6detrics HTTP/1.1\r\n\(host)\r\n", .notFound), ("GET * HTTP/1.1\r\n\(host)\r\n", .notFound),
            ("HEAD /metrics HTTP/1.1\r\n\(host)\r\n", .methodNotAllowed),
            ("POST /metrics HTTP/1.1\r\n\(host)\r\n", .methodNotAllowed),
            ("get /metrics HTTP/1.1\r\n\(host)\r\n", .methodNotAllowed),
            ("GET /metrics HTTP/2.0\r\n\(host)\r\n", .otherVersion),
            ("GET /metrics HTTP/1.2\r\n\(host)\r\n", .otherVersion),
            ("GET /metrics\r\n\(host)\r\n", .malformed), ("GET  /metrics HTTP/1.1\r\n\(host)\r\n", .malformed),
            ("GET /metrics HTTP/1.1 \r\n\(host)\r\n", .malformed), ("GET /metrics FTP/1.1\r\n\(host)\r\n", .malformed),
            ("G\u{0}T /metrics HTTP/1.1\r\n\(host)\r\n", .malformed), ("GET /metrics HTTP/1.1\r\n\r\n", .malformed),
            ("GET /metrics HTTP/1.1\r\n\(host)\(host)\r\n", .malformed),
            ("GET /metrics HTTP/1.1\r\n\(host) folded: b\r\n\r\n", .malformed),
            ("GET /metrics HTTP/1.1\r\n\(host)Name : b\r\n\r\n", .malformed),
            ("GET /metrics HTTP/1.1\r\n\(host)no colon\r\n\r\n", .malformed),
            ("GET /metrics HTTP/1.1\r\n\(host)A: b\rc: d\r\n\r\n", .malformed),
            ("GET /metrics HTTP/1.1\n\(host)\r\n\r\n", .malformed), ("\r\n\r\n", .malformed),
            ("GET /metrics HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\n", .hasContent),
            ("GET /metrics HTTP/1.1\r\n\(host)Content-Length: 0\r\nContent-Length: 4\r\n\r\n", .hasContent),
            ("GET /metrics HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n", .hasContent),
        ] as [(String, MetricsRefusal)])
    func refused(_ text: String, _ refusal: MetricsRefusal) {
        #expect(throws: refusal) { try Self.read(text) }
    }

    @Test(
        "Who asks for the form before OpenMetrics and not for that gets it",
        arguments: [
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", .prometheus), ("text/plain; version=0.0.4", .prometheus),
            ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics),
            ("*/*", .openMetrics), ("text/html", .openMetrics),
        ] as [(String, MetricsText)])
    func negotiated(_ accept: String, _ form: MetricsText) throws {
        #expect(try Self.read("GET /metrics HTTP/1.1\r\n\(Self.host)Accept: \(accept)\r\n\r\n") == form)
    }

    @Test("The end of a head is found wherever its bytes are cut")
    func headLength() {
        let bytes = Array("GET / HTTP/1.1\r\nA: b\r\n\r\nmore\r\n\r\n".utf8)
        let end = 24
        for count in 0...bytes.count {
            for looked in 0...min(count, end - 1) {
                #expect(
                    MetricsRequest.headLength(Array(bytes[..<count]), looked: looked) == (count >= end ? end : nil))
            }
        }
    }

    @Test("Random bytes are refused, or are GET /metrics")
    func random() {
        var random = Seed(for: "MetricsRequestTests").generator
        let whole = Array("GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: text/plain\r\n\r\n".utf8)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(.random(in: 0...255, using: &random), at: place)
                }
            }
            guard (try? MetricsRequest(bytes)) != nil else { continue }
            #expect(bytes.starts(with: "GET /metrics".utf8) || bytes.starts(with: "GET http://".utf8))
        }
    }
}
