// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// One daemon takes over from another: `vaultd --takeover`.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: the daemon is another user's, as are its clients"))
struct TakeoverTests {
    @Test("Deposits, listeners, pipes, shared offsets and the socket go over; the former ends, and the log says so")
    func all() async throws {
        let daemon = try await TakeoverVault.start()
        try await TakeoverVault.deposit(daemon)
        let port = try await TakeoverVault.port(daemon)
        #expect(Int(port.dropLast()) != nil, "\(port)\(daemon.log)")
        // One end of the pipe is out, with something in it; the shared description has an offset.
        let write = try await daemon.vault(
            "exec", "--stdout", "c/pipe", "--", "/bin/echo", "through the pipe", uid: 4711)
        #expect(write.status == .exited(0), "\(write.errorText)")
        let read = try await daemon.vault(
            "exec", "--fd", "5=c/shared", "--", "/usr/bin/python3", "-c", "import os; print(os.read(5, 4).decode())",
            uid: 4711)
        #expect(read.text == "0123\n", "\(read.errorText)")
        let socket = try FileStatus(ofPath: daemon.socket).inode
        let formerPID = try daemon.pid

        for round in 1...3 {
            let before = try daemon.pid
            #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
            #expect(try daemon.pid != before)
            #expect(try FileStatus(ofPath: daemon.socket).inode == socket)
            #expect(try await TakeoverVault.deposited(daemon) == "kept\n", "round \(round): \(daemon.log)")
            #expect(try await TakeoverVault.port(daemon) == port)
        }
        let rest = try await daemon.vault(
            "exec", "--fd", "5=c/shared", "--", "/usr/bin/python3", "-c", "import os; print(os.read(5, 9).decode())",
            uid: 4711)
        #expect(rest.text == "456789\n", "\(rest.errorText)")
        #expect(try await daemon.vault("cat", "c/pipe", uid: 4711).text == "through the pipe\n", "\(daemon.log)")

        let handovers = try await TakeoverVault.records(daemon, "handover")
        #expect(handovers.count == 3)
        #expect(handovers.last?["peer"]?["pid"]?.integer != Int64(formerPID))
        #expect(handovers.allSatisfy { ($0["descriptors"]?.integer ?? 0) >= 4 }, "\(handovers)")
        #expect(try await TakeoverVault.records(daemon, "start").count == 4)
        #expect(try await TakeoverVault.records(daemon, "handover.end").isEmpty)
        #expect(try await TakeoverVault.records(daemon, "restore").filter { $0["outcome"]?.string != "kept" }.isEmpty)
        #expect(try await daemon.terminate() == .exited(0))
        #expect(throws: Errno.noSuchFileOrDirectory) { try FileStatus(ofPath: daemon.socket) }
        try await StoredLog.check(daemon)
    }

    /// Stops the former while the other waits for it to let go of the log, or has got that.
    @Test(
        "A stop in the middle of it ends the former; what it has handed over by then is the other's",
        arguments: [false, true])
    func stopped(hasLetGo: Bool) async throws {
        let daemon = try await TakeoverVault.start()
        let script = """
            import sys, socket, json, array, hashlib, os, signal, time
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(20); s.connect(sys.argv[1])
            def send(**what): s.send(json.dumps(what).encode())
            def receive():
                data, anc, _, _ = s.recvmsg(1 << 18, socket.CMSG_SPACE(253 * 4))
                for _, _, fds in anc: array.array('i', fds[:len(fds) // 4 * 4])
                return json.loads(data) if data else None
            def stop(): os.kill(int(sys.argv[2]), signal.SIGTERM); time.sleep(0.5)
            send(takeover=1, version='test')
            count = receive()['descriptors']; names = receive()['names']
            if sys.argv[3] == 'false': stop()
            send(got=count)
            digest = hashlib.sha256(b''.join(b'%d:%s\\n' % (len(n), n.encode()) for n in names)).hexdigest()
            send(all=count, sha256=digest)
            print(json.dumps(receive()))
            if sys.argv[3] == 'true':
                stop(); print(receive())
            """
        let client = try await Command(
            "/usr/bin/python3", "-c", script, daemon.state.appending("takeover.sock").string, "\(try daemon.pid)",
            "\(hasLetGo)"
        ).run()
        try await waitUntil("it has ended") { try daemon.hasEnded }
        let isLeft = (try? FileStatus(ofPath: daemon.socket)) != nil
        if hasLetGo {
            #expect(client.text == "{\"released\": true}\nNone\n", "\(client.errorText)\(daemon.log)")
            #expect(isLeft, "the path of the socket is the other's")
        } else {
            #expect(!client.text.contains("released"), "\(client.text)\(client.errorText)\(daemon.log)")
            #expect(!isLeft)
        }
        try await daemon.start()
        #expect(try await daemon.vault("status").status.isSuccess)
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }

    @Test("A stop before the other has said hello is a stop: nothing is handed over, and the daemon ends")
    func stoppedBeforeHello() async throws {
        let daemon = try await TakeoverVault.start()
        // Replies that are not read keep it from ending at once.
        let script = """
            import sys, socket, json, os, signal, time
            full = socket.socket(socket.AF_UNIX); full.connect(sys.argv[3])
            ask = '{"method":"org.varlink.service.GetInterfaceDescription",'
            ask += '"parameters":{"interface":"io.vaultd.Broker"}}'
            full.sendall((ask + '\\0').encode() * 60); time.sleep(0.3)
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(20); s.connect(sys.argv[1])
            time.sleep(0.3); os.kill(int(sys.argv[2]), signal.SIGTERM); time.sleep(0.5)
            s.send(json.dumps(dict(takeover=1, version='test')).encode())
            print(s.recv(1 << 18).decode())
            """
        let client = try await Command(
            "/usr/bin/python3", "-c", script, daemon.state.appending("takeover.sock").string, "\(try daemon.pid)",
            daemon.socket.string
        ).run()
        #expect(client.text.contains("it is being stopped"), "\(client.text)\(client.errorText)\(daemon.log)")
        try await waitUntil("it has ended", limit: .seconds(20)) { try daemon.hasEnded }
        try await daemon.start()
        #expect(try await TakeoverVault.records(daemon, "handover").isEmpty)
        #expect(try await TakeoverVault.records(daemon, "stop").count == 1)
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }

