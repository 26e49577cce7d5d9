// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
]

/// Mistakes can be planted in the broker's core, to see that its simulator finds them; never in what is released.
let planting: [SwiftSetting] = [.define("PLANTED_BUGS", .when(configuration: .debug))]

let strictC: [CSetting] = [
    .enableWarning("all"),
    .enableWarning("extra"),
    .treatAllWarnings(as: .error),
]

let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let basicContainers: Target.Dependency = .product(name: "BasicContainers", package: "swift-collections")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A target imports only from targets named above its own.
let package = Package(
    name: "vault",
    products: [
        .library(name: "Descriptors", targets: ["Descriptors"]),
        .library(name: "Varlink", targets: ["Varlink", "JSONText"]),
        .library(name: "VaultClient", targets: ["VaultClient"]),
        .executable(name: "varlink-swift", targets: ["varlink-swift"]),
        .executable(name: "vaultd", targets: ["vaultd"]),
        .executable(name: "vault-opener", targets: ["vault-opener"]),
        .executable(name: "vault-openfile", targets: ["vault-openfile"]),
        .executable(name: "vault-offline", targets: ["vault-offline"]),
        .executable(name: "vault", targets: ["vault"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "CLinux", cSettings: strictC),
        .target(name: "CSQLite", cSettings: strictC, linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "Descriptors", dependencies: ["CLinux", systemPackage, basicContainers],
            swiftSettings: strict),
        .target(name: "Processes", dependencies: ["CLinux", "Descriptors", systemPackage], swiftSettings: strict),
        .target(
            name: "OpenerWire", dependencies: ["Descriptors", "Processes", systemPackage], swiftSettings: strict),
        .target(name: "JSONText", swiftSettings: strict),
        .target(
            name: "Varlink", dependencies: ["Descriptors", "JSONText", systemPackage, basicContainers],
            resources: [.embedInCode("Server/org.varlink.service.varlink")], swiftSettings: strict),
        .executableTarget(
            name: "varlink-swift", dependencies: ["JSONText", "Varlink", argumentParser], swiftSettings: strict),
        .target(name: "TransparencyLog", dependencies: [crypto], swiftSettings: strict),
        .target(name: "VaultModel", dependencies: ["JSONText"], swiftSettings: strict),
        .target(name: "Records", dependencies: ["JSONText", "VaultModel"], swiftSettings: strict),
        .target(name: "VaultPolicy", dependencies: ["VaultModel"], swiftSettings: strict),
        .target(
            name: "TerminalKit", dependencies: ["Descriptors", "JSONText", "VaultModel", systemPackage],
            swiftSettings: strict),
        .target(
            name: "PolicyFiles",
            dependencies: ["Descriptors", "TerminalKit", "VaultModel", "VaultPolicy", systemPackage, yams, crypto],
            swiftSettings: strict),
        .target(name: "VaultMetrics", swiftSettings: strict),
        .target(name: "FDHolderProtocol", dependencies: ["VaultModel"], swiftSettings: strict),
        .target(
            name: "DaemonSettings", dependencies: ["FDHolderProtocol", "PolicyFiles", "VaultModel"],
            swiftSettings: strict),
        .target(
            name: "VaultInterface", dependencies: ["JSONText", "Varlink"], exclude: ["Interfaces"],
            swiftSettings: strict),
        .target(
            name: "VaultClient",
            dependencies: ["Descriptors", "JSONText", "Varlink", "VaultInterface", "VaultModel", systemPackage],
            swiftSettings: strict),
        .target(
            name: "Migrations", path: "Migrations",
            resources: [
                .embedInCode("ledger_0001.sql"), .embedInCode("ledger_0002.sql"), .embedInCode("ledger_0003.sql"),
                .embedInCode("ledger_0004.sql"),
                .embedInCode("ledger_0005.sql"), .embedInCode("ledger_0006.sql"),
            ],
            swiftSettings: strict),
        .target(
            name: "VaultLedger",
            dependencies: [
                "CSQLite", "Descriptors", "JSONText", "TransparencyLog", "VaultModel", "Records", "Migrations", grdb,
                systemPackage,
            ],
            swiftSettings: strict),
        .target(
            name: "VaultCore",
            dependencies: ["VaultModel", "Records", "VaultPolicy", systemPackage, deque],
            swiftSettings: strict + planting),
        .target(
            name: "BrokerSimulator",
            dependencies: ["VaultCore", "VaultModel", "Records", "VaultPolicy", systemPackage],
            path: "Tests/BrokerSimulator", exclude: ["README.md"], swiftSettings: strict),
        .executableTarget(
            name: "vault-simulator", dependencies: ["BrokerSimulator", "VaultCore"], path: "Tests/Simulator",
            swiftSettings: strict + planting),
        .target(
            name: "VaultBroker",
            dependencies: [
                "CLinux", "Descriptors", "FDHolderProtocol", "Processes", "OpenerWire", "JSONText", "Varlink",
                "TransparencyLog", "VaultModel", "Records", "VaultPolicy", "VaultCore", "PolicyFiles", "VaultInterface",
                "VaultLedger", "VaultMetrics",
                systemPackage, basicContainers, deque, logging, crypto,
            ],
            swiftSettings: strict),
        .target(
            name: "OfflineVerbs",
            dependencies: [
                "DaemonSettings", "Descriptors", "JSONText", "PolicyFiles", "Records", "TerminalKit", "TransparencyLog",
                "VaultLedger",
                "VaultPolicy",
                systemPackage, argumentParser, crypto,
            ],
            swiftSettings: strict),
        .executableTarget(name: "vault-offline", dependencies: ["OfflineVerbs"], swiftSettings: strict),
        .executableTarget(
            name: "vaultd",
            dependencies: [
                "CLinux", "DaemonSettings", "Descriptors", "FDHolderProtocol", "JSONText", "OfflineVerbs",
                "PolicyFiles",
                "Records", "TerminalKit", "TransparencyLog", "VaultLedger", "VaultBroker",
                systemPackage, logging, argumentParser,
            ],
            exclude: ["Debian", "Monitoring", "Units"],
            swiftSettings: strict),
        .target(name: "HelperOpenfile", dependencies: ["Descriptors", systemPackage], swiftSettings: strict),
        .executableTarget(name: "vault-openfile", dependencies: ["HelperOpenfile"], swiftSettings: strict),
        .executableTarget(
            name: "vault-opener",
            dependencies: [
                "CLinux", "Descriptors", "HelperOpenfile", "JSONText", "Processes", "OpenerWire", systemPackage,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "vault",
            dependencies: [
                "Descriptors", "FDHolderProtocol", "JSONText", "TerminalKit", "Varlink", "VaultInterface", "VaultModel",
                "Records", "VaultClient", "VaultMetrics",
                systemPackage, basicContainers, argumentParser,
            ],
            exclude: ["no-unwind-tables.ld"], resources: [.embedInCode("Plain/help.txt")], swiftSettings: strict),
        .executableTarget(
            name: "BenchmarkBaseline", path: "Tests/Benchmarks/Baseline", cSettings: strictC,
            linkerSettings: [.linkedLibrary("sqlite3")]),
        .executableTarget(name: "BenchmarkLoad", path: "Tests/Benchmarks/Load", cSettings: strictC),
        .executableTarget(
            name: "vault-benchmark",
            dependencies: [
                "Descriptors", "JSONText", "VaultModel", "VaultPolicy", "VaultTestKit", systemPackage, argumentParser,
            ],
            path: "Tests/Benchmarks/Comparison", swiftSettings: strict),
        .executableTarget(
            name: "vault-manual", dependencies: [argumentParser], path: "Tests/Manual",
            exclude: ["generate", "vault.more", "vaultd.more"],
            swiftSettings: strict),
        .testTarget(name: "ManualTests", dependencies: ["vault-manual"], swiftSettings: strict),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "CLinux", "Descriptors", "HangingFUSE", "JSONText", "TransparencyLog", "Varlink", "VaultMetrics",
                "VaultTestKit", systemPackage, basicContainers, crypto,
            ],
            exclude: ["Scripts"], swiftSettings: strict),
        .testTarget(
            name: "InstalledTests", dependencies: ["Descriptors", "JSONText", "VaultTestKit", systemPackage],
            exclude: ["Scripts"], swiftSettings: strict),
        .target(
            name: "VaultTestKit",
            dependencies: ["CLinux", "Descriptors", "JSONText", "Varlink", "VaultClient", systemPackage],
            path: "Tests/VaultTestKit", swiftSettings: strict),
        .testTarget(
            name: "DescriptorsTests",
            dependencies: ["CLinux", "Descriptors", "VaultTestKit", systemPackage, basicContainers],
            exclude: ["Borrowing"], swiftSettings: strict),
        .executableTarget(name: "ConnectingPeer", path: "Tests/ConnectingPeer", cSettings: strictC),
        .testTarget(
            name: "ProcessesTests",
            dependencies: ["CLinux", "ConnectingPeer", "Descriptors", "Processes", "VaultTestKit", systemPackage],
            swiftSettings: strict),
        .executableTarget(name: "HangingFUSE", path: "Tests/HangingFUSE", cSettings: strictC),
        .executableTarget(name: "BookHelper", path: "Tests/BookHelper", cSettings: strictC),
        .testTarget(
            name: "OpenerProgramTests", dependencies: ["vault-opener", "VaultTestKit", systemPackage],
            swiftSettings: strict),
        .testTarget(
            name: "OpenerTests",
            dependencies: [
                "BookHelper", "CLinux", "Descriptors", "HangingFUSE", "OpenerWire", "Processes",
                "VaultBroker", "VaultTestKit", "vault-openfile", "vault-opener", systemPackage, basicContainers,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "OpenerWireTests",
            dependencies: ["Descriptors", "OpenerWire", "Processes", "VaultTestKit", systemPackage],
            swiftSettings: strict),
        .testTarget(name: "JSONTextTests", dependencies: ["JSONText", "VaultTestKit"], swiftSettings: strict),
        .testTarget(
            name: "RecordsTests",
            dependencies: [
                "Descriptors", "JSONText", "Records", "TransparencyLog", "VaultModel", "VaultTestKit", systemPackage,
            ],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "VaultModelTests", dependencies: ["JSONText", "VaultModel", "VaultTestKit"], swiftSettings: strict),
        .testTarget(
            name: "VaultPolicyTests", dependencies: ["VaultModel", "VaultPolicy", "VaultTestKit"], swiftSettings: strict
        ),
        .testTarget(
            name: "PolicyFilesTests",
            dependencies: [
                "DaemonSettings", "VaultModel", "VaultPolicy", "PolicyFiles", "VaultTestKit", systemPackage,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "FDHolderProtocolTests", dependencies: ["FDHolderProtocol", "VaultModel", "VaultTestKit"],
            swiftSettings: strict),
        .testTarget(
            name: "TransparencyLogTests", dependencies: ["TransparencyLog", "VaultTestKit", crypto, systemPackage],
            swiftSettings: strict),
        .executableTarget(
            name: "LedgerExerciser",
            dependencies: ["CSQLite", "Records", "TransparencyLog", "VaultModel", "VaultLedger", systemPackage],
            path: "Tests/LedgerExerciser", swiftSettings: strict),
        .testTarget(
            name: "VaultLedgerTests",
            dependencies: [
                "CLinux", "CSQLite", "Descriptors", "JSONText", "LedgerExerciser", "Migrations", "Records",
                "TransparencyLog",
                "VaultModel", "VaultLedger", "VaultTestKit", grdb, systemPackage,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "VarlinkTests",
            dependencies: ["Descriptors", "JSONText", "Varlink", "VaultTestKit", systemPackage, basicContainers],
            exclude: ["Examples/org.example.notes.varlink"], swiftSettings: strict),
        .testTarget(
            name: "VarlinkSwiftTests",
            dependencies: ["Descriptors", "JSONText", "Varlink", "VaultTestKit", "varlink-swift", systemPackage],
            exclude: ["org.example.every.varlink"], swiftSettings: strict),
        .testTarget(
            name: "VaultInterfaceTests", dependencies: ["JSONText", "Varlink", "VaultInterface", "varlink-swift"],
            swiftSettings: strict),
        .testTarget(
            name: "VaultClientTests",
            dependencies: [
                "Descriptors", "JSONText", "Varlink", "VaultInterface", "VaultClient", "VaultTestKit", systemPackage,
                basicContainers,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "VaultCoreTests",
            dependencies: [
                "BrokerSimulator", "Records", "VaultCore", "VaultModel", "VaultPolicy", "VaultTestKit", systemPackage,
            ],
            swiftSettings: strict + planting),
        .testTarget(
            name: "VaultBrokerTests",
            dependencies: [
                "CLinux", "Descriptors", "JSONText", "Records", "TransparencyLog", "VaultBroker", "VaultCore",
                "VaultInterface", "VaultLedger", "VaultMetrics", "VaultModel", "VaultTestKit",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "VaultMetricsTests",
            dependencies: ["Descriptors", "JSONText", "VaultMetrics", "VaultTestKit", systemPackage],
            swiftSettings: strict),
        .testTarget(
            name: "VaultCommandTests",
            dependencies: [
                "Descriptors", "JSONText", "TerminalKit", "TransparencyLog", "VaultInterface", "VaultModel",
                "VaultTestKit",
                "OfflineVerbs", "vault", "vault-offline", systemPackage, argumentParser,
            ],
            swiftSettings: strict),
    ]
)

// What is installed, `make release`: the command line starts three times faster when the loader has nothing to do. Its code
// is then always at the same address; it talks to nobody but the broker.
if Context.environment["VAULT_STATIC"] == "1" {
    package.targets.append(.target(name: "NoICUData", cSettings: strictC))
    for target in package.targets where target.name == "vaultd" {
        target.dependencies.append("NoICUData")
    }
    let noUnwindTables = "\(Context.packageDirectory)/Sources/vault/no-unwind-tables.ld"
    for target in package.targets where ["vault", "vault-opener"].contains(target.name) {
        target.linkerSettings = (target.linkerSettings ?? []) + [.unsafeFlags(["-Xlinker", noUnwindTables])]
    }
    for target in package.targets where target.name == "vault" {
        target.linkerSettings = (target.linkerSettings ?? []) + [.unsafeFlags(["-static-executable"])]
    }
}

// ThreadSanitizer, for `make soak`, in our own targets alone: the compiler of Swift 6.3 breaks off when it is to instrument
// BasicContainers, so `swift build --sanitize thread` cannot be had.
if Context.environment["VAULT_THREAD_SANITIZER"] == "1" {
    for target in package.targets {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-sanitize=thread"])]
        target.cSettings = (target.cSettings ?? []) + [.unsafeFlags(["-fsanitize=thread"])]
        target.linkerSettings = (target.linkerSettings ?? []) + [.unsafeFlags(["-sanitize=thread"])]
    }
    package.targets.append(.target(name: "ThreadSanitizerMutex", path: "Tests/ThreadSanitizer"))
    for target in package.targets where target.name == "CLinux" {
        target.dependencies.append("ThreadSanitizerMutex")
    }
}
