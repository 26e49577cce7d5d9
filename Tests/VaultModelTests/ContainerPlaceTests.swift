// SPDX-License-Identifier: Apache-2.0

import Testing
import VaultModel

/// The names that engines give to control groups, as they are on hosts with systemd and with cgroupfs.
@Suite struct ContainerPlaceTests {
    private static let id = String(repeating: "3f2a", count: 16)
    private static let pod = "0b7d8a4e-0000-4000-8000-1234567890ab"

    @Test(
        "A container is known by the group that root's managers have made for it",
        arguments: [
            "/machine.slice/libpod-\(id).scope", "/machine.slice/libpod-\(id).scope/container",
            "/machine.slice/machine-x.slice/libpod-\(id).scope", "/libpod_parent/libpod-\(id)", "/docker/\(id)",
            "/docker/\(id)/init.scope", "/system.slice/docker-\(id).scope", "/system.slice/cri-containerd-\(id).scope",
            "/system.slice/docker-\(id).scope/system.slice/docker-\(String(repeating: "0", count: 64)).scope",
        ])
    func containers(_ path: String) throws {
        let place = try #require(ContainerPlace(cgroup: path))
        #expect(place.container == Self.id && place.pod == nil)
    }

    @Test(
        "A pod is known with its containers, under both kinds of managers",
        arguments: [
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(pod.replacing("-", with: "_")).slice/cri-containerd-\(id).scope",
            "/kubepods.slice/kubepods-pod\(pod.replacing("-", with: "_")).slice/crio-\(id).scope/container",
            "/kubepods/burstable/pod\(pod)/\(id)", "/kubepods/besteffort/pod\(pod)/\(id)",
            "/kubepods/pod\(pod)/crio-\(id)",
        ])
    func pods(_ path: String) throws {
        let place = try #require(ContainerPlace(cgroup: path))
        #expect(place.container == Self.id && place.pod == Self.pod)
    }

    @Test(
        "What is in none is known to be so",
        arguments: [
            "/", "/system.slice/nginx.service", "/user.slice/user-5.slice/session-2.scope", "/init.scope", "/a/b",
            "/machine.slice/libpod-conmon-\(id).scope", "/machine.slice/libpod-\(id.dropLast()).scope", "/docker",
            "/machine.slice/libpod-\(id.uppercased()).scope", "/docker/buildkit", "/system.slice/docker.service",
        ])
    func none(_ path: String) throws {
        let place = try #require(ContainerPlace(cgroup: path))
        #expect(place.container == nil && place.pod == nil)
    }

    @Test("Of a pod's own group the container is none")
    func podAlone() throws {
        let place = try #require(ContainerPlace(cgroup: "/kubepods/burstable/pod\(Self.pod)"))
        #expect(place.container == nil && place.pod == Self.pod)
    }

    @Test(
        "A name below what others than root have made says nothing: neither that it is one, nor that it is none",
        arguments: [
            "/user.slice/user-5.slice/user@5.service/user.slice/libpod-\(id).scope",
            "/system.slice/mine.service/libpod-\(id).scope", "/system.slice/mine.service/\(id)",
            "/a/docker-\(id).scope",
            "/system.slice/mine.service/kubepods/pod\(pod)", "/../docker/\(id)", "/..",
        ])
    func others(_ path: String) {
        #expect(ContainerPlace(cgroup: path) == nil)
        let identity = Identity(uid: 5, gid: 5, cgroup: .known(path))
        #expect(identity.container.value == nil && identity.container.problem != nil)
    }

    @Test("It is as well known as the group, and what was said of a caller is taken as it is")
    func facts() {
        var identity = Identity(uid: 5, gid: 5, cgroup: .unknown("why"))
        #expect(identity.container == .unknown("why") && identity.pod == .unknown("why"))
        identity.cgroup = .known(nil)
        #expect(identity.container == .known(nil))
        let said = Identity(Subject(uid: 5, container: Self.id), unsaid: .absent)
        #expect(said.container == .known(Self.id) && said.pod == .known(nil))
        #expect(Identity(Subject(uid: 5), unsaid: .unknown).container.value == nil)
    }
}
