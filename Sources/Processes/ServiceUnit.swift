// SPDX-License-Identifier: Apache-2.0

/// The unit of the system's service manager that a control group belongs to.
package struct ServiceUnit: Equatable, Sendable {
    /// As the service manager writes it, e.g. `nginx.service`.
    package let name: String

    /// The group lies in `user.slice`: a user's session or own service manager, so the unit says little about what
    /// runs.
    package let isBelowUserSlice: Bool

    /// The first component of the path that is no slice, if it is a unit. What lies below it was made by the unit
    /// itself, and could have any name.
    package init?(cgroup path: String) {
        // Bytes: a service that may make groups chooses their names, and a combining mark at the beginning of one must not
        // hide the slash before it.
        var components = path.utf8.split(separator: UInt8(ascii: "/"))[...]
        let first = components.first
        while let component = components.first, component.reversed().starts(with: Self.slice) {
            components.removeFirst()
        }
        guard let component = components.first, let name = Self.unitName(component) else { return nil }
        self.name = name
        isBelowUserSlice = first.map { $0.elementsEqual("user.slice".utf8) } ?? false
    }

    /// The unit of a user's own service manager, which lies beneath that of the system's for it (`user@UID.service`). All of these
    /// groups are the user's to make.
    package init?(ofManagerOf uid: UInt32, cgroup path: String) {
        let components = path.utf8.split(separator: UInt8(ascii: "/"))
        guard let manager = components.firstIndex(where: { $0.elementsEqual("user@\(uid).service".utf8) }) else {
            return nil
        }
        self.init(cgroup: components[(manager + 1)...].map { "/" + String(Substring($0)) }.joined())
    }

    /// `.slice`, backwards.
    private static let slice = Array(".slice".utf8.reversed())

    /// The service manager puts `_` before a unit's name that could be taken for one of the kernel's own files.
    private static func unitName(_ component: Substring.UTF8View) -> String? {
        let name = component.first == UInt8(ascii: "_") ? component.dropFirst() : component
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex,
            kindsWithProcesses.contains(String(Substring(name[name.index(after: dot)...])))
        else { return nil }
        return String(Substring(name))
    }

    /// The kinds of unit that have processes, besides slices.
    private static let kindsWithProcesses: Set<String> = ["service", "scope", "socket", "mount", "swap"]
}

/// Which control group has which path. The kernel never gives an id twice, and groups of the unified hierarchy cannot
/// be renamed, so what is here stays true.
struct CgroupPaths: Sendable {
    private var paths: [UInt64: String] = [:]

    /// More groups than this are forgotten all together: it takes one read each to learn those again that still count.
    static let limit = 4096

    func path(ofGroup id: UInt64) -> String? { paths[id] }

    mutating func remember(_ path: String, ofGroup id: UInt64) {
        if paths.count >= Self.limit { paths.removeAll(keepingCapacity: true) }
        paths[id] = path
    }
}
