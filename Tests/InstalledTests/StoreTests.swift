// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultTestKit

/// A service that stores descriptors as with its service manager, and whose `NOTIFY_SOCKET` is the vault's.
@Suite(.serialized, .needsMachine) struct StoreTests {
    private static let socket = "/run/vaultd/notify.sock"
    private static let dropIn = "/etc/systemd/system/vaultd.socket.d/notify.conf"
    private static let configuration = "/etc/vaultd/vaultd.yaml"

    /// As libsystemd does it; it says what is stored, and stays.
    private static let storing = """
        import array, os, socket, time
        memory = os.memfd_create('m'); os.write(memory, b'from the service'); os.lseek(memory, 0, 0)
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        def send(text, fds):
            s.sendmsg([text], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))], 0, os.environ['NOTIFY_SOCKET'])
        send(b'READY=1\\nFDSTORE=1\\nFDNAME=the memory', [memory])
        reader, writer = os.pipe(); send(b'BARRIER=1', [writer]); os.close(writer); os.read(reader, 1)
        print('stored', flush=True); time.sleep(600)
        """

    @Test(
        "What a service stores is fetched by another, by rule, also after the vault was started anew",
        arguments: DebianSuite.allCases)
    func stores(_ suite: DebianSuite) async throws {
        let machine = try await Machine.running(suite)
        let before = try machine.read(Self.configuration)
        try machine.write(
            before + "\nnotify-socket: { path: \(Self.socket), prefix: \"services/{unit}\" }\n", to: Self.configuration)
        try machine.write("[Socket]\nListenDatagram=\(Self.socket)\n", to: Self.dropIn)
        try machine.write(Self.storing, to: "\(Machine.files)/storing.py")
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await fetch(machine)) } catch { outcome = .failure(error) }
        try await machine.run("systemctl", "stop", "stores.service")
        try machine.write(before, to: Self.configuration)
        machine.remove(Self.dropIn)
        try await startAnew(machine)
        try outcome.get()
    }

    private func startAnew(_ machine: Machine) async throws {
        try await machine.succeed("systemctl", "daemon-reload")
        try await machine.succeed("systemctl", "stop", "vaultd.service", "vaultd.socket")
        try await machine.succeed("systemctl", "start", "vaultd.socket", "vaultd.service")
    }

    private func fetch(_ machine: Machine) async throws {
        try await startAnew(machine)
        try await machine.succeed(
            "systemd-run", "--quiet", "--collect", "--unit=stores.service", "--property=Type=exec",
            "--property=User=tester", "--setenv=NOTIFY_SOCKET=\(Self.socket)", "python3",
            "\(Machine.files)/storing.py")
        try await waitUntil("it is stored") {
            try await machine.run("journalctl", "--no-pager", "-o", "cat", "-u", "stores.service").text
                .contains("stored")
        }
        for _ in 0..<2 {
            let fetched = try await machine.run(
                "systemd-run", "--quiet", "--collect", "--pipe", "--wait", "--unit=fetches.service", "vault", "exec",
                "--pass", "services/stores.service/the+20memory", "--", "python3", "-c",
                "import os; print(os.environ['LISTEN_FDNAMES'], os.pread(3, 99, 0).decode())")
            #expect(fetched.text == "the memory from the service\n", "\(fetched.errorText)\(machine.journal())")
            try await machine.succeed("systemctl", "restart", "vaultd.service")
        }
        let log = try await machine.succeed("vault", "audit", "list", "--type", "deposit", "-o", "jsonl").text
        #expect(log.contains("\"unit\":\"stores.service\"") && log.contains("\"pin\":\"pidfd\""), "\(log)")
    }
}
