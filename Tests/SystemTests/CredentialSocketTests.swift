// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// A service manager reads credentials for its units.
@Suite(.enabled(if: CredentialVault.isPossible, "needs root, python3 and a control group hierarchy of version 2"))
struct CredentialSocketTests {
    @Test("The content of what the unit's name stands for is read, with a durable record of its size and hash")
    func content() async throws {
        let daemon = try await CredentialVault.start()
        let text = try await CredentialVault.ask(
            daemon,
            """
            for name in ['key', 'each', 'file', 'a b+', 'empty', 'largest']: print(repr(ask(name)))
            """)
        let secret = "'\(CredentialVault.secret.dropLast())\\n'\n"
        #expect(text == "\(secret)\(secret)'in a file\\n'\n\(secret)''\n'1048576 bytes'\n", "\(daemon.log)")
        let grants = try await CredentialVault.records(daemon, "grant")
        let names = grants.compactMap { $0["capability"]?["name"]?.string?.split(separator: "/").last.map(String.init) }
        #expect(names == ["key", "each", "file", "a+20b+2B", "empty", "largest"])
        for grant in grants {
            #expect(grant["capability"]?["delivery"] == "content" && grant["capability"]?["rights"] == ["read"])
            #expect(grant["peer"]?["unit"] == .string(CredentialVault.unit) && grant["peer"]?["uid"] == 0)
            #expect(grant["copy"] == nil && grant["lease"] == nil)
        }
        #expect(grants.map { $0["content"]?["size"]?.integer } == [24, 24, 10, 24, 0, 1 << 20])
        let hash = try await Command("sha256sum", arguments: [daemon.directory.path("files/secret").string]).run().text
        #expect(grants[0]["content"]?["sha256"]?.string == hash.split(separator: " ").first.map(String.init))
        let sent = try await CredentialVault.records(daemon, "delivery").flatMap { $0["sent"]?.array ?? [] }
        #expect(sent.count == grants.count)
        let list = try await daemon.vault("audit", "list", "--type", "grant").text
        #expect(list.contains("content='size=24 sha256="), "\(list)")
        let explained = try await daemon.vault("policy", "explain", "\(grants[0]["index"]?.integer ?? 0)")
        #expect(explained.text.hasPrefix("permit"), "\(explained.text)")
        #expect(try await daemon.vault("audit", "verify").status == .exited(0))
        #expect(try await daemon.vault("policy", "replay", daemon.policies.string).status.isSuccess)
    }

    @Test(
        "Whatever is not permitted, not there or too large ends in zeros past the limit, and the log says why",
        arguments: [
            ("forbidden", "not permitted: a rule forbids it"), ("missing", "there is no such capability"),
            ("gone", "cannot be read: No such file or directory"), ("larger", "cannot be read: File too large"),
            ("larger-file", "cannot be read: File too large"), ("shared", "only a description of one's own is read"),
            ("pipe", "only what a memory or a file holds"),
        ])
    func refused(credential: String, why: String) async throws {
        let daemon = try await CredentialVault.start()
        #expect(try await CredentialVault.ask(daemon, "print(ask('\(credential)'))") == "zeros\n", "\(daemon.log)")
        let line = try #require(daemon.log.split(separator: "\n").last { $0.contains("a unit gets no credential") })
        #expect(line.contains(why), "\(line)")
        for part in [
            "unit=web.service", "credential=\(credential)", "name=services/web.service/\(credential)", "remedy=",
        ] {
            #expect(line.contains(part), "\(line)")
        }
        #expect(try await CredentialVault.records(daemon, "grant").isEmpty)
    }

    @Test("The unit of an address is believed only where the kernel says the same; else it is refused, on record")
    func addresses() async throws {
        let daemon = try await CredentialVault.start()
        let text = try await CredentialVault.ask(
            daemon,
            """
            print(ask('key', 'other.service'))
            print(rest(connect()))
            for odd in [b'\\0x', b'\\0x/unit/web.service/', b'\\0x/system/web.service/key', b'\\0x/unit/web.service/a/b']:
                print(rest(connect(odd)))
            print(repr(ask('key')))
            """)
        #expect(text.hasPrefix(String(repeating: "zeros\n", count: 6)), "\(text)\(daemon.log)")
        #expect(text.hasSuffix("combination is 1234\\n'\n"), "\(text)")
        let refusals = try await CredentialVault.records(daemon, "identity.refused")
        let problems = refusals.compactMap { $0["problem"]?.string }
        #expect(problems.count == 6, "\(problems)")
        #expect(problems.first == "its address names the unit 'other.service', its control group 'web.service'")
        #expect(problems.dropFirst().allSatisfy { $0 == "it is not bound to the address of a credential" })
        // The other unit gets its own.
        let other = try await CredentialVault.ask(daemon, unit: "other.service", "print(ask('key', 'other.service'))")
        #expect(other == CredentialVault.secret + "\n", "what root may, its service manager may for a unit: \(other)")
    }

