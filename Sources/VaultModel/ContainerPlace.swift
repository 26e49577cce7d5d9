// SPDX-License-Identifier: Apache-2.0

/// The container and the pod that a control group belongs to, by the names that container engines give their groups.
///
/// Only what root's own managers have named counts: the path down to the container holds slices, and the directories that the
/// engines make at the top. A group of such a name below a service or a user's own manager was named by whoever that is.
package struct ContainerPlace: Equatable, Sendable {
    /// The id of the container: 64 hexadecimal digits; nil: in none.
    package let container: String?
    /// The uid of the Kubernetes pod; nil: in none.
    package let pod: String?

    /// - Returns: nil where a name below what is not root's looks like a container's, or the path leads out of what this process
    ///   sees: then it is not known.
    package init?(cgroup path: String) {
        var components = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }[...]
        var pod: String?
        while let slice = components.first, slice.hasSuffix(".slice") {
            pod = Self.pod(ofSlice: slice) ?? pod
            components.removeFirst()
        }
        guard let first = components.popFirst() else {
            self.init(container: nil, pod: pod)
            return
        }
        if let id = Self.container(ofScope: first) {
            self.init(container: id, pod: pod)
        } else if pod == nil, let found = Self.ofDirectory(first, components) {
            self = found
        } else {
            guard first != "..", !components.contains(where: Self.looksLikeOne) else { return nil }
            self.init(container: nil, pod: pod)
        }
    }

    private init(container: String?, pod: String?) {
        self.container = container
        self.pod = pod
    }

    /// `libpod-ID.scope` of podman, `docker-ID.scope`, `cri-containerd-ID.scope`, `crio-ID.scope`.
    private static func container(ofScope name: Substring) -> String? {
        name.hasSuffix(".scope") ? container(named: name.dropLast(6)) : nil
    }

    private static func container(named name: Substring) -> String? {
        for engine in ["libpod-", "docker-", "cri-containerd-", "crio-"] where name.hasPrefix(engine) {
            return id(name.dropFirst(engine.utf8.count))
        }
        return nil
    }

    /// Of engines that make their groups themselves: `/docker/ID`, `/libpod_parent/libpod-ID`, `/kubepods/QOS/podUID/ID`.
    private static func ofDirectory(_ first: Substring, _ rest: ArraySlice<Substring>) -> ContainerPlace? {
        var rest = rest
        switch first {
        case "docker": return rest.first.flatMap(id).map { ContainerPlace(container: $0, pod: nil) }
        case "libpod_parent":
            return rest.first.flatMap(container(named:)).map { ContainerPlace(container: $0, pod: nil) }
        case "kubepods":
            if rest.first == "burstable" || rest.first == "besteffort" { rest.removeFirst() }
            guard let pod = rest.popFirst().flatMap(pod(named:)) else { return nil }
            return ContainerPlace(container: rest.first.flatMap { id($0) ?? container(named: $0) }, pod: pod)
        default: return nil
        }
    }

    /// `kubepods-QOS-podUID.slice`, in which the service manager wants `_` for `-`.
    private static func pod(ofSlice name: Substring) -> String? {
        guard name.hasPrefix("kubepods"), let last = name.dropLast(6).utf8.split(separator: UInt8(ascii: "-")).last
        else {
            return nil
        }
        return pod(named: Substring(last))
    }

    private static func pod(named name: Substring) -> String? {
        guard name.hasPrefix("pod") else { return nil }
        let uid = String(
            decoding: name.utf8.dropFirst(3).map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
        let isOne =
            (32...36).contains(uid.utf8.count) && uid.utf8.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: "-") }
        return isOne ? uid : nil
    }

    private static func id(_ text: Substring) -> String? {
        text.utf8.count == 64 && text.utf8.allSatisfy(isHexadecimal) ? String(text) : nil
    }

    private static func looksLikeOne(_ name: Substring) -> Bool {
        container(ofScope: name) ?? container(named: name) ?? id(name) ?? pod(named: name) != nil
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}

extension Identity {
    /// The container that it is in; nil: in none.
    package var container: Fact<String?> { placed(saidContainer, \.container) }

    /// The Kubernetes pod that it is in; nil: in none.
    package var pod: Fact<String?> { placed(saidPod, \.pod) }

    private func placed(_ said: Fact<String?>?, _ part: (ContainerPlace) -> String?) -> Fact<String?> {
        if let said { return said }
        switch cgroup {
        case .known(let path?):
            guard let place = ContainerPlace(cgroup: path) else {
                return .unknown("its control group has a name that others than root have given it")
            }
            return .known(part(place))
        case .known(nil): return .known(nil)
        case .unknown(let why): return .unknown(why)
        }
    }
}
