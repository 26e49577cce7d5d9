// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// Debian's own clients of s6-fdholderd against vaultd's socket for them.
@Suite(.enabled(if: S6Vault.isPossible, "needs root, setpriv, and s6's programs (apt-get install s6)"))
struct S6ClientTests {
    @Test("What is stored is retrieved, listed and deleted, by the names that it has in the vault")
    func storeAndRetrieve() async throws {
        let daemon = try await S6Vault.start()
        let id = "unix:/run/x y"
        let store = try await S6Vault.shell(
            daemon, "printf kept > file; s6-fdholder-store -d 3 \"$S6\" '\(id)' 3<> file && rm file")
        #expect(store.status == .exited(0), "\(store.errorText)\(daemon.log)")
        #expect(try await daemon.vault("list", "s6/**").text.contains("s6/unix+3A+2Frun+2Fx+20y"))
        let list = try await S6Vault.shell(daemon, "s6-fdholder-list \"$S6\"")
        #expect(list.text == id + "\n", "\(list.text)\(list.errorText)")
        // The same description, again and again.
        for rest in ["kept", ""] {
            let got = try await S6Vault.shell(daemon, "s6-fdholder-retrieve \"$S6\" '\(id)' cat")
            #expect(got.text == rest, "\(got.errorText)")
        }
        let again = try await S6Vault.shell(daemon, "s6-fdholder-store -d 3 \"$S6\" '\(id)' 3< /dev/null")
        #expect(again.status != .exited(0) && again.errorText.contains("busy"), "\(again.errorText)")
        let deleted = try await S6Vault.shell(daemon, "s6-fdholder-delete \"$S6\" '\(id)'; s6-fdholder-list \"$S6\"")
        #expect(deleted.status == .exited(0) && deleted.text == "", "\(deleted.errorText)")
        let gone = try await S6Vault.shell(daemon, "s6-fdholder-retrieve \"$S6\" '\(id)' cat")
        #expect(gone.status == .exited(1) && gone.errorText.contains("No such file"), "\(gone.errorText)")
        let records = try await S6Vault.records(daemon)
        #expect(records == ["deposit", "grant", "grant", "remove"], "\(records)")
        let check = try await daemon.vault("audit", "verify")
        #expect(check.status == .exited(0), "\(check.errorText)")
    }

    @Test("Retrieve and delete takes it out: on record, and gone when it has arrived")
    func take() async throws {
        let daemon = try await S6Vault.start()
        let done = try await S6Vault.shell(
            daemon,
            """
            echo once > f; s6-fdholder-store -d 3 "$S6" a 3< f
            s6-fdholder-retrieve -D "$S6" a cat; s6-fdholder-list "$S6"
            s6-fdholder-store -d 3 "$S6" a 3< f && s6-fdholder-retrieve -D "$S6" a s6-fdholder-store "$S6" a
            s6-fdholder-retrieve "$S6" a cat
            """)
        #expect(done.status == .exited(0) && done.text == "once\nonce\n", "\(done.text)\(done.errorText)")
        let taken = ["deposit", "grant", "take.confirm"]
        #expect(try await S6Vault.records(daemon) == taken + taken + ["deposit", "grant"])
    }

    @Test("A time is kept, and what is over is handed out to nobody")
    func expires() async throws {
        let daemon = try await S6Vault.start()
        let stored = try await S6Vault.shell(
            daemon,
            """
            s6-fdholder-store -T 700 -d 3 "$S6" short 3< /etc/passwd
            s6-fdholder-store -T 60000 -d 3 "$S6" long 3< /etc/passwd
            """)
        #expect(stored.status == .exited(0), "\(stored.errorText)")
        let show = try await daemon.vault("show", "s6/long", "--output", "json")
        let expires = try #require(try JSONValue(parsing: show.output)["expiresUSec"]?.integer)
        let deposited = try #require(try JSONValue(parsing: show.output)["depositedUSec"]?.integer)
        #expect(abs(expires - deposited - 60_000_000) < 5_000_000, "\(show.text)")
        // While others keep the daemon busy.
        let busy = try await S6Vault.shell(
            daemon,
            """
            end=$(($(date +%s%N) + 1000000000))
            while [ $(date +%s%N) -lt $end ]; do s6-fdholder-list "$S6" >/dev/null; done
            s6-fdholder-retrieve "$S6" short true
            """)
        #expect(busy.status == .exited(1) && busy.errorText.contains("No such file"), "\(busy.errorText)")
        #expect(try await S6Vault.shell(daemon, "s6-fdholder-list \"$S6\"").text == "long\n")
    }

