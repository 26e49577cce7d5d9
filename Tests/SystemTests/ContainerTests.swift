// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import Testing
import VaultTestKit

/// What the article about containers says, with crun and podman, in a mount namespace with the unified hierarchy.
@Suite(.serialized, .enabled(if: Command.canChangeUser, "needs root: containers are started"))
struct ContainerTests {
    private static let article = "Sources/VaultClient/VaultClient.docc/Containers.md"
    private static let recipes = (try? Recipes(article: article))?.all ?? []
    private static let id = String(repeating: "3f2a", count: 16)
    /// Where a container has the programs of this system.
    private static let shared: [String] = ["/usr", "/bin", "/lib", "/lib64", "/opt"].filter { path in
        access(path, F_OK) == 0
    }

    @Test("Each recipe does what it says", arguments: recipes)
    func recipe(_ recipe: Recipe) async throws {
        for program in recipe.programs + ["conmon"].filter({ _ in recipe.programs == ["podman"] }) {
            guard try await RecipePrograms.find(program, uid: 0) == nil else { continue }
            try skipVisibly("a container with \(program), which is not there: Tests/Recipes/prepare .build/programs")
        }
        let (daemon, place) = try await start()
        try await skipWithoutHierarchy(daemon, place)
        let port = "\(try unusedPort())"
        let podman = try await podman(place)
        let script = recipe.code.replacing("podman run", with: "podman \(podman.options) run \(podman.runOptions)")
            .replacing("IMAGE", with: "--rootfs \(place.path)/bundle/rootfs").replacing("8080", with: port)
        let result = try await shell(script, daemon, place, podman.environment).run()
        let log = daemon.log
        #expect(result.status == .exited(0), "\(script)\n\(result.text)\(result.errorText)\(log)")
        #expect(result.text == recipe.output, "\(script)\n\(result.errorText)\(log)")
    }

    @Test("The article has a recipe for both programs")
    func complete() {
        #expect(Set(Self.recipes.flatMap(\.programs)) == ["crun", "podman"])
    }

    @Test("Who is in a container is told so, its rules hold, and the records have the group")
    func selectors() async throws {
        guard try await RecipePrograms.find("crun", uid: 0) != nil else {
            try skipVisibly("a container with crun, which is not there: Tests/Recipes/prepare .build/programs")
        }
        let (daemon, place) = try await start()
        try await skipWithoutHierarchy(daemon, place)
        try writeBundle("told", args: ["vault", "whoami", "-o", "json"], daemon, place)
        let crun = "crun --cgroup-manager cgroupfs run --bundle"
        let told = try await shell("\(crun) told app", daemon, place).run()
        let identity = try JSONObject(parsing: told.output)
        #expect(identity["container"]?.string == Self.id && identity["pod"] == .null, "\(told.text)\(told.errorText)")
        let granted = try await daemon.vault(
            "grant", "db/password", "--forbid", "--to", "user:root", "--to",
            "container:\(String(repeating: "0", count: 64))")
        #expect(granted.status == .exited(0), "\(granted.errorText)")
        let denied = try await shell("\(crun) inside app", daemon, place).run()
        #expect(denied.text == "permitted\n", "\(denied.errorText)")
        let log = try await daemon.vault("audit", "list", "--type", "deny", "-o", "jsonl").text
        #expect(log.contains("no-container-by-itself") && log.contains("libpod-\(Self.id).scope"), "\(log)")
        let explained = try await daemon.vault(
            "policy", "explain", "--name", "db/password", "--uid", "0", "--container", Self.id, "--namespace", "host")
        #expect(explained.text.contains("no-container-by-itself"), "\(explained.text)\(explained.errorText)")
    }

    // MARK: - What the recipes find

    private func start() async throws -> (Daemon, TemporaryDirectory) {
        var options = Daemon.Options()
        let policy = try #require(try Recipes(article: Self.article).files["policy.yaml"])
        options.policies = [
            "policy.yaml": policy.replacing("/etc/vaultd/secrets", with: "@DIRECTORY@")
                .replacing("127.0.0.1:8080", with: "127.0.0.1:\(try unusedPort())")
                .replacing("user: root, namespace: host", with: "uid: 0")
        ]
        options.files = ["db-password": "swordfish\n"]
        let daemon = try await Daemon.start(options)
        let place = try TemporaryDirectory(mode: 0o755)
        try writeBundle("bundle", args: ["cat", "/proc/self/fd/3"], daemon, place)
        try writeBundle(
            "inside",
            args: [
                "sh", "-c", "vault try web/http >/dev/null && ! vault try db/password 2>/dev/null && echo permitted",
            ],
            daemon, place)
        return (daemon, place)
    }