    @Test(
        "Nobody but root may connect, unless the socket's mode is another; then a user gets what rules permit to the user"
    )
    func others() async throws {
        let daemon = try await CredentialVault.start()
        let refused = try await CredentialVault.ask(
            daemon, uid: 4711, "try: print(ask('key'))\nexcept PermissionError: print('EACCES')")
        #expect(refused == "EACCES\n")
        let open = try await CredentialVault.start {
            $0.configuration = "credentials-socket: { path: \"@DIRECTORY@/run/credentials.sock\", mode: \"0666\" }\n"
        }
        #expect(try await CredentialVault.ask(open, uid: 4711, "print(ask('key'))") == "zeros\n", "\(open.log)")
        let denials = try await CredentialVault.records(open, "deny")
        #expect(denials.first?["peer"]?["uid"] == 4711 && denials.first?["peer"]?["unit"] == "web.service")
    }

    @Test("What sends, does not read or comes in crowds is nobody else's concern")
    func hostile() async throws {
        let daemon = try await CredentialVault.start()
        let text = try await CredentialVault.ask(
            daemon,
            """
            resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
            s = socket.socket(socket.AF_UNIX); s.bind(address('key')); s.connect(path)
            try: s.sendall(b'{"method":"io.vaultd.Broker.List"}\\0' * 4)
            except BrokenPipeError: pass
            got = rest(s)
            print('garbage', got == 'reset' or got.startswith('the combination'))
            stuck = [connect(address('largest')) for _ in range(40)]
            print(repr(ask('key')))
            crowd = [connect(address('key')) for _ in range(80)]
            answers = set(rest(s) for s in crowd)
            print(answers)
            for s in stuck: s.close()
            time.sleep(0.5)
            print(repr(ask('key')))
            """)
        let secret = "'\(CredentialVault.secret.dropLast())\\n'\n"
        #expect(text == "garbage True\n\(secret){\(secret.dropLast())}\n\(secret)", "\(text)\(daemon.log)")
        let status = try JSONValue(parsing: try await daemon.vault("status", "-o", "json").output)
        #expect(status["connections"]?["count"] == 1, "nothing is left of them")
    }

