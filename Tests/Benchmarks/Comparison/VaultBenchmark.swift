// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Descriptors
import Glibc
import SystemPackage
import VaultTestKit

/// Measures the broker beside C and s6-fdholderd, all on this machine and within the same minutes, since only ratios
/// carry over to another.
@main
struct VaultBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault-benchmark",
        abstract: "Measure the broker beside a pipeline in C and s6-fdholderd, as ratios.",
        discussion: "The programs are those beside this one. Databases lie below --directory, which has to be on a "
            + "real disk: what is synchronised in memory is measured for nothing.")

    @Option(help: ArgumentHelp("Who is measured: any of the values, with commas.", valueName: "names"))
    var contenders = Contender.allCases.map(\.rawValue).joined(separator: ",")

    @Option(name: .customLong("repeat"), help: "How often; the median counts.")
    var repetitions = 5

    @Option(help: "How long each load lasts.")
    var seconds = 1.5

    @Option(help: "Only measures whose title holds this text.")
    var only = ""

    @Option(help: "The size of a record of the servers in C.")
    var rowBytes = 512

    @Option(help: "The size of the WAL at which the servers in C checkpoint it.")
    var checkpointPages = 1000

    @Option(help: "Where the databases lie.")
    var directory = ".build/benchmark"

    @Flag(help: "Measure everything once more, with the server on core 0 and the load generator on core 1.")
    var pin = false

    @Option(help: "A file to write the table to, as JSON.")
    var json: String?

    @Flag(help: "End with exit code 1 if a goal is missed.")
    var strict = false

    func validate() throws {
        if repetitions < 1 || seconds <= 0 { throw ValidationError("nothing would be measured") }
        if pin, sysconf(CInt(_SC_NPROCESSORS_ONLN)) < 2 { throw ValidationError("--pin needs two cores") }
    }

    func run() async throws {
        let (chosen, skipped) = try chooseContenders()
        for contender in skipped { print("skipped: \(contender.title): \(contender.obstacle ?? "")") }
        try useDirectory()
        let measurements = Measurement.all.filter { only.isEmpty || $0.title.contains(only) }
        let settings = Settings(rowBytes: rowBytes, checkpointPages: checkpointPages)
        var comparisons = (pin ? [nil, Cores()] : [nil]).map { cores in
            Comparison(contenders: chosen, measurements: measurements, settings: settings, cores: cores)
        }
        for repetition in 1...repetitions {
            print("repetition \(repetition) of \(repetitions)")
            for index in comparisons.indices { try await comparisons[index].measureOnce(seconds: seconds) }
        }
        var table = Table()
        for comparison in comparisons { table.add(contentsOf: comparison.table) }
        print("beside each: p99.9, and the CPU time of a call of the server, with all that it started, and of the")
        print("load generator; in microseconds")
        print(table.text)
        if only.isEmpty {
            var singles = Table()
            try await addSingleMeasures(to: &singles, chosen: chosen)
            print(singles.text)
            table.add(contentsOf: singles)
        }
        if let json { try write(table.json, to: FilePath(json)) }
        if strict, table.lines.contains(where: \.missed) { throw ExitCode(1) }
    }

    private func chooseContenders() throws -> (chosen: [Contender], skipped: [Contender]) {
        let named = try contenders.split(separator: ",").map { name in
            guard let contender = Contender(rawValue: String(name)) else {
                throw ValidationError(
                    "'\(name)' is none of \(Contender.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return contender
        }
        return (named.filter { $0.obstacle == nil }, named.filter { $0.obstacle != nil })
    }

    /// Temporary directories lie below `directory` from now on.
    private func useDirectory() throws {
        guard mkdir(directory, 0o755) == 0 || errno == EEXIST, let real = realpath(directory, nil) else {
            throw ValidationError("\(directory): \(Errno(rawValue: errno))")
        }
        defer { free(real) }
        chmod(real, 0o755)
        setenv("TMPDIR", real, 1)
        let tmpfs: UInt64 = 0x0102_1994
        let opened = try OwnedDescriptor.open(FilePath(platformString: real), flags: O_RDONLY | O_DIRECTORY)
        if try DescriptorStatus.filesystemType(of: opened) == tmpfs {
            print("warning: \(directory) lies in memory; nothing that is said of durable grants here is true")
        }
    }

    /// What is measured once, and not under load.
    private func addSingleMeasures(to table: inout Table, chosen: [Contender]) async throws {
        for count in [10, 10_000] {
            table.add("policy decision, \(count) rules", try DecisionTime.nanoseconds(rules: count), unit: "ns")
        }
        let vault = Programs.built.appending("vault")
        table.add(
            "start of a program", try await ProcessTimes.microseconds(Command("true")), unit: "µs", of: "/bin/true")
        table.add(
            "start of a program", try await ProcessTimes.microseconds(Command(vault, arguments: ["--help"])),
            unit: "µs", of: "vault --help")
        if chosen.contains(.vaultd) {
            let server = try await BrokerServer()
            table.add("private memory, idle", try ProcessTimes.privateMemory(of: try server.pid), unit: "KiB")
            table.add(
                "private memory of a connection", try await ProcessTimes.memoryOfConnection(to: server), unit: "KiB")
            let cat = server.daemon.vaultCommand(["cat", "bench/0"])
            table.add("cat of a small file, whole process", try await ProcessTimes.microseconds(cat), unit: "µs")
            try await server.stop()
        }
        if chosen.contains(.s6) {
            let server = try await S6Server()
            let cat = Command("s6-fdholder-retrieve", server.socket.string, Contender.names[0], "cat")
            table.add(
                "cat of a small file, whole process", try await ProcessTimes.microseconds(cat), unit: "µs",
                of: "s6-fdholder-retrieve")
            try await server.stop()
        }
    }

    private func write(_ text: String, to path: FilePath) throws {
        let file = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try file.writeAll(Array((text + "\n").utf8).span)
    }
}
