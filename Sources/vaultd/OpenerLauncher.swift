// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage
import VaultBroker

/// Spawns the opener while this process is still root: it alone keeps privileges.
struct OpenerLauncher {
    let settings: Settings
    let user: RunAsUser?
    let places: StateLocation

    /// One that gives up its rights can start no other when that has ended.
    func launch() throws(StartFailure) -> OpenerSource {
        let path = try Executables.find("vault-opener")
        let options = try options()
        let start: OpenerSource.Start = { () throws(Errno) in
            try OpenerProcess.spawn(executable: path, options: options)
        }
        do {
            return .process(try start(), again: user == nil ? start : nil)
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

/// `vaultd --opener`: turns this process into the opener of one connection of the broker, with the rights that the
/// service manager gave it and the settings of `vaultd.yaml`. The broker says nothing about what its opener may do.
struct OpenerService {
    let settings: Settings

    /// Returns only by throwing.
    func become() throws {
        let connections = try StartFailure.takingSockets()
        guard connections.count == 1, let connection = connections.first?.descriptor else {
            throw StartFailure(
                message: "--opener needs one connection of vaultd, handed over as sd_listen_fds(3) says",
                remedy: "systemctl start vaultd-opener.socket, which starts this for each connection", isUsage: true)
        }
        try checkWhoWroteTheSettings()
        let places = try StateLocation(settings, activated: connections)
        var options = try OpenerLauncher(settings: settings, user: RunAsUser(settings), places: places).options()
        options.peerUID = options.brokerUID
        // The path of the socket that was connected to is as good as the broker's own.
        if case .path(let path)? = try? SocketOption.localAddress(of: connection) {
            options.protectedPaths.append(path)
        }
        // What systemd.exec(5) says of credentials: the log's key may be one of the broker's.
        options.protectedPaths.append("/run/credentials/vaultd.service")
        let program = try Executables.find("vault-opener")
        try DescriptorStatus.setCloseOnExec(false, of: connection)
        connection.withUnsafeNumber { number in
            let words = [program.string] + options.arguments + ["--socket", "\(number)"]
            var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
            arguments.append(nil)
            program.withPlatformString { _ = execv($0, arguments) }
        }
        throw StartFailure(
            message: "cannot execute '\(program)': \(Errno(rawValue: errno))", remedy: "install the vault again")
    }

    /// The settings say what root opens for others, so only root, or whoever runs this, may have written them.
    private func checkWhoWroteTheSettings() throws(StartFailure) {
        guard let path = settings.configurationFile.value else { return }
        for path in [path, FilePath(path).removingLastComponent().string] {
            try checkWhoMayWrite(path.isEmpty ? "." : path)
        }
    }

    private func checkWhoMayWrite(_ path: String) throws(StartFailure) {
        let status = try StartFailure.reporting("cannot look at '\(path)'", remedy: "make it readable") {
            () throws(Errno) in try FileStatus(ofPath: FilePath(path))
        }
        guard status.uid == 0 || status.uid == geteuid() else {
            throw StartFailure(
                message: "'\(path)' belongs to uid \(status.uid), who could have root open anything",
                remedy: "chown root: '\(path)'")
        }
        guard status.mode & 0o022 == 0 else {
            throw StartFailure(
                message: "'\(path)' may be written by others than its owner, who could have root open anything",
                remedy: "chmod go-w '\(path)'")
        }
    }
}
