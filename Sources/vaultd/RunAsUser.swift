// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

/// The ordinary user as whom the broker goes on once the opener, which keeps the privileges, runs.
struct RunAsUser {
    let name: String
    let uid: UInt32
    let gid: UInt32

    /// nil when the daemon stays who it is, which it does as that user already.
    init?(_ settings: Settings) throws(StartFailure) {
        guard let name = settings.runAs.value else { return nil }
        let origin = settings.runAs.origin
        guard let entry = getpwnam(name) else {
            throw StartFailure(
                message: Self.missing(settings.runAs), remedy: Self.remedy(forMissing: name), isUsage: true)
        }
        if entry.pointee.pw_uid == geteuid(), geteuid() != 0 { return nil }
        guard geteuid() == 0 else {
            throw StartFailure(
                message: "run-as (\(origin)) is '\(name)', and this is uid \(geteuid())",
                remedy: "start vaultd as root or as \(name), or take run-as out", isUsage: true)
        }
        guard entry.pointee.pw_uid != 0 else {
            throw StartFailure(
                message: "run-as must not be root (\(origin))", remedy: "name an ordinary user, or take run-as out",
                isUsage: true)
        }
        self.name = name
        uid = entry.pointee.pw_uid
        gid = entry.pointee.pw_gid
    }

    /// Where there is no such user.
    static func missing(_ runAs: Settings.Value<String?>) -> String {
        "there is no user '\(runAs.value ?? "")' (run-as, \(runAs.origin))"
    }

    static func remedy(forMissing name: String) -> String {
        "systemd-sysusers, where the package or make install has told it of \(name); or "
            + "useradd --system --no-create-home --shell /usr/sbin/nologin \(name)"
    }

    /// Gives up root for ever: groups, then gid, then uid, then every capability; nothing can be gained by exec either.
    func become() throws(StartFailure) {
        try StartFailure.reporting(
            "cannot go on as \(name)", remedy: "start vaultd as root with CAP_SETUID and CAP_SETGID"
        ) { () throws(Errno) in
            try SystemCall.retrying { linux_setgroups(0, nil) }
            try SystemCall.retrying { linux_setresgid(gid, gid, gid) }
            try SystemCall.retrying { linux_setresuid(uid, uid, uid) }
            var none = linux_capabilities()
            try SystemCall.retrying { linux_set_capabilities(&none) }
            try SystemCall.retrying { linux_set_no_new_privileges() }
        }
        precondition(getuid() == uid && geteuid() == uid && getgid() == gid, "root was given up, and is still there")
    }
}
