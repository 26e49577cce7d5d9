// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import Testing
import VaultTestKit

@testable import vault

/// What `vault doctor` makes of the words of others.
@Suite struct DoctorFindingTests {
    private static let good = """
        Id=vaultd.service
        LoadState=loaded
        ActiveState=active
        UnitFileState=enabled
        NeedDaemonReload=no
        LimitNOFILE=524288
        FileDescriptorStoreMax=4096
        NRestarts=0
        DropInPaths=

        Id=vaultd.socket
        LoadState=loaded
        ActiveState=active
        UnitFileState=enabled

        Id=vaultd-opener.socket
        LoadState=loaded
        ActiveState=active

        """

    private static func findings(_ changes: [(String, String)] = [], answers: Bool = true) -> [Finding] {
        let text = changes.reduce(good) { $0.replacing($1.0, with: $1.1) }
        return UnitCheck(state: ServiceState(showing: text), answers: answers).findings()
    }

    @Test("Units that are as they are shipped are right")
    func unitsAreRight() { #expect(Self.findings() == []) }

    @Test(
        "What was changed of the units is told with what to do",
        arguments: [
            (
                [("NeedDaemonReload=no", "NeedDaemonReload=yes")], "has not read it", "systemctl daemon-reload",
                "problem"
            ),
            ([("LimitNOFILE=524288", "LimitNOFILE=1024")], "1024 descriptors", "LimitNOFILE=", "problem"),
            ([("StoreMax=4096", "StoreMax=0")], "outlive no restart", "FileDescriptorStoreMax=", "problem"),
            (
                [("UnitFileState=enabled", "UnitFileState=disabled")], "after the next boot", "systemctl enable",
                "problem"
            ),
            ([("NRestarts=0", "NRestarts=7")], "again 7 times", "journalctl", "note"),
            ([("DropInPaths=", "DropInPaths=/etc/x.conf")], "/etc/x.conf", "systemctl cat", "note"),
            (
                [
                    (
                        "opener.socket\nLoadState=loaded\nActiveState=active",
                        "opener.socket\nLoadState=loaded\nActiveState=failed"
                    )
                ],
                "vaultd-opener.socket is failed", "systemctl restart vaultd-opener.socket", "problem"
            ),
        ] as [([(String, String)], String, String, String)])
    func unitsThatAreNot(_ changes: [(String, String)], _ problem: String, _ remedy: String, _ severity: String) throws
    {
        let found = Self.findings(changes)
        try #require(found.count == 1, "\(found)")
        #expect(found[0].message.contains(problem) && found[0].remedy.contains(remedy), "\(found)")
        #expect(found[0].severity.rawValue == severity)
    }

    @Test("Why a broker does not answer is told by the service manager; where one answers all the same it is not asked")
    func noAnswer() {
        let failed = [
            ("LoadState=loaded\nActiveState=active\nUnit", "LoadState=loaded\nActiveState=failed\nResult=signal\nUnit")
        ]
        #expect(Self.findings(failed, answers: false).first?.severity == .failed)
        let missing = [("vaultd.service\nLoadState=loaded", "vaultd.service\nLoadState=not-found")]
        #expect(Self.findings(missing, answers: false).first?.message.contains("not known") == true)
        #expect(Self.findings(missing) == [])
    }

    @Test("What vaultd --check says is taken apart: problems, warnings, and what it quotes between")
    func check() {
        let text = """
            vaultd: the policy: '/p' may be written by others than its owner
            Try: chmod go-w '/p'
            vaultd: warning: the state '/s' may be entered by others than its owner
            Try: chmod 700 '/s'
            /p/a.yaml:3:5: 'opne' is no action
                permit: [opne]
                        ^
              write open
            /p/a.yaml:9:5: warning: the user 'x' does not exist
              make it
            vaultd: /e/v.yaml has errors
            Try: mend them

            """
        let findings = PlaceCheck.findings(in: text)
        #expect(findings.map(\.severity) == [.problem, .note, .problem, .note, .problem])
        #expect(findings[2].message == "/p/a.yaml:3:5: 'opne' is no action")
        #expect(findings.map(\.remedy) == ["chmod go-w '/p'", "chmod 700 '/s'", "write open", "make it", "mend them"])
    }

    @Test(
        "A vaultd --check that does not say what it has found is told as not looked at",
        arguments: [
            ("kill -SEGV $$", "was killed by signal 11"),
            ("echo 'Error: Unknown option' >&2; exit 2", "Unknown option"),
            ("exit 64", "ended with status 64"),
        ])
    func checkThatFails(_ body: String, _ said: String) throws {
        let directory = try TemporaryDirectory()
        let program = try directory.write("#!/bin/sh\n\(body)\n", to: "vaultd", mode: 0o755)
        let found = PlaceCheck.settings(by: program)
        try #require(found.count == 1, "\(found)")
        #expect(found[0].isUnseen && found[0].severity == .note)
        #expect(found[0].message.hasPrefix("was not looked at: ") && found[0].message.contains(said), "\(found)")
        try directory.write("#!/bin/sh\nprintf 'vaultd: bad\\nTry: mend\\n' >&2; exit 2\n", to: "vaultd", mode: 0o755)
        #expect(PlaceCheck.settings(by: program).map(\.message) == ["bad"])
    }

    @Test(
        "A state that cannot be looked at is told, and so is its file system; one that is not there is no more than that"
    )
    func stateThatCannotBeSeen() throws {
        let found = PlaceCheck(state: "/etc/passwd/state", isTheSystems: false).findings()
        #expect(found.count == 2 && found.allSatisfy(\.isUnseen), "\(found)")
        let missing = PlaceCheck(state: "/nonexistent/state", isTheSystems: false).findings()
        #expect(!missing.isEmpty && missing.allSatisfy { !$0.isUnseen }, "\(missing)")
    }

    @Test("Every directory on the way to the socket counts: its mode and its owner", .enabled(if: geteuid() == 0))
    func wayToTheSocket() throws {
        let directory = try TemporaryDirectory(mode: 0o755)
        let (upper, lower) = (directory.path("upper"), directory.path("upper").appending("lower"))
        mkdir(upper.string, 0o755)
        mkdir(lower.string, 0o755)
        symlink("upper", directory.path("link").string)
        let listener = HeldDescriptor(
            try UnixSocket.listen(
                at: .path(lower.appending("vault.sock")), mode: 0o666, nonBlocking: false))
        defer { withExtendedLifetime(listener) {} }
        func found(_ way: String = "upper") -> [String] {
            SocketCheck(path: "\(directory.path)/\(way)/lower/vault.sock", isTheSystems: false).findings().map(
                \.message)
        }
        #expect(found() == [])
        chmod(upper.string, 0o777)
        #expect(found().map { $0.hasPrefix("others may write \(upper),") } == [true], "\(found())")
        #expect(found("link").contains { $0.hasPrefix("others may write \(upper),") }, "\(found("link"))")
        chmod(upper.string, 0o755)
        chown(upper.string, 4711, 4711)
        #expect(found().map { $0.hasPrefix("\(upper) belongs to uid 4711") } == [true], "\(found())")
    }

    @Test(
        "A socket to which somebody may not connect is told as that, not as a broker that does not run",
        .enabled(if: Command.canChangeUser, "needs other users"))
    func mayNotConnect() async throws {
        let broker = try FakeBroker { _ in .reply(["capabilities": []]) }
        chmod(broker.path.string, 0o600)
        let told = "you may not connect to \(broker.path)"
        let list = try await broker.command(["list"]).asUser(uid: 4711).run()
        #expect(list.status == .exited(3))
        #expect(list.errorText.hasPrefix("vault: list: \(told)\nTry: ls -ld "), "\(list.errorText)")
        for mode in [0o755, 0o700] as [mode_t] {
            chmod(broker.directory.path.string, mode)
            var doctor = broker.command(["doctor"]).asUser(uid: 4711)
            doctor.directory = "/"
            let result = try await doctor.run()
            #expect(result.status == .exited(3))
            #expect(
                result.text.contains("\(told)\nTry: ls -ld ") && !result.text.contains("start vaultd"), "\(result.text)"
            )
        }
    }

    @Test("The worst comes first, and what two looks have found is told once")
    func order() {
        let findings = [
            Finding("units", .note, "n", try: "look"), Finding("places", "p", try: "chmod go-w '/p'"),
            Finding("broker", "others may write /p", try: "chmod go-w /p"), Finding("broker", .failed, "f", try: "act"),
            Finding("log", .note, "m", try: "look"),
        ]
        #expect(findings.inOrder.map(\.message) == ["f", "p", "n", "m"])
    }
}
