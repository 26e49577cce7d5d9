// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

/// The short life of a process between a worker and the helper that it becomes: it gives up what it has, then executes.
enum HelperLauncher {
    /// Returns only when the helper could not be started.
    static func run(_ launch: HelperLaunch) -> CInt {
        do throws(Errno) {
            try SystemCall.retrying { fcntl(HelperRunner.reportNumber, F_SETFD, FD_CLOEXEC) }
            try Privileges.become(uid: launch.user.uid, gid: launch.user.gid)
            // After the change of ids, which would take it back. The worker may have ended before.
            try SystemCall.retrying { linux_set_parent_death_signal(SIGKILL) }
            guard getppid() == launch.parent else { return 1 }
            umask(0o022)
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            try SystemCall.retrying { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) }
            try execute(launch.command)
        } catch {
            var number = error.rawValue
            _ = write(HelperRunner.reportNumber, &number, MemoryLayout<CInt>.size)
        }
        return 1
    }

    private static func execute(_ command: [String]) throws(Errno) {
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        try SystemCall.retrying { execv(command[0], arguments) }
    }
}
