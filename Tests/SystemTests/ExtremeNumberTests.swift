// SPDX-License-Identifier: Apache-2.0

import JSONText
import Testing
import Varlink
import VaultTestKit

/// Numbers at their extremes, wherever one can be given from outside: refused with the name of what has it, or answered.
@Suite struct ExtremeNumberTests {
    /// In the digits of JSON, since not all of them can be held.
    static let numbers = [
        "-9223372036854775808", "-9223372036854775807", "9223372036854775807", "9223372036854775806",
        "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
        "9007199254740991", "9007199254740993", "4294967295", "4294967296", "2147483647", "-2147483649", "-1", "0",
        "-0",
        "1", "1e400", "-1e400", "1e-400", "1e19", "1.0", "0.5", "253402300800000000", "-62167219200000001",
    ]

    private static let policy = """
        vault: 1
        capabilities: [ { name: a, pipe: {} } ]
        rules:
          - id: timed
            permit: [open]
            capability: "**"
            to: { uid: 7 }
            not-before: 0000-01-01T00:00:00Z
            not-after: 9999-12-31T23:59:59Z
            hours: mon-fri 09:00-17:00 Europe/Berlin
            rate: [ 9223372036854775807/876000h, 1/1us ]
            uses: 9223372036854775807
            lease: 876000h
            max-lease: 876600h
        """

    private func daemon() async throws -> Daemon {
        var options = StandardVault.options
        options.policies = ["extreme.yaml": Self.policy]
        return try await Daemon.start(options)
    }

    @Test("Every number of every method of the three interfaces is refused by its name, or answered")
    func wire() async throws {
        let daemon = try await daemon()
        let pid = try daemon.pid
        try await onThread {
            let connection = try RawConnection(to: daemon.socket)
            let fields = try ["Broker", "Admin", "Audit"].flatMap { name in
                let reply = try connection.call(
                    #"{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"io.vaultd.\#(name)"}}"#
                )
                let text = try #require(reply?.parameters["description"]?.string)
                return IntegerField.all(of: try InterfaceDescription(parsing: text))
            }
            #expect(fields.count >= 20, "the interfaces have so many: \(fields)")
            for field in fields {
                for number in Self.numbers {
                    // On one connection: a number ends none. What goes on for ever is asked on one of its own.
                    check(try connection.call(field.call(number, more: false)), field, number)
                    check(
                        try RawConnection(to: daemon.socket).call(field.call(number, more: true)), field, number)
                    try #require(try daemon.pid == pid, "\(field) \(number): \(daemon.log)")
                }
            }
            #expect(try connection.call(RawConnection.whoAmI)?.error == nil)
        }
        #expect(try daemon.pid == pid)
    }

    private func check(_ reply: RawConnection.Reply?, _ field: IntegerField, _ number: String) {
        guard let reply else {
            Issue.record("\(field) \(number): the broker hung up")
            return
        }
        guard reply.error == "org.varlink.service.InvalidParameter" else { return }
        let parameter = reply.parameters["parameter"]?.string ?? ""
        let last = parameter.split(separator: ".").last?.prefix { $0 != "[" } ?? ""
        #expect(last == field.name, "\(field) \(number)")
    }

    private static let times = [
        "0000-01-01", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59", "292277026596-12-04", "2026-12-31T24:00:00Z",
        "2016-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "2016-12-31T23:59:61Z", "2026-02-30", "36525d ago",
        "36526d ago", "9223372036854775807s ago",
    ]
    private static let lengths = numbers.flatMap { ["\($0)us", "\($0)w"] } + ["36525d", "36525d1us", "0s"]

    /// Arguments with `@` where the number stands.
    static let arguments: [(words: [String], values: [String])] = [
        (["audit", "list", "-n", "@"], numbers), (["audit", "list", "--since=@", "-n", "1"], times),
        (["audit", "list", "--until=@", "-n", "1"], times), (["audit", "list", "--uid=@", "-n", "1"], numbers),
        (["audit", "list", "--pid=@", "-n", "1"], numbers), (["audit", "list", "--loginuid=@", "-n", "1"], numbers),
        (["audit", "summary", "--by=time", "--every=@"], lengths), (["audit", "show", "@"], numbers),
        (["audit", "prove", "@"], numbers), (["audit", "export", "--from=@"], numbers),
        (["audit", "export", "--to=@"], numbers), (["audit", "checkpoint", "--since=@"], numbers),
        (["audit", "prune", "--before=@", "--dry-run"], numbers + times),
        (["audit", "report", "--out=-", "--since=@"], times), (["audit", "report", "--out=-", "--until=@"], times),
        (["policy", "explain", "--record=@"], numbers), (["policy", "explain", "--uid=@", "a"], numbers),
        (["policy", "explain", "--uid=7", "a", "--at=@"], times), (["policy", "what-can", "--uid=@"], numbers),
        (["policy", "show", "--revision=@"], numbers), (["policy", "apply", "--revision=@", "--dry-run"], numbers),
        (["grant", "a", "--dry-run", "--to=uid:@"], numbers), (["grant", "a", "--dry-run", "--to=gid:@"], numbers),
        (["grant", "a", "--dry-run", "--to=uid:9", "--uses=@"], numbers),
        (["grant", "a", "--dry-run", "--to=uid:9", "--lease=@"], lengths),
        (["grant", "a", "--dry-run", "--to=uid:9", "--expires=@"], times + lengths),
        (["revoke", "a", "--dry-run", "--from=uid:@"], numbers),
        (["add", "b", "listener", "tcp:127.0.0.1:@"], numbers),
        (["add", "c", "listener", "tcp:127.0.0.1:0", "--backlog=@"], numbers),
        (["add", "d", "fifo", "/nowhere/d", "--create=@"], numbers),
        (["exec", "--fd=@=a:read", "--", "true"], numbers),
    ]

    @Test("Every number, time and length of the command line is refused by its option, or taken", arguments: arguments)
    func commandLine(words: [String], values: [String]) async throws {
        let daemon = try await daemon()
        for value in values {
            let arguments = words.map {
                $0.split(separator: "@", omittingEmptySubsequences: false).joined(separator: value)
            }
            let result = try await daemon.vaultCommand(arguments).run()
            guard case .exited(let status) = result.status else {
                Issue.record("\(arguments): \(result.status) \(result.errorText)")
                continue
            }
            #expect([0, 1, 2, 125].contains(status), "\(arguments): \(status) \(result.errorText)")
            if status != 0 {
                let lines = result.errorText.split(separator: "\n")
                #expect(lines.last?.hasPrefix("Try: ") == true, "\(arguments): \(result.errorText)")
            }
        }
        #expect(try await daemon.vault("whoami").status.isSuccess, "\(daemon.log)")
    }
}
