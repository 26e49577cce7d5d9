// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

/// What each process of the opener may do beyond its user. Given up for ever before the first request is read.
///
/// * `CAP_DAC_OVERRIDE`, general workers: to open what lies beneath a root whatever its permissions; reading and
///   searching are contained in it, so `CAP_DAC_READ_SEARCH`, which also opens by handle and so outside of roots, is
///   not kept.
/// * `CAP_NET_BIND_SERVICE`, general workers: ports below 1024.
/// * `CAP_SETUID` and `CAP_SETGID`, general workers: to make a Unix socket under the user who is to serve it, the
///   copy of a secret under the user who gets it, and to become the helpers' user.
/// * `CAP_KILL`, all: workers and helpers with other ids are killed when they pass their time limit.
/// * `CAP_SYS_PTRACE`, the inspector: to read `exe` and `ns/*` of another user's process.
///
/// `CAP_CHOWN` and `CAP_FOWNER` are not kept: what is made is made under the right user, with the right mode.
enum Privileges {
    private static let kill = bit(LINUX_CAP_KILL)
    private static let forOpening =
        kill | bit(LINUX_CAP_DAC_OVERRIDE) | bit(LINUX_CAP_NET_BIND_SERVICE) | bit(LINUX_CAP_SETUID)
        | bit(LINUX_CAP_SETGID)
    private static let forInspecting = kill | bit(LINUX_CAP_SYS_PTRACE)
    private static let all = forOpening | forInspecting

    /// The supervisor itself only kills; the rest stays permitted for the workers that it starts.
    static func reduceToSupervisor() throws(Errno) {
        try SystemCall.retrying { linux_set_no_new_privileges() }
        dropFromBoundingSet(allBut: all)
        try reduce(to: all, effective: kill)
    }

    static func reduceToWorker(_ kind: WorkerKind) throws(Errno) {
        switch kind {
        case .general: try reduce(to: forOpening, effective: forOpening)
        case .inspector: try reduce(to: forInspecting, effective: forInspecting)
        }
    }

    /// Becomes another user for ever, without supplementary groups and without capabilities, but for the one to write
    /// in any directory if it is had and `keepingDirectoryAccess`.
    static func become(uid: UInt32, gid: UInt32, keepingDirectoryAccess: Bool = false) throws(Errno) {
        try SystemCall.retrying { linux_prctl(CInt(LINUX_PR_SET_KEEPCAPS), keepingDirectoryAccess ? 1 : 0, 0, 0, 0) }
        try SystemCall.retrying { linux_setgroups(0, nil) }
        try SystemCall.retrying { linux_setresgid(gid, gid, gid) }
        try SystemCall.retrying { linux_setresuid(uid, uid, uid) }
        let kept = keepingDirectoryAccess ? bit(LINUX_CAP_DAC_OVERRIDE) : 0
        _ = linux_prctl(CInt(LINUX_PR_CAP_AMBIENT), UInt(LINUX_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
        try reduce(to: kept, effective: kept)
        try SystemCall.retrying { linux_prctl(CInt(LINUX_PR_SET_KEEPCAPS), 0, 0, 0, 0) }
        var (real, effective, saved): (uid_t, uid_t, uid_t) = (0, 0, 0)
        try SystemCall.retrying { linux_getresuid(&real, &effective, &saved) }
        guard real == uid, effective == uid, saved == uid else { throw .notPermitted }
    }

    private static func reduce(to set: UInt64, effective: UInt64) throws(Errno) {
        var capabilities = linux_capabilities()
        try SystemCall.retrying { linux_get_capabilities(&capabilities) }
        capabilities.permitted &= set
        capabilities.effective = capabilities.permitted & effective
        // What a process without root's uid passes on to its workers by way of ambient capabilities.
        capabilities.inheritable &= set
        try SystemCall.retrying { linux_set_capabilities(&capabilities) }
    }

    /// Without CAP_SETPCAP this cannot be done, and is not needed: no_new_privs lets nothing be gained.
    private static func dropFromBoundingSet(allBut set: UInt64) {
        for capability in 0..<64 where set & (1 << UInt64(capability)) == 0 {
            _ = linux_prctl(CInt(LINUX_PR_CAPBSET_DROP), UInt(capability), 0, 0, 0)
        }
    }

    private static func bit(_ capability: Int32) -> UInt64 { 1 << UInt64(capability) }
}
