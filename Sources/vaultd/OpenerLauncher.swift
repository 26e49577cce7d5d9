// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultBroker

/// Spawns the opener while this process is still root: it alone keeps privileges.
struct OpenerLauncher {
    private let settings: Settings
    private let user: RunAsUser?
    private let places: StateLocation

    init(_ settings: Settings, _ user: RunAsUser?, _ places: StateLocation) {
        self.settings = settings
        self.user = user
        self.places = places
    }

    func launch() throws(StartFailure) -> OpenerProcess {
        let path = try Executables.find("vault-opener")
        let options = try options()
        do {
            return try OpenerProcess.spawn(executable: path, options: options)
        } catch {
            throw StartFailure("cannot start '\(path)'", error, remedy: "install the vault again")
        }
    }

    /// What the opener may do, as the settings say.
    func options() throws(StartFailure) -> OpenerOptions {
        var options = OpenerOptions(
            roots: settings.openerRoots.value, stateDirectory: places.state)
        options.protectedPaths = places.hidden
        options.protectedFromWriting = places.authority
        options.workers = settings.openerWorkers.value
        options.timeLimit = .microseconds(settings.openerTimeoutUSec.value)
        options.helpers = settings.helpers.value.map { FilePath($0) }
        options.brokerUID = user?.uid ?? geteuid()
        if let name = settings.helperUser.value {
            guard let entry = getpwnam(name) else {
                throw StartFailure(
                    message: "there is no user '\(name)' (opener.helper-user, \(settings.helperUser.origin))",
                    remedy: "make the user, or name another one", isUsage: true)
            }
            options.helperUser = (entry.pointee.pw_uid, entry.pointee.pw_gid)
        }
        return options
    }
}

/// The programs that belong to this one: beside it, as built, or in `../libexec/vault`, as installed.
enum Executables {
    static func find(_ name: String) throws(StartFailure) -> FilePath {
        guard let beside = try? FilePath.ofOwnProgram() else {
            throw StartFailure(message: "/proc is not mounted", remedy: "mount -t proc proc /proc")
        }
        for directory in [beside, beside.removingLastComponent().appending("libexec/vault")] {
            let path = directory.appending(name)
            if path.withPlatformString({ access($0, X_OK) }) == 0 { return path }
        }
        throw StartFailure(
            message: "'\(name)' is neither in \(beside) nor in ../libexec/vault",
            remedy: "install the vault with `make install`")
    }
}