    @Test("A dump goes from one vault to another, and to and from s6's own daemon, with its times")
    func dumps() async throws {
        let (first, second) = (try await S6Vault.start(), try await S6Vault.start())
        let stored = try await S6Vault.shell(
            first,
            """
            echo a > a; echo b > b
            s6-fdholder-store -d 3 "$S6" a 3< a; s6-fdholder-store -T 60000 -d 3 "$S6" b/+ 3< b
            s6-fdholder-getdump "$S6" env > dump
            grep ^S6_FD# dump; grep -c ^S6_FDLIMIT_ dump; grep ^S6_FDID_ dump | sort
            """)
        #expect(stored.text == "S6_FD#=2\n1\nS6_FDID_0=a\nS6_FDID_1=b/+\n", "\(stored.text)\(stored.errorText)")
        let moved = try await S6Vault.shell(
            first,
            """
            s6-fdholder-transferdump "$S6" \(S6Vault.socket(second))
            s6-fdholder-list \(S6Vault.socket(second)); s6-fdholder-retrieve \(S6Vault.socket(second)) b/+ cat
            """)
        #expect(moved.text == "a\nb/+\nb\n", "\(moved.text)\(moved.errorText)\(second.log)")
        #expect(try await second.vault("show", "s6/b+2F+2B").text.contains("expires"))
        let through = try await S6Vault.shell(
            second,
            """
            mkdir -p rules/uid/default/env; touch rules/uid/default/allow
            for v in LIST GETDUMP SETDUMP; do echo > rules/uid/default/env/S6_FDHOLDER_$v; done
            echo > rules/uid/default/env/S6_FDHOLDER_RETRIEVE_REGEX
            s6-fdholder-daemon -i rules own & trap "kill $!" EXIT
            until [ -S own ]; do sleep 0.05; done
            s6-fdholder-transferdump "$S6" own && s6-fdholder-list own | sort && s6-fdholder-retrieve own a cat
            s6-fdholder-delete "$S6" a && s6-fdholder-delete "$S6" b/+ && s6-fdholder-transferdump own "$S6"
            s6-fdholder-list "$S6"
            """)
        #expect(through.text == "a\nb/+\na\na\nb/+\n", "\(through.text)\(through.errorText)\(second.log)")
    }

    @Test("Who may not is told so and on record; list and dump have what one may see and open")
    func denied() async throws {
        let daemon = try await S6Vault.start {
            $0.policies["more.yaml"] =
                "vault: 1\ncapabilities: [{ name: s6/declared, memory: { file: \"@DIRECTORY@/declared\" } }]\n"
            $0.files = ["declared": "declared\n"]
        }
        let script = "s6-fdholder-store -d 3 \"$S6\" \(0) 3< /etc/passwd"
        #expect(try await S6Vault.shell(daemon, script.replacing("\(0)", with: "a")).status == .exited(0))
        #expect(try await S6Vault.shell(daemon, script.replacing("\(0)", with: "open")).status == .exited(0))
        let store = try await S6Vault.shell(daemon, uid: 4712, script.replacing("\(0)", with: "b"))
        #expect(store.status == .exited(1) && store.errorText.contains("not permitted"), "\(store.errorText)")
        for verb in ["retrieve \"$S6\" a true", "retrieve -D \"$S6\" open true", "delete \"$S6\" a"] {
            let result = try await S6Vault.shell(daemon, uid: 4712, "s6-fdholder-\(verb)")
            #expect(result.status == .exited(1) && result.errorText.contains("not permitted"), "\(result.errorText)")
        }
        #expect(try await S6Vault.shell(daemon, uid: 4712, "s6-fdholder-list \"$S6\"").text == "open\n")
        let dump = try await S6Vault.shell(daemon, uid: 4712, "s6-fdholder-getdump \"$S6\" printenv S6_FDID_0 'S6_FD#'")
        #expect(dump.text == "open\n1\n", "\(dump.errorText)")
        let log = try await daemon.vault("audit", "list", "--output", "jsonl", "--type", "deny")
        #expect(log.text.split(separator: "\n").count >= 4, "\(log.text)")
        // The policy's own names are retrieved, and not deleted.
        #expect(try await S6Vault.shell(daemon, "s6-fdholder-retrieve \"$S6\" declared cat").text == "declared\n")
        let kept = try await S6Vault.shell(daemon, "s6-fdholder-delete \"$S6\" declared")
        #expect(kept.status == .exited(1) && kept.errorText.contains("not permitted"), "\(kept.errorText)")
    }

