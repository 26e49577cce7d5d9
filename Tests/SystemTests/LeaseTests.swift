// SPDX-License-Identifier: Apache-2.0

import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// Leases and `outstanding`, with the real daemon: the process of the tests is the holder, or a Python child is.
@Suite(.serialized) struct LeaseTests {
    private static let policy = """
        vault: 1
        capabilities:
          - name: files/leased
            file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
          - name: files/short
            file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
          - name: files/counted
            file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
          - name: files/once
            file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
          - name: files/plain
            file: { path: "@DIRECTORY@/secret.txt", rights: [read] }
        rules:
          - id: leased
            permit: [open]
            capability: files/leased
            to: { uid: [\(geteuid()), \(StandardVault.reader)] }
            lease: 1h
            max-lease: 90m
          - id: short
            permit: [open]
            capability: files/short
            to: { uid: \(geteuid()) }
            lease: 300ms
          - id: counted
            permit: [open]
            capability: files/counted
            to: { uid: [\(geteuid()), \(StandardVault.reader)] }
            outstanding: 2
          - id: once
            permit: [open]
            capability: files/once
            to: { uid: \(geteuid()) }
            lease: 300ms
            outstanding: 1
          - id: plain
            permit: [open]
            capability: files/plain
            to: { uid: \(geteuid()) }

        """

    /// A user of its own where we are root, so that the rules of the first start do not permit what these tests count.
    private static var options: Daemon.Options {
        var options = Daemon.Options()
        options.policies = ["leases.yaml": policy]
        options.files = ["secret.txt": StandardVault.secret]
        options.configuration = "limits: { records-per-uid: 1000000 }\n"
        return options
    }

    /// The owner may do everything, without a lease: so that these rules decide, that one goes.
    private static func start(_ options: Daemon.Options = options) async throws -> Daemon {
        let daemon = try await Daemon.start(options)
        let result = try await daemon.vault("revoke", "owner-uses-everything")
        try #require(result.status == .exited(0), "\(result.errorText)")
        return daemon
    }

    private static func grant(_ reply: RawConnection.Reply?) throws -> JSONValue {
        try #require(reply?.parameters["grants"]?[0], "\(String(describing: reply?.value))")
    }

    private static func call(_ method: String, _ lease: String) -> String {
        #"{"method":"io.vaultd.Broker.\#(method)","parameters":{"lease":"\#(lease)"}}"#
    }

