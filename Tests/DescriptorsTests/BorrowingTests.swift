// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing
import VaultTestKit

/// What lies in `Borrowing`, and what it takes to compile it against the library as it was built.
private enum Examples {
    static let files = FilePath(#filePath).removingLastComponent().appending("Borrowing")
    static let modules = Programs.built.appending("Modules")
    static let moduleMaps = [
        Programs.built.appending("CLinux.build/module.modulemap"),
        Programs.built.removingLastComponent().removingLastComponent()
            .appending("checkouts/swift-system/Sources/CSystem/include/module.modulemap"),
    ]

    static var canBeCompiled: Bool {
        let needed = moduleMaps + [modules.appending("Descriptors.swiftmodule")]
        return Command.find("swiftc") != nil
            && needed.allSatisfy { $0.withPlatformString { access($0, R_OK) } == 0 }
    }
}

/// The compiler's own check that exactly those errors come that the examples announce.
@Suite("The compiler", .enabled(if: Examples.canBeCompiled, "needs swiftc, and the modules of this build"))
struct BorrowingTests {
    /// - Parameter step: how far to go. Lifetimes are checked after types, and only where these are right.
    private func compile(_ file: String, _ step: [String]) async throws -> CommandResult {
        let directory = try TemporaryDirectory()
        var command = Command("swiftc", "-frontend", "-swift-version", "6", "-I", Examples.modules.string)
        command.arguments += step + ["-module-cache-path", directory.path("cache").string]
        for map in Examples.moduleMaps { command.arguments += ["-Xcc", "-fmodule-map-file=\(map)"] }
        command.arguments += ["-o", "/dev/null", Examples.files.appending(file).string]
        command.timeLimit = .seconds(300)
        return try await command.run()
    }

    @Test("lets descriptors be lent, also those without a name, and shared")
    func lent() async throws {
        let result = try await compile("Lent.swift", ["-emit-sil"])
        #expect(result.status == .exited(0), "\(result.errorText)")
    }

    @Test("refuses a number where a descriptor is wanted, and an owner has none to give")
    func numbers() async throws {
        let result = try await compile("Numbers.swift", ["-typecheck", "-verify", "-verify-ignore-unrelated"])
        #expect(result.status == .exited(0), "\(result.errorText)")
    }

    @Test("refuses to keep, return or share what was borrowed, and to use it later or after its end")
    func keeping() async throws {
        let result = try await compile("Keeping.swift", ["-emit-sil", "-verify", "-verify-ignore-unrelated"])
        #expect(result.status == .exited(0), "\(result.errorText)")
    }
}

/// `make lint` runs it over the sources.
@Suite("The lint of borrowed numbers", .enabled(if: Programs.python != nil, "needs Python"))
struct BorrowingLintTests {
    private func findings(_ source: String) async throws -> [String] {
        let directory = try TemporaryDirectory()
        for name in ["Sources", "Sources/Descriptors", "Sources/Descriptors/Status"] {
            #expect(mkdir(directory.path(name).string, 0o755) == 0)
        }
        try directory.write(source, to: "Sources/Descriptors/Status/Example.swift")
        let lint = Programs.checkout.appending("Tests/Documentation/borrowing")
        let python = try #require(Programs.python)
        let result = try await Command(python, arguments: [lint.string, directory.path.string]).run()
        #expect(result.status == .exited(result.text.isEmpty ? 0 : 1), "\(result.errorText)")
        return result.text.split(separator: "\n").map { String($0.split(separator: ":")[1]) }
    }

    @Test(
        "finds numbers that leave the closure they were lent to, and interfaces that take or give one",
        arguments: [
            "let number = owner.withUnsafeNumber { $0 }",
            "let number = owner.withUnsafeNumber { number in number }",
            "let number = try owner.withUnsafeNumber { number throws(Errno) in return Int32(number) }",
            "let number = owner.withUnsafeNumber(\\.self)",
            "owner.withUnsafeNumber { kept = $0 }",
            "owner.withUnsafeNumber { self.kept = $0 }",
            "owner.withUnsafeNumber { numbers.append($0) }",
            "owner.withUnsafeNumber { file = OwnedDescriptor(adopting: $0) }",
            "try SystemCall.retrying(on: owner) { $0 }",
            "public static func flags(of descriptor: CInt) -> CInt { 0 }",
            "package func send(\n    passing descriptors: [CInt]\n) {}",
            "public let fd: Int32",
            "public var rawNumber: CInt { 0 }",
            "import Descriptors\nlet file = FileDescriptor(rawValue: 3)",
            "private var pidfds: [CInt] = []",
            "let kept = owner.lentNumber",
        ])
    func finds(source: String) async throws {
        #expect(try await !findings(source).isEmpty)
    }

    @Test("lets everything be that uses a number in the closure, or needs none")
    func passes() async throws {
        let source = """
            public static func flags(of descriptor: borrowing some Descriptor & ~Copyable) throws(Errno) -> CInt {
                try SystemCall.retrying(on: descriptor) { fcntl($0, F_GETFL) }
            }
            let isHigh = owner.withUnsafeNumber { $0 > 2 }
            let count = owner.withUnsafeNumber { number in
                let copied = dup(number)
                return close(copied)
            }
            public func signal(_ signal: CInt) {}
            public init(flags: CInt, mode: UInt32) {}
            """
        #expect(try await findings(source) == [])
    }
}
