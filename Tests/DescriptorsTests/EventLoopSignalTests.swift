// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@Suite("The signals of an event loop")
struct EventLoopSignalTests {
    @Test("come to the handler with their sender, one a turn, and do not kill")
    func arrive() async {
        await #expect(processExitsWith: .success) {
            // Threads that exist already must not get them, so they are left by this thread for itself.
            let loop = try EventLoop()
            let received = Journal<SignalInfo>()
            let token = try loop.signals([SIGTERM, SIGUSR1, SIGHUP]) { received.append($0) }
            for signal in [SIGTERM, SIGUSR1] { #expect(pthread_kill(pthread_self(), signal) == 0) }
            loop.runTurns(3)
            #expect(Set(received.entries.map(\.signal)) == [SIGTERM, SIGUSR1])
            #expect(received.entries.allSatisfy { $0.pid == getpid() && $0.uid == getuid() })
            loop.unwatch(token)
            #expect(pthread_kill(pthread_self(), SIGTERM) == 0)
            loop.runTurns(1)
            #expect(received.entries.count == 2)
        }
    }

    @Test("may end their own watch")
    func unwatchInHandler() async {
        await #expect(processExitsWith: .success) {
            let loop = try EventLoop()
            let tokens = Journal<WatchToken>()
            let received = Journal<CInt>()
            tokens.append(
                try loop.signals([SIGTERM, SIGUSR1]) { signal in
                    received.append(signal.signal)
                    for token in tokens.entries { loop.unwatch(token) }
                })
            for signal in [SIGTERM, SIGUSR1] { #expect(pthread_kill(pthread_self(), signal) == 0) }
            loop.runTurns(3)
            #expect(received.entries.count == 1)
            #expect(openDescriptorCount(of: "[signalfd]") == 0)
        }
    }

    @Test("are not needed for the end of a child: its descriptor can be watched")
    func child() throws {
        let loop = try EventLoop()
        let child = try ChildProcess.spawn("/bin/sh", arguments: ["sh", "-c", "exit 5"])
        let journal = Journal<String>()
        let token = try loop.watch(child.pidfd, for: .readable) { _ in
            journal.append("ended")
            loop.stop()
        }
        let limit = loop.timer(after: .seconds(20)) { loop.stop() }
        loop.run()
        #expect(journal.entries == ["ended"])
        #expect(loop.cancel(limit))
        #expect(try child.reap() == .exited(5))
        loop.unwatch(token)
    }
}