    @Test("What is read slowly is read whole; a revocation in between does not cut what has begun to leave")
    func slow() async throws {
        let daemon = try await CredentialVault.start()
        let slow = try CredentialVault.client(
            daemon,
            """
            s = connect(address('largest')); print(len(s.recv(1))); sys.stdout.flush()
            time.sleep(2); data = rest(s); print(data)
            """)
        async let result = slow.run()
        try await waitUntil("the grant") { try await CredentialVault.records(daemon, "grant").count == 1 }
        let revoked = try await daemon.vault("revoke", "owner-uses-everything", "--dry-run")
        #expect(
            revoked.text.contains("1 of them were the content, a credential of a unit, and no descriptor"),
            "\(revoked.text)")
        #expect(!revoked.text.contains("has a descriptor"), "\(revoked.text)")
        #expect(try await result.text == "1\n1048575 bytes\n")
        #expect(try await daemon.vault("leases").text == "")
    }

    @Test("A full disk: nothing leaves without a record, and the unit is not started; with room again it is")
    func fullDisk() async throws {
        try await Daemon.onSmallFileSystem(CredentialVault.options()) { daemon in
            try CredentialVault.writeFiles(daemon)
            try await daemon.start()
            func ask() async throws -> String { try await CredentialVault.ask(daemon, "print(repr(ask('key')))") }
            #expect(try await ask() == "'\(CredentialVault.secret.dropLast())\\n'\n")
            try await daemon.fillState { try await ask() == "'zeros'\n" }
            #expect(try await ask() == "'zeros'\n")
            #expect(daemon.log.contains("the log cannot be written"), "\(daemon.log)")
            try await daemon.emptyState()
            try await waitUntil("the log to be written again", limit: .seconds(20)) { try await ask() != "'zeros'\n" }
            try await daemon.terminate()
        }
    }

    @Test("An opener that hangs: zeros when its time is over")
    func hangingOpener() async throws {
        let daemon = try await CredentialVault.start { $0.configuration! += "opener: { timeout: 1s }\n" }
        let pid = try daemon.pid
        let text = try await CredentialVault.ask(
            daemon,
            """
            def children(pid):
                for task in os.listdir('/proc/%d/task' % pid):
                    for child in open('/proc/%d/task/%s/children' % (pid, task)).read().split():
                        yield int(child); yield from children(int(child))
            stopped = list(children(\(pid))); assert stopped
            for child in stopped: os.kill(child, signal.SIGSTOP)
            start = time.time(); print(ask('each'), ask('file')); took = time.time() - start
            for child in stopped: os.kill(child, signal.SIGCONT)
            print(took < 20)
            """)
        #expect(text == "zeros zeros\nTrue\n", "\(text)\(daemon.log)")
    }

    @Test(
        "A file whose read never answers: zeros within the opener's time, others are served meanwhile, and nothing is left",
        .enabled(if: HangingFileSystem.obstacle == nil, "\(HangingFileSystem.obstacle ?? "")"))
    func hangingRead() async throws {
        let hanging = try await onThread { try HangingFileSystem() }
        let daemon = try await CredentialVault.start {
            CredentialVault.add(hanging, to: &$0, openerTimeout: "3s")
        }
        let served = "print([ask(name).strip() for name in ['file', 'each', 'key']])"
        let expected = try await CredentialVault.ask(daemon, served)
        let pid = try daemon.pid
        let census = try await onThread { try DescriptorCensus(of: daemon) }
        let threads = directoryEntries(FilePath("/proc/\(pid)/task")).count
        let text = try await CredentialVault.ask(
            daemon,
            """
            stuck = [connect(address(name)) for name in ['hangs', 'memory-hangs'] * 3]
            time.sleep(0.5)
            \(served)
            start = time.time(); print([rest(s) for s in stuck], time.time() - start < 20)
            """)
        let zeros = [String](repeating: "'zeros'", count: 6).joined(separator: ", ")
        #expect(text == "\(expected)[\(zeros)] True\n", "\(text)\(daemon.log)")
        let failures = try await CredentialVault.records(daemon, "open.failed")
        #expect(failures.count == 6 && failures.allSatisfy { $0["errno"] == "ETIMEDOUT" }, "\(failures)")
        #expect(try await CredentialVault.records(daemon, "grant").count == 6)
        // Two descriptions of what is asked for again are made ahead.
        try await onThread { try census.expectNoMore(than: 2, in: daemon) }
        #expect(directoryEntries(FilePath("/proc/\(pid)/task")).count <= threads)
        #expect(try await CredentialVault.ask(daemon, served) == expected)
        // A worker that hangs in the kernel is given up, and gone with what it hangs in.
        try await onThread { try hanging.end() }
        try await waitUntil("the workers that hung to be gone") {
            try await daemon.vault("metrics").text.contains("\nvaultd_opener_abandoned 0\n")
        }
    }

    @Test("A daemon that is stopped meanwhile has what waits fail, and is gone")
    func stopped() async throws {
        let daemon = try await CredentialVault.start { $0.configuration! += "opener: { timeout: 20s }\n" }
        let pid = try daemon.pid
        let text = try await CredentialVault.ask(
            daemon,
            """
            tasks = os.listdir('/proc/\(pid)/task')
            opener = [int(c) for t in tasks for c in open('/proc/\(pid)/task/%s/children' % t).read().split()]
            for child in opener: os.kill(child, signal.SIGSTOP)
            s = connect(address('each')); time.sleep(0.5)
            os.kill(\(pid), signal.SIGTERM)
            print(rest(s))
            for child in opener: os.kill(child, signal.SIGCONT)
            """)
        #expect(text == "zeros\n", "\(text)\(daemon.log)")
    }

    @Test("A daemon that takes over goes on at the socket")
    func takenOver() async throws {
        let daemon = try await CredentialVault.start()
        let before = try await CredentialVault.ask(daemon, "print(ask('key'))")
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        #expect(try await CredentialVault.ask(daemon, "print(ask('key'))") == before)
        #expect(try await daemon.terminate() == .exited(0))
        #expect(throws: Errno.noSuchFileOrDirectory) { try FileStatus(ofPath: CredentialVault.socket(daemon)) }
    }

    @Test("vault credentials tells what a unit would get, and of what not, why")
    func listed() async throws {
        let daemon = try await CredentialVault.start()
        let text = try await daemon.vault("credentials", CredentialVault.unit, "--output", "jsonl").text
        let rows = try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        let permitted = rows.filter { $0["permitted"] == true }.compactMap { $0["credential"]?.string }
        #expect(permitted == ["a b+", "each", "empty", "file", "gone", "key", "larger-file", "largest"], "\(text)")
        let refused = rows.filter { $0["permitted"] == false }
        #expect(
            refused.compactMap { $0["credential"]?.string } == ["forbidden", "larger", "pipe", "shared"], "\(text)")
        #expect(refused.allSatisfy { $0["problem"]?.string != nil })
        let key = try #require(rows.first { $0["credential"] == "key" })
        #expect(key["size"] == 24 && key["name"] == "services/web.service/key" && key["kind"] == "memory")
        #expect(key["rules"]?.array?.contains("web") == true)
        #expect(try await daemon.vault("credentials", "nobody.service", "-o", "json").text == "[]\n")
        #expect(try await daemon.vault("credentials", CredentialVault.unit, uid: 4711).status == .exited(1))
        let table = try await daemon.vault("credentials", CredentialVault.unit).text
        #expect(table.contains("CREDENTIAL") && table.contains("a rule forbids it"), "\(table)")
    }
}