    @Test("What was taken over is closed when it is removed")
    func closed() async throws {
        let daemon = try await TakeoverVault.start()
        let place = try TemporaryDirectory(mode: 0o777)
        async let client = DepositVault.python(
            daemon, uid: 4711,
            """
            import select, time
            r, w = os.pipe(); os.set_inheritable(r, True)
            subprocess.run([vault, 'put', 'd/pipe', '--fd', str(r)], pass_fds=[r], check=True)
            os.close(r); open(sys.argv[1] + '/held', 'w').close()
            while not os.path.exists(sys.argv[1] + '/go'): time.sleep(0.02)
            poll = select.poll(); poll.register(w, 0)
            print(poll.poll(0) == [])
            subprocess.run([vault, 'remove', 'd/pipe'], check=True, stdout=subprocess.DEVNULL)
            print(poll.poll(10_000) != [])
            """, place.path.string)
        try await waitUntil("it is held") { (try? place.read("held")) != nil }
        for _ in 0..<2 { #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)") }
        try place.write("", to: "go", mode: 0o644)
        let result = try await client
        #expect(result.text.hasSuffix("True\nTrue\n"), "\(result.text)\(result.errorText)\(daemon.log)")
        #expect(try await daemon.terminate() == .exited(0))
    }

    @Test("Nobody is there, or one that a service manager runs: it says so, and nothing is harmed")
    func nobody() async throws {
        let daemon = try await TakeoverVault.start()
        try await daemon.terminate()
        await #expect(throws: DaemonFailure.self) { try await daemon.start(adding: ["--takeover"]) }
        try await waitUntil("it to say why") { daemon.log.contains("Try: start vaultd without --takeover") }
        #expect(daemon.log.contains("no daemon that can be taken over from answers"), "\(daemon.log)")
        try await daemon.start()
        let stranger = try await DepositVault.python(
            daemon, uid: 4711,
            """
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try: s.connect(sys.argv[1])
            except PermissionError: print('refused')
            """, daemon.state.appending("takeover.sock").string)
        #expect(stranger.text == "refused\n", "\(stranger.errorText)")
        let later = try await Command(
            "/usr/bin/python3", "-c",
            """
            import sys, socket, json
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(sys.argv[1])
            s.send(json.dumps(dict(takeover=2, version='9.9.9')).encode()); print(json.loads(s.recv(1 << 16)))
            """, daemon.state.appending("takeover.sock").string
        ).run()
        #expect(later.text.contains("the two versions cannot hand over to each other"), "\(later.errorText)")
        #expect(try await daemon.vault("status").status.isSuccess)
        #expect(try await daemon.terminate() == .exited(0))
    }

    @Test("What begins to take over and stops at any step leaves the daemon as it was", arguments: 0...6)
    func abandoned(step: Int) async throws {
        let daemon = try await TakeoverVault.start()
        try await TakeoverVault.deposit(daemon)
        let script = """
            import sys, socket, json, array, hashlib, os
            step = int(sys.argv[2])
            s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(20); s.connect(sys.argv[1])
            def send(**what): s.send(json.dumps(what).encode())
            def receive():
                data, anc, _, _ = s.recvmsg(1 << 18, socket.CMSG_SPACE(253 * 4))
                for _, _, fds in anc: array.array('i', fds[:len(fds) // 4 * 4])
                return json.loads(data)
            if step == 0: sys.exit()
            if step == 1:
                s.send(b'nonsense'); sys.exit()
            send(takeover=1, version='9.9.9', more={'that': 'is not known yet'})
            if step == 2: sys.exit()
            count = receive()['descriptors']
            names = receive()['names']
            assert len(names) == count, (names, count)
            if step == 3: sys.exit()
            send(got=count)
            if step == 4:
                send(all=count, sha256='0' * 64); sys.exit()
            digest = hashlib.sha256(b''.join(b'%d:%s\\n' % (len(n), n.encode()) for n in names)).hexdigest()
            send(all=count, sha256=digest)
            assert receive()['released']
            if step == 5: sys.exit()
            send(ready=True)
            assert receive()['over']
            """
        let client = try await Command(
            "/usr/bin/python3", "-c", script, daemon.state.appending("takeover.sock").string, "\(step)"
        ).run()
        #expect(client.status == .exited(0), "\(client.errorText)")
        // It waits for the end of whom it had handed the log, if it did.
        try await waitUntil("it serves again", limit: .seconds(20)) {
            try await TakeoverVault.deposited(daemon) == "kept\n"
        }
        #expect(!(try daemon.hasEnded))
        let began = try await TakeoverVault.records(daemon, "handover").count
        #expect(began == (step < 3 && step != 2 ? 0 : 1) || step == 2, "\(began)")
        #expect(try await TakeoverVault.records(daemon, "handover.end").count == began)
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        #expect(try await TakeoverVault.deposited(daemon) == "kept\n", "\(daemon.log)")
        #expect(try await daemon.terminate() == .exited(0))
        try await StoredLog.check(daemon)
    }
}
