// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import Testing

@testable import vault

/// What `vault status` says of a system's broker that does not answer, from the words of systemctl(1).
@Suite struct ServiceStateTests {
    private func failure(_ service: String, socket: String = "ActiveState=active") -> Failure? {
        ServiceState(
            showing:
                "Id=vaultd.service\nLoadState=loaded\n\(service)\n\nId=vaultd.socket\nLoadState=loaded\n\(socket)\n"
        ).failure
    }

    @Test("What the daemon said when it could not start is told, with its remedy")
    func saidByTheDaemon() {
        let failure = failure(
            "ActiveState=failed\nSubState=failed\nExecMainStatus=1\n"
                + "StatusText=cannot start: the state directory '/x' belongs to root. Try: chown vaultd: /x")
        #expect(failure?.message == "the broker does not run: the state directory '/x' belongs to root")
        #expect(
            failure?.next
                == "chown vaultd: /x; then systemctl reset-failed 'vaultd*' && systemctl restart vaultd.socket vaultd.service"
        )
        #expect(failure?.status == .unavailable)
    }

    @Test(
        "What went wrong before the daemon ran is told in words",
        arguments: [(217, "user"), (203, "program"), (226, "directory"), (243, "credential")])
    func beforeTheStart(status: Int, word: String) {
        let failure = failure("ActiveState=activating\nSubState=auto-restart\nStatusText=\nExecMainStatus=\(status)")
        #expect(failure?.message.contains(word) == true, "\(failure?.message ?? "none")")
    }

    @Test("A socket that cannot listen, a service that was stopped, one that failed without a word")
    func otherStates() {
        #expect(
            failure("ActiveState=inactive", socket: "ActiveState=failed\nResult=resources")?.message
                == "the broker does not run: vaultd.socket cannot listen (resources)")
        #expect(failure("ActiveState=inactive\nSubState=dead")?.next == "systemctl start vaultd.service")
        #expect(
            failure("ActiveState=failed\nSubState=failed\nResult=signal")?.message
                == "the broker does not run: vaultd.service failed (signal)")
    }

    @Test("A service that failed so often that its socket was stopped says why, not its socket")
    func startLimit() {
        let failure = failure(
            "ActiveState=failed\nSubState=failed\nResult=exit-code\nExecMainStatus=217\nStatusText=",
            socket: "ActiveState=failed\nResult=service-start-limit-hit")
        #expect(failure?.message.contains("the user of vaultd.service does not exist") == true)
    }

    @Test("Nothing is said of a service that runs, or that is not there")
    func nothingToSay() {
        #expect(failure("ActiveState=active\nSubState=running") == nil)
        #expect(ServiceState(showing: "Id=vaultd.service\nLoadState=not-found\nActiveState=inactive\n").failure == nil)
        #expect(ServiceState(showing: "").failure == nil)
    }
}
