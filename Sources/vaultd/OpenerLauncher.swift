// SPDX-License-Identifier: Apache-2.0

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