    @Test("A socket that the service manager hands over for s6 is served, and stays")
    func activated() async throws {
        let script = """
            import os, socket, sys
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(sys.argv[1]); listener.listen(); os.chmod(sys.argv[1], 0o666)
            os.dup2(3, 9); os.dup2(listener.fileno(), 3)
            words = sys.argv[2:]; words[words.index('--ready-fd') + 1] = '9'
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='s6')
            os.execv(words[0], words)
            """
        let daemon = try await S6Vault.start {
            $0.configuration = ""
            $0.prefix = ["/usr/bin/python3", "-c", script, "@DIRECTORY@/run/s6.sock"]
        }
        let done = try await S6Vault.shell(
            daemon, "echo kept > f; s6-fdholder-store -d 3 \"$S6\" a 3< f; s6-fdholder-retrieve \"$S6\" a cat")
        #expect(done.text == "kept\n", "\(done.errorText)\(daemon.log)")
        #expect(try await daemon.terminate() == .exited(0))
        #expect(access(S6Vault.socket(daemon), F_OK) == 0)
    }

    @Test("One daemon takes over from another, and clients find what they stored at the same socket")
    func takenOver() async throws {
        let daemon = try await S6Vault.start()
        let store = try await S6Vault.shell(daemon, "echo kept > f; s6-fdholder-store -d 3 \"$S6\" a 3< f")
        #expect(store.status == .exited(0), "\(store.errorText)")
        #expect(try await daemon.takeOver() == .exited(0), "\(daemon.log)")
        let done = try await S6Vault.shell(daemon, "s6-fdholder-list \"$S6\"; s6-fdholder-retrieve -D \"$S6\" a cat")
        #expect(done.text == "a\nkept\n", "\(done.errorText)\(daemon.log)")
        #expect(try await daemon.terminate() == .exited(0))
        #expect(access(S6Vault.socket(daemon), F_OK) != 0)
    }

    @Test("A dump of more descriptors than one message has is held, and handed out, as a whole")
    func largeDump() async throws {
        let daemon = try await S6Vault.start { $0.configuration! += "limits: { deposits-per-uid: 600 }\n" }
        // Debian 12's own would send more at once than the kernel takes.
        let set = try await S6Vault.python(
            daemon,
            """
            m = os.memfd_create('m')
            def dump(count):
                data, _ = ask(b'!' + struct.pack('>I', count))
                if data[0]: return data
                assert data == struct.pack('>BI', 0, (count + 252) // 253)
                for start in range(0, count, 253):
                    names = [f'n{i}' for i in range(start, min(start + 253, count))]
                    data = ask(b'.' + b''.join(map(entry, names)), [m] * len(names))[0]
                    assert data == (b'\\0' if start + 253 >= count else bytes([errno.EAGAIN])), data
                return data
            assert dump(300) == b'\\0'
            assert dump(601) == bytes([errno.ENFILE])
            print('done')
            """)
        #expect(set.text == "done\n", "\(set.errorText)\(daemon.log)")
        let got = try await S6Vault.shell(daemon, "s6-fdholder-getdump \"$S6\" printenv 'S6_FD#' S6_FDID_299")
        #expect(got.text.hasPrefix("300\n"), "\(got.text)\(got.errorText)\(daemon.log)")
    }
}

