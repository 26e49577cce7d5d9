// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import SystemPackage

/// `vaultd --opener`: turns this process into the opener of one connection of the broker, with the rights that the
/// service manager gave it and the settings of `vaultd.yaml`. The broker says nothing about what its opener may do.
struct OpenerService {
    private let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

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
        var options = try OpenerLauncher(settings, try RunAsUser(settings), places).options()
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
            try SettingsTrust.check(path.isEmpty ? "." : path)
        }
    }
}

/// Whether a file that says what root does can only be written by root, or by whoever runs this.
enum SettingsTrust {
    static func check(_ path: String) throws(StartFailure) {
        let status: FileStatus
        do throws(Errno) {
            status = try FileStatus(ofPath: FilePath(path))
        } catch {
            throw StartFailure(message: "cannot look at '\(path)': \(error)", remedy: "make it readable")
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