    private func writeBundle(_ name: String, args: [String], _ daemon: Daemon, _ place: TemporaryDirectory) throws {
        let bundle = place.path(name).string
        for path in ["", "/rootfs", "/rootfs/proc", "/rootfs/dev", "/rootfs/vault", "/rootfs/programs"]
            + Self.shared.map({ "/rootfs\($0)" })
        {
            try #require(mkdir(bundle + path, 0o755) == 0 || errno == EEXIST)
        }
        func mount(_ source: String, at target: String) -> String {
            #"{"destination":"\#(target)","type":"bind","source":"\#(source)","options":["rbind","ro"]}"#
        }
        let mounts =
            [#"{"destination":"/proc","type":"proc","source":"proc"}"#] + Self.shared.map { mount($0, at: $0) } + [
                mount(daemon.socket.removingLastComponent().string, at: "/vault"),
                mount(daemon.programs.appending("vault").removingLastComponent().string, at: "/programs"),
            ]
        let words = JSONValue.array(args.map { .string($0) })
        let text = """
            {"ociVersion":"1.0.2","root":{"path":"rootfs"},"mounts":[\(mounts.joined(separator: ","))],
            "process":{"user":{"uid":0,"gid":0},"cwd":"/","args":\(String(decoding: words.jsonBytes(), as: UTF8.self)),
            "env":["PATH=/programs:/usr/bin:/bin","VAULT_SOCKET=/vault/\(daemon.socket.lastComponent?.string ?? "")"]},
            "linux":{"cgroupsPath":"/machine.slice/libpod-\(Self.id).scope",
            "namespaces":[{"type":"mount"},{"type":"ipc"},{"type":"uts"}]}}
            """
        try place.write(text, to: "\(name)/config.json", mode: 0o644)
    }

    /// The options that podman needs where it was only unpacked, and where little is permitted.
    private func podman(
        _ place: TemporaryDirectory
    ) async throws -> (options: String, runOptions: String, environment: [String]) {
        guard let conmon = try await RecipePrograms.find("conmon", uid: 0),
            let crun = try await RecipePrograms.find("crun", uid: 0)
        else { return ("", "", []) }
        // The monitor keeps nothing of the environment for the runtime.
        let libraries =
            RecipePrograms.environment(of: Command("true"), vault: "", home: place.path)
            .first { $0.hasPrefix("LD_LIBRARY_PATH=") } ?? "A="
        try place.write("#!/bin/sh\n\(libraries) exec \(crun) \"$@\"\n", to: "runtime", mode: 0o755)
        try place.write(
            """
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "none"
            conmon_path = ["\(conmon)"]
            runtime = "crun"
            [engine.runtimes]
            crun = ["\(place.path("runtime"))"]
            [containers]
            log_driver = "k8s-file"

            """, to: "containers.conf", mode: 0o644)
        let mounts = Self.shared.map { "-v \($0):\($0):ro" }.joined(separator: " ")
        return (
            "--root \(place.path)/store --runroot \(place.path)/run --storage-driver vfs",
            "--cgroups=disabled --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 --network host "
                + "--security-opt seccomp=unconfined \(mounts)",
            ["CONTAINERS_CONF=\(place.path("containers.conf"))"]
        )
    }

    private func shell(
        _ script: String, _ daemon: Daemon, _ place: TemporaryDirectory, _ environment: [String] = []
    ) throws -> Command {
        let hierarchy = """
            mount --make-rprivate /
            if [ "$(stat -fc %T /sys/fs/cgroup)" != cgroup2fs ]; then
                umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup
            fi
            """
        var command = daemon.client(
            "/usr/bin/unshare", ["--mount", "/bin/bash", "-eu", "-o", "pipefail", "-c", "\(hierarchy)\n\(script)"])
        command.environment =
            RecipePrograms.environment(of: command, vault: daemon.programs.description, home: place.path)
            + ["XDG_RUNTIME_DIR=\(place.path)"] + environment
        command.directory = place.path
        return command
    }

    private func skipWithoutHierarchy(_ daemon: Daemon, _ place: TemporaryDirectory) async throws {
        let script = "mkdir -p /sys/fs/cgroup/vault-test && rmdir /sys/fs/cgroup/vault-test"
        let result = try await shell(script, daemon, place).run()
        guard !result.status.isSuccess else { return }
        try skipVisibly(
            "containers: there is no control group hierarchy to be had here: \(result.errorText.prefix(200))")
    }
}
