// SPDX-License-Identifier: Apache-2.0

import Descriptors
import PolicyFiles
import SystemPackage

extension Settings {
    /// What the opener is told, for checking what capabilities name.
    var openerPlaces: OpenerPlaces {
        OpenerPlaces(
            roots: openerRoots.value, rootsOrigin: openerRoots.origin, helpers: helpers.value,
            helpersOrigin: helpers.origin,
            protectedPaths: protectedPaths)
    }

    /// As they were named, and where they really are: a capability may be declared by either path.
    private var protectedPaths: [String] {
        var paths = [state.value, socket.value, s6Socket.value, credentialsSocket.value].compactMap(\.self).compactMap(
            Self.fromHere)
        if let real = try? FilePath(state.value).resolved() { paths.append(real.string) }
        for socket in sockets {
            guard let place = try? StateLocation.split(socket: socket),
                let real = try? FilePath(place.directory).resolved()
            else { continue }
            paths.append(real.appending(place.name).string)
        }
        return paths.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The sockets at which clients connect.
    var sockets: [Value<String>] {
        [socket]
            + [s6Socket, credentialsSocket].compactMap { socket in
                socket.value.map { Value(value: $0, origin: socket.origin) }
            }
    }

    /// A relative path is one from the working directory.
    static func fromHere(_ path: String) -> String? {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        return (try? ExactText.workingDirectory()).map { "\($0)/\(path)" }
    }
}