/// What s6-fdholderd is known to do wrong, done here by a client that knows only the wire.
@Suite(.enabled(if: S6Vault.isPossible && Programs.python != nil, "needs root, setpriv, s6 and python3"))
struct S6FaultTests {
    @Test("A client that dies with what it took unread loses nothing: it is there for others")
    func takerDies() async throws {
        let daemon = try await S6Vault.start()
        for ending in ["os.kill(os.getpid(), 9)", "s.close()"] {
            let result = try await S6Vault.python(
                daemon,
                """
                m = os.memfd_create('m'); os.write(m, b'kept'); os.lseek(m, 0, 0)
                assert store('a', m) == 0
                s.sendall(frame(b'R\\x01\\x01a\\0'))
                select.select([s], [], [])
                print('sent', flush=True)
                \(ending)
                """)
            #expect(result.text == "sent\n", "\(result.text)\(result.errorText)")
            try await waitUntil("it is there again") {
                try await daemon.vault("show", "s6/a").text.contains("ready")
            }
            let content = try await S6Vault.shell(daemon, "s6-fdholder-retrieve -D \"$S6\" a head -c 4")
            #expect(content.text == "kept", "\(content.errorText)")
            try await waitUntil("it is gone") { try await !daemon.vault("list", "s6/**").text.contains("s6/a") }
        }
        #expect(try await S6Vault.records(daemon).count { $0 == "take.confirm" } == 2)
    }

    @Test("What was read is gone: while the client stays, when it hangs up, and when it dies at once")
    func takerReads() async throws {
        let daemon = try await S6Vault.start()
        for ending in ["time.sleep(0.3); print(ask(b'L'), flush=True)", "s.close()", "os.kill(os.getpid(), 9)"] {
            let result = try await S6Vault.python(
                daemon,
                """
                r, w = os.pipe()
                assert store('a', r) == 0
                data, fds = ask(b'R\\x01\\x01a\\0')
                assert data == b'\\0' and len(fds) == 1
                \(ending)
                """)
            let answer = ending.contains("ask") ? "(b'\\x00\\x00\\x00\\x00\\x00', [])\n" : ""
            #expect(result.text == answer, "\(result.text)\(result.errorText)")
            try await waitUntil("it is gone") { try await !daemon.vault("list", "s6/**").text.contains("s6/a") }
        }
        #expect(try await S6Vault.records(daemon).count { $0 == "take.confirm" } == 3)
    }

    @Test("A dump of which one entry cannot be held holds nothing, whatever came before it")
    func halfDump() async throws {
        let daemon = try await S6Vault.start()
        let result = try await S6Vault.python(
            daemon,
            """
            r, w = os.pipe()
            assert store('old', r) == 0
            path = os.open('/etc/passwd', os.O_PATH)
            def dump(entries, count=None):
                data, _ = ask(b'!' + struct.pack('>I', count or len(entries)))
                assert data[0] == 0, data
                return ask(b'.' + b''.join(entry(n) for n, _ in entries), [f for _, f in entries])[0]
            # Refused: the last one names a file and opens none.
            assert dump([('a', r), ('old', w), ('b', path)]) == bytes([errno.EINVAL])
            assert ask(b'L')[0] == b'\\0\\0\\0\\0\\1old\\0'
            # A part, and then nothing: it goes with the connection.
            assert dump([('a', r)], 2) == bytes([errno.EAGAIN])
            s.close(); connect()
            assert ask(b'L')[0] == b'\\0\\0\\0\\0\\1old\\0'
            # In two parts, the second of which replaces what was there.
            assert dump([('a', r)], 2) == bytes([errno.EAGAIN])
            assert ask(b'.' + entry('old'), [w])[0] == b'\\0'
            assert ask(b'L')[0] == b'\\0\\0\\0\\0\\2a\\0old\\0'
            # What is out of its place ends the connection, as what is no message does.
            for wrong in [b'.' + entry('x'), b'D\\3ab\\0\\0', b'', b'X', b'!']:
                connect(); s.sendall(frame(wrong)); assert s.recv(1) == b'', wrong
            connect(); s.sendall(struct.pack('>IH', 1 << 30, 0)); assert s.recv(1) == b''
            connect(); ask(b'!' + struct.pack('>I', 2)); s.sendall(frame(b'L')); assert s.recv(1) == b''
            print('done')
            """)
        #expect(result.text == "done\n", "\(result.text)\(result.errorText)\(daemon.log)")
    }

