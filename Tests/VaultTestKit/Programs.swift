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

    /// Where every user can run them: where they were built, or, when the checkout lies where only we may look,
    /// a copy that goes at the end of this process.
    package static func directory() async throws -> FilePath { try await gathered.value }

    private static let gathered = Task {
        let help = Command(built.appending("vault"), arguments: ["--help"])
        guard Command.canChangeUser, try await !help.asUser(uid: 4711).run().status.isSuccess else { return built }
        let copy = FilePath("/tmp/vault-programs-\(getpid())")
        removeAtExit(copy)
        let gather = checkout.appending("Tests/Demo/gather")
        let result = try await Command(gather, arguments: [built.string, copy.string]).run()
        guard result.status.isSuccess else { throw DaemonFailure(what: "gather failed", log: result.errorText) }
        return copy
    }

    private static func removeAtExit(_ path: FilePath) {
        setenv("VAULT_PROGRAMS", path.string, 1)
        atexit {
            if let path = getenv("VAULT_PROGRAMS") { removeTree(FilePath(platformString: path)) }
        }
    }
}
