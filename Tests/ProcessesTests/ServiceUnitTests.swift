// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Processes

struct ServiceUnitTests {
    @Test(
        "The unit is the first component that is no slice; what was made below it is ignored",
        arguments: [
            ("/system.slice/nginx.service", "nginx.service"),
            ("/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
            ("/system.slice/docker.service/evil.service", "docker.service"),
            ("/system.slice/a.service/vaultd.service", "a.service"),
            ("/init.scope", "init.scope"),
            ("/machine.slice/machine-x.scope/system.slice/nginx.service", "machine-x.scope"),
            ("/system.slice/_cgroup.service", "cgroup.service"),
            ("/system.slice/dbus.socket", "dbus.socket"),
            ("/system.slice/home.mount", "home.mount"),
            // Whoever may make groups chooses their names: a combining mark is no part of the slash before it.
            ("/system.slice/a.service/\u{301}x", "a.service"),
            ("/system.slice/a.service/\u{301}x.service", "a.service"),
        ])
    func systemUnits(cgroup: String, name: String) {
        let unit = ServiceUnit(cgroup: cgroup)
        #expect(unit?.name == name)
        #expect(unit?.isBelowUserSlice == false)
    }

    @Test(
        "A unit below user.slice is known as such",
        arguments: [
            ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope"),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service", "user@1000.service"),
        ])
    func userUnits(cgroup: String, name: String) {
        let unit = ServiceUnit(cgroup: cgroup)
        #expect(unit?.name == name)
        #expect(unit?.isBelowUserSlice == true)
    }

    @Test("Of a user's own service manager the unit is the first beneath that")
    func unitsOfUser() {
        func unit(_ cgroup: String) -> String? { ServiceUnit(ofManagerOf: 1000, cgroup: cgroup)?.name }
        let manager = "/user.slice/user-1000.slice/user@1000.service"
        #expect(unit(manager + "/app.slice/nginx.service") == "nginx.service")
        #expect(unit(manager + "/app.slice/app-x.slice/x@1.service/y.service") == "x@1.service")
        #expect(unit(manager + "/init.scope") == "init.scope")
        for other in ["", "/app.slice"] { #expect(unit(manager + other) == nil) }
        #expect(unit("/user.slice/user-1001.slice/user@1001.service/app.slice/nginx.service") == nil)
        #expect(unit("/system.slice/nginx.service") == nil)
    }

    @Test(
        "No unit is a known answer",
        arguments: [
            "/", "/system.slice", "/user.slice/user-0.slice", "/docker/0123abc", "/kubepods/x.y", "/.service", "/_",
        ]
    )
    func noUnit(cgroup: String) {
        #expect(ServiceUnit(cgroup: cgroup) == nil)
        var facts = ProcessFacts()
        facts.cgroup = .known(cgroup)
        #expect(facts.unit == .known(nil))
    }

    @Test("What is not known of the control group is not known of the unit")
    func unknown() {
        var facts = ProcessFacts()
        #expect(facts.unit == .notRead)
        facts.cgroup = .unknown(.noUnifiedHierarchy)
        #expect(facts.unit == .unknown(.noUnifiedHierarchy))
    }
}