    @Test("Rights hold for connections that are open: what is revoked is refused at once, what is granted is had")
    func rightsMove() async throws {
        let daemon = try await S6Vault.start()
        let go = daemon.directory.path("go")
        #expect(mkfifo(go.string, 0o666) == 0)
        let command = try S6Vault.pythonCommand(
            daemon, uid: 4712,
            """
            assert ask(b'R\\0\\4open\\0')[0] == bytes([errno.ENOENT])
            print('ready', flush=True)
            open(sys.argv[1]).read()
            assert ask(b'R\\0\\4open\\0')[0] == bytes([errno.EPERM])
            print('done')
            """, go.string)
        async let result = command.run()
        let signal = try await onThread { () throws(Errno) in
            HeldDescriptor(try OwnedDescriptor.open(go, flags: O_WRONLY))
        }
        #expect(try await daemon.vault("revoke", "reader").status == .exited(0))
        _ = consume signal
        let done = try await result
        #expect(done.text == "ready\ndone\n", "\(done.text)\(done.errorText)\(daemon.log)")
    }

    @Test("Without a descriptor left, connections are turned away, and nothing that is held is lost")
    func noDescriptors() async throws {
        let daemon = try await S6Vault.start { $0.prefix = ["prlimit", "--nofile=300:300"] }
        let result = try await S6Vault.python(
            daemon,
            """
            r, w = os.pipe(); os.write(w, b'kept')
            assert store('a', r) == 0
            resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
            many = []
            for uid in range(5000, 5010):
                if os.fork() == 0:
                    os.setgid(uid); os.setuid(uid)
                    for i in range(80):
                        c = socket.socket(socket.AF_UNIX)
                        c.setblocking(False)
                        try: c.connect(os.environ['S6'])
                        except OSError: pass
                        many.append(c)
                    print('.', end='', flush=True); time.sleep(3); os._exit(0)
            time.sleep(2)
            for i in range(10): os.wait()
            """)
        #expect(result.status == .exited(0), "\(result.errorText)")
        let content = try await S6Vault.shell(daemon, "s6-fdholder-retrieve \"$S6\" a head -c 4")
        #expect(content.text == "kept", "\(content.errorText)\(daemon.log)")
    }

    @Test("One user's connections, and dumps that are never finished, end by themselves or leave room for others")
    func hoarders() async throws {
        let daemon = try await S6Vault.start { $0.configuration! += "limits: { half-message: 1s }\n" }
        let result = try await S6Vault.python(
            daemon, uid: 4712,
            """
            held = []
            for i in range(200):
                connect(); held.append(s)
            time.sleep(1)
            mine = [c for c in held if not select.select([c], [], [], 0)[0]]
            assert len(mine) <= 64, len(mine)
            print(len(mine) > 10, flush=True)
            time.sleep(1)
            """)
        #expect(result.text == "True\n", "\(result.text)\(result.errorText)")
        let half = try await S6Vault.python(
            daemon,
            """
            r, w = os.pipe()
            ask(b'!' + struct.pack('>I', 2)); ask(b'.' + entry('x'), [r])
            start = time.time()
            assert s.recv(1) == b''
            print(0.5 < time.time() - start < 10)
            """)
        #expect(half.text == "True\n", "\(half.text)\(half.errorText)")
    }
}