    /// The records of a type, the oldest first.
    private static func records(_ type: String, in daemon: Daemon) async throws -> [JSONValue] {
        let result = try await daemon.vault("audit", "list", "--type", type, "--output", "jsonl")
        return try result.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    private static func leases(_ daemon: Daemon) async throws -> [JSONValue] {
        let result = try await daemon.vault("leases", "--output", "jsonl")
        #expect(result.status == .exited(0), "\(result.errorText)")
        return try result.text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    @Test("A grant with a lease says until when, and so do its record and the list of leases")
    func leaseIsTold() async throws {
        let daemon = try await Self.start()
        let connection = try RawConnection(to: daemon.socket)
        let grant = try Self.grant(connection.call(RawConnection.open("files/leased")))
        let id = try #require(grant["lease"]?["id"]?.string)
        let expires = try #require(grant["lease"]?["expiresUSec"]?.integer)
        let renewable = try #require(grant["lease"]?["renewableUSec"]?.integer)
        #expect(renewable - expires == 1_800_000_000)
        let plain = try Self.grant(connection.call(RawConnection.open("files/plain")))
        #expect(plain["lease"] == nil)

        let listed = try await Self.leases(daemon)
        #expect(listed.count == 1)
        #expect(listed.first?["id"]?.string == id)
        #expect(listed.first?["pid"]?.integer == Int64(getpid()))
        #expect(listed.first?["expiresUSec"]?.integer == expires)
        #expect(listed.first?["rule"]?.string == "leased")
        let record = try #require(try await Self.records("grant", in: daemon).first)
        #expect(record["lease"]?["id"]?.string == id)
        #expect(record["lease"]?["expiresUSec"]?.integer == expires)
        let text = try await daemon.vault("leases", "files/*")
        #expect(text.text.contains(id) && text.text.contains("files/leased"), "\(text.text)")
        #expect(try await daemon.vault("leases", "other/*").text.split(separator: "\n").count <= 1)
    }

    @Test("Only the process that got a lease renews it, no further than its rule says, or releases it")
    func renewAndRelease() async throws {
        let daemon = try await Self.start()
        let connection = try RawConnection(to: daemon.socket)
        let grant = try Self.grant(connection.call(RawConnection.open("files/leased")))
        let id = try #require(grant["lease"]?["id"]?.string)
        let expires = try #require(grant["lease"]?["expiresUSec"]?.integer)

        let renewed = try #require(try connection.call(Self.call("Renew", id)))
        let later = try #require(renewed.parameters["lease"]?["expiresUSec"]?.integer, "\(renewed.value)")
        #expect(later > expires)
        // Another connection of the same process will do, another process will not.
        let second = try RawConnection(to: daemon.socket)
        #expect(try second.call(Self.call("Renew", id))?.error == nil)
        if let python = Programs.python {
            let script = """
                import json, os, socket, sys
                s = socket.socket(socket.AF_UNIX); s.connect(os.environ["VAULT_SOCKET"])
                for method in ["Renew", "Release"]:
                    s.sendall(json.dumps({"method": "io.vaultd.Broker." + method, "parameters": {"lease": sys.argv[1]}}).encode() + b"\\0")
                    print(json.loads(s.recv(65536)[:-1])["error"])
                """
            let result = try await daemon.client(python, ["-c", script, id]).run()
            #expect(result.text == "io.vaultd.Broker.NotHeld\nio.vaultd.Broker.NotHeld\n", "\(result.errorText)")
        }
        #expect(try connection.call(Self.call("Renew", "no-such"))?.error == "io.vaultd.Broker.NotHeld")

        #expect(try connection.call(Self.call("Release", id))?.error == nil)
        #expect(try connection.call(Self.call("Release", id))?.error == "io.vaultd.Broker.NotHeld")
        #expect(try await Self.leases(daemon).isEmpty)
        #expect(try await Self.records("lease.renew", in: daemon).count == 2)
        let released = try await Self.records("lease.release", in: daemon)
        #expect(released.count == 1)
        #expect(released.first?["grant"]?.integer == grant["record"]?.integer)
    }

    @Test("A lease ends when its time has come, and cannot be renewed then")
    func expiry() async throws {
        let daemon = try await Self.start()
        let connection = try RawConnection(to: daemon.socket)
        let grant = try Self.grant(connection.call(RawConnection.open("files/short")))
        let id = try #require(grant["lease"]?["id"]?.string)
        #expect(grant["lease"]?["renewableUSec"]?.integer == nil)
        #expect(try connection.call(Self.call("Renew", id))?.error == "io.vaultd.Broker.QuotaExceeded")
        try await Task.sleep(for: .milliseconds(500))
        #expect(try connection.call(Self.call("Renew", id))?.error == "io.vaultd.Broker.NotHeld")
        let ended = try await Self.records("lease.expire", in: daemon)
        #expect(ended.count == 1)
        #expect(ended.first?["why"]?.string == "time")
        #expect(ended.first?["grant"]?.integer == grant["record"]?.integer)
        #expect(try await Self.leases(daemon).isEmpty)
    }

    @Test("What ended while the daemon stood still does not count for a call that came meanwhile")
    func endedMeanwhile() async throws {
        let daemon = try await Self.start()
        let connection = try RawConnection(to: daemon.socket)
        for _ in 0..<5 {
            _ = try Self.grant(connection.call(RawConnection.open("files/once")))
            #expect(try connection.call(RawConnection.open("files/once"))?.error == "io.vaultd.Broker.Denied")
            try await daemon.halt()
            try connection.send(RawConnection.open("files/once"))
            try await Task.sleep(for: .milliseconds(600))
            try daemon.signal(SIGCONT)
            _ = try Self.grant(connection.reply())
            try await Task.sleep(for: .milliseconds(400))
        }
    }

    @Test("What counts as outstanding is denied beyond the limit, until one is released")
    func outstanding() async throws {
        let daemon = try await Self.start()
        let connection = try RawConnection(to: daemon.socket)
        // Names of one call count for each other.
        let three = RawConnection.open("files/counted", "files/counted", "files/counted")
        #expect(try connection.call(three)?.error == "io.vaultd.Broker.Denied")
        let first = try Self.grant(connection.call(RawConnection.open("files/counted")))
        let id = try #require(first["lease"]?["id"]?.string)
        #expect(first["lease"]?["expiresUSec"]?.integer == nil)
        _ = try Self.grant(connection.call(RawConnection.open("files/counted")))
        let denied = try #require(try connection.call(RawConnection.open("files/counted")))
        #expect(denied.error == "io.vaultd.Broker.Denied")
        #expect(try connection.call(Self.call("Renew", id))?.error == nil, "it lasts anyhow")
        #expect(try connection.call(Self.call("Release", id))?.error == nil)
        _ = try Self.grant(connection.call(RawConnection.open("files/counted")))
        #expect(try connection.call(RawConnection.open("files/counted"))?.error == "io.vaultd.Broker.Denied")
    }

    @Test("When a holder exits its leases end, and its descriptors count no longer")
    func holderExit() async throws {
        let daemon = try await Self.start()
        // Queries open files of their own, once.
        #expect(try await Self.records("holder.exit", in: daemon).isEmpty)
        let census = try DescriptorCensus(of: daemon)
        for _ in 0..<3 {
            let result = try await daemon.vault("try", "files/counted", "files/counted")
            #expect(result.status == .exited(0), "\(result.errorText)")
            #expect(result.text.contains("it is released"))
            try await Self.waitForNoLeases(daemon)
        }
        let ended = try await Self.records("holder.exit", in: daemon)
        #expect(ended.count == 6)
        #expect(Set(ended.compactMap { $0["why"]?.string }) == ["exit"])
        try await onThread { try census.expectNoMore(in: daemon) }
    }

    private static func waitForNoLeases(_ daemon: Daemon) async throws {
        for _ in 0..<100 {
            if try await leases(daemon).isEmpty { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("the leases do not end")
    }

    @Test("Leases are taken up after a crash: those of processes that are gone, or whose time has come, have ended")
    func crash() async throws {
        let daemon = try await Self.start()
        let connection = try RawConnection(to: daemon.socket)
        let kept = try Self.grant(connection.call(RawConnection.open("files/leased")))
        _ = try Self.grant(connection.call(RawConnection.open("files/counted")))
        _ = try Self.grant(connection.call(RawConnection.open("files/short")))
        // A holder that ends while the daemon is not there.
        let python = try #require(Programs.python)
        let script = """
            import json, os, socket, sys, time
            s = socket.socket(socket.AF_UNIX); s.connect(os.environ["VAULT_SOCKET"])
            s.sendall(json.dumps({"method": "io.vaultd.Broker.Open", "parameters": {"requests": [{"name": "files/counted"}]}}).encode() + b"\\0")
            data, fds, _, _ = socket.recv_fds(s, 65536, 8)
            s.settimeout(20)
            s.recv(1)
            """
        let gone = daemon.client(python, ["-c", script])
        async let child = gone.run()
        for _ in 0..<200 {
            if try await Self.leases(daemon).count == 4 { break }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try connection.call(RawConnection.open("files/counted"))?.error == "io.vaultd.Broker.Denied")
        try await daemon.crash()
        // It reads the end of the connection, and exits.
        _ = try await child
        try await Task.sleep(for: .milliseconds(300))
        try await daemon.start()

        let listed = try await Self.leases(daemon)
        #expect(listed.map { $0["name"]?.string } == ["files/leased", "files/counted"])
        #expect(listed.map { $0["pid"]?.integer } == [Int64(getpid()), Int64(getpid())])
        let again = try RawConnection(to: daemon.socket)
        _ = try Self.grant(again.call(RawConnection.open("files/counted")))
        #expect(try again.call(RawConnection.open("files/counted"))?.error == "io.vaultd.Broker.Denied")
        let id = try #require(kept["lease"]?["id"]?.string)
        #expect(try again.call(Self.call("Renew", id))?.error == nil, "it is still the same process")
        #expect(try await Self.records("holder.exit", in: daemon).map { $0["why"]?.string } == ["gone"])
        #expect(try await Self.records("lease.expire", in: daemon).map { $0["why"]?.string } == ["time"])
    }

    @Test("Revoking a rule ends its leases, and says that Linux cannot take a file back")
    func revocation() async throws {
        let daemon = try await Self.start()
        let connection = try RawConnection(to: daemon.socket)
        let grant = try Self.grant(connection.call(RawConnection.open("files/leased")))
        let id = try #require(grant["lease"]?["id"]?.string)
        let dry = try await daemon.vault("revoke", "leased", "--dry-run")
        #expect(dry.text.contains("pid \(getpid())"), "\(dry.text)")
        #expect(try await Self.leases(daemon).count == 1)
        let revoked = try await daemon.vault("revoke", "leased")
        #expect(revoked.text.contains("pid \(getpid())"), "\(revoked.text)")
        #expect(revoked.text.contains("its lease ends; Linux cannot take an open descriptor back"), "\(revoked.text)")
        #expect(try connection.call(Self.call("Renew", id))?.error == "io.vaultd.Broker.NotHeld")
        #expect(try await Self.leases(daemon).isEmpty)
        #expect(try await Self.records("lease.expire", in: daemon).map { $0["why"]?.string } == ["revoked"])
    }

    @Test("How many leases and holders a user may have is limited, and what is beyond is told")
    func limits() async throws {
        var options = Self.options
        options.configuration = "limits: { records-per-uid: 1000000, leases-per-uid: 3, holders: 4 }\n"
        let daemon = try await Self.start(options)
        let connection = try RawConnection(to: daemon.socket)
        for _ in 0..<3 { _ = try Self.grant(connection.call(RawConnection.open("files/leased"))) }
        let beyond = try #require(try connection.call(RawConnection.open("files/leased")))
        #expect(beyond.error == "io.vaultd.Broker.QuotaExceeded")
        #expect(beyond.parameters["limit"]?.string == "leases-per-uid")
        #expect(try connection.call(RawConnection.open("files/plain"))?.error == nil)
        // A quarter of the holders is one: another process of the same user is one too many.
        let first = try #require(try await Self.leases(daemon).first?["id"]?.string)
        #expect(try connection.call(Self.call("Release", first))?.error == nil)
        let other = try await daemon.vault("try", "files/leased")
        #expect(other.status == .exited(1) && other.errorText.contains("'holders'"), "\(other.errorText)")
        #expect(
            try connection.call(RawConnection.open("files/leased"))?.error == nil, "what was refused counts nowhere")
    }

    @Test("A lease is renewed only for what is still permitted")
    func renewalIsDecidedAnew() async throws {
        let daemon = try await Self.start()
        let connection = try RawConnection(to: daemon.socket)
        let grant = try Self.grant(connection.call(RawConnection.open("files/leased")))
        let id = try #require(grant["lease"]?["id"]?.string)
        let forbidden = try await daemon.vault("grant", "files/leased", "--to", "uid:\(geteuid())", "--forbid")
        try #require(forbidden.status == .exited(0), "\(forbidden.errorText)")
        #expect(try connection.call(Self.call("Renew", id))?.error == "io.vaultd.Broker.Denied")
        #expect(try await Self.leases(daemon).count == 1, "what was granted ends in its own time")
    }
}
