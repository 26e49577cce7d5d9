// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SystemPackage

/// The programs under test.
package enum Programs {
    /// Where this build put them: beside the program that runs the tests.
    package static let built: FilePath = {
        let program = readLink("/proc/self/exe") ?? CommandLine.arguments[0]
        return FilePath(program).removingLastComponent()
    }()

    /// What `make install DESTDIR=…` filled with release programs, where `make test-installed` runs the tests: these are
    /// under test then, instead of those beside the tests.
    package static let installedRoot: FilePath? = directory(of: "VAULT_INSTALLED")

    /// A directory that a variable of the environment names.
    package static func directory(of variable: String) -> FilePath? {
        guard let text = getenv(variable).map({ String(cString: $0) }), !text.isEmpty else { return nil }
        return FilePath(text)
    }

    /// The top of the checkout.
    package static let checkout: FilePath = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent()

    /// The system's Python 3, which every user can run, before one of our own.
    package static let python: FilePath? = {
        let system: FilePath = "/usr/bin/python3"
        return system.withPlatformString { access($0, X_OK) } == 0 ? system : Command.find("python3")
    }()

    /// A Python with packages that know nothing of the vault, where `Tests/PythonClient/prepare` has made one.
    package static let preparedPython: FilePath? = {
        let path = checkout.appending(".build/python/bin/python3")
        return path.withPlatformString { access($0, X_OK) } == 0 ? path : nil
    }()

    /// Where every user can run them: where they were built or installed, or, when that lies where only we may look, a
    /// copy that goes at the end of this process.
    package static func directory() async throws -> ProgramDirectories { try await gathered.value }

    private static let gathered = Task {
        let present =
            installedRoot.map { ProgramDirectories(installedBelow: $0) } ?? ProgramDirectories(together: built)
        let help = Command(present.appending("vault"), arguments: ["--help"])
        guard Command.canChangeUser, try await !help.asUser(uid: 4711).run().status.isSuccess else { return present }
        let copy = FilePath("/tmp/vault-programs-\(getpid())")
        removeAtExit(copy)
        guard let root = installedRoot else {
            try await succeed(
                Command(checkout.appending("Tests/Demo/gather"), arguments: [built.string, copy.string]))
            return ProgramDirectories(together: copy)
        }
        try await succeed(Command("install", "-d", "-m", "0755", copy.string))
        try await succeed(Command("cp", "-a", root.appending("usr").string, copy.string))
        return ProgramDirectories(installedBelow: copy)
    }

    private static func succeed(_ command: Command) async throws {
        let result = try await command.run()
        guard result.status.isSuccess else { throw DaemonFailure(what: "\(command)", log: result.errorText) }
    }

    private static func removeAtExit(_ path: FilePath) {
        setenv("VAULT_PROGRAMS", path.string, 1)
        atexit {
            if let path = getenv("VAULT_PROGRAMS") { removeTree(FilePath(platformString: path)) }
        }
    }
}
