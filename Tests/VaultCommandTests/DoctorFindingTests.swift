// SPDX-License-Identifier: Apache-2.0

import Testing

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
