// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// Every type of descriptor, from one daemon to the next.
@Suite(.enabled(if: Command.canChangeUser, "needs root and setpriv: one user deposits, another takes"))
struct DescriptorPassageTests {
    /// Passes one of each type in, waits until the file `go` is there, and has each looked at by a program that gets it.
    private static let script = """
        import json, time
        kinds = json.loads(sys.argv[1]); held = []
        def run(*words, **more): return subprocess.run([vault, *words], capture_output=True, text=True, **more)
        for kind in kinds:
            made = dict(os=os, socket=socket); exec(kind['make'], made); held.append(made)
            os.set_inheritable(made['fd'], True)
            done = run('put', kind['name'], '--fd', str(made['fd']), pass_fds=[made['fd']])
            assert done.returncode == 0, kind['name'] + ': ' + done.stderr
        open(sys.argv[2] + '/held', 'w').close()
        while not os.path.exists(sys.argv[2] + '/go'): time.sleep(0.02)
        for kind in kinds:
            done = run('exec', '--fd', '5=' + kind['name'], '--', sys.executable, '-c', 'import os, socket\\n' + kind['check'])
            if done.returncode: print(kind['name'] + ': ' + done.stderr)
        """

    /// Has `pass` called while one of each type is held; then each must be there still.
    private func everyType(_ daemon: Daemon, _ pass: () async throws -> Void) async throws {
        let kinds = DescriptorTypeTests.kinds
        let list = JSONValue.array(
            kinds.map { ["name": .string($0.name), "make": .string($0.make), "check": .string($0.check)] })
        let place = try TemporaryDirectory(mode: 0o777)
        async let client = DepositVault.python(daemon, uid: 4711, Self.script, list.text, place.path.string)
        try await waitUntil("all are held", limit: .seconds(60)) { (try? place.read("held")) != nil }
        let before = try await shown(daemon)
        #expect(before.count == kinds.count)
        try await pass()
        let after = try await shown(daemon)
        for (name, one) in before {
            for key in ["descriptor", "rights", "depositor", "depositedUSec", "state"] {
                #expect(after[name]?[key] == one[key], "\(name): \(key)")
            }
        }
        try place.write("", to: "go", mode: 0o644)
        let result = try await client
        #expect(result.status == .exited(0) && result.text == "", "\(result.text)\(result.errorText)\(daemon.log)")
        for kind in kinds {
            let taken = try await daemon.vault("take", kind.name, "--fd", "5", "--", "/bin/true", uid: 4712)
            #expect(taken.status == .exited(0), "\(kind): \(taken.errorText)")
        }
    }

    private func shown(_ daemon: Daemon) async throws -> [String: JSONValue] {
        let lines = try await daemon.vault("list", "--output", "jsonl").text.split(separator: "\n")
        return try Dictionary(
            uniqueKeysWithValues: lines.map {
                let one = try JSONValue(parsing: String($0))
                return (one["name"]?.string ?? "", one)
            })
    }

    @Test("One of each type goes over to the daemon that takes over, and is taken there")
    func takenOver() async throws {
        let daemon = try await DepositVault.start()
        try await everyType(daemon) {
            let end = try await daemon.takeOver()
            #expect(end == .exited(0), "\(daemon.log)")
        }
        try await daemon.terminate()
        try await StoredLog.check(daemon)
    }

    @Test("One of each type comes back after a crash where the service manager kept it, and is taken then")
    func restarted() async throws {
        let manager = try StandInManager()
        let daemon = try await DepositVault.start { $0.environment = [manager.environment] }
        var running: StandInManager.Running?
        try await everyType(daemon) {
            var kept: [(name: String, descriptor: HeldDescriptor)] = []
            for _ in DescriptorTypeTests.kinds {
                let notice = try await manager.notice("FDSTORE=1")
                let name = try #require(notice.lines.first { $0.hasPrefix("FDNAME=") }?.dropFirst("FDNAME=".count))
                kept.append((String(name), try #require(notice.descriptors.first)))
            }
            try await daemon.crash()
            running = try await manager.start(daemon, with: kept)
            _ = try await manager.notice("READY=1")
        }
        #expect(try await running?.stop() == .exited(0), "\(daemon.log)")
        try await StoredLog.check(daemon)
    }
}
